// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture/tuple.h"
#include "wire/icmp.h"
#include "wire/link.h"
#include "wire/udp.h"

#define NODE   0xc6120302u
#define SERVER 0xc6120402u
#define ROUTER 0xc6120501u

static struct fragments kept;
static uint8_t room[2048];

static void head(struct wr *w, uint8_t proto, uint32_t src, uint32_t dst, size_t len)
{
	const struct ip_head h = {
		.src = addr_v4(src), .dst = addr_v4(dst), .proto = proto, .ttl = 9, .id = 77
	};
	assert_int_equal(ip_write(w, &h, len), ERR_OK);
}

static struct span datagram(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport)
{
	static uint8_t bytes[64];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct addr a = addr_v4(src), b = addr_v4(dst);
	const struct udp_head u = { .sport = sport, .dport = dport, .payload = span_text("hello") };
	head(&w, IP_UDP, src, dst, 8 + 5);
	assert_int_equal(udp_write(&w, &a, &b, &u), ERR_OK);
	return wr_span(&w);
}

static bool read(struct span bytes, struct flow_key *out)
{
	const struct packet p = { .link = LINK_RAW, .bytes = bytes, .wire_len = 1500 };
	return tuple_read(&kept, &p, out);
}

static void is(const struct flow_key *k, uint8_t proto, uint32_t a, uint16_t aport, uint32_t b,
	       uint16_t bport)
{
	assert_int_equal(k->proto, proto);
	assert_true(addr_eq(k->a, addr_v4(a)) && addr_eq(k->b, addr_v4(b)));
	assert_int_equal(k->aport, aport);
	assert_int_equal(k->bport, bport);
}

static struct span icmp(uint32_t src, uint32_t dst, const struct icmp *m, struct span quoted)
{
	static uint8_t body[512];
	struct addr a = addr_v4(src), b = addr_v4(dst);
	struct wr w = wr_of(body, sizeof(body)), whole = wr_of(room, sizeof(room));
	if (quoted.len > 0)
		assert_int_equal(icmp_error_write(&w, &a, &b, m, quoted), ERR_OK);
	else
		assert_int_equal(icmp_write(&w, &a, &b, m), ERR_OK);
	head(&whole, IP_ICMP, src, dst, w.len);
	wr_bytes(&whole, wr_span(&w));
	return wr_span(&whole);
}

static void a_datagram_has_its_ports(void **state)
{
	(void)state;
	struct flow_key k;
	assert_true(read(datagram(NODE, 40000, SERVER, 53), &k));
	is(&k, IP_UDP, NODE, 40000, SERVER, 53);
}

static void an_echo_has_its_identifier_at_both_ends(void **state)
{
	(void)state;
	struct flow_key k;
	const struct icmp m = { .type = 8, .rest = 0x12340001 };
	assert_true(read(icmp(NODE, SERVER, &m, (struct span){ 0 }), &k));
	is(&k, IP_ICMP, NODE, 0x1234, SERVER, 0x1234);
}

static void an_error_is_of_the_packet_it_quotes(void **state)
{
	(void)state;
	struct flow_key k;
	const struct icmp m = { .type = 11 };
	assert_true(read(icmp(ROUTER, NODE, &m, datagram(NODE, 40000, SERVER, 53)), &k));
	is(&k, IP_UDP, SERVER, 53, NODE, 40000); // as if the server had answered
}

static void later_fragments_have_the_ports_of_the_first(void **state)
{
	(void)state;
	struct flow_key k;
	struct span s = datagram(NODE, 40001, SERVER, 4500);
	memcpy(room, s.at, s.len);
	room[6] = 0x20; // more follow
	assert_true(read(span_of(room, s.len), &k));
	is(&k, IP_UDP, NODE, 40001, SERVER, 4500);
	room[6] = 0;
	room[7] = 2;
	assert_true(read(span_of(room, s.len), &k));
	is(&k, IP_UDP, NODE, 40001, SERVER, 4500);
}

static void what_is_no_ip_has_none(void **state)
{
	(void)state;
	struct flow_key k;
	assert_false(read(span_text("no IP here"), &k));
	const struct packet p = { .link = 9999, .bytes = datagram(NODE, 1, SERVER, 2) };
	assert_false(tuple_read(&kept, &p, &k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_has_its_ports),
		cmocka_unit_test(an_echo_has_its_identifier_at_both_ends),
		cmocka_unit_test(an_error_is_of_the_packet_it_quotes),
		cmocka_unit_test(later_fragments_have_the_ports_of_the_first),
		cmocka_unit_test(what_is_no_ip_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
