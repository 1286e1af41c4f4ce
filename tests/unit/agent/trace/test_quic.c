// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/probe.h"
#include "trace/quic.h"
#include "trace/reply.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tls.h"
#include "wire/udp.h"

#include "unit/support/initial.h"

static struct trace_probe probe_of(bool v4, uint16_t serial)
{
	static const uint8_t here[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t there[16] = { 0x20, 1, 0xd, 0xb8, [15] = 9 };
	return (struct trace_probe){
		.ref.serial = serial,
		.src = v4 ? addr_v4(0xc6120001) : addr_of(span_of(here, 16)),
		.dst = v4 ? addr_v4(0xc6120909) : addr_of(span_of(there, 16)),
		.method = TRACE_QUIC,
		.ttl = 7,
		.sport = 61007,
		.dport = 443,
		.ip_id = 77,
		.check = (uint16_t)(4711 + serial),
		.cookie = 0xdecafbad,
		.name = "quic.example",
	};
}

struct made {
	uint8_t bytes[TRACE_PROBE_MAX];
	size_t len;
	struct ip_head ip;
	struct udp_head udp;
	struct quic_packet packet;
	struct rd rest; // behind the packet
};

static void make(const struct trace_probe *p, struct made *m)
{
	struct wr w = wr_of(m->bytes, sizeof(m->bytes));
	assert_int_equal(trace_probe_write(&w, p, initial_seals()), ERR_OK);
	m->len = w.len;
	assert_int_equal(ip_read(wr_span(&w), &m->ip), ERR_OK);
	assert_int_equal(udp_read(m->ip.payload, &m->udp), ERR_OK);
	m->rest = rd_of(m->udp.payload);
	assert_true(quic_packet_next(&m->rest, &m->packet));
}

// As its server would read it. FRAMES is where the opened ones lie.
static struct tls_hello hello_of(const struct made *m, uint8_t frames[static TRACE_QUIC_SIZE])
{
	struct wr w = wr_of(frames, TRACE_QUIC_SIZE);
	struct initial_key key;
	struct quic_crypto crypto;
	struct tls_hello hello;
	assert_int_equal(
		initial_key_client(initial_seals(), m->packet.cipher, m->packet.dcid, &key),
		ERR_OK);
	assert_int_equal(initial_open(initial_seals(), &key, &m->packet, &w), ERR_OK);
	struct rd r = rd_of(wr_span(&w));
	assert_true(quic_crypto_next(&r, &crypto));
	assert_int_equal(crypto.offset, 0);
	assert_int_equal(tls_hello_read(crypto.data, &hello), ERR_OK);
	assert_false(quic_crypto_next(&r, &crypto));
	assert_int_equal(r.err, ERR_OK); // the rest is padding
	return hello;
}

static void is_a_datagram_that_a_server_reads(void **state)
{
	(void)state;
	for (int v4 = 0; v4 < 2; v4++) {
		uint8_t frames[TRACE_QUIC_SIZE];
		struct trace_probe p = probe_of(v4, 3);
		struct made m;
		make(&p, &m);
		assert_int_equal(m.udp.payload.len, 1200);
		assert_int_equal(m.packet.version, QUIC_VERSION_1);
		assert_int_equal(m.packet.type, QUIC_INITIAL);
		assert_int_equal(m.packet.dcid.len, 8);
		assert_int_equal(m.packet.token.len, 0);
		struct tls_hello h = hello_of(&m, frames);
		assert_true(h.has_sni && span_eq(h.sni, span_text("quic.example")));
		assert_true(span_eq(h.alpn, span_text("\2h3")));
		assert_false(quic_packet_next(&m.rest, &m.packet));
		assert_true(v4 == 0 || m.ip.frag_never);
	}
}

static void says_a_name_only_where_one_was_traced(void **state)
{
	(void)state;
	uint8_t frames[TRACE_QUIC_SIZE];
	char longest[256];
	struct trace_probe p = probe_of(true, 0);
	struct made m;
	p.name = NULL;
	make(&p, &m);
	assert_false(hello_of(&m, frames).has_sni);
	p.name = "dotted.example.";
	make(&p, &m);
	assert_true(span_eq(hello_of(&m, frames).sni, span_text("dotted.example")));
	memset(longest, 'a', 255);
	longest[255] = '\0';
	p.name = longest;
	make(&p, &m);
	assert_int_equal(hello_of(&m, frames).sni.len, 255);
}

// RFC 9000 7.3: without it a server closes at once. (Any other would do the same, but not by that.)
static void lacks_the_parameter_that_repeats_its_identifier(void **state)
{
	(void)state;
	static const uint8_t head[] = { 0, 57, 0, 42 };
	uint8_t frames[TRACE_QUIC_SIZE];
	struct trace_probe p = probe_of(true, 0);
	struct made m;
	make(&p, &m);
	(void)hello_of(&m, frames);
	uint8_t *at = memmem(frames, sizeof(frames), head, sizeof(head));
	assert_non_null(at);
	struct rd r = rd_of(span_of(at + 4, 42));
	unsigned count = 0;
	while (rd_left(&r) > 0) {
		assert_int_not_equal(rd_u8(&r), 15);
		(void)rd_span(&r, rd_u8(&r));
		count++;
	}
	assert_int_equal(r.err, ERR_OK);
	assert_int_equal(count, 8);
}

static void keeps_its_flow_and_is_told_apart_by_what_no_balancer_hashes(void **state)
{
	(void)state;
	struct made m, other;
	for (uint16_t serial = 0; serial < 200; serial++) {
		struct trace_probe p = probe_of(serial % 2 == 0, serial), q = p;
		make(&p, &m);
		uint32_t sum = checksum_pseudo(&p.src, &p.dst, IP_UDP, (uint32_t)m.ip.payload.len);
		assert_int_equal(checksum_end(checksum_add(sum, m.ip.payload)), 0);
		assert_int_equal(m.udp.checksum, p.check);
		assert_int_equal(m.udp.sport, p.sport);
		assert_int_equal(m.udp.dport, p.dport);
		q.ref.serial++;
		make(&q, &other);
		assert_int_equal(m.len, other.len);
		assert_false(span_eq(m.packet.dcid, other.packet.dcid));
		assert_false(span_eq(m.packet.scid, other.packet.scid));
		struct trace_quic_id id;
		assert_true(trace_quic_quoted(m.udp.payload, &id));
		assert_int_equal(id.cookie, p.cookie);
		assert_int_equal(id.serial, serial);
		assert_false(trace_quic_quoted(span_cut(m.udp.payload, 0, 11), &id));
	}
}

static void is_not_made_without_what_protects_it(void **state)
{
	(void)state;
	uint8_t bytes[TRACE_PROBE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct trace_probe p = probe_of(true, 0);
	assert_int_equal(trace_probe_write(&w, &p, NULL), ERR_UNSUPPORTED);
	w = wr_of(bytes, 900);
	assert_int_not_equal(trace_probe_write(&w, &p, initial_seals()), ERR_OK);
}

static void knows_its_own_identifier_in_what_a_server_says(void **state)
{
	(void)state;
	static const uint8_t firsts[] = { 0x80, 0xc1, 0xe3, 0xff };
	struct trace_probe p = probe_of(true, 41);
	struct trace_quic_id id;
	struct made m;
	make(&p, &m);
	for (size_t i = 0; i < sizeof(firsts); i++) {
		uint8_t said[40];
		struct wr w = wr_of(said, sizeof(said));
		wr_u8(&w, firsts[i]);
		wr_u32(&w, i == 0 ? 0 : 1);
		wr_u8(&w, 8);
		wr_bytes(&w, m.packet.scid);
		assert_true(trace_quic_answered(wr_span(&w), &id));
		assert_int_equal(id.cookie, p.cookie);
		assert_int_equal(id.serial, 41);
		assert_false(trace_quic_answered(span_cut(wr_span(&w), 0, 13), &id));
		said[5] = 7;
		assert_false(trace_quic_answered(wr_span(&w), &id));
		said[5] = 8;
		said[0] &= 0x7f;
		assert_false(trace_quic_answered(wr_span(&w), &id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_datagram_that_a_server_reads),
		cmocka_unit_test(says_a_name_only_where_one_was_traced),
		cmocka_unit_test(lacks_the_parameter_that_repeats_its_identifier),
		cmocka_unit_test(keeps_its_flow_and_is_told_apart_by_what_no_balancer_hashes),
		cmocka_unit_test(is_not_made_without_what_protects_it),
		cmocka_unit_test(knows_its_own_identifier_in_what_a_server_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
