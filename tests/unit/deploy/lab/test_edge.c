// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/edge.h"
#include "wire/checksum.h"
#include "wire/icmp.h"

static struct addr addr(const char *text)
{
	struct addr a = { 0 };

	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static struct edge edge(void)
{
	return edge_of(258, addr("198.18.1.1"), addr("2001:db8:1::1"));
}

static void ends_have_different_names(void **state)
{
	(void)state;
	struct edge e = edge(), other = edge_of(259, e.v4, e.v6);

	assert_memory_not_equal(e.host, e.router, 6);
	assert_memory_not_equal(e.host, other.host, 6);
	assert_int_equal(e.host[0] & 3, 2); // unicast, locally administered
}

static size_t arp(const struct edge *e, const char *target, uint8_t out[static 42])
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	struct wr w = wr_of(out, 42);
	struct addr from = addr("198.18.1.10"), to = addr(target);

	memset(out, 0xff, 6);
	w.len = 6;
	wr_bytes(&w, span_of(e->host, 6));
	wr_bytes(&w, span_of(head, sizeof(head)));
	wr_bytes(&w, span_of(e->host, 6));
	wr_bytes(&w, addr_span(&from));
	wr_zero(&w, 6);
	wr_bytes(&w, addr_span(&to));
	assert_int_equal(w.err, ERR_OK);
	return w.len;
}

static void answers_arp_for_the_router_only(void **state)
{
	(void)state;
	struct edge e = edge();
	struct edge_answer answer;
	struct span packet;
	uint8_t ask[42];
	size_t len = arp(&e, "198.18.1.1", ask);

	assert_int_equal(edge_hear(&e, span_of(ask, len), &packet, &answer), EDGE_ANSWER);
	assert_int_equal(answer.len, 42);
	assert_memory_equal(answer.bytes, e.host, 6);
	assert_int_equal(answer.bytes[21], 2);
	assert_memory_equal(answer.bytes + 22, e.router, 6);
	assert_int_equal(edge_hear(&e, span_of(ask, len - 1), &packet, &answer), EDGE_NOTHING);
	len = arp(&e, "198.18.1.10", ask);
	assert_int_equal(edge_hear(&e, span_of(ask, len), &packet, &answer), EDGE_NOTHING);
}

static size_t solicit(const struct edge *e, const char *from, const char *target, uint8_t *out,
		      size_t cap)
{
	struct wr w = wr_of(out, cap);
	struct addr about = addr(target);
	struct ip_head ip = { .src = addr(from), .dst = addr("ff02::1:ff00:1"), .proto = IP_ICMP6 };
	struct icmp ask = { .type = 135, .body = addr_span(&about) };

	wr_bytes(&w, span_of("\x33\x33\xff\x00\x00\x01", 6));
	wr_bytes(&w, span_of(e->host, 6));
	wr_u16(&w, 0x86dd);
	assert_int_equal(ip_write(&w, &ip, 24), ERR_OK);
	assert_int_equal(icmp_write(&w, &ip.src, &ip.dst, &ask), ERR_OK);
	return w.len;
}

static void answers_neighbour_solicitations(void **state)
{
	(void)state;
	struct edge e = edge();
	struct edge_answer answer;
	struct span packet;
	struct ip_head ip;
	struct icmp says;
	uint8_t ask[100];
	size_t len = solicit(&e, "2001:db8:1::a", "2001:db8:1::1", ask, sizeof(ask));

	assert_int_equal(edge_hear(&e, span_of(ask, len), &packet, &answer), EDGE_ANSWER);
	struct span body = span_cut(span_of(answer.bytes, answer.len), EDGE_HEAD, answer.len);
	assert_int_equal(ip_read(body, &ip), ERR_OK);
	assert_int_equal(ip.ttl, 255);
	assert_true(addr_eq(ip.dst, addr("2001:db8:1::a")));
	assert_int_equal(icmp_read(6, ip.payload, &says), ERR_OK);
	assert_int_equal(says.type, 136);
	assert_memory_equal(says.body.at + 18, e.router, 6);
	uint32_t sum = checksum_pseudo(&ip.src, &ip.dst, IP_ICMP6, (uint32_t)ip.payload.len);
	assert_int_equal(checksum_end(checksum_add(sum, ip.payload)), 0);
	// Duplicate address detection asks from nowhere; nobody objects.
	len = solicit(&e, "::", "2001:db8:1::1", ask, sizeof(ask));
	assert_int_equal(edge_hear(&e, span_of(ask, len), &packet, &answer), EDGE_NOTHING);
}

static void passes_packets_for_the_router_and_drops_chatter(void **state)
{
	(void)state;
	struct edge e = edge();
	struct edge_answer answer;
	struct span packet;
	uint8_t frame[40] = { 0 };

	frame[14] = 0x45;
	edge_head_write(&e, span_of(frame + 14, 20), frame);
	assert_int_equal(edge_hear(&e, span_of(frame, 40), &packet, &answer), EDGE_NOTHING);
	memcpy(frame, e.router, 6);
	assert_int_equal(edge_hear(&e, span_of(frame, 40), &packet, &answer), EDGE_PACKET);
	assert_ptr_equal(packet.at, frame + 14);
	memcpy(frame, "\x01\x00\x5e\x00\x00\x01", 6);
	assert_int_equal(edge_hear(&e, span_of(frame, 40), &packet, &answer), EDGE_NOTHING);
	assert_int_equal(edge_hear(&e, span_of(frame, 13), &packet, &answer), EDGE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_have_different_names),
		cmocka_unit_test(answers_arp_for_the_router_only),
		cmocka_unit_test(answers_neighbour_solicitations),
		cmocka_unit_test(passes_packets_for_the_router_and_drops_chatter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
