// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/sim.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define MS NS_PER_MS

// x - a - {c,d} - b - y: two ways of 4 ms; e hangs at b; access takes 0.1 ms.
static const char text[] =
	"world w\nas 1 one\n"
	"router a as=1 country=DE at=1,1\n"
	"router b as=1 country=DE at=1,1 ttl=64\n"
	"router c as=1 country=DE at=1,1\n"
	"router d as=1 country=DE at=1,1\n"
	"router e as=1 country=DE at=1,1 silent\n"
	"router f as=1 country=DE at=1,1 icmp-rate=10 icmp-burst=3 "
	"mpls=16:0:1,1048575:7:255,3:5:2\n"
	"link a c delay=1ms\nlink a d delay=2ms\n"
	"link c b delay=3ms\nlink d b delay=2ms\n"
	"link b e delay=1ms\nlink e f delay=1ms mtu=1400\n"
	"link a f delay=90ms loss=100% metric=1000000\n"
	"host x kind=v router=a\nhost y kind=v router=b\nhost z kind=v router=f\n";

struct lab {
	struct world *w;
	struct sim *s;
	struct sim_packet got;
	struct ip_head ip;
	struct icmp icmp;
};

static int setup(void **state)
{
	static struct lab lab;
	struct fault f;

	lab = (struct lab){ 0 };
	if (world_read(span_of(text, sizeof(text) - 1), "t", &lab.w, &f) != ERR_OK)
		return -1;
	lab.s = sim_new(lab.w, 1);
	*state = &lab;
	return lab.s ? 0 : -1;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	sim_free(&lab->s);
	world_free(&lab->w);
	return 0;
}

enum { X, Y, Z };

struct probe {
	struct addr dst;
	uint8_t proto, ttl;
	uint16_t sport, size;
	uint32_t label;
};

static struct addr host(const struct lab *lab, int i, int family)
{
	return family == 6 ? lab->w->hosts[i].v6 : lab->w->hosts[i].v4;
}

static void transport_write(struct wr *w, const struct ip_head *ip, struct probe p)
{
	static const uint8_t zero[SIM_PACKET_MAX];
	struct span load = span_of(zero, p.size);
	struct icmp echo = { .type = ip->src.family == 6 ? 128 : 8, .rest = p.sport, .body = load };
	struct udp_head udp = { .sport = p.sport, .dport = 33434, .payload = load };
	struct tcp_head tcp = { .sport = p.sport, .dport = 80, .seq = 7, .flags = TCP_SYN };
	enum err err = p.proto == IP_UDP   ? udp_write(w, &ip->src, &ip->dst, &udp)
		       : p.proto == IP_TCP ? tcp_write(w, &ip->src, &ip->dst, &tcp)
					   : icmp_write(w, &ip->src, &ip->dst, &echo);

	assert_int_equal(err, ERR_OK);
}

static void send_at(struct lab *lab, struct probe p, struct mono now)
{
	uint8_t room[SIM_PACKET_MAX + 100];
	struct wr w = wr_of(room, sizeof(room));
	struct ip_head ip = { .src = host(lab, X, p.dst.family),
			      .dst = p.dst,
			      .proto = p.proto ? p.proto : IP_UDP,
			      .ttl = p.ttl ? p.ttl : 64,
			      .frag_never = true,
			      .flow_label = p.label };

	p.proto = ip.proto;
	size_t head = ip.proto == IP_TCP ? TCP_HEAD : 8;
	assert_int_equal(ip_write(&w, &ip, head + p.size), ERR_OK);
	transport_write(&w, &ip, p);
	sim_hear(lab->s, X, wr_span(&w), now);
}

