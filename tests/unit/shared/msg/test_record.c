// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "msg/record.h"
#include "msg/sample.h"

#include "proto/record.pb-c.h"

#define RUN                                                                                        \
	{                                                                                          \
		{                                                                                  \
			1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16                      \
		}                                                                                  \
	}
#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static uint8_t room[BATCH_SIZE_MAX];

static const struct batch_head head = {
	.node = TEXT("fra-1"),
	.epoch = 0xfeedfacecafebeef,
	.seq = 300,
	.sealed = { 1234567890123456789 },
	.clock = { true, -12345, 77, { 9, 8, 7 }, { 55 }, { 66 } },
	.records = 11,
};

static const struct flow_record flow = {
	.run = RUN,
	.side = 2,
	.first = { -5 },
	.last = { 5000000000 },
	.proto = 6,
	.a = { 4, { 198, 18, 0, 1 } },
	.b = { 4, { 198, 18, 0, 2 } },
	.aport = 40000,
	.bport = 443,
	.pkts_ab = 10,
	.bytes_ab = 1ULL << 40,
	.pkts_ba = 11,
	.bytes_ba = 12,
	.names = { { TEXT("a.example"), NAME_DNS },
		   { TEXT(""), NAME_UNKNOWN },
		   { TEXT("b"), NAME_SNI } },
	.name_count = 3,
	.bursts = { { 0, 0 }, { -1, 5 }, { 300000000, 4000000000 } },
	.burst_count = 3,
	.app = TEXT("threema"),
	.kernel_drops = 3,
	.interface_drops = 4,
	.fragments = 5,
	.tcp_a = { FLOW_TCP_SYN | 2, 6, 7, 8 },
	.tcp_b = { FLOW_TCP_SYN_ACK | 4, 9, 10, INT64_MAX },
	.outer = { .a = { 4, { 198, 18, 3, 2 } },
		   .b = { 4, { 198, 18, 0, 53 } },
		   .aport = 1024,
		   .bport = 53,
		   .pkts_ab = 10,
		   .bytes_ab = 1ULL << 41,
		   .pkts_ba = 11,
		   .bytes_ba = 13,
		   .drops = 5,
		   .mappings = 2 },
};

static const struct mapping_record mapping = {
	.run = RUN,
	.side = 1,
	.at = { 77 },
	.proto = 17,
	.inner = { 4, { 198, 18, 0, 1 } },
	.dst = { 4, { 198, 18, 0, 2 } },
	.outer = { 4, { 198, 18, 3, 2 } },
	.server = { 4, { 198, 18, 0, 53 } },
	.inner_port = 40000,
	.dst_port = 53,
	.outer_port = 1024,
	.server_port = 5353,
};

static const struct capture_record capture = {
	.run = RUN,
	.side = 2,
	.place = CAPTURE_OUTSIDE,
	.first = { 1 },
	.last = { 2 },
	.packets = 3,
	.kernel_drops = 4,
	.interface_drops = 5,
	.snap = 6,
	.bytes = 7,
	.sha256 = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 },
};

static const struct step_record step = {
	.run = RUN,
	.side = 1,
	.name = TEXT("tunnel"),
	.begin = { 1 },
	.end = { 2 },
	.outcome = STEP_FAILED,
	.detail = TEXT("no route \xe2\x80\xa6"),
};

static const struct message_record message = {
	.run = RUN,
	.side = 1,
	.id = TEXT("m1"),
	.from_side = 2,
	.planned = { 1 },
	.sent = { 2 },
	.delivered = { 3 },
	.received = { 4 },
	.status = MESSAGE_RECEIVED,
	.detail = TEXT("d"),
};

static const struct outcome_record outcome = {
	.order = RUN,
	.run = RUN,
	.state = ORDER_REFUSED_BUSY,
	.at = { 9 },
	.detail = TEXT("busy"),
};

static const struct name_record name = {
	.addr = { 6, { 0x20, 1, 0xd, 0xb8, 1 } },
	.name = TEXT("r1.example"),
	.at = { 7 },
};

static const struct gap_record gap = {
	.reason = GAP_OVERFLOW,
	.records = 1000,
	.bytes = 1 << 20,
	.at = { 3 },
	.first_seq = 4,
	.last_seq = 9,
};

