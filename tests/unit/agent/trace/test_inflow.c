// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/inflow.h"
#include "trace/inflow_guard.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define LOCAL  0xc6120101 // 198.18.1.1
#define REMOTE 0xc6120902
#define ROUTER 0xc6120002
#define PORT   40000
#define UNA    5000u
#define ACKED  7000u

static const uint8_t link_head[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };

struct world {
	struct inflow *e;
	struct mono now;
	uint8_t bytes[512], quote[128];
	size_t quote_len;
	uint8_t ttl; // of the probe in QUOTE
};

static struct world world_of(bool all, struct pace *pace)
{
	struct inflow_config c = INFLOW_DEFAULT;
	struct world w = { .now = { NS_PER_S } };
	c.all = all;
	c.pace = pace;
	c.tag = 0x5a;
	c.own_first = 61000;
	c.own_count = 100;
	c.attempts = 2;
	w.e = inflow_new(&c);
	assert_non_null(w.e);
	inflow_tick(w.e, w.now);
	return w;
}

static void hear(struct world *w, bool outgoing, size_t len)
{
	const struct inflow_packet p = { .at = w->now,
					 .outgoing = outgoing,
					 .link = span_of(link_head, sizeof(link_head)),
					 .ip = span_of(w->bytes, len) };
	inflow_hear(w->e, &p, (struct wall){ 77 });
}

static void segment(struct world *w, bool outgoing, uint16_t flags, uint32_t seq, uint32_t ack,
		    uint8_t ttl)
{
	struct wr out = wr_of(w->bytes, sizeof(w->bytes));
	const struct addr local = addr_v4(LOCAL), remote = addr_v4(REMOTE);
	const struct ip_head ip = { .src = outgoing ? local : remote,
				    .dst = outgoing ? remote : local,
				    .proto = IP_TCP,
				    .ttl = ttl };
	const struct tcp_head h = { .sport = outgoing ? PORT : 443,
				    .dport = outgoing ? 443 : PORT,
				    .seq = seq,
				    .ack = ack,
				    .flags = flags,
				    .window = 501 };
	assert_int_equal(ip_write(&out, &ip, TCP_HEAD), ERR_OK);
	assert_int_equal(tcp_write(&out, &ip.src, &ip.dst, &h), ERR_OK);
	hear(w, outgoing, out.len);
}

static void establish(struct world *w, uint8_t ttl)
{
	segment(w, true, TCP_SYN, UNA - 1, 0, 63);
	segment(w, false, TCP_SYN | TCP_ACK, ACKED - 1, UNA, ttl);
	segment(w, true, TCP_ACK, UNA, ACKED, 63);
	segment(w, false, TCP_ACK, ACKED, UNA, ttl);
}

// The next step; a probe is kept for `expire`.
static enum inflow_step next(struct world *w, struct inflow_result *r)
{
	struct inflow_probe p;
	enum inflow_step step = inflow_next(w->e, &p, r);
	if (step == INFLOW_SEND) {
		w->quote_len = p.frame.len - sizeof(link_head);
		assert_memory_equal(p.frame.at, link_head, sizeof(link_head));
		memcpy(w->quote, p.frame.at + sizeof(link_head), w->quote_len);
		w->ttl = w->quote[8];
	}
	return step;
}

static void expire(struct world *w, uint32_t from)
{
	struct wr out = wr_of(w->bytes, sizeof(w->bytes));
	const struct addr router = addr_v4(from), local = addr_v4(LOCAL);
	const struct ip_head ip = { .src = router, .dst = local, .proto = IP_ICMP, .ttl = 250 };
	const struct icmp m = { .type = 11, .body = span_of(w->quote, w->quote_len) };
	assert_int_equal(ip_write(&out, &ip, ICMP_HEAD + w->quote_len), ERR_OK);
	assert_int_equal(icmp_write(&out, &router, &local, &m), ERR_OK);
	hear(w, false, out.len);
}

