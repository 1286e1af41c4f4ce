// SPDX-License-Identifier: Apache-2.0
//
// Names that flows say of themselves: QUIC, DTLS, HTTP, certificates, DNS over HTTP.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "capture/flow.h"
#include "wire/ip.h"
#include "wire/link.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "unit/support/hello.h"
#include "unit/support/initial.h"

#define PHONE  0xc6120001u // 198.18.0.1
#define SERVER 0xc6120102u // 198.18.1.2

static const uint8_t cid[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, other_cid[] = { 9, 9, 9, 9 };
static struct flow_table *table;
static uint8_t frame[32768];
static int64_t now;

static int setup(void **state)
{
	(void)state;
	now = 1000;
	table = flow_table_new(&flow_config_file);
	return table != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	flow_table_free(&table);
	return 0;
}

// Returns how many hellos there were; *LAST is the last one's event.
static size_t hear(uint8_t proto, bool back, uint16_t port, uint32_t seq, struct span data,
		   struct flow_event *last)
{
	const struct addr phone = addr_v4(PHONE), server = addr_v4(SERVER);
	const struct addr *a = back ? &server : &phone, *b = back ? &phone : &server;
	const uint16_t from = back ? port : 4000, to = back ? 4000 : port;
	const struct udp_head u = { .sport = from, .dport = to, .payload = data };
	const struct tcp_head t = {
		.sport = from, .dport = to, .seq = seq, .flags = TCP_ACK, .payload = data
	};
	const struct ip_head h = { .src = *a, .dst = *b, .proto = proto, .ttl = 9 };
	struct wr w = wr_of(frame, sizeof(frame));
	size_t len = data.len + (proto == IP_TCP ? (size_t)TCP_HEAD : (size_t)UDP_HEAD), hellos = 0;
	assert_int_equal(ip_write(&w, &h, len), ERR_OK);
	assert_int_equal(proto == IP_TCP ? tcp_write(&w, a, b, &t) : udp_write(&w, a, b, &u),
			 ERR_OK);
	const struct packet p = {
		.at = { now++ },
		.link = LINK_RAW,
		.wire_len = (uint32_t)w.len,
		.bytes = wr_span(&w),
	};
	struct flow_event e;
	assert_int_equal(flow_hear(table, &p), ERR_OK);
	while (flow_next(table, &e)) {
		if (e.kind != FLOW_HELLO)
			continue;
		hellos++;
		if (last != NULL)
			*last = e;
	}
	return hellos;
}

// The names of ADDRESS, newest first, as "how:name …".
static const char *names_of(uint32_t address)
{
	static char text[1024];
	struct wr w = wr_of(text, sizeof(text) - 1);
	struct addr a = addr_v4(address);
	struct name_entry e;
	uint64_t at = 0;
	while (names_next(flow_names(table), &a, &at, &e))
		wr_format(&w, "%s%s:%s", w.len > 0 ? " " : "", name_how_name(e.how),
			  flow_text(table, e.text));
	text[w.len] = '\0';
	return text;
}

static struct initial_key key_of(const uint8_t *dcid, size_t len)
{
	struct initial_key key;
	struct initial *x = initial_new();
	assert_int_equal(
		initial_key_client(x, quic_cipher_find(QUIC_VERSION_1), span_of(dcid, len), &key),
		ERR_OK);
	initial_free(&x);
	return key;
}

static void opens_a_quic_hello_in_pieces_out_of_order_once(void **state)
{
	(void)state;
	uint8_t buf[512], plain[512], datagram[1500];
	struct span hello = span_cut(hello_write(buf, sizeof(buf), "Quic.Example"), 5, 512);
	struct initial_key key = key_of(cid, 8);
	struct flow_event e;
	size_t half = hello.len / 2, quarter = half / 2;
	struct wr w = wr_of(plain, sizeof(plain)); // the second half, and the first quarter
	initial_crypto(&w, (uint16_t)half, span_cut(hello, half, 512));
	wr_u8(&w, 1); // PING
	initial_crypto(&w, 0, span_cut(hello, 0, quarter));
	struct span d = initial_write(datagram, sizeof(datagram), 1, &key, span_of(cid, 8),
				      span_text(""), 1, wr_span(&w));
	assert_int_equal(hear(IP_UDP, false, 443, 0, d, NULL), 0);
	// The server's own Initial, which we cannot and need not open.
	assert_int_equal(hear(IP_UDP, true, 443, 0, d, NULL), 0);
	w = wr_of(plain, sizeof(plain));
	initial_crypto(&w, (uint16_t)quarter, span_cut(hello, quarter, half - quarter));
	d = initial_write(datagram, sizeof(datagram), 1, &key, span_of(cid, 8), span_text(""), 0,
			  wr_span(&w));
	assert_int_equal(hear(IP_UDP, false, 443, 0, d, &e), 1);
	assert_int_equal(e.transport, FLOW_QUIC);
	assert_int_equal(e.quic_version, 1);
	assert_true(span_eq(e.hello.sni, span_text("Quic.Example")));
	assert_int_equal(hear(IP_UDP, false, 443, 0, d, NULL), 0); // sent again
	assert_string_equal(names_of(SERVER), "quic:quic.example");

	// After a Retry the same is said once more under other keys; then the server asks for
	// another hello, which follows the first one.
	key = key_of(other_cid, 4);
	w = wr_of(plain, sizeof(plain));
	initial_crypto(&w, 0, hello);
	d = initial_write(datagram, sizeof(datagram), 1, &key, span_of(other_cid, 4),
			  span_text("token"), 2, wr_span(&w));
	assert_int_equal(hear(IP_UDP, false, 443, 0, d, NULL), 0);
	w = wr_of(plain, sizeof(plain));
	initial_crypto(&w, (uint16_t)hello.len, hello);
	d = initial_write(datagram, sizeof(datagram), 1, &key, span_of(cid, 8), span_text("token"),
			  3, wr_span(&w));
	assert_int_equal(hear(IP_UDP, false, 443, 0, d, NULL), 1);
}

static void joins_a_dtls_hello(void **state)
{
	(void)state;
	uint8_t buf[512], body[512], datagram[600];
	struct span hello = span_cut(hello_write(buf, sizeof(buf), "dtls.example"), 9, 512);
	struct wr b = wr_of(body, sizeof(body));
	struct flow_event e;
	wr_u16(&b, 0xfefd);
	wr_bytes(&b, span_cut(hello, 2, 33)); // random, no session
	wr_u8(&b, 3);                         // cookie
	wr_text(&b, "abc");
	wr_bytes(&b, span_cut(hello, 35, 512));
	struct span all = wr_span(&b);
	for (int piece = 1; piece >= 0; piece--) {
		struct span data = span_cut(all, piece ? 40 : 0, piece ? all.len : 40);
		struct wr w = wr_of(datagram, sizeof(datagram));
		wr_u8(&w, 22);
		wr_u16(&w, 0xfefd);
		wr_zero(&w, 8);
		wr_u16(&w, (uint16_t)(data.len + 12));
		wr_u8(&w, 1);
		wr_u8(&w, 0);
		wr_u16(&w, (uint16_t)all.len);
		wr_u16(&w, 1);
		wr_u8(&w, 0);
		wr_u16(&w, piece ? 40 : 0);
		wr_u8(&w, 0);
		wr_u16(&w, (uint16_t)data.len);
		wr_bytes(&w, data);
		assert_int_equal(hear(IP_UDP, false, 4433, 0, wr_span(&w), &e), !piece);
	}
	assert_int_equal(e.transport, FLOW_DTLS);
	assert_true(span_eq(e.hello.sni, span_text("dtls.example")));
	assert_string_equal(names_of(SERVER), "sni:dtls.example");
}

static void learns_hosts_over_http_in_pieces(void **state)
{
	(void)state;
	struct span one = span_text("GET / HTTP/1.1\r\nHost: One.Example\r\n\r\n");
	struct span two = span_text("POST / HTTP/1.1\r\nX: y\r\nHost: two.example\r\n\r\n");
	hear(IP_TCP, false, 80, 1, one, NULL);
	hear(IP_TCP, false, 80, 1, one, NULL); // sent again
	uint32_t at = 1 + (uint32_t)one.len;
	hear(IP_TCP, false, 80, at, span_cut(two, 0, 20), NULL);
	hear(IP_TCP, false, 80, at + 20, span_cut(two, 20, two.len), NULL);
	assert_string_equal(names_of(SERVER), "http:two.example http:one.example");
	hear(IP_UDP, false, 1900, 0, span_text("M-SEARCH * HTTP/1.1\r\nHost: three\r\n\r\n"), NULL);
	assert_string_equal(names_of(SERVER), "http:three http:two.example http:one.example");
}

static void learns_names_over_http_beyond_what_it_keeps(void **state)
{
	(void)state;
	static char body[65536];
	struct wr w = wr_of(body, sizeof(body));
	wr_text(&w, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<?xml?>\n<dns><domainlist>");
	for (int i = 0; i < 400; i++)
		wr_format(&w,
			  "<domain name=\"n%d.example\" timeout=\"6\">\n<ip>198.18.%d.%d</ip>\n"
			  "</domain><domain name=\"localhost\"><ip>198.18.1.2</ip></domain>",
			  i, 2 + i / 250, i % 250);
	wr_text(&w, "</dns><functionlist></functionlist>");
	assert_int_equal(w.err, ERR_OK);
	for (size_t at = 0; at < w.len; at += 1400)
		hear(IP_TCP, true, 80, 1 + (uint32_t)at, span_cut(wr_span(&w), at, 1400), NULL);
	assert_string_equal(names_of(0xc6120200u), "httpdns:n0.example");
	assert_string_equal(names_of(0xc6120395u), "httpdns:n399.example");
	assert_string_equal(names_of(SERVER), "");
}

// A server's first flight up to TLS 1.2: hello, then a certificate in a record of its own.
static struct span flight(uint8_t *buf, size_t cap, bool hides)
{
	static uint8_t cert[2048];
	FILE *f = fopen("tests/fuzz/corpus/cert/message", "re");
	assert_non_null(f);
	size_t len = fread(cert, 1, sizeof(cert), f);
	fclose(f);
	struct wr w = wr_of(buf, cap);
	uint16_t extensions = hides ? 6 : 0;
	wr_u8(&w, 22);
	wr_u16(&w, 0x0303);
	wr_u16(&w, (uint16_t)(4 + 40 + extensions));
	wr_u16(&w, 0x0200);
	wr_u16(&w, (uint16_t)(40 + extensions));
	wr_u16(&w, 0x0303);
	wr_zero(&w, 33);
	wr_u16(&w, 0x1301);
	wr_u8(&w, 0);
	wr_u16(&w, extensions);
	if (hides) {
		wr_u16(&w, 43);
		wr_u16(&w, 2);
		wr_u16(&w, 0x0304);
	}
	wr_u8(&w, 22);
	wr_u16(&w, 0x0303);
	wr_u16(&w, (uint16_t)len);
	wr_bytes(&w, span_of(cert, len));
	assert_int_equal(w.err, ERR_OK);
	return wr_span(&w);
}

static void learns_the_certificate_where_no_name_was_said(void **state)
{
	(void)state;
	uint8_t buf[4096], hello[512];
	struct span s = flight(buf, sizeof(buf), false);
	hear(IP_TCP, true, 444, 1, span_cut(s, 0, 300), NULL);
	hear(IP_TCP, true, 444, 301, span_cut(s, 300, s.len), NULL);
	assert_string_equal(names_of(SERVER), "cert:chat.example cert:*.chat.example");
	hear(IP_TCP, false, 443, 1, hello_write(hello, sizeof(hello), "said.example"), NULL);
	hear(IP_TCP, true, 443, 1, s, NULL);
	assert_string_equal(names_of(SERVER),
			    "sni:said.example cert:chat.example cert:*.chat.example");
}

static void leaves_hidden_certificates_alone(void **state)
{
	(void)state;
	uint8_t buf[4096];
	hear(IP_TCP, true, 443, 1, flight(buf, sizeof(buf), true), NULL);
	assert_string_equal(names_of(SERVER), "");
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TABLE(opens_a_quic_hello_in_pieces_out_of_order_once),
		WITH_TABLE(joins_a_dtls_hello),
		WITH_TABLE(learns_hosts_over_http_in_pieces),
		WITH_TABLE(learns_names_over_http_beyond_what_it_keeps),
		WITH_TABLE(learns_the_certificate_where_no_name_was_said),
		WITH_TABLE(leaves_hidden_certificates_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
