// SPDX-License-Identifier: Apache-2.0
#include "trace/trace_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/socket_name.h"
#include "trace/filter_io.h"
#include "trace/near_io.h"
#include "trace/probe.h"
#include "trace/sockets_io.h"
#include "trace/source_io.h"

#define SEND_BATCH    16  // small: the send time is that of the batch
#define RECEIVE_TURNS 8   // blocks or batches read before probes get their turn
#define SEND_TURN     256 // probes sent before answers are read again
#define DOZE_NS       (3 * NS_PER_MS)
#define RETRY_NS      NS_PER_MS // after the device's queue was full
#define AHEAD         2         // answers read before the first of them is heard; a power of two

struct out_batch {
	int fd;
	unsigned count;
	struct mmsghdr messages[SEND_BATCH];
	struct iovec parts[SEND_BATCH];
	union socket_name to[SEND_BATCH];
	struct trace_ref refs[SEND_BATCH];
	uint8_t bytes[SEND_BATCH][TRACE_PROBE_MAX];
};

struct answer {
	struct trace_reply reply;
	struct mono rx;
};

struct trace_io {
	struct trace_io_config config;
	struct trace_engine *engine;
	struct loop_timer *timer;
	struct trace_sockets *sockets;
	struct out_batch out[TRACE_FAMILIES];
	struct trace_source source;
	struct trace_near *near; // what SOURCE said lately
	struct initial *initial; // protects QUIC probes; NULL before the first target of them
	bool dozing;             // the timer comes soon: answers need not wake us
	struct mono now;         // when answers were last read
	uint64_t drops;
	struct trace_backlog backlog;
	bool pumping;
	unsigned read, heard; // answers, of which the last AHEAD are kept
	struct answer answers[AHEAD];
};

static void pump(void *self, struct mono now);

static void hear_one(struct trace_io *io)
{
	const struct answer *a = &io->answers[io->heard++ % AHEAD];
	(void)trace_hear(io->engine, io->now, a->rx, &a->reply);
}

// An answer is heard when those after it are read, and its trace has come from memory meanwhile.
static void on_packet(void *self, struct span packet, struct mono rx)
{
	struct trace_io *io = self;
	struct answer *a = &io->answers[io->read % AHEAD];
	if (io->read - io->heard == AHEAD)
		hear_one(io);
	while (packet.len == 0 && io->heard != io->read)
		hear_one(io);
	if (packet.len == 0 || trace_reply_read(packet, &a->reply) != ERR_OK)
		return;
	a->rx = rx;
	trace_hear_soon(io->engine, &a->reply, false);
	if (io->read != io->heard)
		trace_hear_soon(io->engine, &io->answers[(io->read - 1) % AHEAD].reply, true);
	io->read++;
}

static void receive(struct trace_io *io)
{
	io->now = clock_mono();
	trace_sockets_take(io->sockets, RECEIVE_TURNS);
}

static void shift(struct out_batch *b, unsigned sent)
{
	for (unsigned i = sent; i < b->count; i++) {
		b->messages[i - sent] = b->messages[i];
		b->messages[i - sent].msg_hdr.msg_name = &b->to[i - sent];
		b->messages[i - sent].msg_hdr.msg_iov = &b->parts[i - sent];
		b->parts[i - sent].iov_base = b->bytes[i - sent];
		b->parts[i - sent].iov_len = b->parts[i].iov_len;
		b->to[i - sent] = b->to[i];
		b->refs[i - sent] = b->refs[i];
		memcpy(b->bytes[i - sent], b->bytes[i], TRACE_PROBE_MAX);
	}
	b->count -= sent;
}

// A router told the kernel, too, and that may have been quicker.
static uint32_t mtu_to(struct trace_io *io, const union socket_name *to)
{
	struct addr dst = socket_name_addr(to, NULL);
	(void)trace_source_find(&io->source, dst);
	return trace_source_mtu(&io->source, dst.family);
}

