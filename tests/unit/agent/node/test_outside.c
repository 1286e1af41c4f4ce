// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/outside.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PORT 5766

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

// The way between phone and reflector, and how a test spoils it.
struct world {
	struct outside o;
	struct mono now;
	const char *egress4;   // what the reflector sees of the phone
	int hops, node_hops;   // routers passed
	uint16_t add_port;     // to the phone's
	uint16_t mss;          // that the SYN leaves with; 0: as sent
	const char *resolver;  // of the phone; NULL: none asks
	bool silent;           // the phone does not send
	struct mono tcp_after; // nothing of TCP comes back before
	bool only4;            // the node has no IPv6
	bool bridge;           // shows packets with the hop given back
	uint16_t port;         // next of the phone's
};

static const uint8_t options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 };

static struct outside_config config_of(void)
{
	return (struct outside_config){
		.token = { 1, 2, 3 },
		.reflector4 = addr("198.18.9.9"),
		.reflector6 = addr("2001:db8:9::9"),
		.port = PORT,
		.zone = "whoami.example",
		.phone4 = addr("198.19.1.10"),
		.phone6 = addr("2001:db8:8001::a"),
		.node = addr("198.18.3.2"),
		.clamp4 = 1380,
		.clamp6 = 1360,
		.random = { 7, 7, 7, 7 },
	};
}

static void start(struct world *w)
{
	const struct outside_config c = config_of();
	*w = (struct world){ .now = { NS_PER_S },
			     .egress4 = "198.18.3.2",
			     .hops = 3,
			     .node_hops = 3,
			     .mss = 1380,
			     .resolver = "198.18.4.53",
			     .port = 40000 };
	outside_init(&w->o, &c, w->now);
}

static size_t packet(uint8_t *room, size_t cap, struct ip_head ip, uint16_t sport, uint16_t dport,
		     struct span payload, bool syn)
{
	struct wr w = wr_of(room, cap);
	const struct tcp_head tcp = { .sport = sport,
				      .dport = dport,
				      .flags = syn ? TCP_SYN : TCP_ACK,
				      .options = syn ? span_of(options, sizeof(options))
						     : (struct span){ 0 },
				      .payload = payload };
	const struct udp_head udp = { .sport = sport, .dport = dport, .payload = payload };
	bool is_tcp = ip.proto == IP_TCP;
	size_t len = payload.len + (is_tcp ? TCP_HEAD + tcp.options.len : UDP_HEAD);
	assert_int_equal(ip_write(&w, &ip, len), ERR_OK);
	assert_int_equal(is_tcp ? tcp_write(&w, &ip.src, &ip.dst, &tcp)
				: udp_write(&w, &ip.src, &ip.dst, &udp),
			 ERR_OK);
	return w.len;
}

static void answer(struct world *w, const struct outside_probe *p, struct span question,
		   struct ip_head ip, uint16_t port)
{
	struct reflect_answer a = { .ttl_sent = 64, .proto = p->proto };
	uint8_t out[512], bytes[REFLECT_SIZE];
	struct wr wr = wr_of(bytes, sizeof(bytes));
	assert_int_equal(reflect_ask_read(question, &a.ask), ERR_OK);
	a.you = (struct reflect_view){ p->family == 4 ? addr(w->egress4) : addr("2001:db8:3::2"),
				       (uint16_t)(port + w->add_port), (uint8_t)(64 - w->hops) };
	a.node4 = (struct reflect_view){ addr("198.18.3.2"), 1, (uint8_t)(64 - w->node_hops) };
	if (!w->only4)
		a.node6 = (struct reflect_view){ addr("2001:db8:3::2"), 1,
						 (uint8_t)(64 - w->node_hops) };
	a.resolver_node = addr("198.18.4.53");
	if (w->resolver != NULL)
		a.resolver_phone = addr(w->resolver);
	if (p->proto == IP_TCP) {
		a.syn_len = sizeof(options);
		memcpy(a.syn, options, sizeof(options));
		uint16_t mss = w->mss != 0 && p->family == 6 ? (uint16_t)(w->mss - 20) : w->mss;
		if (mss != 0) {
			a.syn[2] = (uint8_t)(mss >> 8);
			a.syn[3] = (uint8_t)mss;
		}
	}
	reflect_answer_write(&wr, &a);
	struct addr phone = ip.src;
	ip.src = ip.dst;
	ip.dst = phone;
	size_t len = packet(out, sizeof(out), ip, PORT, port, wr_span(&wr), false);
	outside_hear(&w->o, span_of(out, len));
}

