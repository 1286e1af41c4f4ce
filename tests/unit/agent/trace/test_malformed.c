// SPDX-License-Identifier: Apache-2.0
//
// Malformed packets through the parser of replies and the engine while traces run: those of
// tests/data/icmp, 6,000 made of them, and every packet and message of
// ../shared/data/f_wire_vectors where that is there. Each comes as it is, as the payload of a
// datagram, quoted by a liar, and within what a true router says. Nothing may crash, no liar may be
// believed, and in the end every hop is the truth: routers 1 to 5, of which SILENT never says
// anything, and then the target.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/probe.h"
#include "trace/trace.h"
#include "wire/be.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "unit/agent/trace/samples.h"
#include "unit/support/initial.h"

#define MADE   6000 // at least, without anybody else's data
#define BATCH  100  // samples for each set of traces
#define TRACES 10
#define LAST   6 // TTL of the target
#define SILENT 4
#define OPEN   256

// --- the true Internet ---------------------------------------------------------------------------

struct world {
	struct trace_engine *engine;
	struct mono now;
	struct trace_probe open[OPEN]; // sent and not yet answered
	size_t open_count, ended;
	uint64_t fed, unread, believed;
};

static struct addr place(uint8_t family, uint8_t net, uint8_t host)
{
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [5] = net, [15] = host };
	return family == 4 ? addr_v4(0xc6120000u | (uint32_t)net << 8 | host)
			   : addr_of(span_of(v6, 16));
}

static struct addr truth(uint8_t family, uint8_t ttl, uint8_t trace)
{
	return ttl < LAST ? place(family, ttl, 1) : place(family, 100, trace);
}

static size_t packet_write(uint8_t *out, const struct trace_probe *p, struct addr from,
			   uint8_t proto, struct span payload)
{
	struct wr w = wr_of(out, ROOM);
	const struct ip_head ip = { .src = from, .dst = p->src, .proto = proto, .ttl = 60 };
	assert_int_equal(ip_write(&w, &ip, payload.len), ERR_OK);
	wr_bytes(&w, payload);
	assert_int_equal(w.err, ERR_OK);
	return w.len;
}

// Time exceeded (at the target: port unreachable) with any body and any word before it.
static size_t error_write(uint8_t *out, const struct trace_probe *p, struct addr from,
			  uint32_t rest, struct span body)
{
	static uint8_t bytes[ROOM];
	bool v4 = p->dst.family == 4, end = p->ttl >= LAST;
	struct wr w = wr_of(bytes, sizeof(bytes));
	const struct icmp h = { .type = (uint8_t)(end ? (v4 ? 3 : 1) : (v4 ? 11 : 3)),
				.code = (uint8_t)(end ? (v4 ? 3 : 4) : 0),
				.rest = rest,
				.body = body };
	assert_int_equal(icmp_write(&w, &from, &p->src, &h), ERR_OK);
	return packet_write(out, p, from, v4 ? IP_ICMP : IP_ICMP6, wr_span(&w));
}

static struct span quote_of(const struct trace_probe *p, uint8_t room[TRACE_PROBE_MAX])
{
	struct wr w = wr_of(room, TRACE_PROBE_MAX);
	assert_int_equal(trace_probe_write(&w, p, initial_seals()), ERR_OK);
	assert_int_equal(ip_ttl_put(room, w.len, 1), ERR_OK);
	return span_cut(wr_span(&w), 0, 128);
}

static size_t true_reply(uint8_t *out, const struct trace_probe *p)
{
	uint8_t probe[TRACE_PROBE_MAX], body[200];
	struct span quote = quote_of(p, probe);
	struct addr from = p->ttl < LAST ? place(p->dst.family, p->ttl, 1) : p->dst;
	struct wr w = wr_of(body, sizeof(body));
	if (p->ttl < LAST || p->method == TRACE_UDP || p->method == TRACE_QUIC)
		return error_write(out, p, from, 0, quote);
	if (p->method == TRACE_ICMP) {
		struct span echo = span_cut(quote, p->dst.family == 4 ? IP4_HEAD : IP6_HEAD, 128);
		if (echo.len < ICMP_HEAD)
			fail_msg("an echo has a head");
		const struct icmp h = { .type = p->dst.family == 4 ? 0 : 129,
					.rest = be32_at(echo.at + 4),
					.body = span_cut(echo, ICMP_HEAD, echo.len) };
		assert_int_equal(icmp_write(&w, &from, &p->src, &h), ERR_OK);
		return packet_write(out, p, from, p->dst.family == 4 ? IP_ICMP : IP_ICMP6,
				    wr_span(&w));
	}
	const struct tcp_head h = { .sport = p->dport,
				    .dport = p->sport,
				    .seq = p->seq,
				    .ack = p->seq + 1,
				    .flags = p->method == TRACE_TCP_ACK ? TCP_RST
									: TCP_RST | TCP_ACK };
	assert_int_equal(tcp_write(&w, &from, &p->src, &h), ERR_OK);
	return packet_write(out, p, from, IP_TCP, wr_span(&w));
}

