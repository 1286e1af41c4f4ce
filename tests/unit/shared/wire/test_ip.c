// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static void reads_what_it_wrote_v4(void **state)
{
	(void)state;
	uint8_t buf[256];
	struct wr w = wr_of(buf, sizeof(buf));
	struct ip_head h = {
		.src = addr("198.18.0.1"),
		.dst = addr("198.18.0.2"),
		.proto = IP_UDP,
		.ttl = 7,
		.tos = 0x2e,
		.id = 0xbeef,
		.frag_never = true,
	};
	struct udp_head u = { .sport = 33434, .dport = 53, .payload = span_text("hello") };
	assert_int_equal(ip_write(&w, &h, UDP_HEAD + 5), ERR_OK);
	assert_int_equal(udp_write(&w, &h.src, &h.dst, &u), ERR_OK);
	assert_int_equal(checksum_end(checksum_add(0, span_of(buf, IP4_HEAD))), 0);

	struct ip_head got;
	assert_int_equal(ip_read(wr_span(&w), &got), ERR_OK);
	assert_true(addr_eq(got.src, h.src) && addr_eq(got.dst, h.dst));
	assert_int_equal(got.ttl, 7);
	assert_int_equal(got.tos, 0x2e);
	assert_int_equal(got.id, 0xbeef);
	assert_true(got.frag_never && !got.frag_more);
	assert_int_equal(got.total_len, 33);

	struct udp_head v;
	assert_int_equal(udp_read(got.payload, &v), ERR_OK);
	assert_int_equal(v.sport, 33434);
	assert_int_equal(v.dport, 53);
	assert_true(span_eq(v.payload, u.payload));
	uint32_t sum = checksum_pseudo(&h.src, &h.dst, IP_UDP, 13);
	assert_int_equal(checksum_end(checksum_add(sum, got.payload)), 0);
}

static void reads_what_it_wrote_v6_with_tcp_options(void **state)
{
	(void)state;
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7 };
	uint8_t buf[256];
	struct wr w = wr_of(buf, sizeof(buf));
	struct ip_head h = {
		.src = addr("2001:db8::1"),
		.dst = addr("2001:db8::2"),
		.proto = IP_TCP,
		.ttl = 3,
		.tos = 0xb8,
		.flow_label = 0xabcde,
	};
	struct tcp_head t = {
		.sport = 40000,
		.dport = 443,
		.seq = 0x01020304,
		.flags = TCP_SYN,
		.window = 65535,
		.options = span_of(options, sizeof(options)),
	};
	assert_int_equal(ip_write(&w, &h, TCP_HEAD + sizeof(options)), ERR_OK);
	assert_int_equal(tcp_write(&w, &h.src, &h.dst, &t), ERR_OK);

	struct ip_head got;
	struct tcp_head u;
	assert_int_equal(ip_read(wr_span(&w), &got), ERR_OK);
	assert_int_equal(got.flow_label, 0xabcde);
	assert_int_equal(got.tos, 0xb8);
	assert_int_equal(got.proto, IP_TCP);
	uint32_t sum = checksum_pseudo(&h.src, &h.dst, IP_TCP, 28);
	assert_int_equal(checksum_end(checksum_add(sum, got.payload)), 0);
	assert_int_equal(tcp_read(got.payload, &u), ERR_OK);
	assert_int_equal(u.seq, 0x01020304);
	assert_int_equal(u.flags, TCP_SYN);

	struct rd r = rd_of(u.options);
	struct tcp_option o;
	assert_true(tcp_option_next(&r, &o));
	assert_int_equal(o.kind, TCP_OPT_MSS);
	assert_int_equal(o.data.len, 2);
	assert_true(tcp_option_next(&r, &o));
	assert_int_equal(o.kind, TCP_OPT_WSCALE);
	assert_false(tcp_option_next(&r, &o));
	assert_int_equal(r.err, ERR_OK);
}