// Everything the engine wants until it is done, answered as W says.
static void run(struct world *w, bool inside)
{
	uint8_t bytes[REFLECT_NAME], out[1024];
	if (inside)
		outside_begin_inside(&w->o, w->now);
	for (size_t i = 0; i < 1000 && !outside_done(&w->o, w->now); i++) {
		struct wr wr = wr_of(bytes, sizeof(bytes));
		const struct outside_probe *p = outside_next(&w->o, w->now, &wr);
		w->now.ns += 20 * NS_PER_MS;
		if (p == NULL || p->name || w->silent)
			continue;
		struct ip_head ip = { .src = p->family == 4 ? addr("198.19.1.10")
							    : addr("2001:db8:8001::a"),
				      .dst = p->to,
				      .proto = p->proto,
				      .ttl = w->bridge ? 65 : 64 };
		bool tcp = p->proto == IP_TCP;
		size_t len = packet(out, sizeof(out), ip, w->port, p->port,
				    tcp ? (struct span){ 0 } : wr_span(&wr), tcp);
		outside_hear(&w->o, span_of(out, len));
		bool late = tcp && mono_before(w->now, w->tcp_after);
		if (inside && !late && (p->family == 4 || !w->only4))
			answer(w, p, wr_span(&wr), ip, w->port);
		w->port++;
	}
}

static void control_seen(struct world *w)
{
	uint8_t bytes[REFLECT_SIZE], out[512];
	struct wr wr = wr_of(bytes, sizeof(bytes));
	struct ip_head ip = {
		.src = addr("198.18.1.2"), .dst = addr("198.18.9.9"), .proto = IP_UDP, .ttl = 64
	};
	outside_control_write(&w->o, &wr);
	size_t len = packet(out, sizeof(out), ip, 50000, PORT, wr_span(&wr), false);
	outside_hear_uplink(&w->o, span_of(out, len));
}

static void expect(struct world *w, enum outside_item item, enum outside_verdict verdict,
		   const char *detail)
{
	struct outside_result r;
	outside_judge(&w->o, item, &r);
	assert_string_equal(r.detail, detail);
	assert_int_equal(r.verdict, verdict);
}

static void a_good_tunnel_passes(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	run(&w, true);
	assert_true(w.now.ns < NS_PER_S + OUTSIDE_PATIENCE); // no longer than it takes
	expect(&w, OUTSIDE_EGRESS, OUTSIDE_PASSED, "IPv4 198.18.3.2; IPv6 2001:db8:3::2");
	expect(&w, OUTSIDE_TTL, OUTSIDE_PASSED,
	       "IPv4 phone 3 hops, node 3; IPv6 phone 3 hops, node 3");
	expect(&w, OUTSIDE_PORT, OUTSIDE_PASSED,
	       "udp/IPv4 1 of 1 kept; tcp/IPv4 1 of 1 kept; udp/IPv6 1 of 1 kept; tcp/IPv6 1 of 1 "
	       "kept");
	expect(&w, OUTSIDE_SYN, OUTSIDE_PASSED,
	       "IPv4 020405640402080a01020304000000000103"
	       "0307, MSS set to 1380; IPv6 020405500402080a010203040000000001030307, MSS set to "
	       "1360");
	expect(&w, OUTSIDE_RESOLVER, OUTSIDE_PASSED,
	       "the phone's 198.18.4.53, the node's 198.18.4.53");
}