// --- the liars -----------------------------------------------------------------------------------

// Whether a packet was believed. Whatever it says, its parts lie within it.
static bool feed(struct world *w, struct span packet)
{
	struct trace_reply r;
	w->fed++;
	if (trace_reply_read(packet, &r) != ERR_OK) {
		w->unread++;
		return false;
	}
	assert_true(r.mpls_count <= ICMP_MPLS_MAX);
	assert_true(r.objects.len == 0 || (r.objects.at >= packet.at &&
					   r.objects.at + r.objects.len <= packet.at + packet.len));
	bool ours = trace_hear(w->engine, w->now, w->now, &r);
	w->believed += ours;
	return ours;
}

static void as_it_is(struct world *w, struct span sample)
{
	assert_false(feed(w, sample));
}

// From the target, to a port of ours that asked it nothing of the kind.
static void as_payload(struct world *w, const struct trace_probe *p, struct span sample)
{
	static uint8_t bytes[ROOM], out[ROOM];
	struct wr u = wr_of(bytes, sizeof(bytes));
	const struct udp_head h = { .sport = p->dport,
				    .dport = (uint16_t)(p->sport + 100),
				    .payload = span_cut(sample, 0, 60000) };
	assert_int_equal(udp_write(&u, &p->dst, &p->src, &h), ERR_OK);
	assert_false(feed(w, span_of(out, packet_write(out, p, p->dst, IP_UDP, wr_span(&u)))));
}

static void as_quote(struct world *w, const struct trace_probe *p, struct span sample)
{
	static uint8_t out[ROOM];
	struct addr liar = place(p->dst.family, 66, 66);
	size_t len = error_write(out, p, liar, any(2) == 0 ? 0 : any(UINT32_MAX),
				 span_cut(sample, 0, 60000));
	assert_false(feed(w, span_of(out, len)));
}

// Who knows the flow, and guesses the probe.
static void as_guess(struct world *w, const struct trace_probe *p, struct span sample)
{
	static uint8_t out[ROOM];
	uint8_t probe[TRACE_PROBE_MAX];
	struct span quote = quote_of(p, probe);
	size_t head = p->dst.family == 4 ? IP4_HEAD : IP6_HEAD;
	if (p->dst.family == 4)
		be16_put(probe + 4, (uint16_t)any(65536));
	for (size_t i = head + 4; i < quote.len; i++)
		probe[i] = sample.at[i % sample.len] ^ (uint8_t)any(256);
	struct addr liar = place(p->dst.family, 66, 66);
	assert_false(feed(w, span_of(out, error_write(out, p, liar, 0, quote))));
}

// A true router says what is its to say, and the sample where it has no business: in the quoted
// payload, as extensions, behind the end of the packet.
static void as_part(struct world *w, const struct trace_probe *p, struct span sample)
{
	static uint8_t body[ROOM], out[ROOM];
	uint8_t probe[TRACE_PROBE_MAX];
	struct span quote = quote_of(p, probe);
	struct addr from = place(p->dst.family, p->ttl, 1);
	size_t head = (p->dst.family == 4 ? IP4_HEAD : IP6_HEAD) + 8u;
	size_t room = any(2) == 0 ? 128 : head;
	memset(body, 0, 128);
	memcpy(body, quote.at, quote.len < room ? quote.len : room);
	struct span tail = span_cut(sample, 0, 60000);
	memcpy(body + room, tail.at, tail.len);
	uint32_t length = (room == 128 ? 128u : any(256)) << (p->dst.family == 4 ? 16 : 24);
	size_t len = error_write(out, p, from, length, span_of(body, room + tail.len));
	(void)feed(w, span_of(out, len));
	(void)feed(w, span_of(out, 1 + any((uint32_t)len)));
}

// What a router truly said, with a byte changed on the way, which every checksum sees: believed
// only where that is true.
static void as_damage(struct world *w, const struct trace_probe *p)
{
	static uint8_t out[ROOM];
	struct trace_reply r;
	size_t len = true_reply(out, p);
	out[any((uint32_t)len)] ^= (uint8_t)(1 + any(255));
	if (any(4) == 0)
		len = 1 + any((uint32_t)len);
	if (feed(w, span_of(out, len)) && trace_reply_read(span_of(out, len), &r) == ERR_OK)
		assert_true(
			addr_eq(r.from, p->ttl < LAST ? place(p->dst.family, p->ttl, 1) : p->dst));
}

static void try(struct world *w, struct span sample)
{
	const struct trace_probe *p = &w->open[any((uint32_t)w->open_count)];
	as_it_is(w, sample);
	as_payload(w, p, sample);
	as_quote(w, p, sample);
	as_guess(w, p, sample);
	if (p->ttl == SILENT)
		return;
	if (p->ttl < LAST)
		as_part(w, p, sample);
	as_damage(w, p);
}

