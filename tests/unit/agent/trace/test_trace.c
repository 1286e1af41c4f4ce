// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/probe.h"
#include "trace/trace.h"
#include "wire/be.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "unit/support/initial.h"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static struct trace_engine *make(size_t traces, uint16_t ports)
{
	const struct trace_config c = {
		.traces = traces, .sport_first = 61000, .sport_count = ports, .seed = { 3, 4 }
	};
	struct trace_engine *e = trace_new(&c);
	assert_non_null(e);
	return e;
}

static struct trace_target target(enum trace_method m, bool v4)
{
	struct trace_target t = TRACE_TARGET_DEFAULT;
	t.method = m;
	t.src = addr(v4 ? "198.18.0.1" : "2001:db8::1");
	t.dst = addr(v4 ? "198.18.9.9" : "2001:db8:9::9");
	t.dport = m == TRACE_ICMP ? 0 : 443;
	t.spacing_ns = 0;
	return t;
}

#define PROBES 96

// All probes of one trace that nobody answers, as bytes.
static size_t all_probes(enum trace_method m, bool v4, uint8_t out[PROBES][TRACE_PROBE_MAX],
			 size_t *len)
{
	struct trace_engine *e = make(1, 16);
	struct trace_target t = target(m, v4);
	struct trace_probe probe;
	struct trace_record record;
	struct mono now = { NS_PER_S };
	size_t count = 0;
	t.gap = 32;
	assert_int_equal(trace_put(e, now, &t), ERR_OK);
	for (;;) {
		trace_tick(e, now);
		enum trace_want want = trace_next(e, &probe, &record);
		if (want == TRACE_FINISHED)
			break;
		if (want == TRACE_SEND) {
			struct wr w = wr_of(out[count++], TRACE_PROBE_MAX);
			assert_int_equal(trace_probe_write(&w, &probe, initial_seals()), ERR_OK);
			*len = w.len;
		} else {
			now = trace_due(e);
		}
	}
	trace_free(&e);
	return count;
}

static struct span transport(const uint8_t *packet, size_t len, struct ip_head *ip)
{
	assert_int_equal(ip_read(span_of(packet, len), ip), ERR_OK);
	assert_int_equal(ip->payload.len + ip->head_len, len);
	return ip->payload;
}

static void sum_is_right(const struct ip_head *ip)
{
	uint32_t sum = ip->proto == IP_ICMP ? 0
					    : checksum_pseudo(&ip->src, &ip->dst, ip->proto,
							      (uint32_t)ip->payload.len);
	assert_int_equal(checksum_end(checksum_add(sum, ip->payload)), 0);
}

static void probes_keep_their_flow_and_differ_elsewhere(void **state)
{
	static uint8_t packets[PROBES][TRACE_PROBE_MAX];
	static const enum trace_method methods[] = { TRACE_ICMP, TRACE_UDP, TRACE_TCP_SYN };
	(void)state;
	for (int i = 0; i < 6; i++) {
		enum trace_method m = methods[i % 3];
		size_t len = 0;
		size_t count = all_probes(m, i < 3, packets, &len);
		assert_int_equal(count, 96);
		struct ip_head first, ip;
		struct span a = transport(packets[0], len, &first);
		for (size_t k = 0; k < count; k++) {
			struct span b = transport(packets[k], len, &ip);
			sum_is_right(&ip);
			// What balancers hash: the first four bytes (ports, or ICMP with its
			// checksum), addresses, protocol, class, flow label.
			assert_memory_equal(a.at, b.at, 4);
			assert_int_equal(first.flow_label, ip.flow_label);
			assert_int_equal(first.tos, ip.tos);
			assert_true(i >= 3 || ip.id != 0);
			assert_true(i < 3 || ip.flow_label != 0);
			// The next four tell the probe, whatever a router quotes beyond.
			if (k > 0)
				assert_memory_not_equal(a.at + 4, b.at + 4, 4);
		}
	}
}

static void tokens_come_back(void **state)
{
	(void)state;
	for (uint32_t cookie = 0; cookie < 65536; cookie += 251)
		for (uint16_t serial = 0; serial < 640; serial++) {
			uint16_t token = trace_token((uint16_t)cookie, serial);
			assert_true(token != 0 && token != 0xffff);
			assert_int_equal(trace_token_serial((uint16_t)cookie, token), serial);
		}
}