static const uint32_t try_sent[] = { 0, 41000, 2041000, 2042000 };
static const uint32_t try_ids[] = { 7, 8, 65535, 10 };
static const uint32_t answer_at[] = { 40000, 2041900, 2041999, 5000000 };
static const uint32_t answer_ip_id[] = { 0, 1, 65536, 0 };
static const uint32_t answer_flags[] = { 0x8180, 0x8580, 0x8183, 0 };
static const uint32_t answer_mark[] = { 7, 15, 0x2007, DNS_MARK_UNREADABLE };
static const uint32_t answer_length[] = { 3, 5, 4, 0 };

static const struct dns_pair_record dns_pair = {
	.scan = RUN,
	.kind = DNS_KIND_PAIR,
	.state = DNS_ANSWERED,
	.profile = DNS_WAYMARK,
	.resolver = { 4, { 198, 18, 0, 53 } },
	.src = { 4, { 198, 18, 0, 2 } },
	.port = 53,
	.sport = 40000,
	.domain = TEXT("www.example"),
	.qtype = 28,
	.repetition = 3,
	.control = TEXT("control.example"),
	.start = { 1234567890123456789 },
	.options = DNS_RECURSE | DNS_EDNS | DNS_CASE,
	.subnet = { (const uint8_t *)"\x18\xc6\x12\x00\x00", 5 },
	.detail = TEXT(""),
	.listen_ms = 3000,
	.tries = 4,
	.try_role = TEXT("\1\2\2\3"),
	.try_transport = TEXT("\1\1\1\2"),
	.try_outcome = TEXT("\1\2\1\3"),
	.try_error = TEXT("\0\1\0\2"),
	.try_rcode = TEXT("\1\0\4\0"),
	.try_sent_us = try_sent,
	.try_first = TEXT("\1\0\2\0"),
	.try_sport = NULL,
	.try_id = try_ids,
	.answers = 4,
	.answer_try = TEXT("\1\3\3\0"),
	.answer_at_us = answer_at,
	.answer_ref = TEXT("\0\2\1\0"),
	.sources = TEXT("\x08\x08\x08\x08\x01\x01\x01\x01"),
	.answer_ttl = TEXT("\x40\x3f\xff\0"),
	.answer_ip_id = answer_ip_id,
	.answer_flags = answer_flags,
	.answer_mark = answer_mark,
	.answer_length = answer_length,
	.wires = TEXT("abcdefghijkl"),
	.answers_lost = 9,
};

static struct span write_all(void)
{
	struct wr w = wr_of(room, sizeof(room));
	struct trace_record t;
	struct graph_record g;
	sample_trace(&t, 15, 3);
	sample_graph(&g);
	assert_int_equal(batch_head_write(&w, &head), ERR_OK);
	assert_int_equal(record_write_trace(&w, &t), ERR_OK);
	assert_int_equal(record_write_flow(&w, &flow), ERR_OK);
	assert_int_equal(record_write_step(&w, &step), ERR_OK);
	assert_int_equal(record_write_message(&w, &message), ERR_OK);
	assert_int_equal(record_write_outcome(&w, &outcome), ERR_OK);
	assert_int_equal(record_write_name(&w, &name), ERR_OK);
	assert_int_equal(record_write_gap(&w, &gap), ERR_OK);
	assert_int_equal(record_write_dns_pair(&w, &dns_pair), ERR_OK);
	assert_int_equal(record_write_mapping(&w, &mapping), ERR_OK);
	assert_int_equal(record_write_capture(&w, &capture), ERR_OK);
	assert_int_equal(record_write_graph(&w, &g), ERR_OK);
	return wr_span(&w);
}

static void what_we_write_is_what_protobuf_c_packs(void **state)
{
	(void)state;
	static uint8_t again[BATCH_SIZE_MAX];
	struct span s = write_all();
	Waymark__Batch *b = waymark__batch__unpack(NULL, s.len, s.at);
	assert_non_null(b);
	assert_int_equal(b->n_trace, 1);
	assert_int_equal(waymark__batch__pack(b, again), s.len);
	assert_memory_equal(again, s.at, s.len);
	waymark__batch__free_unpacked(b, NULL);
}

static void same(struct span a, struct span b)
{
	assert_true(span_eq(a, b));
}

static void same_tcp(const struct flow_tcp *a, const struct flow_tcp *b)
{
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->again, b->again);
	assert_int_equal(a->late, b->late);
	assert_int_equal(a->rtt_ns, b->rtt_ns);
}

