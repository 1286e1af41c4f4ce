// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/udp.h"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

struct pair {
	const char *router, *src, *dst;
	uint8_t type;
};

static const struct pair pairs[] = {
	{ "198.18.5.1", "198.18.0.1", "198.18.0.2", 11 },
	{ "2001:db8:5::1", "2001:db8::1", "2001:db8::2", 3 },
};

// An UDP probe with LEN bytes of payload in BUF.
static struct span probe(const struct pair *p, uint8_t *buf, size_t cap, size_t len)
{
	static const uint8_t payload[1400];
	struct wr w = wr_of(buf, cap);
	struct ip_head h = { .src = addr(p->src), .dst = addr(p->dst), .proto = IP_UDP, .ttl = 1 };
	struct udp_head u = { .sport = 40001, .dport = 33434, .payload = span_of(payload, len) };
	assert_int_equal(ip_write(&w, &h, UDP_HEAD + len), ERR_OK);
	assert_int_equal(udp_write(&w, &h.src, &h.dst, &u), ERR_OK);
	return wr_span(&w);
}

static void assert_quotes_probe(const struct icmp *m, const struct pair *p)
{
	struct udp_head u;
	assert_true(m->quotes);
	assert_true(addr_eq(m->quote.src, addr(p->src)) && addr_eq(m->quote.dst, addr(p->dst)));
	assert_int_equal(m->quote.ttl, 1);
	assert_int_equal(udp_read(m->quote.payload, &u), ERR_OK);
	assert_int_equal(u.sport, 40001);
	assert_int_equal(u.dport, 33434);
}

static void reads_a_plain_quote_of_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		uint8_t buf[1500], out[1600];
		struct addr router = addr(pairs[i].router), back = addr(pairs[i].src);
		struct span packet = probe(&pairs[i], buf, sizeof(buf), 600);
		size_t least = (router.family == 4 ? IP4_HEAD : IP6_HEAD) + 8;
		for (size_t len = least; len < packet.len; len += 4) {
			struct wr w = wr_of(out, sizeof(out));
			struct icmp h = { .type = pairs[i].type };
			struct icmp m;
			assert_int_equal(
				icmp_error_write(&w, &router, &back, &h, span_cut(packet, 0, len)),
				ERR_OK);
			assert_int_equal(icmp_read(router.family, wr_span(&w), &m), ERR_OK);
			assert_int_equal(m.kind, ICMP_TIME_EXCEEDED);
			assert_quotes_probe(&m, &pairs[i]);
			assert_int_equal(m.extensions.len, 0);
			assert_int_equal(m.quote.payload.len, len - least + 8);
		}
	}
}

static void carves_the_mpls_stack_out_of_the_extensions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		uint8_t buf[1500], out[1600];
		struct addr router = addr(pairs[i].router), back = addr(pairs[i].src);
		struct span packet = probe(&pairs[i], buf, sizeof(buf), 20);
		struct wr w = wr_of(out, sizeof(out));
		struct icmp h = {
			.type = pairs[i].type,
			.mpls_count = 2,
			.mpls = { { .label = 24001, .tc = 3, .ttl = 1 },
				  { .label = 17, .bottom = true, .ttl = 255 } },
		};
		struct icmp m;
		assert_int_equal(icmp_error_write(&w, &router, &back, &h, packet), ERR_OK);
		assert_int_equal(icmp_read(router.family, wr_span(&w), &m), ERR_OK);
		assert_quotes_probe(&m, &pairs[i]);
		assert_int_equal(m.mpls_count, 2);
		assert_int_equal(m.mpls[0].label, 24001);
		assert_int_equal(m.mpls[0].tc, 3);
		assert_false(m.mpls[0].bottom);
		assert_true(m.mpls[1].bottom);
		assert_int_equal(m.mpls[1].ttl, 255);
		// A router older than RFC 4884: the same bytes, the length unsaid.
		out[router.family == 4 ? 5 : 4] = 0;
		assert_int_equal(icmp_read(router.family, wr_span(&w), &m), ERR_OK);
		assert_int_equal(m.mpls_count, 2);
		// A broken object: the quote still counts, the stack is empty.
		out[ICMP_HEAD + 128 + 2] = 0;
		out[ICMP_HEAD + 128 + 3] = 0;
		out[ICMP_HEAD + 128 + 5] = 200;
		assert_int_equal(icmp_read(router.family, wr_span(&w), &m), ERR_OK);
		assert_quotes_probe(&m, &pairs[i]);
		assert_int_equal(m.mpls_count, 0);
	}
}

static void checksums_both_families(void **state)
{
	(void)state;
	uint8_t out[64];
	struct addr a4 = addr("198.18.0.1"), b4 = addr("198.18.0.2");
	struct addr a6 = addr("2001:db8::1"), b6 = addr("2001:db8::2");
	struct icmp h = { .type = 8, .rest = 0x12340007, .body = span_text("payload") };
	struct wr w = wr_of(out, sizeof(out));
	struct icmp m;
	assert_int_equal(icmp_write(&w, &a4, &b4, &h), ERR_OK);
	assert_int_equal(checksum_end(checksum_add(0, wr_span(&w))), 0);
	assert_int_equal(icmp_read(4, wr_span(&w), &m), ERR_OK);
	assert_int_equal(m.kind, ICMP_ECHO);
	assert_int_equal(m.id, 0x1234);
	assert_int_equal(m.seq, 7);
	h.type = 128;
	w = wr_of(out, sizeof(out));
	assert_int_equal(icmp_write(&w, &a6, &b6, &h), ERR_OK);
	uint32_t sum = checksum_pseudo(&a6, &b6, IP_ICMP6, (uint32_t)w.len);
	assert_int_equal(checksum_end(checksum_add(sum, wr_span(&w))), 0);
	assert_int_equal(icmp_read(6, wr_span(&w), &m), ERR_OK);
	assert_int_equal(m.kind, ICMP_ECHO);
}

static void refuses_a_quote_of_another_family(void **state)
{
	(void)state;
	uint8_t buf[1500], out[1600];
	struct addr router = addr(pairs[0].router), back = addr(pairs[0].src);
	struct wr w = wr_of(out, sizeof(out));
	struct icmp h = { .type = 11 }, m;
	assert_int_equal(
		icmp_error_write(&w, &router, &back, &h, probe(&pairs[1], buf, sizeof(buf), 20)),
		ERR_OK);
	assert_int_equal(icmp_read(4, wr_span(&w), &m), ERR_OK);
	assert_false(m.quotes);
	assert_int_equal(icmp_read(4, span_of(out, 7), &m), ERR_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_plain_quote_of_every_length),
		cmocka_unit_test(carves_the_mpls_stack_out_of_the_extensions),
		cmocka_unit_test(checksums_both_families),
		cmocka_unit_test(refuses_a_quote_of_another_family),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
