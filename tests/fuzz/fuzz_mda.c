// SPDX-License-Identifier: Apache-2.0
//
// The multipath engine against a hostile Internet. Input: a byte that chooses method and family,
// then four bytes a turn: which of the last probes is answered, from which address, as what, and
// how much time passes. An answer may contradict everything said before, and packets may be lost
// here (address 0xfd).
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "trace/mda_record.h"
#include "trace/probe.h"

#include "unit/support/initial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEPT  64
#define BYTES 250 // of an input: a longer one only says more of the same

static struct trace_probe kept[KEPT];
static size_t kept_count;

static struct addr address(bool v4, uint8_t last)
{
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = last };
	return v4 ? addr_v4(0xc6120000u | last) : addr_of(span_of(v6, 16));
}

static void serve(struct mda *m, struct mono now)
{
	struct trace_probe probe;
	mda_tick(m, now);
	while (mda_next(m, &probe) == MDA_SEND) {
		uint8_t bytes[TRACE_PROBE_MAX];
		struct wr w = wr_of(bytes, sizeof(bytes));
		assert(trace_probe_write(&w, &probe, initial_seals()) == ERR_OK);
		kept[kept_count++ % KEPT] = probe;
	}
}

static const uint8_t objects[] = { 0, 8, 2, 1, 0, 0, 0, 9, 0, 4, 3, 1 };

static void hear(struct mda *m, struct mono now, struct rd *r)
{
	uint8_t which = rd_u8(r), from = rd_u8(r), as = rd_u8(r);
	size_t known = kept_count < KEPT ? kept_count : KEPT;
	if (known == 0)
		return;
	const struct trace_probe *p = &kept[which % known];
	bool v4 = p->dst.family == 4;
	struct trace_reply reply = {
		.kind = (enum trace_kind)(as % (TRACE_HEARD_RST + 1)),
		.from = address(v4, from),
		.icmp_type = 11,
		.src = p->src,
		.dst = p->dst,
		.proto = trace_proto(p->method, p->dst.family),
		.sport = (uint16_t)(p->sport + ((as & 0x40) != 0 ? from : 0)),
		.dport = p->dport,
		.quoted = (as & 0x20) != 0,
		.quoted_id = p->ip_id,
		.check = p->check,
		.has_check = true,
		.has_seq = true,
		.seq = p->seq ^ ((as & 0x80) != 0 ? from : 0u),
		.has_token = (as & 0x10) != 0,
		.cookie = p->cookie,
		.serial = p->ref.serial,
		.mpls_count = as % (ICMP_MPLS_MAX + 1),
		.quoted_tos = (uint8_t)(from & 0x3c),
		.tos = from,
		.objects = span_of(objects, (from & 0x40) != 0 ? sizeof(objects) : 0),
	};
	if (from == 0xfd)
		mda_hear_drops(m, now);
	(void)mda_hear(m, now, now, &reply);
}

static void check(struct mda *m)
{
	struct mda_result r;
	mda_result(m, &r);
	assert(r.risk >= 0 && r.last < r.graph->hops);
	for (uint8_t h = 1; h < r.graph->hops; h++) {
		uint32_t flows = 0, live = 0;
		for (uint8_t i = 0; i < r.graph->hop[h].count; i++) {
			flows += r.graph->hop[h].nodes[i].flows;
			live += r.graph->hop[h].nodes[i].flows > 0;
		}
		assert(flows <= r.graph->flows && live == r.graph->hop[h].live);
	}
	struct arena arena;
	struct graph_record record;
	arena_init(&arena, MDA_RECORD_MAX);
	assert(mda_record_make(m, &arena, &record) == ERR_OK);
	assert(graph_check(&record) == ERR_OK);
	arena_wipe(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum trace_method methods[] = { TRACE_ICMP, TRACE_UDP, TRACE_TCP_SYN };
	struct mda_target t = MDA_TARGET_DEFAULT;
	struct mda *m = NULL;
	struct mono now = { NS_PER_S };
	if (size < 1 || size > BYTES)
		return 0;
	bool v4 = (data[0] & 4) == 0;
	t.src = address(v4, 0xfe);
	t.dst = address(v4, 0xff);
	t.method = methods[data[0] % 3];
	t.dport = 443;
	t.mode = (data[0] & 8) == 0 ? MDA_LITE : MDA_FULL;
	t.max_ttl = 8;
	t.flows_max = 64;
	t.probes_max = 400;
	t.random = 0x123456789abcdef;
	kept_count = 0;
	assert(mda_new(now, &t, &m) == ERR_OK);
	struct rd r = rd_of(span_of(data + 1, size - 1));
	while (rd_left(&r) >= 4) {
		serve(m, now);
		hear(m, now, &r);
		now = mono_add(now, rd_u8(&r) * 8 * NS_PER_MS);
	}
	check(m);
	mda_stop(m);
	serve(m, now);
	mda_free(&m);
	return 0;
}