static void later(struct world *w, int64_t ns)
{
	w->now = mono_add(w->now, ns);
	inflow_tick(w->e, w->now);
}

// The next probe, or the end, whenever that is.
static enum inflow_step wait_next(struct world *w, struct inflow_result *r)
{
	enum inflow_step step = next(w, r);
	for (int i = 0; i < 20000 && step == INFLOW_NOTHING; i++) {
		later(w, 5 * NS_PER_MS);
		step = next(w, r);
	}
	return step;
}

// A flow over so many routers whose guard stands.
static struct world world_of_routers(uint8_t routers)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	establish(&w, (uint8_t)(64 - routers));
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	return w;
}

static void probes_lie_below_the_window_and_end_short_of_the_server(void **state)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	(void)state;
	uint8_t first_id = 0;
	establish(&w, 61); // three routers
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	assert_int_equal(next(&w, &r), INFLOW_NOTHING);
	inflow_hear_guard(w.e, true);
	for (int i = 0; i < 6; i++) {
		struct ip_head ip;
		struct tcp_head tcp;
		assert_int_equal(wait_next(&w, &r), INFLOW_SEND);
		assert_int_equal(ip_read(span_of(w.quote, w.quote_len), &ip), ERR_OK);
		assert_int_equal(tcp_read(ip.payload, &tcp), ERR_OK);
		first_id = i == 0 ? (uint8_t)ip.id : first_id;
		assert_int_equal(ip.ttl, i % 3 + 1);
		assert_int_equal(ip.id >> 8, 0x5a);
		assert_int_equal((uint8_t)(ip.id - first_id), i);
		assert_int_equal(tcp.sport, PORT);
		assert_int_equal(tcp.dport, 443);
		assert_int_equal(tcp.seq, UNA - 2 - (uint32_t)i);
		assert_int_equal(tcp.ack, ACKED);
		assert_int_equal(tcp.flags, TCP_ACK);
		assert_int_equal(tcp.payload.len, 0);
		expire(&w, ROUTER + (uint32_t)(i % 3) * 256);
	}
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.method, TRACE_FLOW);
	assert_int_equal(r.record.proto, IP_TCP);
	assert_int_equal(r.record.stop, TRACE_MAX_TTL);
	assert_int_equal(r.record.probes, 6);
	assert_int_equal(r.record.tries.len, 3);
	assert_int_equal(trace_server_hops(&r.record), 4);
	assert_int_equal(trace_not_inside(&r.record), TRACE_INSIDE);
	assert_int_equal(r.record.addrs.len, 12);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	assert_int_equal(inflow_guards(w.e, (struct inflow_key[1]){ 0 }, 1), 1);
	later(&w, 3 * NS_PER_S);
	assert_int_equal(inflow_guards(w.e, (struct inflow_key[1]){ 0 }, 1), 0);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_free(&w.e);
}

// The server acknowledges a byte between any two probes: their numbers must stay apart, and near.
static void no_two_probes_have_one_number(void **state)
{
	struct world w = world_of_routers(40);
	struct inflow_result r;
	uint32_t seen[INFLOW_PROBES];
	size_t count = 0;
	(void)state;
	for (; wait_next(&w, &r) == INFLOW_SEND; count++) {
		struct ip_head ip;
		struct tcp_head tcp;
		uint32_t una = UNA + 7 * (uint32_t)count;
		assert_true(count < INFLOW_PROBES);
		assert_int_equal(ip_read(span_of(w.quote, w.quote_len), &ip), ERR_OK);
		assert_int_equal(tcp_read(ip.payload, &tcp), ERR_OK);
		assert_true(una - tcp.seq >= 2 && una - tcp.seq < 1000);
		for (size_t i = 0; i < count; i++)
			assert_true(seen[i] != tcp.seq);
		seen[count] = tcp.seq;
		segment(&w, false, TCP_ACK, ACKED, una + 7, 64 - 40);
	}
	assert_true(count >= 45);
	inflow_free(&w.e);
}