static void check_flow(const struct batch *b)
{
	struct flow_record f;
	assert_int_equal(batch_flow(b, 0, &f), ERR_OK);
	assert_true(addr_eq(f.a, flow.a) && addr_eq(f.b, flow.b));
	assert_int_equal(f.first.ns, -5);
	assert_int_equal(f.bytes_ab, flow.bytes_ab);
	assert_int_equal(f.name_count, 3);
	for (size_t i = 0; i < 3; i++) {
		same(f.names[i].name, flow.names[i].name);
		assert_int_equal(f.names[i].how, flow.names[i].how);
		assert_int_equal(f.bursts[i].after_ns, flow.bursts[i].after_ns);
		assert_int_equal(f.bursts[i].bytes, flow.bursts[i].bytes);
	}
	same(f.app, flow.app);
	assert_int_equal(f.interface_drops, 4);
	assert_int_equal(f.fragments, 5);
	same_tcp(&f.tcp_a, &flow.tcp_a);
	same_tcp(&f.tcp_b, &flow.tcp_b);
	assert_true(addr_eq(f.outer.a, flow.outer.a) && addr_eq(f.outer.b, flow.outer.b));
	assert_int_equal(f.outer.aport, 1024);
	assert_int_equal(f.outer.bport, 53);
	assert_int_equal(f.outer.pkts_ab, 10);
	assert_int_equal(f.outer.bytes_ab, flow.outer.bytes_ab);
	assert_int_equal(f.outer.pkts_ba, 11);
	assert_int_equal(f.outer.bytes_ba, 13);
	assert_int_equal(f.outer.drops, 5);
	assert_int_equal(f.outer.mappings, 2);
}

static void check_both_sides(const struct batch *b)
{
	struct mapping_record m;
	struct capture_record c;
	assert_int_equal(batch_mapping(b, 0, &m), ERR_OK);
	assert_int_equal(m.at.ns, 77);
	assert_int_equal(m.proto, 17);
	assert_true(addr_eq(m.inner, mapping.inner) && addr_eq(m.dst, mapping.dst));
	assert_true(addr_eq(m.outer, mapping.outer) && addr_eq(m.server, mapping.server));
	assert_int_equal(m.inner_port, 40000);
	assert_int_equal(m.dst_port, 53);
	assert_int_equal(m.outer_port, 1024);
	assert_int_equal(m.server_port, 5353);
	assert_int_equal(batch_mapping(b, 1, &m), ERR_STATE);
	assert_int_equal(batch_capture(b, 0, &c), ERR_OK);
	assert_int_equal(c.place, CAPTURE_OUTSIDE);
	assert_int_equal(c.packets, 3);
	assert_int_equal(c.kernel_drops, 4);
	assert_int_equal(c.interface_drops, 5);
	assert_int_equal(c.snap, 6);
	assert_int_equal(c.bytes, 7);
	same(c.sha256, capture.sha256);
}

static void check_trace(const struct batch *b)
{
	struct trace_record t, got;
	sample_trace(&t, 15, 3);
	assert_int_equal(batch_trace(b, 0, &got), ERR_OK);
	assert_int_equal(got.id, t.id);
	assert_int_equal(got.probes, 45);
	assert_int_equal(got.method, t.method);
	same(got.ref, t.ref);
	same(got.addrs, t.addrs);
	same(got.peer, t.peer);
	assert_memory_equal(got.rtt_us, t.rtt_us, 45 * sizeof(uint32_t));
	assert_memory_equal(got.mpls_label, t.mpls_label, t.mpls_count * sizeof(uint32_t));
	same(got.reply_id, t.reply_id);
	same(got.reply_tos, t.reply_tos);
	same(got.extra, t.extra);
	assert_int_equal(got.proto, 17);
	assert_int_equal(got.borrowed_count, t.borrowed_count);
	for (size_t i = 0; i < t.borrowed_count; i++) {
		assert_int_equal(got.borrowed_probe[i], t.borrowed_probe[i]);
		assert_int_equal(got.borrowed_from[i], t.borrowed_from[i]);
		assert_int_equal(got.borrowed_age_ms[i], t.borrowed_age_ms[i]);
	}
}