static void walks_extension_headers_and_tells_a_fragment(void **state)
{
	(void)state;
	uint8_t buf[128];
	struct wr w = wr_of(buf, sizeof(buf));
	struct ip_head h = {
		.src = addr("2001:db8::1"),
		.dst = addr("2001:db8::2"),
		.proto = IP_UDP,
		.frag_more = true,
		.id = 77,
	};
	assert_int_equal(ip_write(&w, &h, 16), ERR_OK);
	wr_zero(&w, 16);
	struct ip_head got;
	assert_int_equal(ip_read(wr_span(&w), &got), ERR_OK);
	assert_true(got.frag_more);
	assert_int_equal(got.frag_at, 0);
	assert_int_equal(got.id, 77);
	assert_int_equal(got.proto, IP_UDP);
	assert_int_equal(got.payload.len, 16);
	// Hop-by-hop options in place of the fragment header, cut short.
	buf[6] = 0;
	buf[41] = 1;
	assert_int_equal(ip_read(span_of(buf, 48), &got), ERR_SHORT);
	assert_int_equal(got.src.family, 6);
	assert_int_equal(got.proto, 0);
}

static void never_looks_past_the_stated_length(void **state)
{
	(void)state;
	uint8_t buf[64] = { 0 };
	struct wr w = wr_of(buf, sizeof(buf));
	struct ip_head h = { .src = addr("198.18.0.1"),
			     .dst = addr("198.18.0.2"),
			     .proto = IP_TCP };
	struct ip_head got;
	assert_int_equal(ip_write(&w, &h, 4), ERR_OK);
	assert_int_equal(ip_read(span_of(buf, 60), &got), ERR_OK); // Ethernet padding behind
	assert_int_equal(got.payload.len, 4);
	assert_int_equal(ip_quote_read(span_of(buf, 60), &got), ERR_OK);
	assert_int_equal(got.payload.len, 40);
	assert_int_equal(ip_read(span_of(buf, 19), &got), ERR_SHORT);
	assert_int_equal(got.src.family, 0);
	buf[0] = 0x44;
	assert_int_equal(ip_read(span_of(buf, 60), &got), ERR_FORMAT);
}

static void mends_the_checksum_when_it_sets_the_ttl(void **state)
{
	(void)state;
	uint8_t buf[IP4_HEAD];
	struct ip_head h = { .src = addr("198.18.9.1"), .dst = addr("198.18.0.2"), .ttl = 64 };
	for (unsigned ttl = 0; ttl < 256; ttl++) {
		struct wr w = wr_of(buf, sizeof(buf));
		assert_int_equal(ip_write(&w, &h, 0), ERR_OK);
		assert_int_equal(ip_ttl_put(buf, sizeof(buf), (uint8_t)ttl), ERR_OK);
		assert_int_equal(buf[8], ttl);
		assert_int_equal(checksum_end(checksum_add(0, span_of(buf, IP4_HEAD))), 0);
	}
}

static void gives_ports_and_seq_of_a_header_cut_at_eight_bytes(void **state)
{
	(void)state;
	const uint8_t bytes[] = { 0x9c, 0x40, 0x01, 0xbb, 1, 2, 3, 4 };
	struct tcp_head t;
	assert_int_equal(tcp_read(span_of(bytes, 8), &t), ERR_SHORT);
	assert_int_equal(t.sport, 40000);
	assert_int_equal(t.dport, 443);
	assert_int_equal(t.seq, 0x01020304);
	struct udp_head u;
	assert_int_equal(udp_read(span_of(bytes, 5), &u), ERR_SHORT);
	assert_int_equal(u.dport, 443);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote_v4),
		cmocka_unit_test(reads_what_it_wrote_v6_with_tcp_options),
		cmocka_unit_test(walks_extension_headers_and_tells_a_fragment),
		cmocka_unit_test(never_looks_past_the_stated_length),
		cmocka_unit_test(mends_the_checksum_when_it_sets_the_ttl),
		cmocka_unit_test(gives_ports_and_seq_of_a_header_cut_at_eight_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