// An answer with all a router can tell, in the record as a plain trace has it.
static void an_answer_keeps_what_a_plain_traces_keeps(void **state)
{
	enum { EXT = 128 };
	uint8_t body[EXT + 24] = { 0 };
	const uint8_t objects[] = {
		0x20, 0, 0, 0, 0, 8, 1, 1, 0x01, 0x23, 0x4f, 0x2a, 0, 8, 2, 1, 0, 0, 0, 9
	}; // a label; what RFC 5837 says
	const struct addr router = addr_v4(ROUTER), local = addr_v4(LOCAL);
	const struct ip_head ip = {
		.src = router, .dst = local, .proto = IP_ICMP, .ttl = 250, .tos = 0xc0, .id = 777
	};
	struct world w = world_of_routers(1);
	struct inflow_result r;
	struct trace_extra e;
	(void)state;
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	memcpy(body, w.quote, w.quote_len);
	body[1] = 0x28; // TOS as seen there
	memcpy(body + EXT, objects, sizeof(objects));
	const struct icmp m = { .type = 11,
				.rest = EXT / 4 << 16,
				.body = span_of(body, EXT + sizeof(objects)) };
	struct wr out = wr_of(w.bytes, sizeof(w.bytes));
	assert_int_equal(ip_write(&out, &ip, ICMP_HEAD + m.body.len), ERR_OK);
	assert_int_equal(icmp_write(&out, &router, &local, &m), ERR_OK);
	w.now = mono_add(w.now, 7 * NS_PER_MS); // kernel time, before the engine's clock moves
	hear(&w, false, out.len);
	inflow_stop(w.e);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	assert_int_equal(r.record.rtt_us[0], 7000);
	assert_int_equal(r.record.reply_ttl.at[0], 250);
	assert_int_equal(r.record.quoted_ttl.len, 0); // it was 1
	assert_int_equal(r.record.reply_id.at[0] << 8 | r.record.reply_id.at[1], 777);
	assert_int_equal(r.record.reply_tos.at[0], 0xc0);
	assert_int_equal(r.record.mpls_count, 1);
	assert_int_equal(r.record.mpls_label[0], 0x01234f2a);
	struct span rest = r.record.extra;
	assert_true(trace_extra_next(&rest, &e));
	assert_int_equal(e.kind, TRACE_SEEN_TOS);
	assert_int_equal(trace_extra_number(e.data), 0x28);
	assert_true(trace_extra_next(&rest, &e));
	assert_int_equal(e.kind, TRACE_TOLD_OBJECT);
	assert_memory_equal(e.data.at, ((const uint8_t[]){ 2, 1, 0, 0, 0, 9 }), 6);
	assert_true(trace_extra_next(&rest, &e));
	assert_int_equal(e.kind, TRACE_SERVER_HOPS);
	assert_int_equal(rest.len, 0);
	inflow_free(&w.e);
}

static void a_late_answer_is_kept_and_marked(void **state)
{
	struct world w = world_of_routers(2);
	struct inflow_result r;
	struct world first;
	(void)state;
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	first = w;
	assert_int_equal(wait_next(&w, &r), INFLOW_SEND);
	expire(&w, ROUTER + 256);
	while (mono_since(w.now, first.now) < 1200 * NS_PER_MS) {
		enum inflow_step step = next(&w, &r);
		assert_true(step == INFLOW_SEND || step == INFLOW_NOTHING);
		later(&w, 10 * NS_PER_MS);
	}
	first.now = w.now;
	expire(&first, ROUTER);
	while (wait_next(&w, &r) == INFLOW_SEND)
		expire(&w, ROUTER + 256u * (w.ttl - 1u));
	assert_int_equal(trace_check(&r.record), ERR_OK);
	assert_int_equal(r.record.mark.at[0], TRACE_LATE);
	assert_true(r.record.rtt_us[0] >= 1200000);
	assert_int_equal(inflow_counted(w.e).late, 1);
	inflow_free(&w.e);
}

