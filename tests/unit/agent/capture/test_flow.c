// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "capture/flow.h"
#include "wire/icmp.h"
#include "wire/link.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "unit/support/hello.h"

#define PHONE    0x0a000001u
#define SERVER   0xc6120102u // 198.18.1.2
#define RESOLVER 0x0a000035u

// clang-format off
// chat.example is an alias of e.example, which is SERVER.
static const uint8_t answer[] = {
	0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0,
	4, 'c', 'h', 'a', 't', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
	0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'e', 0xc0, 17,
	0xc0, 42, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 18, 1, 2,
};
// clang-format on

static struct flow_table *table;
static uint8_t frame[4096];
static int64_t now;

static int open_table(const struct flow_config *config)
{
	now = 1000;
	table = flow_table_new(config);
	return table != NULL ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	return open_table(&flow_config_file);
}

static int teardown(void **state)
{
	(void)state;
	flow_table_free(&table);
	return 0;
}

static void hear(struct span bytes, uint32_t wire_len)
{
	const struct packet p = {
		.at = { now++ },
		.link = LINK_RAW,
		.wire_len = wire_len,
		.bytes = bytes,
	};
	assert_int_equal(flow_hear(table, &p), ERR_OK);
}

static void ip(struct wr *w, uint8_t proto, uint32_t src, uint32_t dst, size_t len)
{
	const struct ip_head h = {
		.src = addr_v4(src), .dst = addr_v4(dst), .proto = proto, .ttl = 9
	};
	*w = wr_of(frame, sizeof(frame));
	assert_int_equal(ip_write(w, &h, len), ERR_OK);
}

static void hear_udp(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, struct span data)
{
	const struct addr a = addr_v4(src), b = addr_v4(dst);
	const struct udp_head u = { .sport = sport, .dport = dport, .payload = data };
	struct wr w;
	ip(&w, IP_UDP, src, dst, data.len + UDP_HEAD);
	assert_int_equal(udp_write(&w, &a, &b, &u), ERR_OK);
	hear(wr_span(&w), (uint32_t)w.len + 14);
}

static void hear_tcp(bool back, uint16_t ports[2], uint32_t seq, uint16_t flags, struct span data)
{
	uint32_t src = back ? SERVER : PHONE, dst = back ? PHONE : SERVER;
	const struct addr a = addr_v4(src), b = addr_v4(dst);
	const struct tcp_head t = {
		.sport = ports[back],
		.dport = ports[!back],
		.seq = seq,
		.flags = flags,
		.payload = data,
	};
	struct wr w;
	ip(&w, IP_TCP, src, dst, data.len + TCP_HEAD);
	assert_int_equal(tcp_write(&w, &a, &b, &t), ERR_OK);
	hear(wr_span(&w), (uint32_t)w.len);
}

// The next event, which must be of this kind.
static struct flow_event next(enum flow_event_kind kind)
{
	struct flow_event e = { 0 };
	assert_true(flow_next(table, &e));
	assert_int_equal(e.kind, kind);
	return e;
}

static void assert_no_event(void)
{
	struct flow_event e;
	assert_false(flow_next(table, &e));
}

static void drain(void)
{
	struct flow_event e;
	while (flow_next(table, &e))
		continue;
}

static uint16_t https[] = { 4000, 443 };
static const struct span nothing;

static void counts_both_directions_of_one_flow(void **state)
{
	(void)state;
	hear_udp(SERVER, 443, PHONE, 4000, span_text("first"));
	struct flow_event e = next(FLOW_TARGET);
	assert_int_equal(e.frame, 1);
	assert_int_equal(addr_to_v4(e.key.b), PHONE); // nobody said which side is ours
	hear_udp(PHONE, 4000, SERVER, 443, span_text("back"));
	hear_udp(PHONE, 4000, SERVER, 443, span_text("again"));
	assert_no_event();
	assert_int_equal(flow_count(table), 1);
	flow_finish(table);
	e = next(FLOW_DONE);
	assert_int_equal(e.end, FLOW_FLUSHED);
	assert_int_equal(addr_to_v4(e.flow.key.a), SERVER);
	assert_int_equal(e.flow.ab.packets, 1);
	assert_int_equal(e.flow.ab.bytes, 14 + 20 + 8 + 5);
	assert_int_equal(e.flow.ba.packets, 2);
	assert_int_equal(e.flow.ba.bytes, 2 * (14 + 20 + 8) + 9);
	assert_int_equal(e.flow.first.ns, 1000);
	assert_int_equal(e.flow.last.ns, 1002);
	assert_int_equal(e.flow.ba.ttl, 9);
	assert_no_event();
}