// --- the traces ----------------------------------------------------------------------------------

static void check(const struct trace_record *r)
{
	size_t probe = 0, size = r->dst.family == 4 ? 4 : 16;
	assert_int_equal(trace_check(r), ERR_OK);
	assert_int_equal(r->stop, TRACE_REACHED);
	assert_int_equal(r->tries.len, LAST);
	for (uint8_t ttl = 1; ttl <= LAST; ttl++) {
		bool heard = false;
		for (size_t k = 0; k < r->tries.at[ttl - 1]; k++, probe++) {
			if (r->ref.at[probe] == 0)
				continue;
			heard = true;
			assert_true(addr_eq(
				addr_of(span_cut(r->addrs, (r->ref.at[probe] - 1u) * size, size)),
				truth(r->dst.family, ttl, (uint8_t)r->id)));
		}
		assert_int_equal(heard, ttl != SILENT);
	}
}

static void serve(struct world *w)
{
	struct trace_probe probe;
	struct trace_record record;
	enum trace_want want;
	trace_tick(w->engine, w->now);
	while ((want = trace_next(w->engine, &probe, &record)) != TRACE_NOTHING) {
		if (want == TRACE_SEND) {
			assert_true(w->open_count < OPEN);
			w->open[w->open_count++] = probe;
		} else {
			check(&record);
			w->ended++;
		}
	}
}

static void answer_all(struct world *w)
{
	static uint8_t out[ROOM];
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i].ttl != SILENT)
			(void)feed(w, span_of(out, true_reply(out, &w->open[i])));
	w->open_count = 0;
}

static void put_traces(struct world *w)
{
	static const enum trace_method methods[] = { TRACE_ICMP, TRACE_UDP, TRACE_TCP_SYN,
						     TRACE_TCP_ACK, TRACE_QUIC };
	for (uint8_t i = 0; i < TRACES; i++) {
		struct trace_target t = TRACE_TARGET_DEFAULT;
		t.method = methods[i % 5];
		t.dport = t.method == TRACE_ICMP ? 0 : t.method == TRACE_UDP ? 33434 : 443;
		t.src = place(i < 5 ? 4 : 6, 0, 1);
		t.dst = truth(i < 5 ? 4 : 6, LAST, i);
		t.tag = i;
		t.attempts = 2;
		assert_int_equal(trace_put(w->engine, w->now, &t), ERR_OK);
	}
}

static void batch(size_t from, size_t to, struct world *sum)
{
	const struct trace_config c = {
		.traces = TRACES, .sport_first = 61000, .sport_count = 64, .seed = { from, 7 }
	};
	struct world w = { .engine = trace_new(&c), .now = { NS_PER_S } };
	assert_non_null(w.engine);
	put_traces(&w);
	// Five probes of each trace are on their way when the liars come, a new one each turn
	// after.
	for (int turn = 0; turn < 5; turn++) {
		serve(&w);
		w.now = mono_add(w.now, 12 * NS_PER_MS);
	}
	for (size_t i = from; i < to; i++)
		try(&w, samples[i]);
	for (int turn = 0; turn < 10000 && w.ended < TRACES; turn++) {
		answer_all(&w);
		serve(&w);
		w.now = mono_add(w.now, 12 * NS_PER_MS);
	}
	assert_int_equal(w.ended, TRACES);
	trace_free(&w.engine);
	sum->fed += w.fed;
	sum->unread += w.unread;
	sum->believed += w.believed;
}

static void malformed_packets_make_no_hop(void **state)
{
	struct world sum = { 0 };
	(void)state;
	assert_int_equal(nftw("tests/data/icmp", keep_file, 8, FTW_PHYS), 0);
	size_t real = sample_count;
	assert_true(real >= 40);
	while (sample_count < real + MADE)
		keep_mutant(real);
	size_t own = sample_count;
	if (nftw("../shared/data/f_wire_vectors", keep_file, 8, FTW_PHYS) != 0 &&
	    nftw("../../shared/data/f_wire_vectors", keep_file, 8, FTW_PHYS) != 0)
		print_message("# without ../shared/data\n");
	else
		assert_true(sample_count >= own + 6000);
	for (size_t at = 0; at < sample_count; at += BATCH)
		batch(at, at + BATCH < sample_count ? at + BATCH : sample_count, &sum);
	print_message("# %zu samples, %zu real; %llu packets, %llu unreadable, %llu of truth\n",
		      sample_count, sample_count - MADE, (unsigned long long)sum.fed,
		      (unsigned long long)sum.unread, (unsigned long long)sum.believed);
	for (size_t i = 0; i < sample_count; i++)
		free((void *)(uintptr_t)samples[i].at);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(malformed_packets_make_no_hop) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
