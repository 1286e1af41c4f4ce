// SPDX-License-Identifier: Apache-2.0
#include "trace/ring_io.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sys/clock.h"

#define BLOCK                                                                                      \
	16384 // bytes handed over at once; small: a block is given up to what came in RETIRE_MS
#define RETIRE_MS  2        // a block that is not full is handed over after this
#define FRAME      2048     // what the kernel wants to know and does not use
#define STEP_NS    NS_PER_S // a receive time further off is a stepped wall clock
#define BATCH      32
#define PACKET_MAX 1500

// Reading by the batch.
struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_ll from[BATCH];
	uint8_t control[BATCH][64];
	uint8_t bytes[BATCH][PACKET_MAX];
};

struct trace_ring {
	int fd;
	uint8_t *map; // NULL: by the batch
	size_t blocks, next;
	struct batch *batch;
};

// Clocks read once for a block or a batch.
struct moment {
	struct mono now;
	struct wall wall;
};

static struct moment moment_now(void)
{
	struct wall wall = clock_wall();
	return (struct moment){ .now = clock_mono(), .wall = wall };
}

// The kernel stamps by the wall clock; how long ago that was is what counts.
static struct mono received_at(const struct moment *m, int64_t sec, int64_t nsec)
{
	int64_t ago = m->wall.ns - (sec * NS_PER_S + nsec);
	return ago >= 0 && ago < STEP_NS ? (struct mono){ m->now.ns - ago } : m->now;
}

static bool map_ring(struct trace_ring *r, size_t size)
{
	const int version = TPACKET_V3;
	const size_t blocks = size / BLOCK > 1 ? size / BLOCK : 2;
	struct tpacket_req3 want = {
		.tp_block_size = BLOCK,
		.tp_block_nr = (unsigned)blocks,
		.tp_frame_size = FRAME,
		.tp_frame_nr = (unsigned)(blocks * (BLOCK / FRAME)),
		.tp_retire_blk_tov = RETIRE_MS,
	};
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof(want)) != 0)
		return false;
	void *map = mmap(NULL, blocks * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED) {
		want = (struct tpacket_req3){ 0 };
		(void)setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof(want));
		return false;
	}
	r->map = map;
	r->blocks = blocks;
	return true;
}

enum err trace_ring_open(int fd, size_t size, struct trace_ring **out, struct fault *f)
{
	struct trace_ring *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return fault_set(f, ERR_MEMORY, 0, "receive ring: no memory");
	r->fd = fd;
	if (!map_ring(r, size))
		r->batch = calloc(1, sizeof(*r->batch));
	if (r->map == NULL && r->batch == NULL) {
		trace_ring_close(&r);
		return fault_set(f, ERR_MEMORY, 0, "receive ring: no memory");
	}
	*out = r;
	return ERR_OK;
}

void trace_ring_close(struct trace_ring **out)
{
	struct trace_ring *r = *out;
	if (r == NULL)
		return;
	if (r->map != NULL)
		(void)munmap(r->map, r->blocks * BLOCK);
	free(r->batch);
	free(r);
	*out = NULL;
}

static_assert(sizeof(struct tpacket3_hdr) % TPACKET_ALIGNMENT == 0, "an address follows");

static void take_block(uint8_t *at, trace_ring_fn *fn, void *self)
{
	const struct tpacket_block_desc *block = (const void *)at;
	const struct tpacket_hdr_v1 *head = &block->hdr.bh1;
	const struct moment m = moment_now();
	const uint8_t *p = at + head->offset_to_first_pkt;
	for (unsigned i = 0; i < head->num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)p;
		const struct sockaddr_ll *from = (const void *)(p + sizeof(*h));
		if (from->sll_pkttype == PACKET_HOST)
			fn(self, span_of(p + h->tp_net, h->tp_snaplen),
			   received_at(&m, h->tp_sec, h->tp_nsec));
		p += h->tp_next_offset;
	}
	fn(self, (struct span){ 0 }, m.now);
}

static void take_blocks(struct trace_ring *r, size_t limit, trace_ring_fn *fn, void *self)
{
	for (size_t i = 0; i < limit; i++) {
		uint8_t *at = r->map + r->next * BLOCK;
		uint32_t *status = &((struct tpacket_block_desc *)(void *)at)->hdr.bh1.block_status;
		if ((__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0)
			return;
		take_block(at, fn, self);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		r->next = (r->next + 1) % r->blocks;
	}
}

static struct mono stamp_of(const struct moment *now, struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct timespec ts;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return received_at(now, ts.tv_sec, ts.tv_nsec);
	}
	return now->now;
}

static int read_batch(struct trace_ring *r)
{
	struct batch *in = r->batch;
	for (int i = 0; i < BATCH; i++) {
		in->parts[i] = (struct iovec){ in->bytes[i], PACKET_MAX };
		in->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &in->from[i],
			.msg_namelen = sizeof(in->from[i]),
			.msg_iov = &in->parts[i],
			.msg_iovlen = 1,
			.msg_control = in->control[i],
			.msg_controllen = sizeof(in->control[i]),
		};
	}
	return recvmmsg(r->fd, in->messages, BATCH, MSG_DONTWAIT, NULL);
}

static void take_batches(struct trace_ring *r, size_t limit, trace_ring_fn *fn, void *self)
{
	struct batch *in = r->batch;
	int n = BATCH;
	for (size_t turn = 0; turn < limit && n == BATCH; turn++) {
		n = read_batch(r);
		const struct moment m = moment_now();
		for (int i = 0; i < n; i++)
			if (in->from[i].sll_pkttype == PACKET_HOST)
				fn(self, span_of(in->bytes[i], in->messages[i].msg_len),
				   stamp_of(&m, &in->messages[i].msg_hdr));
		fn(self, (struct span){ 0 }, m.now);
	}
}

void trace_ring_take(struct trace_ring *r, size_t limit, trace_ring_fn *fn, void *self)
{
	if (r->map != NULL)
		take_blocks(r, limit, fn, self);
	else
		take_batches(r, limit, fn, self);
}
