// SPDX-License-Identifier: Apache-2.0
#include "node/selftest.h"

#include <string.h>

#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO       8
#define ICMP_TIME       13
#define ICMP_TIME_REPLY 14
#define ICMP6_ECHO      128
#define ICMP6_REPLY     129
#define ICMP_HEADER     8
#define TIME_SIZE       20 // header and three times
#define ECHO_SIZE       84 // of a packet, as ping sends it
#define DAY_MS          (24 * 60 * 60 * 1000)

// Ten echoes, three timestamps, three large sizes twice: one packet lost is not an MTU.
static const uint16_t sizes[SELFTEST_PROBES] = {
	ECHO_SIZE, ECHO_SIZE, ECHO_SIZE, ECHO_SIZE,  ECHO_SIZE,  ECHO_SIZE, ECHO_SIZE,
	ECHO_SIZE, ECHO_SIZE, ECHO_SIZE, 0,          0,          0,         1280,
	1280,      1380,      1380,      UINT16_MAX, UINT16_MAX, // the tunnel's MTU
};

static const char *const names[] = {
	[SELFTEST_ITEM_HANDSHAKE] = "selftest-handshake",
	[SELFTEST_ITEM_LOSS] = "selftest-loss",
	[SELFTEST_ITEM_RTT] = "selftest-rtt",
	[SELFTEST_ITEM_MTU] = "selftest-mtu",
	[SELFTEST_ITEM_CLOCK] = "selftest-clock",
};
_Static_assert(COUNT(names) == SELFTEST_ITEM_COUNT_, "a name for each item");

const char *selftest_item_name(enum selftest_item item)
{
	return names[item];
}

size_t selftest_header(uint8_t family)
{
	return family == 4 ? IP4_HEAD : IP6_HEAD;
}

bool selftest_tells(uint8_t family, enum selftest_item item)
{
	return family == 4 || (item != SELFTEST_ITEM_HANDSHAKE && item != SELFTEST_ITEM_CLOCK);
}

void selftest_init(struct selftest *t, uint8_t family, uint16_t id, uint16_t mtu,
		   int64_t handshake_ns)
{
	*t = (struct selftest){
		.family = family, .id = id, .mtu = mtu, .handshake_ns = handshake_ns
	};
	for (size_t i = 0; i < SELFTEST_PROBES; i++) {
		uint16_t size = sizes[i] == UINT16_MAX ? mtu : sizes[i];
		t->probes[i].size = size == 0 && family == 6 ? ECHO_SIZE : size;
	}
}

// Milliseconds since midnight UT, as the message has them.
static uint32_t day_ms(struct wall wall)
{
	return (uint32_t)(wall.ns / NS_PER_MS % DAY_MS);
}

static void message_write(const struct selftest *t, size_t i, struct wall wall, struct wr *out)
{
	static const uint8_t zeros[SELFTEST_MESSAGE];
	uint16_t size = t->probes[i].size;
	size_t begun = out->len;
	wr_u8(out, size == 0 ? ICMP_TIME : t->family == 4 ? ICMP_ECHO : ICMP6_ECHO);
	wr_u8(out, 0);
	wr_u16(out, 0);
	wr_u16(out, t->id);
	wr_u16(out, (uint16_t)i);
	if (size == 0)
		wr_u32(out, day_ms(wall));
	size_t whole = size == 0 ? TIME_SIZE : (size_t)size - selftest_header(t->family);
	wr_bytes(out, span_of(zeros, whole - (out->len - begun)));
	// ICMPv6's is over the addresses too, and the kernel's work.
	if (out->err == ERR_OK && t->family == 4)
		be16_put(out->at + begun + 2,
			 checksum_end(checksum_add(0, span_of(out->at + begun, out->len - begun))));
}

bool selftest_next(struct selftest *t, struct mono now, struct wall wall, struct wr *out,
		   struct mono *due)
{
	*due = mono_add(now, SELFTEST_PACE);
	if (t->sent == SELFTEST_PROBES)
		return false;
	struct selftest_probe *p = &t->probes[t->sent];
	message_write(t, t->sent, wall, out);
	p->sent = now;
	p->sent_wall = wall;
	t->sent++;
	return true;
}

// The middle of our own two times against the middle of the other's; over midnight too.
static int64_t offset_of(const struct selftest_probe *p, struct span message, int64_t rtt)
{
	uint32_t got = be32_at(message.at + 12), gave = be32_at(message.at + 16);
	int64_t theirs = ((int64_t)got + gave) / 2;
	int64_t ours = day_ms((struct wall){ p->sent_wall.ns + rtt / 2 });
	int64_t ms = (theirs - ours) % DAY_MS;
	if (ms > DAY_MS / 2)
		ms -= DAY_MS;
	else if (ms < -DAY_MS / 2)
		ms += DAY_MS;
	return ms * NS_PER_MS;
}