// The second of three answers only to who comes slowly: the fourth probe, not the first three.
static void a_quiet_router_is_asked_again_more_slowly(void **state)
{
	struct world w = world_of_routers(3);
	struct inflow_result r;
	struct mono last = { 0 };
	int asked = 0;
	(void)state;
	while (wait_next(&w, &r) == INFLOW_SEND) {
		if (w.ttl == 2 && ++asked > 2)
			assert_true(mono_since(w.now, last) >= 400 * NS_PER_MS);
		last = w.ttl == 2 ? w.now : last;
		if (w.ttl != 2 || asked == 4)
			expire(&w, ROUTER + 256u * w.ttl);
	}
	assert_int_equal(asked, 4); // two attempts, two more
	assert_int_equal(r.record.tries.at[1], 4);
	assert_int_equal(r.record.tries.at[0], 2);
	assert_int_equal(r.record.ref.at[2 + 3] != 0, 1);
	assert_int_equal(r.record.stop, TRACE_MAX_TTL);
	inflow_free(&w.e);
}

// Eleven silent routers, then one that answers: it is found, and the silent ones are no gap.
static void a_gap_is_crossed_since_the_server_lies_behind(void **state)
{
	struct world w = world_of_routers(12);
	struct inflow_result r;
	(void)state;
	while (wait_next(&w, &r) == INFLOW_SEND)
		if (w.ttl == 12)
			expire(&w, ROUTER);
	assert_int_equal(r.record.stop, TRACE_MAX_TTL);
	assert_int_equal(r.record.tries.len, 12);
	inflow_free(&w.e);
	w = world_of_routers(12); // and one where nobody answers behind the first
	while (wait_next(&w, &r) == INFLOW_SEND)
		if (w.ttl == 1)
			expire(&w, ROUTER);
	assert_int_equal(r.record.stop, TRACE_GAP);
	assert_int_equal(r.record.tries.at[11], 1); // further than GAP: once
	inflow_free(&w.e);
}

static void the_end_of_a_flow_that_showed_all_is_no_deadline(void **state)
{
	struct world w = world_of_routers(2);
	struct inflow_result r;
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wait_next(&w, &r), INFLOW_SEND);
		expire(&w, ROUTER + 256u * w.ttl);
	}
	segment(&w, false, TCP_FIN | TCP_ACK, ACKED, UNA, 62);
	assert_int_equal(wait_next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.stop, TRACE_MAX_TTL);
	inflow_free(&w.e);
}

static void what_was_dropped_meanwhile_is_in_the_record(void **state)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	(void)state;
	inflow_hear_drops(w.e, 5); // before it began
	establish(&w, 64);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	inflow_hear_drops(w.e, 12);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.kernel_drops, 7);
	inflow_free(&w.e);
}

// Of three routers the second answers nothing: probe 1 may have been lost here, later ones were
// not.
static void what_was_lost_here_is_no_silence(void **state)
{
	struct world w = world_of_routers(3);
	struct inflow_result r;
	int sent = 0, second = 0;
	(void)state;
	while (wait_next(&w, &r) == INFLOW_SEND) {
		if (sent++ == 1)
			inflow_hear_drops(w.e, 3); // of probes 0 and 1, and 0 is answered
		second += w.ttl == 2;
		if (w.ttl != 2)
			expire(&w, ROUTER + 256u * w.ttl);
		if (sent == 2)
			later(&w, 60 * NS_PER_MS);
		if (sent > 2)
			inflow_hear_drops(w.e, 3); // no more
	}
	assert_int_equal(second, 5); // two attempts, two slower ones, one for the lost
	assert_int_equal(r.record.kernel_drops, 3);
	assert_int_equal(r.record.mark.at[0], 0);
	assert_int_equal(r.record.mark.at[2], TRACE_LOST); // by TTL: 0 and 3, then 1
	assert_int_equal(r.record.mark.at[3], 0);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	inflow_free(&w.e);
}