static void each_fault_has_its_item(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	w.egress4 = "198.18.3.77";
	w.hops = 5;
	w.add_port = 1;
	w.mss = 536;
	w.resolver = "198.18.66.53";
	run(&w, true);
	expect(&w, OUTSIDE_EGRESS, OUTSIDE_FAILED,
	       "IPv4 198.18.3.77, the vantage node is 198.18.3.2; IPv6 2001:db8:3::2");
	expect(&w, OUTSIDE_TTL, OUTSIDE_FAILED,
	       "IPv4 phone 5 hops, node 3; IPv6 phone 5 hops, node 3");
	struct outside_result r;
	outside_judge(&w.o, OUTSIDE_PORT, &r);
	assert_int_equal(r.verdict, OUTSIDE_FAILED);
	assert_non_null(strstr(r.detail, "udp/IPv4 0 of "));
	outside_judge(&w.o, OUTSIDE_SYN, &r);
	assert_int_equal(r.verdict, OUTSIDE_FAILED);
	assert_non_null(strstr(r.detail, "IPv4 02040218"));
	expect(&w, OUTSIDE_RESOLVER, OUTSIDE_FAILED,
	       "the phone's 198.18.66.53, the node's 198.18.4.53");
}

static void a_whole_mtu_lowers_no_mss(void **state)
{
	struct world w;
	struct outside_result r;
	(void)state;
	start(&w);
	w.o.config.clamp4 = w.o.config.clamp6 = 0;
	w.mss = 0;
	run(&w, true);
	outside_judge(&w.o, OUTSIDE_SYN, &r);
	assert_int_equal(r.verdict, OUTSIDE_PASSED);
	assert_null(strstr(r.detail, "set to"));
	w.mss = 1380;
	start(&w);
	w.o.config.clamp4 = w.o.config.clamp6 = 0;
	run(&w, true);
	outside_judge(&w.o, OUTSIDE_SYN, &r);
	assert_int_equal(r.verdict, OUTSIDE_FAILED);
}

static void a_bridge_that_shows_the_hop_given_back_is_known(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	w.bridge = true;
	run(&w, true);
	expect(&w, OUTSIDE_TTL, OUTSIDE_PASSED,
	       "IPv4 phone 3 hops, node 3; IPv6 phone 3 hops, node 3");
}

static void without_a_reflector_items_are_skipped(void **state)
{
	struct outside_config c = config_of();
	struct world w;
	(void)state;
	start(&w);
	c.reflector4 = c.reflector6 = (struct addr){ 0 };
	outside_init(&w.o, &c, w.now);
	outside_begin_inside(&w.o, w.now);
	assert_true(outside_done(&w.o, w.now));
	expect(&w, OUTSIDE_EGRESS, OUTSIDE_SKIPPED, "no reflector is configured");
	c = config_of();
	c.zone = "";
	outside_init(&w.o, &c, w.now);
	expect(&w, OUTSIDE_RESOLVER, OUTSIDE_SKIPPED, "no zone (whoami) is configured");
}

static void a_node_without_ipv6_gives_the_phone_none(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	w.only4 = true;
	run(&w, true);
	assert_true(w.now.ns < NS_PER_S + OUTSIDE_PATIENCE);
	expect(&w, OUTSIDE_EGRESS, OUTSIDE_PASSED, "IPv4 198.18.3.2; IPv6 neither node nor phone");
	expect(&w, OUTSIDE_TTL, OUTSIDE_PASSED,
	       "IPv4 phone 3 hops, node 3; IPv6 neither node nor phone");
}