void selftest_hear(struct selftest *t, struct span message, struct mono now, struct wall wall)
{
	(void)wall;
	if (message.len < ICMP_HEADER || be16_at(message.at + 4) != t->id)
		return;
	uint16_t i = be16_at(message.at + 6);
	if (i >= t->sent || t->probes[i].rtt_ns != 0)
		return;
	struct selftest_probe *p = &t->probes[i];
	bool time = p->size == 0;
	size_t whole = time ? TIME_SIZE : (size_t)p->size - selftest_header(t->family);
	uint8_t type = time ? ICMP_TIME_REPLY : t->family == 4 ? ICMP_ECHO_REPLY : ICMP6_REPLY;
	if (message.at[0] != type || message.len != whole)
		return;
	int64_t rtt = mono_since(now, p->sent);
	p->rtt_ns = rtt > 0 ? rtt : 1;
	if (time)
		p->offset_ns = offset_of(p, message, p->rtt_ns);
	t->answered++;
}

// What has not come after several round trips does not come: a run must not wait for it.
static int64_t patience(const struct selftest *t)
{
	int64_t longest = 0;
	for (size_t i = 0; i < t->sent; i++)
		if (t->probes[i].rtt_ns > longest)
			longest = t->probes[i].rtt_ns;
	int64_t enough = SELFTEST_WAIT_LEAST + 2 * longest;
	return t->answered == 0 || enough > SELFTEST_WAIT ? SELFTEST_WAIT : enough;
}

bool selftest_done(const struct selftest *t, struct mono now)
{
	if (t->sent < SELFTEST_PROBES)
		return false;
	return t->answered == SELFTEST_PROBES ||
	       mono_since(now, t->probes[SELFTEST_PROBES - 1].sent) >= patience(t);
}

struct sums {
	int64_t echoes, lost, rtt, mtu;     // rtt: the shortest, 0: none
	const struct selftest_probe *clock; // the timestamp with the shortest way
};

static void sum(const struct selftest *t, struct sums *s)
{
	*s = (struct sums){ 0 };
	for (size_t i = 0; i < t->sent; i++) {
		const struct selftest_probe *p = &t->probes[i];
		bool heard = p->rtt_ns != 0;
		if (p->size == 0) {
			if (heard && (s->clock == NULL || p->rtt_ns < s->clock->rtt_ns))
				s->clock = p;
			continue;
		}
		if (p->size == ECHO_SIZE) {
			s->echoes++;
			s->lost += !heard;
		}
		if (heard && (s->rtt == 0 || p->rtt_ns < s->rtt))
			s->rtt = p->rtt_ns;
		if (heard && p->size > s->mtu)
			s->mtu = p->size;
	}
}

static struct selftest_result at_most(int64_t value, int64_t limit, const char *unit, bool known)
{
	return (struct selftest_result){ value, limit, unit, known, known && value <= limit };
}

void selftest_judge(const struct selftest *t, struct selftest_result out[SELFTEST_ITEM_COUNT_])
{
	struct sums s;
	sum(t, &s);
	out[SELFTEST_ITEM_HANDSHAKE] =
		at_most(t->handshake_ns / NS_PER_MS, SELFTEST_AGE / NS_PER_MS, "ms",
			t->handshake_ns != INT64_MAX);
	out[SELFTEST_ITEM_LOSS] = at_most(s.echoes > 0 ? s.lost * 100 / s.echoes : 0, SELFTEST_LOSS,
					  "%", s.echoes > 0);
	out[SELFTEST_ITEM_RTT] =
		at_most(s.rtt / NS_PER_US, SELFTEST_RTT / NS_PER_US, "us", s.rtt != 0);
	out[SELFTEST_ITEM_MTU] =
		(struct selftest_result){ s.mtu, t->mtu, "bytes", s.mtu != 0, s.mtu >= t->mtu };
	int64_t off = s.clock == NULL ? 0 : s.clock->offset_ns;
	int64_t wide = s.clock == NULL ? 0 : SELFTEST_CLOCK + s.clock->rtt_ns / 2;
	out[SELFTEST_ITEM_CLOCK] =
		(struct selftest_result){ off / NS_PER_MS, wide / NS_PER_MS, "ms", s.clock != NULL,
					  s.clock != NULL && (off < 0 ? -off : off) <= wide };
}