// False when the device has no room now.
static bool flush(struct trace_io *io, struct out_batch *b)
{
	while (b->count > 0) {
		struct mono now = clock_mono();
		int n = sendmmsg(b->fd, b->messages, b->count, MSG_DONTWAIT);
		int sys = errno;
		if (n < 0 && sys == EINTR)
			continue;
		if (n < 0 && (sys == EAGAIN || sys == ENOBUFS))
			return false;
		for (int i = 0; i < n; i++)
			trace_hear_sent(io->engine, b->refs[i], now);
		if (n < 0)
			trace_hear_failed(io->engine, b->refs[0], sys == EPERM || sys == EACCES,
					  sys == EMSGSIZE ? mtu_to(io, &b->to[0]) : 0);
		shift(b, n < 0 ? 1 : (unsigned)n);
	}
	return true;
}

static void batch_put(struct trace_io *io, const struct trace_probe *p)
{
	struct out_batch *b = &io->out[trace_family_of(p->dst)];
	unsigned i = b->count;
	struct wr w = wr_of(b->bytes[i], TRACE_PROBE_MAX);
	if (trace_probe_write(&w, p, io->initial) != ERR_OK) {
		trace_hear_failed(io->engine, p->ref, true, 0);
		return;
	}
	socklen_t len = socket_name_of(p->dst, 0, &b->to[i]);
	b->refs[i] = p->ref;
	b->parts[i] = (struct iovec){ b->bytes[i], w.len };
	b->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &b->to[i],
		.msg_namelen = len,
		.msg_iov = &b->parts[i],
		.msg_iovlen = 1,
	};
	b->count++;
}

static bool flush_all(struct trace_io *io)
{
	bool v4 = flush(io, &io->out[TRACE_V4]);
	bool v6 = flush(io, &io->out[TRACE_V6]);
	return v4 && v6;
}

static void hand_over(struct trace_io *io, struct trace_record *r)
{
	r->kernel_drops = (uint32_t)io->drops - r->kernel_drops;
	io->config.done(io->config.self, r);
}

// What the engine wants at this time. False when the device has no room.
static bool serve(struct trace_io *io)
{
	struct trace_probe probe;
	struct trace_record record;
	for (unsigned sent = 0; sent < SEND_TURN; sent++) {
		switch (trace_next(io->engine, &probe, &record)) {
		case TRACE_SEND:
			batch_put(io, &probe);
			if (io->out[TRACE_V4].count == SEND_BATCH ||
			    io->out[TRACE_V6].count == SEND_BATCH)
				if (!flush_all(io))
					return false;
			break;
		case TRACE_FINISHED:
			hand_over(io, &record);
			break;
		case TRACE_NOTHING:
			return flush_all(io);
		}
	}
	return flush_all(io);
}

// While probes go out all the time the timer looks after the answers too, and they wake nobody.
static void doze(struct trace_io *io, bool dozing)
{
	if (dozing != io->dozing)
		io->dozing = trace_sockets_wake(io->sockets, !dozing) && dozing;
}

static void note_drops(struct trace_io *io, uint64_t drops)
{
	io->drops += drops;
	if (drops > 0)
		trace_hear_drops(io->engine, io->now);
}

static void count_drops(struct trace_io *io)
{
	note_drops(io, trace_sockets_drops(io->sockets));
	note_drops(io, trace_backlog_drops(&io->backlog, io->now));
}

static void pump(void *self, struct mono now)
{
	struct trace_io *io = self;
	(void)now;
	if (io->pumping)
		return;
	io->pumping = true;
	receive(io);
	count_drops(io);
	bool room = flush_all(io);
	trace_tick(io->engine, clock_mono());
	room = room && serve(io);
	struct mono due = trace_due(io->engine);
	if (!room)
		due = mono_add(clock_mono(), RETRY_NS);
	loop_timer_at(io->timer, due);
	doze(io, mono_since(due, io->now) < DOZE_NS);
	io->pumping = false;
}

static void on_answers(void *self, uint32_t events)
{
	(void)events;
	pump(self, clock_mono());
}