static void check_graph(const struct batch *b)
{
	struct graph_record g, got;
	sample_graph(&g);
	assert_int_equal(batch_graphs(b), 1);
	assert_int_equal(batch_graph(b, 1, &got), ERR_STATE);
	assert_int_equal(batch_graph(b, 0, &got), ERR_OK);
	assert_int_equal(got.id, g.id);
	assert_int_equal(got.mode, GRAPH_LITE);
	assert_int_equal(got.reached_ppm, g.reached_ppm);
	assert_true(got.complete);
	assert_int_equal(got.sport_first, 61000);
	assert_int_equal(got.nodes, 4);
	same(got.width, g.width);
	same(got.mark, g.mark);
	same(got.addrs, g.addrs);
	same(got.reply_ttl, g.reply_ttl);
	same(got.quoted_ttl, g.quoted_ttl);
	same(got.out, g.out);
	same(got.to, g.to);
	assert_memory_equal(got.rtt_us, g.rtt_us, 4 * sizeof(uint32_t));
	assert_memory_equal(got.answer, g.answer, 4 * sizeof(uint32_t));
	assert_memory_equal(got.seen, g.seen, 4 * sizeof(uint32_t));
	assert_int_equal(got.sightings, 7);
	assert_memory_equal(got.flow, g.flow, 7 * sizeof(uint32_t));
	assert_memory_equal(got.link_flows, g.link_flows, 3 * sizeof(uint32_t));
	assert_int_equal(got.mpls_count, 2);
	assert_memory_equal(got.mpls_label, g.mpls_label, 2 * sizeof(uint32_t));
}

static void a_graph_that_contradicts_itself_is_refused(void **state)
{
	(void)state;
	static const uint8_t beyond[] = { 0, 2, 0 }, last[] = { 2, 0, 0, 1 };
	static const uint32_t strange[] = { 0, 1, 300, 0, 299, 1, 0 }, label = 1;
	static uint8_t out[4096];
	struct wr w = wr_of(out, sizeof(out));
	struct graph_record g;
	sample_graph(&g);
	g.to = span_of(beyond, 3); // the next TTL has two
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	sample_graph(&g);
	g.out = span_of(last, 4); // behind the last TTL is nothing
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	sample_graph(&g);
	g.flow = strange;
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	sample_graph(&g);
	g.sightings = 6;
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	sample_graph(&g);
	g.flow_label = &label; // of IPv4
	g.flow_label_count = 1;
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	sample_graph(&g);
	g.sport_first = 65300;
	assert_int_equal(record_write_graph(&w, &g), ERR_FORMAT);
	assert_int_equal(w.len, 0);
}

static void check_dns_pair(const struct batch *b)
{
	struct dns_pair_record got;
	size_t at = 0;
	assert_int_equal(batch_dns_pairs(b), 1);
	assert_int_equal(batch_dns_pair(b, 1, &got), ERR_STATE);
	assert_int_equal(batch_dns_pair(b, 0, &got), ERR_OK);
	assert_memory_equal(&got.scan, &dns_pair.scan, sizeof(got.scan));
	assert_int_equal(got.state, DNS_ANSWERED);
	assert_int_equal(got.qtype, 28);
	assert_int_equal(got.repetition, 3);
	assert_int_equal(got.start.ns, dns_pair.start.ns);
	assert_true(addr_eq(got.resolver, dns_pair.resolver));
	same(got.domain, dns_pair.domain);
	same(got.subnet, dns_pair.subnet);
	same(got.try_error, dns_pair.try_error);
	same(got.try_first, dns_pair.try_first);
	same(got.sources, dns_pair.sources);
	assert_null(got.try_sport);
	assert_memory_equal(got.try_sent_us, try_sent, sizeof(try_sent));
	assert_memory_equal(got.answer_ip_id, answer_ip_id, sizeof(answer_ip_id));
	assert_memory_equal(got.answer_mark, answer_mark, sizeof(answer_mark));
	same(dns_pair_wire(&got, 0, &at), span_of("abc", 3));
	same(dns_pair_wire(&got, 1, &at), span_of("defgh", 5));
	assert_int_equal(addr_to_v4(dns_pair_source(&got, 0)), 0xc6120035);
	assert_int_equal(addr_to_v4(dns_pair_source(&got, 1)), 0x01010101);
	assert_int_equal(got.answers_lost, 9);
}