static void what_did_not_leave_is_lost_and_not_counted(void **state)
{
	struct world w = world_of_routers(3);
	struct inflow_result r;
	(void)state;
	inflow_hear_failed(w.e); // none is out
	while (wait_next(&w, &r) == INFLOW_SEND) {
		if (w.ttl == 2)
			inflow_hear_failed(w.e);
		else
			expire(&w, ROUTER + 256u * w.ttl);
	}
	assert_int_equal(r.record.probes_sent, 4);
	for (size_t i = 0; i < r.record.probes; i++)
		assert_int_equal(r.record.mark.at[i] == TRACE_LOST, r.record.ref.at[i] == 0);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	assert_int_equal(inflow_counted(w.e).unsent, r.record.probes - 4);
	inflow_free(&w.e);
}

static void one_of_which_no_probe_left_has_sent_none(void **state)
{
	struct world w = world_of_routers(1);
	struct inflow_result r;
	(void)state;
	while (wait_next(&w, &r) == INFLOW_SEND)
		inflow_hear_failed(w.e);
	assert_int_equal(r.record.probes_sent, 0);
	assert_int_equal(trace_not_inside(&r.record), TRACE_UNSENT);
	inflow_free(&w.e);
}

static void the_first_hop_has_its_own_rate(void **state)
{
	const struct pace_limits limits = {
		.all = 1e6, .target = 1e6, .net = 1e6, .first = 1, .targets = 16
	};
	struct pace *pace = pace_new(&limits);
	struct world w = world_of(true, pace);
	struct inflow_result r;
	uint8_t order[4];
	(void)state;
	establish(&w, 62); // two routers, each asked twice
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	for (int i = 0; i < 4; i++) {
		if (i == 3) {
			later(&w, 100 * NS_PER_MS);
			assert_int_equal(next(&w, &r), INFLOW_NOTHING); // not within a second
		}
		assert_int_equal(wait_next(&w, &r), INFLOW_SEND);
		order[i] = w.ttl;
		expire(&w, ROUTER + 256u * w.ttl);
	}
	assert_memory_equal(order, ((const uint8_t[]){ 1, 2, 2, 1 }), 4); // others go on
	assert_true(w.now.ns >= 2 * NS_PER_S);
	inflow_free(&w.e);
	pace_free(&pace);
}

static void nothing_is_sent_after_fin(void **state)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	(void)state;
	establish(&w, 60);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	segment(&w, false, TCP_FIN | TCP_ACK, ACKED, UNA, 60);
	assert_int_equal(wait_next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.stop, TRACE_DEADLINE);
	inflow_free(&w.e);
}

static void nothing_is_sent_without_a_guard(void **state)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	(void)state;
	establish(&w, 60);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, false);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.probes_sent, 0);
	assert_int_equal(r.record.stop, TRACE_REFUSED);
	assert_int_equal(trace_not_inside(&r.record), TRACE_NO_GUARD);
	inflow_free(&w.e);
}

static void a_distance_not_to_be_told_forbids_probes(void **state)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	(void)state;
	establish(&w, 10); // 54 routers from 64: not believed
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.probes_sent, 0);
	assert_int_equal(r.why, TRACE_TOO_FAR);
	assert_int_equal(trace_not_inside(&r.record), TRACE_TOO_FAR);
	assert_int_equal(trace_server_hops(&r.record), 0);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	inflow_free(&w.e);
}

// The quote of the probe that is out, with some bytes changed; whether it is heard.
static bool answered_with(struct world *w, size_t a, size_t b)
{
	uint64_t before = inflow_counted(w->e).answers;
	w->quote[a] ^= 1;
	w->quote[b] ^= a == b ? 0 : 1;
	expire(w, ROUTER);
	w->quote[a] ^= 1;
	w->quote[b] ^= a == b ? 0 : 1;
	return inflow_counted(w->e).answers > before;
}