static enum err open_all(struct trace_io *io, struct loop *l, struct fault *f)
{
	const struct trace_sockets_config c = {
		.sport_first = io->config.sport_first,
		.sport_count = io->config.sport_count,
		.ring = io->config.ring,
		.receive_buffer = io->config.receive_buffer,
		.on_answers = on_answers,
		.on_packet = on_packet,
		.self = io,
	};
	enum err err = trace_sockets_open(l, &c, &io->sockets, f);
	if (err != ERR_OK)
		return err;
	for (enum trace_family i = TRACE_V4; i < TRACE_FAMILIES; i++)
		io->out[i].fd = trace_sockets_sender(io->sockets, i);
	return loop_timer(l, pump, io, &io->timer, f);
}

enum err trace_io_open(struct loop *l, const struct trace_io_config *c, struct trace_io **out,
		       struct fault *f)
{
	const struct trace_config engine = {
		.traces = c->traces,
		.sport_first = c->sport_first,
		.sport_count = c->sport_count,
		.seed = { c->seed[0] != 0 ? c->seed[0] : random_u64(),
			  c->seed[1] != 0 ? c->seed[1] : random_u64() },
		.pace = c->pace,
		.share = c->share,
	};
	AUTO(trace_io_close) struct trace_io *io = calloc(1, sizeof(*io));
	if (io == NULL)
		return fault_set(f, ERR_MEMORY, 0, "trace engine: no memory");
	io->config = *c;
	io->source = TRACE_SOURCE_NONE;
	trace_backlog_open(&io->backlog);
	io->engine = trace_new(&engine);
	io->near = trace_near_new();
	if (io->engine == NULL || io->near == NULL)
		return fault_set(f, ERR_MEMORY, 0, "trace engine: no memory for %zu traces",
				 c->traces);
	enum err err = open_all(io, l, f);
	if (err != ERR_OK)
		return err;
	*out = io;
	io = NULL;
	return ERR_OK;
}

void trace_io_close(struct trace_io **out)
{
	struct trace_io *io = *out;
	if (io == NULL)
		return;
	trace_sockets_close(&io->sockets);
	loop_timer_drop(&io->timer);
	trace_source_wipe(&io->source);
	trace_near_free(&io->near);
	initial_free(&io->initial);
	trace_backlog_close(&io->backlog);
	trace_free(&io->engine);
	free(io);
	*out = NULL;
}

enum err trace_io_put(struct trace_io *io, const struct trace_target *target)
{
	struct trace_target t = *target;
	enum err err = trace_sockets_listen(io->sockets, trace_family_of(t.dst));
	if (err != ERR_OK)
		return err;
	// To fetch the ciphers takes as long as thousands of probes.
	if (t.method == TRACE_QUIC && io->initial == NULL)
		io->initial = initial_new();
	if (t.method == TRACE_QUIC && io->initial == NULL)
		return ERR_MEMORY;
	struct mono now = clock_mono();
	if (t.src.family == 0)
		t.src = trace_near_find(io->near, &io->source, now, t.dst);
	if (t.size > 0) {
		(void)trace_source_find(&io->source, t.dst);
		uint16_t mtu = trace_source_mtu(&io->source, t.dst.family);
		t.size = mtu != 0 && mtu < t.size ? mtu : t.size;
	}
	// What was dropped while nothing was traced concerns nobody.
	if (trace_count(io->engine) == 0)
		trace_backlog_forget(&io->backlog);
	t.start = clock_wall();
	t.drops = (uint32_t)io->drops;
	err = trace_put(io->engine, now, &t);
	if (err == ERR_OK)
		loop_timer_at(io->timer, now);
	return err;
}

void trace_io_stop(struct trace_io *io)
{
	trace_stop(io->engine);
	while (!io->pumping && trace_count(io->engine) > 0)
		pump(io, clock_mono());
}

size_t trace_io_count(const struct trace_io *io)
{
	return trace_count(io->engine);
}

struct trace_counts trace_io_counts(const struct trace_io *io)
{
	return trace_counts(io->engine);
}

uint64_t trace_io_drops(const struct trace_io *io)
{
	return io->drops;
}