static void a_pair_that_contradicts_itself_is_refused(void **state)
{
	(void)state;
	static const uint32_t longer[] = { 3, 5, 4, 1 };
	static uint8_t out[4096];
	struct wr w = wr_of(out, sizeof(out));
	struct dns_pair_record p = dns_pair;
	p.answer_length = longer;
	assert_int_equal(record_write_dns_pair(&w, &p), ERR_FORMAT);
	p = dns_pair;
	p.try_first = span_of("\1\0\5\0", 4);
	assert_int_equal(record_write_dns_pair(&w, &p), ERR_FORMAT);
	p = dns_pair;
	p.answer_ref = span_of("\3\0\0\0", 4);
	assert_int_equal(record_write_dns_pair(&w, &p), ERR_FORMAT);
	p = dns_pair;
	p.state = DNS_NOT_ASKED;
	assert_int_equal(record_write_dns_pair(&w, &p), ERR_FORMAT);
	assert_int_equal(w.len, 0);
	// Opted out between its control and its test.
	static const uint8_t controls[] = { DNS_CONTROL_BEFORE, DNS_CONTROL_BEFORE,
					    DNS_CONTROL_BEFORE, DNS_CONTROL_BEFORE };
	assert_true(p.tries <= sizeof(controls));
	p.try_role = span_of(controls, p.tries);
	p.state = DNS_REFUSED;
	assert_int_equal(record_write_dns_pair(&w, &p), ERR_OK);
}

static void check_clock(const struct clock_record *c)
{
	assert_int_equal(c->synced, head.clock.synced);
	assert_int_equal(c->offset_ns, head.clock.offset_ns);
	assert_int_equal(c->max_error_ns, head.clock.max_error_ns);
	assert_memory_equal(c->boot, head.clock.boot, sizeof(c->boot));
	assert_int_equal(c->wall.ns, head.clock.wall.ns);
	assert_int_equal(c->mono.ns, head.clock.mono.ns);
}

static void every_record_comes_back(void **state)
{
	(void)state;
	struct arena arena;
	struct batch *b;
	struct step_record s;
	struct message_record m;
	struct outcome_record o;
	struct name_record n;
	struct gap_record g;
	arena_init(&arena, 1 << 20);
	assert_int_equal(batch_read(write_all(), &arena, &b), ERR_OK);
	assert_int_equal(batch_unknown(b), 0);
	same(batch_head(b)->node, head.node);
	assert_int_equal(batch_head(b)->epoch, head.epoch);
	assert_int_equal(batch_head(b)->seq, 300);
	check_clock(&batch_head(b)->clock);
	check_flow(b);
	check_trace(b);
	check_graph(b);
	check_dns_pair(b);
	check_both_sides(b);
	assert_int_equal(batch_step(b, 0, &s), ERR_OK);
	same(s.detail, step.detail);
	assert_int_equal(batch_message(b, 0, &m), ERR_OK);
	assert_int_equal(m.received.ns, 4);
	assert_int_equal(batch_outcome(b, 0, &o), ERR_OK);
	assert_int_equal(o.state, ORDER_REFUSED_BUSY);
	assert_int_equal(batch_name(b, 0, &n), ERR_OK);
	assert_true(addr_eq(n.addr, name.addr));
	assert_int_equal(batch_gap(b, 0, &g), ERR_OK);
	assert_int_equal(g.reason, gap.reason);
	assert_int_equal(g.records, gap.records);
	assert_int_equal(g.bytes, gap.bytes);
	assert_int_equal(g.at.ns, gap.at.ns);
	assert_int_equal(g.first_seq, gap.first_seq);
	assert_int_equal(g.last_seq, gap.last_seq);
	assert_int_equal(batch_gap(b, 1, &g), ERR_STATE);
	arena_wipe(&arena);
}

static void fields_of_a_newer_node_are_counted(void **state)
{
	(void)state;
	static const uint8_t more[] = { 0xfa, 0x01, 2, 8, 1 }; // field 31, a message
	struct span s = write_all();
	struct arena arena;
	struct batch *b;
	memcpy(room + s.len, more, sizeof(more));
	arena_init(&arena, 1 << 20);
	// Said eleven records, and there are twelve.
	assert_int_equal(batch_read(span_of(room, s.len + sizeof(more)), &arena, &b), ERR_FORMAT);
	uint8_t *count = memmem(room, 100, "\x38\x0b\x82\x01", 4);
	assert_non_null(count);
	count[1] = 12;
	assert_int_equal(batch_read(span_of(room, s.len + sizeof(more)), &arena, &b), ERR_OK);
	assert_int_equal(batch_unknown(b), 1);
	arena_wipe(&arena);
}

static void an_allocation_bomb_is_refused(void **state)
{
	(void)state;
	struct arena arena;
	struct batch *b;
	for (size_t i = 0; i + 3 <= sizeof(room); i += 3)
		memcpy(room + i, "\x82\x01\x00", 3); // an empty trace
	arena_init(&arena, 4 << 20);
	assert_int_equal(batch_read(span_of(room, sizeof(room) / 3 * 3), &arena, &b), ERR_FULL);
	assert_null(b);
	arena_wipe(&arena);
}