static void learns_names_from_answers_and_hellos(void **state)
{
	(void)state;
	uint8_t buf[512];
	hear_udp(RESOLVER, 53, PHONE, 5000, span_of(answer, sizeof(answer)));
	(void)next(FLOW_TARGET);
	struct flow_event e = next(FLOW_ANSWER);
	assert_int_equal(addr_to_v4(e.key.b), RESOLVER);
	assert_int_equal(addr_to_v4(e.key.a), PHONE);
	hear_tcp(false, https, 10, TCP_SYN, nothing);
	(void)next(FLOW_TARGET);
	hear_tcp(false, https, 11, TCP_ACK, hello_write(buf, sizeof(buf), "Front.Example"));
	e = next(FLOW_HELLO);
	assert_true(span_eq(e.hello.sni, span_text("Front.Example")));

	struct addr server = addr_v4(SERVER);
	struct name_entry n;
	uint64_t at = 0;
	assert_true(names_next(flow_names(table), &server, &at, &n));
	assert_int_equal(n.how, NAME_SNI);
	assert_string_equal(flow_text(table, n.text), "front.example");
	assert_true(names_next(flow_names(table), &server, &at, &n));
	assert_int_equal(n.how, NAME_DNS);
	assert_string_equal(flow_text(table, n.text), "chat.example");
	assert_int_equal(addr_to_v4(n.asker), PHONE);
	assert_false(names_next(flow_names(table), &server, &at, &n));
}

static void puts_a_hello_in_order_that_came_back_to_front(void **state)
{
	(void)state;
	uint8_t buf[512];
	struct span hello = hello_write(buf, sizeof(buf), "late.example");
	hear_tcp(false, https, 0xfffffff0u, TCP_SYN, nothing);
	drain();
	for (size_t at = hello.len; at > 0; at -= 10) {
		size_t from = at > 10 ? at - 10 : 0;
		assert_no_event();
		hear_tcp(false, https, 0xfffffff1u + (uint32_t)from, TCP_ACK,
			 span_cut(hello, from, at - from));
		if (from == 0)
			break;
	}
	struct flow_event e = next(FLOW_HELLO);
	assert_true(span_eq(e.hello.sni, span_text("late.example")));
	// Sent again, it is no news.
	hear_tcp(false, https, 0xfffffff1u, TCP_ACK, hello);
	assert_no_event();
}

static void reads_answers_over_tcp_across_segments(void **state)
{
	(void)state;
	uint16_t dns[] = { 4000, 53 };
	uint8_t buf[512];
	struct wr w = wr_of(buf, sizeof(buf));
	for (int i = 0; i < 3; i++) {
		wr_u16(&w, sizeof(answer));
		wr_bytes(&w, span_of(answer, sizeof(answer)));
	}
	struct span all = wr_span(&w);
	for (size_t part = 1; part <= all.len; part++) {
		int answers = 0;
		hear_tcp(false, dns, 1, TCP_SYN, nothing);
		drain();
		hear_tcp(true, dns, 99, TCP_SYN | TCP_ACK, nothing);
		for (size_t at = 0; at < all.len; at += part) {
			struct flow_event e;
			struct dns_answer a;
			hear_tcp(true, dns, 100 + (uint32_t)at, TCP_ACK, span_cut(all, at, part));
			while (flow_next(table, &e)) {
				assert_int_equal(e.kind, FLOW_ANSWER);
				assert_int_equal(dns_answer_read(e.message, &a), ERR_OK);
				assert_int_equal(a.addr_count, 1);
				answers++;
			}
		}
		assert_int_equal(answers, 3);
	}
}

static void hands_out_the_flow_idle_longest_when_full(void **state)
{
	(void)state;
	struct flow_config config = flow_config_file;
	config.flows = 2;
	flow_table_free(&table);
	assert_int_equal(open_table(&config), 0);
	hear_udp(PHONE, 1, SERVER, 443, nothing);
	drain();
	hear_udp(PHONE, 2, SERVER, 443, nothing);
	drain();
	hear_udp(PHONE, 1, SERVER, 443, nothing);
	drain();
	hear_udp(PHONE, 3, SERVER, 443, nothing);
	struct flow_event e = next(FLOW_DONE);
	assert_int_equal(e.end, FLOW_EVICTED);
	assert_int_equal(e.flow.key.aport, 2);
	assert_int_equal(flow_count(table), 2);
	assert_int_equal(flow_counted(table).evicted, 1);
}