static void what_comes_late_is_waited_for(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	w.tcp_after = mono_add(w.now, OUTSIDE_PATIENCE + NS_PER_S);
	run(&w, true);
	assert_true(w.now.ns > NS_PER_S + OUTSIDE_PATIENCE);
	assert_true(w.now.ns < NS_PER_S + OUTSIDE_MOST);
	struct outside_result r;
	outside_judge(&w.o, OUTSIDE_PORT, &r);
	assert_int_equal(r.verdict, OUTSIDE_PASSED);
	start(&w);
	w.tcp_after = MONO_NEVER;
	run(&w, true);
	assert_in_range(w.now.ns, NS_PER_S + OUTSIDE_MOST, 2 * NS_PER_S + OUTSIDE_MOST);
	outside_judge(&w.o, OUTSIDE_PORT, &r);
	assert_int_equal(r.verdict, OUTSIDE_FAILED);
}

static void silence_fails(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	w.silent = true;
	run(&w, true);
	assert_true(outside_done(&w.o, w.now));
	expect(&w, OUTSIDE_EGRESS, OUTSIDE_FAILED, "IPv4 no answer; IPv6 no answer");
	expect(&w, OUTSIDE_TTL, OUTSIDE_FAILED, "IPv4 not seen; IPv6 not seen");
	expect(&w, OUTSIDE_LEAK, OUTSIDE_FAILED, "the phone sent nothing");
}

static void nothing_leaks_when_only_our_own_packet_is_seen(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	run(&w, false);
	assert_false(outside_done(&w.o, w.now)); // the watch has not shown that it works
	control_seen(&w);
	assert_true(outside_done(&w.o, w.now));
	expect(&w, OUTSIDE_LEAK, OUTSIDE_PASSED,
	       "0 packets of the phone left by the uplink, 4 entered; 1 of our own");
}

static void a_leak_shows_under_any_address(void **state)
{
	uint8_t bytes[REFLECT_SIZE], out[512];
	struct ip_head ip = {
		.src = addr("198.19.1.10"), .dst = addr("198.18.5.5"), .proto = IP_UDP, .ttl = 64
	};
	struct world w;
	(void)state;
	start(&w);
	control_seen(&w);
	size_t len = packet(out, sizeof(out), ip, 1, 2, span_text("anything"), false);
	outside_hear_uplink(&w.o, span_of(out, len));
	assert_int_equal(w.o.leaked, 1); // with the phone's own
	struct wr wr = wr_of(bytes, sizeof(bytes));
	assert_non_null(outside_next(&w.o, w.now, &wr));
	ip.src = addr("198.18.1.2");
	len = packet(out, sizeof(out), ip, 1, PORT, wr_span(&wr), false);
	outside_hear_uplink(&w.o, span_of(out, len));
	assert_int_equal(w.o.leaked, 2); // masqueraded
	ip.proto = IP_TCP;
	ip.dst = addr("198.18.9.9");
	len = packet(out, sizeof(out), ip, 1, PORT, (struct span){ 0 }, true);
	outside_hear_uplink(&w.o, span_of(out, len));
	assert_int_equal(w.o.leaked, 3);
	len = packet(out, sizeof(out), ip, 1, 5757, (struct span){ 0 }, true);
	outside_hear_uplink(&w.o, span_of(out, len));
	assert_int_equal(w.o.leaked, 3); // the link to the collector on the same host
	expect(&w, OUTSIDE_LEAK, OUTSIDE_FAILED,
	       "3 packets of the phone left by the uplink, 0 entered; 1 of our own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tunnel_passes),
		cmocka_unit_test(each_fault_has_its_item),
		cmocka_unit_test(a_whole_mtu_lowers_no_mss),
		cmocka_unit_test(a_bridge_that_shows_the_hop_given_back_is_known),
		cmocka_unit_test(without_a_reflector_items_are_skipped),
		cmocka_unit_test(a_node_without_ipv6_gives_the_phone_none),
		cmocka_unit_test(what_comes_late_is_waited_for),
		cmocka_unit_test(silence_fails),
		cmocka_unit_test(nothing_leaks_when_only_our_own_packet_is_seen),
		cmocka_unit_test(a_leak_shows_under_any_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