static void every_cut_and_every_flip_is_survived(void **state)
{
	(void)state;
	struct span s = write_all();
	struct arena arena;
	struct batch *b;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < s.len; i++) {
		(void)!batch_read(span_of(s.at, i), &arena, &b);
		arena_reset(&arena);
	}
	for (size_t i = 0; i < 8 * s.len; i++) {
		struct trace_record t;
		struct flow_record f;
		room[i / 8] ^= (uint8_t)(1 << i % 8);
		if (batch_read(s, &arena, &b) == ERR_OK) {
			for (size_t k = 0; k < batch_traces(b); k++)
				if (batch_trace(b, k, &t) == ERR_OK)
					assert_int_equal(trace_check(&t), ERR_OK);
			for (size_t k = 0; k < batch_flows(b); k++)
				(void)!batch_flow(b, k, &f);
		}
		room[i / 8] ^= (uint8_t)(1 << i % 8);
		arena_reset(&arena);
	}
	arena_wipe(&arena);
}

static void bytes_that_are_no_text_become_question_marks(void **state)
{
	(void)state;
	struct wr w = wr_of(room, sizeof(room));
	struct batch_head h = head;
	struct name_record n = name, got;
	struct arena arena;
	struct batch *b;
	h.records = 1;
	n.name = span_text("a\xff\xc0\x80\xe2\x82z\xc3\xa9");
	assert_int_equal(batch_head_write(&w, &h), ERR_OK);
	assert_int_equal(record_write_name(&w, &n), ERR_OK);
	arena_init(&arena, 1 << 20);
	assert_int_equal(batch_read(wr_span(&w), &arena, &b), ERR_OK);
	assert_int_equal(batch_name(b, 0, &got), ERR_OK);
	same(got.name, span_text("a?????z\xc3\xa9"));
	arena_wipe(&arena);
}

static void a_trace_that_breaks_a_rule_is_not_written(void **state)
{
	(void)state;
	struct wr w = wr_of(room, sizeof(room));
	struct trace_record t;
	uint8_t ref[45];
	sample_trace(&t, 15, 3);
	t.probes--;
	assert_int_equal(record_write_trace(&w, &t), ERR_FORMAT);
	sample_trace(&t, 15, 3);
	memcpy(ref, t.ref.at, sizeof(ref));
	t.ref = span_of(ref, sizeof(ref));
	ref[3] = 200;
	assert_int_equal(record_write_trace(&w, &t), ERR_FORMAT);
	sample_trace(&t, 15, 3);
	t.src.family = 6;
	assert_int_equal(record_write_trace(&w, &t), ERR_FORMAT);
	sample_trace(&t, 15, 3);
	w.cap = 100;
	assert_int_equal(record_write_trace(&w, &t), ERR_FULL);
	assert_int_equal(w.len, 0);
}

static void an_unanswered_refused_trace_is_a_trace(void **state)
{
	(void)state;
	struct wr w = wr_of(room, sizeof(room));
	struct trace_record t = { .dst = addr_v4(0xc6120001), .stop = TRACE_REFUSED };
	assert_int_equal(record_write_trace(&w, &t), ERR_OK);
}

static void the_way_back_is_guessed_from_the_ttl(void **state)
{
	(void)state;
	assert_int_equal(trace_back_hops(64), 1);
	assert_int_equal(trace_back_hops(57), 8);
	assert_int_equal(trace_back_hops(128), 1);
	assert_int_equal(trace_back_hops(65), 64);
	assert_int_equal(trace_back_hops(250), 6);
	assert_int_equal(trace_back_hops(255), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_back_is_guessed_from_the_ttl),
		cmocka_unit_test(what_we_write_is_what_protobuf_c_packs),
		cmocka_unit_test(every_record_comes_back),
		cmocka_unit_test(a_pair_that_contradicts_itself_is_refused),
		cmocka_unit_test(a_graph_that_contradicts_itself_is_refused),
		cmocka_unit_test(fields_of_a_newer_node_are_counted),
		cmocka_unit_test(an_allocation_bomb_is_refused),
		cmocka_unit_test(every_cut_and_every_flip_is_survived),
		cmocka_unit_test(bytes_that_are_no_text_become_question_marks),
		cmocka_unit_test(a_trace_that_breaks_a_rule_is_not_written),
		cmocka_unit_test(an_unanswered_refused_trace_is_a_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