// The next packet within a second; checks every checksum of it.
static bool get(struct lab *lab)
{
	sim_tick(lab->s, (struct mono){ INT64_MAX / 2 });
	if (!sim_next(lab->s, &lab->got))
		return false;
	assert_int_equal(ip_read(lab->got.bytes, &lab->ip), ERR_OK);
	if (lab->ip.src.family == 4)
		assert_int_equal(checksum_end(checksum_add(
					 0, span_cut(lab->got.bytes, 0, lab->ip.head_len))),
				 0);
	bool icmp4 = lab->ip.proto == IP_ICMP;
	uint32_t sum = icmp4 ? 0
			     : checksum_pseudo(&lab->ip.src, &lab->ip.dst, lab->ip.proto,
					       (uint32_t)lab->ip.payload.len);
	assert_int_equal(checksum_end(checksum_add(sum, lab->ip.payload)), 0);
	if (icmp4 || lab->ip.proto == IP_ICMP6)
		assert_int_equal(icmp_read(lab->ip.src.family, lab->ip.payload, &lab->icmp),
				 ERR_OK);
	return true;
}

static bool from_router(const struct lab *lab, const char *name)
{
	const struct world_router *r = &lab->w->routers[world_router_find(lab->w, span_text(name))];

	return addr_eq(lab->ip.src, r->v4) || addr_eq(lab->ip.src, r->v6);
}

static void walks_hop_by_hop_in_both_families(void **state)
{
	struct lab *lab = *state;

	for (int family = 4; family <= 6; family += 2) {
		struct probe p = { .dst = host(lab, Y, family), .sport = 7 };
		for (p.ttl = 1; p.ttl <= 3; p.ttl++) {
			send_at(lab, p, (struct mono){ MS });
			assert_true(get(lab));
			assert_int_equal(lab->got.host, X);
			assert_int_equal(lab->icmp.kind, ICMP_TIME_EXCEEDED);
			assert_int_equal(lab->icmp.quote.ttl, 1);
			assert_true(addr_eq(lab->icmp.quote.dst, p.dst));
			assert_true(p.ttl != 1 || from_router(lab, "a"));
			assert_true(p.ttl != 2 || from_router(lab, "c") || from_router(lab, "d"));
			assert_true(p.ttl != 3 || from_router(lab, "b"));
			// The router's own first TTL, one less for each router on the way back.
			assert_int_equal(lab->ip.ttl, p.ttl == 3 ? 64 - 2 : 255 - (p.ttl - 1));
		}
		p.ttl = 4;
		send_at(lab, p, (struct mono){ 50 * MS });
		assert_true(get(lab));
		assert_int_equal(lab->got.host, Y);
		assert_int_equal(lab->ip.ttl, 1);
		assert_false(get(lab));
	}
}

static void takes_the_time_of_the_path(void **state)
{
	struct lab *lab = *state;
	struct probe p = { .dst = host(lab, Y, 4), .sport = 7 };

	send_at(lab, p, (struct mono){ 10 * MS });
	assert_int_equal(sim_due(lab->s).ns, 10 * MS + 4 * MS + 2 * WORLD_ACCESS);
	sim_tick(lab->s, (struct mono){ 14 * MS });
	assert_false(sim_next(lab->s, &lab->got));
	assert_true(get(lab));
	assert_int_equal(sim_due(lab->s).ns, MONO_NEVER.ns);
	p.ttl = 3;
	send_at(lab, p, (struct mono){ 20 * MS });
	assert_int_equal(sim_due(lab->s).ns, 20 * MS + 8 * MS + 2 * WORLD_ACCESS);
}

// Which of c and d answers at TTL 2.
static bool upper(struct lab *lab, struct probe p)
{
	p.ttl = 2;
	send_at(lab, p, (struct mono){ MS });
	assert_true(get(lab));
	return from_router(lab, "c");
}

static void keeps_a_flow_on_its_way_and_spreads_flows(void **state)
{
	struct lab *lab = *state;

	for (int family = 4; family <= 6; family += 2) {
		int up = 0, moved = 0, first = 0;
		for (uint16_t port = 1; port <= 400; port++) {
			struct probe p = { .dst = host(lab, Y, family), .sport = port };
			bool way = upper(lab, p);
			up += way;
			p.size = 9; // not hashed
			assert_int_equal(upper(lab, p), way);
			p.label = port;
			moved += upper(lab, p) != way;
			p = (struct probe){ .dst = p.dst, .sport = 5, .proto = IP_TCP };
			first += upper(lab, p);
		}
		assert_in_range(up, 150, 250);
		assert_true(first == 0 || first == 400);
		// The flow label counts, where there is one.
		if (family == 6)
			assert_in_range(moved, 150, 250);
		else
			assert_int_equal(moved, 0);
	}
}