static void an_answer_to_the_apps_own_packet_is_not_ours(void **state)
{
	enum {
		ID = 5,
		SRC = 15,
		DST = 19,
		SPORT = IP4_HEAD + 1,
		DPORT = IP4_HEAD + 3,
		SEQ = IP4_HEAD + 7
	};
	struct world w = world_of_routers(2);
	struct inflow_result r;
	(void)state;
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	assert_false(answered_with(&w, SEQ, SEQ));
	assert_false(answered_with(&w, ID, SPORT));
	assert_false(answered_with(&w, ID, SRC));
	assert_false(answered_with(&w, DST, DST));
	assert_false(answered_with(&w, DPORT, DPORT));
	inflow_free(&w.e);
}

// A box on the way that changed one thing and does not hide it.
static void what_a_nat_changed_is_told(void **state)
{
	static const struct {
		size_t at;
		enum trace_extra_kind kind;
	} cases[] = { { 5, TRACE_SEEN_ID },
		      { IP4_HEAD + 1, TRACE_SEEN_SPORT },
		      { 15, TRACE_SEEN_SRC } };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world w = world_of_routers(2);
		struct inflow_result r;
		struct trace_extra e;
		assert_int_equal(next(&w, &r), INFLOW_SEND);
		assert_true(answered_with(&w, cases[i].at, cases[i].at));
		inflow_stop(w.e);
		assert_int_equal(next(&w, &r), INFLOW_FINISHED);
		assert_int_equal(r.record.mark.at[0], TRACE_REWRITTEN);
		struct span rest = r.record.extra;
		assert_true(trace_extra_next(&rest, &e));
		assert_int_equal(e.kind, cases[i].kind);
		inflow_free(&w.e);
	}
}

static struct addr v6(uint8_t last)
{
	const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = last };
	return addr_of(span_of(bytes, sizeof(bytes)));
}

static void datagram(struct world *w, bool six, bool outgoing)
{
	struct wr out = wr_of(w->bytes, sizeof(w->bytes));
	const struct addr local = six ? v6(1) : addr_v4(LOCAL), far = six ? v6(9) : addr_v4(REMOTE);
	const struct ip_head ip = { .src = outgoing ? local : far,
				    .dst = outgoing ? far : local,
				    .proto = IP_UDP,
				    .ttl = 60 };
	const struct udp_head h = { .sport = outgoing ? PORT : 443,
				    .dport = outgoing ? 443 : PORT,
				    .payload = span_of(link_head, 12) };
	assert_int_equal(ip_write(&out, &ip, UDP_HEAD + 12), ERR_OK);
	assert_int_equal(udp_write(&out, &ip.src, &ip.dst, &h), ERR_OK);
	hear(w, outgoing, out.len);
}

static void expire_six(struct world *w)
{
	struct wr out = wr_of(w->bytes, sizeof(w->bytes));
	const struct addr router = v6(66), local = v6(1);
	const struct ip_head ip = { .src = router, .dst = local, .proto = IP_ICMP6, .ttl = 250 };
	const struct icmp m = { .type = 3, .body = span_of(w->quote, w->quote_len) };
	assert_int_equal(ip_write(&out, &ip, ICMP_HEAD + w->quote_len), ERR_OK);
	assert_int_equal(icmp_write(&out, &router, &local, &m), ERR_OK);
	hear(w, false, out.len);
}

// The probe sent last as a router quotes it, so many bytes of UDP, with one byte changed (0: none).
static uint64_t answers_to_quote(struct world *w, bool six, size_t bytes, size_t changed)
{
	size_t head = six ? IP6_HEAD : IP4_HEAD, len = w->quote_len;
	uint64_t before = inflow_counted(w->e).answers;
	w->quote_len = head + bytes;
	w->quote[changed] ^= changed > 0 ? 0x40 : 0;
	if (six)
		expire_six(w);
	else
		expire(w, ROUTER);
	w->quote[changed] ^= changed > 0 ? 0x40 : 0;
	w->quote_len = len;
	return inflow_counted(w->e).answers - before;
}