static void a_flow_is_traced_once_at_a_time(void **state)
{
	(void)state;
	struct trace_engine *e = make(8, 2);
	struct trace_target t = target(TRACE_UDP, true);
	struct mono now = { 0 };
	t.sport = 61000;
	assert_int_equal(trace_put(e, now, &t), ERR_OK);
	assert_int_equal(trace_put(e, now, &t), ERR_EXISTS);
	t.sport = 0;
	assert_int_equal(trace_put(e, now, &t), ERR_OK);
	assert_int_equal(trace_put(e, now, &t), ERR_FULL); // no port left for this target
	t.dport = 53;
	assert_int_equal(trace_put(e, now, &t), ERR_OK);
	assert_int_equal(trace_count(e), 3);
	trace_free(&e);
}

static void limits_are_checked(void **state)
{
	(void)state;
	struct trace_engine *e = make(1, 16);
	struct mono now = { 0 };
	struct trace_target good = target(TRACE_TCP_SYN, true), t;
	t = good, t.first_ttl = 0;
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	t = good, t.max_ttl = TRACE_HOPS_MAX + 1;
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	t = good, t.attempts = TRACE_TRIES_MAX + 1;
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	t = good, t.dport = 0;
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	t = good, t.src = addr("2001:db8::1");
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	t = good, t.method = TRACE_FLOW;
	assert_int_equal(trace_put(e, now, &t), ERR_RANGE);
	assert_int_equal(trace_put(e, now, &good), ERR_OK);
	good.dport = 80;
	assert_int_equal(trace_put(e, now, &good), ERR_FULL);
	trace_free(&e);
}

// A SYN-ACK for PROBE, as facts.
static struct trace_reply syn_ack(const struct trace_probe *p)
{
	return (struct trace_reply){
		.kind = TRACE_HEARD_SYN_ACK,
		.from = p->dst,
		.ttl = 60,
		.src = p->src,
		.dst = p->dst,
		.proto = IP_TCP,
		.sport = p->sport,
		.dport = p->dport,
		.has_seq = true,
		.seq = p->seq,
		.tcp_flags = TCP_SYN | TCP_ACK,
	};
}

#define MANY 20000

static void many_traces_are_one_table(void **state)
{
	(void)state;
	struct trace_engine *e = make(MANY, 16);
	struct trace_target t = target(TRACE_TCP_SYN, true);
	struct mono now = { NS_PER_S };
	struct trace_probe probe;
	struct trace_record record;
	size_t reached = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		t.dst = addr_v4(0xc6130000 + i / 4);
		t.tag = i;
		assert_int_equal(trace_put(e, now, &t), ERR_OK);
	}
	while (trace_count(e) > 0) {
		trace_tick(e, now);
		enum trace_want want = trace_next(e, &probe, &record);
		if (want == TRACE_SEND) {
			struct trace_reply r = syn_ack(&probe);
			if (probe.ttl >= 3)
				assert_true(trace_hear(e, mono_add(now, 1000), mono_add(now, 1000),
						       &r));
		} else if (want == TRACE_FINISHED) {
			assert_int_equal(trace_check(&record), ERR_OK);
			assert_int_equal(addr_to_v4(record.dst), 0xc6130000 + record.id / 4);
			assert_int_equal(record.tries.len, 3);
			reached += record.stop == TRACE_REACHED;
		} else {
			now = mono_min(trace_due(e), mono_add(now, NS_PER_S));
		}
	}
	assert_int_equal(reached, MANY);
	assert_int_equal(trace_counts(e).strange, 0);
	trace_free(&e);
}

// One that was just handed over came back by a timer it had left, and was handed over again.
static void a_timer_of_one_that_ended_wakes_nobody(void **state)
{
	(void)state;
	struct trace_engine *e = make(2, 16);
	struct trace_target t = target(TRACE_TCP_SYN, true);
	struct mono now = { NS_PER_S };
	struct trace_probe probe;
	struct trace_record record;
	size_t finished = 0;
	for (int turn = 0; turn < 3; turn++) {
		t.dst = addr_v4(0xc6130000 + (uint32_t)turn);
		assert_int_equal(trace_put(e, now, &t), ERR_OK);
		for (int i = 0; i < 1000; i++) {
			now = mono_add(now, 10 * NS_PER_S);
			trace_tick(e, now);
			finished += trace_next(e, &probe, &record) == TRACE_FINISHED;
		}
		assert_int_equal(finished, turn + 1);
		assert_int_equal(trace_count(e), 0);
	}
	trace_free(&e);
}