static void a_router_may_balance_packets_instead(void **state)
{
	struct lab *lab = *state;
	struct probe p = { .dst = host(lab, Y, 4), .sport = 7 };

	lab->w->routers[0].per_packet = true;
	for (int i = 0; i < 10; i++)
		assert_int_equal(upper(lab, p), i % 2 == 0);
}

static void a_silent_router_leaves_a_gap(void **state)
{
	struct lab *lab = *state;
	struct probe p = { .dst = host(lab, Z, 4), .ttl = 4 };

	send_at(lab, p, (struct mono){ MS });
	assert_false(get(lab));
	assert_int_equal(sim_stats(lab->s).silent, 1);
	p.ttl = 5;
	send_at(lab, p, (struct mono){ MS });
	assert_true(get(lab) && from_router(lab, "f"));
	p.dst = lab->w->routers[4].v4;
	p.proto = IP_ICMP;
	p.ttl = 0;
	send_at(lab, p, (struct mono){ MS });
	assert_false(get(lab));
}

static void says_the_label_stack_of_what_expires(void **state)
{
	static const struct mpls_entry want[] = {
		{ .label = 16, .ttl = 1 },
		{ .label = 1048575, .tc = 7, .ttl = 255 },
		{ .label = 3, .tc = 5, .bottom = true, .ttl = 2 }
	};
	struct lab *lab = *state;

	for (int family = 4; family <= 6; family += 2) {
		struct probe p = { .dst = host(lab, Z, family),
				   .ttl = 5,
				   .size = (uint16_t)(family * 100) };
		send_at(lab, p, (struct mono){ family * NS_PER_S });
		assert_true(get(lab) && from_router(lab, "f"));
		assert_int_equal(lab->icmp.mpls_total, COUNT(want));
		for (size_t i = 0; i < COUNT(want); i++) {
			assert_int_equal(lab->icmp.mpls[i].label, want[i].label);
			assert_int_equal(lab->icmp.mpls[i].tc, want[i].tc);
			assert_int_equal(lab->icmp.mpls[i].bottom, want[i].bottom);
			assert_int_equal(lab->icmp.mpls[i].ttl, want[i].ttl);
		}
		// One that is for the router came without labels.
		p.dst = family == 6 ? lab->w->routers[5].v6 : lab->w->routers[5].v4;
		p.ttl = 0;
		send_at(lab, p, (struct mono){ family * NS_PER_S });
		assert_true(get(lab));
		assert_int_equal(lab->icmp.mpls_total, 0);
	}
}

static void limits_errors_by_its_bucket(void **state)
{
	struct lab *lab = *state;
	struct probe p = { .dst = host(lab, Z, 4), .ttl = 5 };
	int answers = 0;

	for (int i = 0; i < 10; i++) {
		send_at(lab, p, (struct mono){ MS });
		answers += get(lab);
	}
	assert_int_equal(answers, 3);
	assert_int_equal(sim_stats(lab->s).limited, 7);
	send_at(lab, p, (struct mono){ 150 * MS }); // one token in 100 ms
	assert_true(get(lab));
	send_at(lab, p, (struct mono){ 150 * MS });
	assert_false(get(lab));
	p.ttl = 64;
	send_at(lab, p, (struct mono){ 150 * MS });
	assert_true(get(lab)); // what passes through is not limited
}