static void ends_idle_flows_when_told_the_time(void **state)
{
	(void)state;
	struct flow_config config = flow_config_live;
	config.idle_ns = 50;
	flow_table_free(&table);
	assert_int_equal(open_table(&config), 0);
	for (uint16_t port = 1; port <= 2 * FLOW_EVENTS; port++) {
		hear_udp(PHONE, port, SERVER, 443, nothing);
		drain();
	}
	size_t ended = 0;
	struct flow_event e;
	while (!flow_tick(table, (struct wall){ now + 48 }))
		while (flow_next(table, &e))
			ended++;
	while (flow_next(table, &e))
		ended++;
	assert_int_equal(ended, 2 * FLOW_EVENTS - 1); // the newest is silent for 49 ns only
	assert_int_equal(flow_count(table), 1);
}

static void names_targets_on_the_far_side_once(void **state)
{
	(void)state;
	struct flow_config config = flow_config_file;
	assert_int_equal(prefix_read(span_text("10.0.0.0/24"), &config.local[0]), ERR_OK);
	config.locals = 1;
	flow_table_free(&table);
	assert_int_equal(open_table(&config), 0);
	hear_udp(SERVER, 443, PHONE, 4000, nothing);
	struct flow_event e = next(FLOW_TARGET);
	assert_int_equal(addr_to_v4(e.key.b), SERVER);
	assert_int_equal(e.key.bport, 443);
	assert_int_equal(e.key.aport, 4000);
	hear_udp(PHONE, 4001, SERVER, 443, nothing);
	assert_no_event();
	hear_udp(PHONE, 4001, RESOLVER, 53, nothing); // both ends are ours
	assert_no_event();
	hear_udp(PHONE, 4001, 0xe00000fb, 5353, nothing); // multicast
	assert_no_event();
	hear_udp(PHONE, 4001, SERVER, 80, nothing);
	(void)next(FLOW_TARGET);
}

static void keeps_fragments_with_their_flow(void **state)
{
	(void)state;
	struct ip_head h = {
		.src = addr_v4(PHONE),
		.dst = addr_v4(SERVER),
		.proto = IP_UDP,
		.id = 5,
		.frag_more = true,
	};
	struct wr w = wr_of(frame, sizeof(frame));
	assert_int_equal(ip_write(&w, &h, 16), ERR_OK);
	wr_u16(&w, 4000);
	wr_u16(&w, 443);
	wr_zero(&w, 12);
	hear(wr_span(&w), 36);
	drain();
	h.frag_more = false;
	h.frag_at = 16;
	w = wr_of(frame, sizeof(frame));
	assert_int_equal(ip_write(&w, &h, 8), ERR_OK);
	wr_zero(&w, 8);
	hear(wr_span(&w), 28);
	assert_int_equal(flow_count(table), 1);
}

static void wants_its_events_taken(void **state)
{
	(void)state;
	hear_udp(PHONE, 1, SERVER, 443, nothing);
	const struct packet p = { .link = LINK_RAW };
	assert_int_equal(flow_hear(table, &p), ERR_STATE);
}

static void counts_what_is_no_flow(void **state)
{
	(void)state;
	const uint8_t rubbish[] = { 0x41, 1 };
	struct packet p = { .link = LINK_RAW, .bytes = span_of(rubbish, 2), .wire_len = 2 };
	assert_int_equal(flow_hear(table, &p), ERR_OK);
	p.link = LINK_ETHERNET;
	assert_int_equal(flow_hear(table, &p), ERR_OK);
	p.link = 9999;
	assert_int_equal(flow_hear(table, &p), ERR_OK);
	struct flow_counters c = flow_counted(table);
	assert_int_equal(c.packets, 3);
	assert_int_equal(c.broken, 1);
	assert_int_equal(c.other, 1);
	assert_int_equal(c.unknown_link, 1);
	assert_int_equal(flow_count(table), 0);
}