// One probe in a flow of UDP is out.
static struct world world_of_datagrams(bool six)
{
	struct world w = world_of(true, NULL);
	struct inflow_result r;
	datagram(&w, six, true);
	datagram(&w, six, false);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	return w;
}

static void who_knows_the_flow_and_the_id_is_no_router(void **state)
{
	enum { CHECK = IP4_HEAD + 6, SERIAL = IP4_HEAD + UDP_HEAD + 3, COOKIE = SERIAL + 1 };
	struct inflow_result r;
	(void)state;
	struct world w = world_of_datagrams(false);
	assert_int_equal(answers_to_quote(&w, false, 8, CHECK), 0);
	assert_int_equal(answers_to_quote(&w, false, 4, 0), 0); // ports and no more
	assert_int_equal(answers_to_quote(&w, false, 18, COOKIE), 0);
	assert_int_equal(answers_to_quote(&w, false, 18, SERIAL), 0);
	assert_int_equal(answers_to_quote(&w, false, 8, 4), 0);  // ID, and no token
	assert_int_equal(answers_to_quote(&w, false, 8, 15), 0); // near end likewise
	assert_int_equal(answers_to_quote(&w, false, 18, CHECK), 1);
	inflow_stop(w.e);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.mark.at[0], TRACE_REWRITTEN);
	inflow_free(&w.e);
	w = world_of_datagrams(false);
	assert_int_equal(answers_to_quote(&w, false, 8, 0), 1);
	inflow_stop(w.e);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.mark.len, 0);
	inflow_free(&w.e);
}

static void who_knows_the_flow_is_no_router_of_six(void **state)
{
	enum { SERIAL = IP6_HEAD + UDP_HEAD + 3, COOKIE = SERIAL + 1 };
	(void)state;
	struct world w = world_of_datagrams(true);
	assert_int_equal(answers_to_quote(&w, true, 8, 0), 0);
	assert_int_equal(answers_to_quote(&w, true, 18, COOKIE), 0);
	assert_int_equal(answers_to_quote(&w, true, 18, SERIAL), 0);
	assert_int_equal(answers_to_quote(&w, true, 18, 0), 1);
	inflow_free(&w.e);
}

static void a_want_is_told_when_no_flow_came(void **state)
{
	struct world w = world_of(false, NULL);
	struct inflow_result r;
	struct inflow_key k = { .remote = addr_v4(REMOTE), .rport = 443, .proto = IP_TCP };
	(void)state;
	assert_int_equal(inflow_put(w.e, w.now, 9, &k, (struct wall){ 5 }), ERR_OK);
	assert_int_equal(inflow_put(w.e, w.now, 9, &k, (struct wall){ 5 }), ERR_EXISTS);
	assert_int_equal(next(&w, &r), INFLOW_NOTHING);
	later(&w, 6 * NS_PER_S);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.id, 9);
	assert_int_equal(r.record.probes_sent, 0);
	assert_int_equal(trace_not_inside(&r.record), TRACE_NO_FLOW);
	assert_int_equal(trace_check(&r.record), ERR_OK);
	assert_int_equal(inflow_count(w.e), 0);
	inflow_free(&w.e);
}

