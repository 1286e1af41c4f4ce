// SPDX-License-Identifier: Apache-2.0
//
// The trace engine against a hostile Internet. Input: a byte that chooses the traces, then pieces
// of length byte and bytes. A piece is a packet as it is, or (first bit) an ICMP error that quotes
// our own probe, laid over with the bytes.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fuzz/mend.h"
#include "trace/probe.h"
#include "trace/trace.h"
#include "wire/icmp.h"
#include "wire/ip.h"

#include "unit/support/initial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRACES 4 // of ten, at once
#define KEPT   32
#define BYTES  250 // of an input: a longer one only says more of the same

static struct trace_probe kept[KEPT];
static size_t kept_count;

static void put_traces(struct trace_engine *e, struct mono now, uint8_t choice)
{
	static const enum trace_method methods[] = { TRACE_ICMP, TRACE_UDP, TRACE_TCP_SYN,
						     TRACE_TCP_ACK, TRACE_QUIC };
	unsigned put = 0;
	for (unsigned i = 0; i < 10 && put < TRACES; i++) {
		struct trace_target t = TRACE_TARGET_DEFAULT;
		t.method = methods[i % 5];
		t.dport = t.method == TRACE_ICMP ? 0 : 443;
		t.src = addr_v4(0xc6120001);
		t.dst = addr_v4(0xc6120909);
		if (i >= 5)
			t.src.family = t.dst.family = 6;
		t.sport = (uint16_t)(61000 + i);
		t.tag = i;
		t.share_ns = i % 2 == 0 ? NS_PER_S : 0;
		t.distance = choice >> 4;
		t.spread = choice & 7;
		// More hops and tries cost time and show nothing new.
		t.max_ttl = 8;
		t.attempts = 2;
		t.again = 1;
		if ((choice >> i % 8 & 1) == 0)
			continue;
		assert(trace_put(e, now, &t) == ERR_OK);
		put++;
	}
}

static void serve(struct trace_engine *e, struct mono now)
{
	struct trace_probe probe;
	struct trace_record record;
	enum trace_want want;
	trace_tick(e, now);
	while ((want = trace_next(e, &probe, &record)) != TRACE_NOTHING) {
		if (want == TRACE_SEND && kept_count < KEPT)
			kept[kept_count++] = probe;
		if (want == TRACE_FINISHED)
			assert(trace_check(&record) == ERR_OK);
	}
}

// An error from a router about one of our probes, with MASK laid over the transport part.
static size_t quote(const struct trace_probe *p, struct span mask, uint8_t *out, size_t cap)
{
	uint8_t probe[TRACE_PROBE_MAX], body[256];
	struct wr w = wr_of(probe, sizeof(probe)), b = wr_of(body, sizeof(body));
	assert(trace_probe_write(&w, p, initial_seals()) == ERR_OK);
	size_t head = p->dst.family == 4 ? IP4_HEAD : IP6_HEAD;
	for (size_t i = 2; i < mask.len && head + i - 2 < w.len; i++)
		probe[head + i - 2] ^= mask.at[i];
	const struct icmp h = { .type = mask.len > 0 ? mask.at[0] : 11,
				.code = mask.len > 1 ? mask.at[1] : 0 };
	// A QUIC probe is longer than what routers quote.
	assert(icmp_error_write(&b, &p->dst, &p->src, &h, span_cut(wr_span(&w), 0, 128)) == ERR_OK);
	struct wr o = wr_of(out, cap);
	const struct ip_head ip = { .src = p->dst,
				    .dst = p->src,
				    .ttl = 60,
				    .proto = p->dst.family == 4 ? IP_ICMP : IP_ICMP6 };
	assert(ip_write(&o, &ip, b.len) == ERR_OK);
	wr_bytes(&o, wr_span(&b));
	return o.len;
}

static void hear(struct trace_engine *e, struct mono now, struct span packet)
{
	struct trace_reply r;
	if (trace_reply_read(packet, &r) != ERR_OK)
		return;
	assert(r.mpls_count <= ICMP_MPLS_MAX);
	(void)trace_hear(e, now, now, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct trace_config c = {
		.traces = TRACES,
		.sport_first = 61000,
		.sport_count = 8,
		.seed = { 5, 6 },
		.share = size % 2 == 0,
	};
	if (size < 1 || size > BYTES)
		return 0;
	struct trace_engine *e = trace_new(&c);
	struct mono now = { NS_PER_S };
	struct rd r = rd_of(span_of(data + 1, size - 1));
	kept_count = 0;
	put_traces(e, now, data[0]);
	while (rd_left(&r) > 0) {
		uint8_t packet[512];
		uint8_t head = rd_u8(&r);
		size_t len = head >> 1;
		struct span piece = rd_span(&r, len < rd_left(&r) ? len : rd_left(&r));
		serve(e, now);
		if ((head & 1) != 0 && kept_count > 0)
			hear(e, now,
			     span_of(packet, quote(&kept[piece.len % kept_count], piece, packet,
						   sizeof(packet))));
		else
			hear(e, now, mend(piece, packet, sizeof(packet)));
		if (len == 1)
			trace_hear_drops(e, now);
		// Time enough for a probe to be given up, now and then.
		now = mono_add(now, (head & 0x7e) == 0x7e ? 3 * NS_PER_S : 20 * NS_PER_MS);
	}
	trace_stop(e);
	serve(e, now);
	assert(trace_count(e) == 0);
	trace_free(&e);
	return 0;
}