static void measures_the_handshake_and_what_was_sent_again(void **state)
{
	(void)state;
	uint8_t byte = 0;
	const struct span one = span_of(&byte, 1);
	now = 5000000;
	hear_tcp(false, https, 10, TCP_SYN, nothing);
	drain();
	now += 40000000 - 1;
	hear_tcp(true, https, 90, TCP_SYN | TCP_ACK, nothing);
	now += 2000000 - 1;
	hear_tcp(false, https, 11, TCP_ACK, nothing);
	hear_tcp(false, https, 11, TCP_ACK, one);
	hear_tcp(false, https, 13, TCP_ACK, one);
	hear_tcp(false, https, 12, TCP_ACK, one); // overtaken
	now += NS_PER_S;
	hear_tcp(false, https, 13, TCP_ACK, one); // asks whether b lives
	hear_tcp(false, https, 12, TCP_ACK, one); // sent again
	hear_tcp(true, https, 91, TCP_ACK | TCP_RST, nothing);
	drain();
	flow_finish(table);
	struct flow_event e = next(FLOW_DONE);
	assert_int_equal(e.flow.rtt_b_ns, 40000000);
	assert_int_equal(e.flow.rtt_a_ns, 2000000);
	assert_int_equal(e.flow.ab.again, 1);
	assert_int_equal(e.flow.ab.late, 1);
	assert_int_equal(e.flow.ba.again + e.flow.ba.late, 0);
	assert_int_equal(e.flow.ab.tcp_flags, TCP_SYN | TCP_ACK | FLOW_TCP_SYN);
	assert_int_equal(e.flow.ba.tcp_flags, TCP_SYN | TCP_ACK | TCP_RST | FLOW_TCP_SYN_ACK);
}

static void takes_no_time_from_a_handshake_sent_twice(void **state)
{
	(void)state;
	hear_tcp(false, https, 10, TCP_SYN, nothing);
	drain();
	now += NS_PER_S;
	hear_tcp(false, https, 10, TCP_SYN, nothing);
	hear_tcp(true, https, 90, TCP_SYN | TCP_ACK, nothing);
	hear_tcp(false, https, 11, TCP_ACK, nothing);
	drain();
	flow_finish(table);
	struct flow_event e = next(FLOW_DONE);
	assert_int_equal(e.flow.rtt_b_ns + e.flow.rtt_a_ns, 0);
	assert_int_equal(e.flow.ab.again, 1);
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void parts_payload_into_bursts_by_silence(void **state)
{
	(void)state;
	struct flow_config config = flow_config_file;
	uint16_t ports[2] = { 40000, 443 };
	const uint8_t byte = 0;
	flow_table_free(&table);
	config.silence_ns = 300;
	assert_int_equal(open_table(&config), 0);
	hear_tcp(false, ports, 1, TCP_ACK, span_of(&byte, 1));
	assert_int_equal(next(FLOW_TARGET).key.bport, 443);
	assert_int_equal(next(FLOW_BURST).flow.payload, 0);
	hear_tcp(true, ports, 1, TCP_ACK, span_of(&byte, 1));
	now += 1000;
	hear_tcp(true, ports, 2, TCP_ACK, span_of(NULL, 0)); // an empty packet is no payload
	hear_tcp(false, ports, 2, TCP_ACK, span_of(&byte, 1));
	struct flow_event e = next(FLOW_BURST);
	assert_int_equal(e.flow.payload, 2);
	assert_int_equal(e.at.ns, now - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TABLE(parts_payload_into_bursts_by_silence),
		WITH_TABLE(counts_both_directions_of_one_flow),
		WITH_TABLE(learns_names_from_answers_and_hellos),
		WITH_TABLE(measures_the_handshake_and_what_was_sent_again),
		WITH_TABLE(takes_no_time_from_a_handshake_sent_twice),
		WITH_TABLE(puts_a_hello_in_order_that_came_back_to_front),
		WITH_TABLE(reads_answers_over_tcp_across_segments),
		WITH_TABLE(hands_out_the_flow_idle_longest_when_full),
		WITH_TABLE(ends_idle_flows_when_told_the_time),
		WITH_TABLE(names_targets_on_the_far_side_once),
		WITH_TABLE(keeps_fragments_with_their_flow),
		WITH_TABLE(wants_its_events_taken),
		WITH_TABLE(counts_what_is_no_flow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