static void an_answer_after_the_end_is_strange(void **state)
{
	(void)state;
	struct trace_engine *e = make(2, 16);
	struct trace_target t = target(TRACE_TCP_SYN, true);
	struct mono now = { NS_PER_S };
	struct trace_probe probe;
	struct trace_record record;
	assert_int_equal(trace_put(e, now, &t), ERR_OK);
	trace_tick(e, now);
	assert_int_equal(trace_next(e, &probe, &record), TRACE_SEND);
	struct trace_reply r = syn_ack(&probe);
	trace_stop(e);
	while (trace_next(e, &probe, &record) != TRACE_FINISHED)
		;
	assert_int_equal(record.stop, TRACE_DEADLINE);
	assert_false(trace_hear(e, now, now, &r));
	struct trace_probe none;
	assert_int_equal(trace_next(e, &none, &record), TRACE_NOTHING);
	assert_false(trace_hear(e, now, now, &r));
	trace_hear_sent(e, probe.ref, now); // a slot that is free again is left alone
	trace_hear_failed(e, probe.ref, true, 0);
	assert_int_equal(trace_counts(e).strange, 2);
	assert_int_equal(trace_count(e), 0);
	trace_free(&e);
}

static void what_the_kernel_refuses_ends_the_trace(void **state)
{
	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		struct trace_engine *e = make(2, 16);
		struct trace_target t = target(TRACE_UDP, false);
		struct trace_probe probe;
		struct trace_record record;
		assert_int_equal(trace_put(e, (struct mono){ 0 }, &t), ERR_OK);
		trace_tick(e, (struct mono){ 0 });
		assert_int_equal(trace_next(e, &probe, &record), TRACE_SEND);
		trace_hear_failed(e, probe.ref, refused == 1, 0);
		assert_int_equal(trace_next(e, &probe, &record), TRACE_FINISHED);
		assert_int_equal(record.stop, refused ? TRACE_REFUSED : TRACE_UNREACHABLE);
		assert_int_equal(record.probes_sent, 0);
		trace_free(&e);
	}
}

static void the_time_of_sending_is_what_the_shell_says(void **state)
{
	(void)state;
	struct trace_engine *e = make(2, 16);
	struct trace_target t = target(TRACE_TCP_SYN, true);
	struct trace_probe probe;
	struct trace_record record;
	t.attempts = 1;
	t.max_ttl = 1;
	assert_int_equal(trace_put(e, (struct mono){ 0 }, &t), ERR_OK);
	trace_tick(e, (struct mono){ 0 });
	assert_int_equal(trace_next(e, &probe, &record), TRACE_SEND);
	trace_hear_sent(e, probe.ref, (struct mono){ 4 * NS_PER_MS });
	struct trace_reply r = syn_ack(&probe);
	struct mono now = { 9 * NS_PER_MS };
	assert_true(trace_hear(e, now, (struct mono){ 7 * NS_PER_MS }, &r));
	trace_tick(e, now);
	assert_int_equal(trace_next(e, &probe, &record), TRACE_FINISHED);
	assert_int_equal(record.rtt_us[0], 3000);
	assert_int_equal(record.reply_ttl.at[0], 60);
	trace_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_keep_their_flow_and_differ_elsewhere),
		cmocka_unit_test(tokens_come_back),
		cmocka_unit_test(a_flow_is_traced_once_at_a_time),
		cmocka_unit_test(limits_are_checked),
		cmocka_unit_test(many_traces_are_one_table),
		cmocka_unit_test(a_timer_of_one_that_ended_wakes_nobody),
		cmocka_unit_test(an_answer_after_the_end_is_strange),
		cmocka_unit_test(what_the_kernel_refuses_ends_the_trace),
		cmocka_unit_test(the_time_of_sending_is_what_the_shell_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