static void answers_for_itself(void **state)
{
	struct lab *lab = *state;

	for (int family = 4; family <= 6; family += 2) {
		struct addr b = family == 6 ? lab->w->routers[1].v6 : lab->w->routers[1].v4;
		struct tcp_head tcp;
		send_at(lab,
			(struct probe){ .dst = b,
					.proto = family == 6 ? IP_ICMP6 : IP_ICMP,
					.sport = 77,
					.size = 56 },
			(struct mono){ MS });
		assert_true(get(lab) && from_router(lab, "b"));
		assert_int_equal(lab->icmp.kind, ICMP_ECHO_REPLY);
		assert_int_equal(lab->icmp.rest, 77);
		assert_int_equal(lab->icmp.body.len, 56);
		send_at(lab, (struct probe){ .dst = b, .ttl = 3 }, (struct mono){ MS });
		assert_true(get(lab) && from_router(lab, "b"));
		assert_int_equal(lab->icmp.kind, ICMP_UNREACHABLE);
		assert_int_equal(lab->icmp.code, family == 6 ? 4 : 3);
		send_at(lab, (struct probe){ .dst = b, .proto = IP_TCP, .sport = 9 },
			(struct mono){ MS });
		assert_true(get(lab) && tcp_read(lab->ip.payload, &tcp) == ERR_OK);
		assert_int_equal(tcp.flags, TCP_RST | TCP_ACK);
		assert_int_equal(tcp.ack, 8);
		assert_int_equal(tcp.dport, 9);
	}
}

static void says_why_it_cannot_go_on(void **state)
{
	struct lab *lab = *state;
	struct addr nobody = lab->w->routers[1].v4;

	send_at(lab, (struct probe){ .dst = addr_v4(0xc6330001) }, (struct mono){ MS });
	assert_true(get(lab) && from_router(lab, "a"));
	assert_int_equal(lab->icmp.code, 0);
	nobody.bytes[3] = 99;
	send_at(lab, (struct probe){ .dst = nobody }, (struct mono){ MS });
	assert_true(get(lab) && from_router(lab, "b"));
	assert_int_equal(lab->icmp.code, 1);
	for (int family = 4; family <= 6; family += 2) {
		struct probe p = { .dst = host(lab, Z, family), .size = 1400 };
		send_at(lab, p, (struct mono){ MS });
		assert_false(get(lab)); // e is silent: a black hole for path MTU discovery
		p.size = 1300;
		send_at(lab, p, (struct mono){ MS });
		assert_true(get(lab) && lab->got.host == Z);
	}
}

static void quotes_no_more_than_the_rfcs_allow(void **state)
{
	struct lab *lab = *state;

	for (int family = 4; family <= 6; family += 2) {
		send_at(lab, (struct probe){ .dst = host(lab, Y, family), .ttl = 1, .size = 1400 },
			(struct mono){ MS });
		assert_true(get(lab));
		assert_int_equal(lab->got.bytes.len, family == 6 ? 1280 : 576);
	}
}

static void counts_what_it_loses_and_what_overflows(void **state)
{
	struct lab *lab = *state;
	const uint8_t junk[] = { 0x45, 0, 0, 9, 1 };
	struct probe p = { .dst = host(lab, Y, 4) };

	lab->w->links[2].loss = lab->w->links[3].loss = 0.25;
	for (int i = 0; i < 1000; i++)
		send_at(lab, p, (struct mono){ MS });
	assert_in_range(sim_stats(lab->s).lost, 200, 300);
	lab->w->links[2].loss = lab->w->links[3].loss = 0;
	for (int i = 0; i < SIM_QUEUE_MAX; i++)
		send_at(lab, p, (struct mono){ MS });
	assert_int_equal(sim_stats(lab->s).overflow, 1000 - sim_stats(lab->s).lost);
	sim_hear(lab->s, X, span_of(junk, sizeof(junk)), (struct mono){ MS });
	assert_int_equal(sim_stats(lab->s).malformed, 1);
	uint64_t count = 0;
	struct mono last = { 0 };
	for (; get(lab); count++) {
		assert_true(lab->got.at.ns > last.ns); // in the order they were sent
		last = lab->got.at;
	}
	assert_int_equal(count, SIM_QUEUE_MAX);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(walks_hop_by_hop_in_both_families),
		CASE(takes_the_time_of_the_path),
		CASE(keeps_a_flow_on_its_way_and_spreads_flows),
		CASE(a_router_may_balance_packets_instead),
		CASE(a_silent_router_leaves_a_gap),
		CASE(says_the_label_stack_of_what_expires),
		CASE(limits_errors_by_its_bucket),
		CASE(answers_for_itself),
		CASE(says_why_it_cannot_go_on),
		CASE(quotes_no_more_than_the_rfcs_allow),
		CASE(counts_what_it_loses_and_what_overflows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