// Of a want whose flow was seen is told what was in the way.
static void a_want_that_is_not_met_says_why(void **state)
{
	static const struct {
		uint8_t ttl;
		uint16_t flags; // of a last packet from the server
		enum trace_not_inside why;
	} cases[] = { { 10, TCP_ACK, TRACE_TOO_FAR },
		      { 60, TCP_FIN | TCP_ACK, TRACE_FLOW_ENDED },
		      { 60, TCP_RST, TRACE_FLOW_ENDED } };
	struct inflow_key k = { .remote = addr_v4(REMOTE), .rport = 443, .proto = IP_TCP };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world w = world_of(false, NULL);
		struct inflow_result r;
		establish(&w, cases[i].ttl);
		assert_int_equal(inflow_put(w.e, w.now, 9, &k, (struct wall){ 5 }), ERR_OK);
		segment(&w, false, cases[i].flags, ACKED, UNA, cases[i].ttl);
		assert_int_equal(wait_next(&w, &r), INFLOW_FINISHED);
		assert_int_equal(r.why, cases[i].why);
		assert_int_equal(trace_not_inside(&r.record), cases[i].why);
		assert_int_equal(trace_check(&r.record), ERR_OK);
		inflow_free(&w.e);
	}
}

static void a_want_is_met_by_its_flow(void **state)
{
	struct world w = world_of(false, NULL);
	struct inflow_result r;
	struct inflow_key k = { .remote = addr_v4(REMOTE), .rport = 443, .proto = IP_TCP };
	(void)state;
	establish(&w, 63);
	assert_int_equal(next(&w, &r), INFLOW_NOTHING);
	assert_int_equal(inflow_put(w.e, w.now, 9, &k, (struct wall){ 5 }), ERR_OK);
	segment(&w, true, TCP_ACK, UNA, ACKED, 63);
	assert_int_equal(next(&w, &r), INFLOW_GUARD);
	inflow_hear_guard(w.e, true);
	assert_int_equal(next(&w, &r), INFLOW_SEND);
	inflow_stop(w.e);
	assert_int_equal(next(&w, &r), INFLOW_FINISHED);
	assert_int_equal(r.record.id, 9);
	inflow_free(&w.e);
}

static void all_guards_have_room(void **state)
{
	static char text[INFLOW_GUARD_TEXT];
	struct inflow_key keys[INFLOW_TRACES];
	struct wr w = wr_of(text, sizeof(text));
	(void)state;
	for (size_t i = 0; i < INFLOW_TRACES; i++) {
		memset(&keys[i], 0xff, sizeof(keys[i]));
		keys[i].local.family = keys[i].remote.family = 6;
	}
	inflow_guard_write(&w, "waymark_inflow_4194304_99", 0xff, keys, INFLOW_TRACES);
	assert_int_equal(w.err, ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_lie_below_the_window_and_end_short_of_the_server),
		cmocka_unit_test(what_was_dropped_meanwhile_is_in_the_record),
		cmocka_unit_test(what_was_lost_here_is_no_silence),
		cmocka_unit_test(what_did_not_leave_is_lost_and_not_counted),
		cmocka_unit_test(no_two_probes_have_one_number),
		cmocka_unit_test(an_answer_keeps_what_a_plain_traces_keeps),
		cmocka_unit_test(a_late_answer_is_kept_and_marked),
		cmocka_unit_test(a_quiet_router_is_asked_again_more_slowly),
		cmocka_unit_test(a_gap_is_crossed_since_the_server_lies_behind),
		cmocka_unit_test(the_end_of_a_flow_that_showed_all_is_no_deadline),
		cmocka_unit_test(what_a_nat_changed_is_told),
		cmocka_unit_test(one_of_which_no_probe_left_has_sent_none),
		cmocka_unit_test(the_first_hop_has_its_own_rate),
		cmocka_unit_test(nothing_is_sent_after_fin),
		cmocka_unit_test(nothing_is_sent_without_a_guard),
		cmocka_unit_test(a_distance_not_to_be_told_forbids_probes),
		cmocka_unit_test(an_answer_to_the_apps_own_packet_is_not_ours),
		cmocka_unit_test(who_knows_the_flow_and_the_id_is_no_router),
		cmocka_unit_test(who_knows_the_flow_is_no_router_of_six),
		cmocka_unit_test(a_want_is_told_when_no_flow_came),
		cmocka_unit_test(a_want_that_is_not_met_says_why),
		cmocka_unit_test(a_want_is_met_by_its_flow),
		cmocka_unit_test(all_guards_have_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
