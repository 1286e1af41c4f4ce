// SPDX-License-Identifier: Apache-2.0
//
// Replays tests/scenario/trace/*.txt through the trace engine: an Internet of a few lines answers
// its probes with real packets, in simulated time. The words are explained in
// tests/scenario/trace/README.
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/macro.h"
#include "base/text.h"
#include "sys/file.h"
#include "trace/probe.h"
#include "trace/trace.h"
#include "wire/be.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include "unit/support/initial.h"

#define EVENTS 4096
#define LINES  128

struct rule {
	struct addr addr, also;
	int64_t rtt, stamp_off;
	uint64_t lose, only, quote, quoted_ttl, code, seen;
	uint32_t labels[4];
	size_t label_count;
	bool there, nat, forge, twice, unreachable;
	char kind[12]; // of a destination: port rst synack echo, quic_answer
};

struct event {
	uint8_t bytes[600];
	size_t len;
	int64_t stamp_off;
};

struct world {
	struct trace_target target;
	struct rule hops[TRACE_HOPS_MAX + 1];
	struct rule end;
	uint64_t end_ttl;
	struct pace_limits limits;
	struct prefix deny;
	struct span expect[LINES];
	size_t expect_count;
	struct event events[EVENTS];
	size_t event_count;
	struct heap queue;
	struct trace_engine *engine;
	struct mono now;
	struct mono drops_at; // this machine loses packets
};

static struct world world;

static uint64_t number(struct span s)
{
	uint64_t v = 0;
	if (text_u64(s, 0, UINT32_MAX, &v) != ERR_OK)
		fail_msg("\"%.*s\" is not a number", (int)s.len, (const char *)s.at);
	return v;
}

static int64_t ms(struct span s)
{
	int64_t v = 0;
	if (text_i64(s, -100000000, 100000000, &v) != ERR_OK)
		fail_msg("\"%.*s\" is not a number", (int)s.len, (const char *)s.at);
	return v * NS_PER_MS;
}

static struct addr address(struct span s)
{
	struct addr a = { 0 };
	if (!text_is(s, "*") && addr_read(s, &a) != ERR_OK)
		fail_msg("\"%.*s\" is not an address", (int)s.len, (const char *)s.at);
	return a;
}

static void labels_read(struct span s, struct rule *r)
{
	while (s.at != NULL && r->label_count < 4)
		r->labels[r->label_count++] = (uint32_t)number(text_cut(&s, ','));
}

static void rule_words(struct rule *r, struct span rest)
{
	struct span w;
	while ((w = text_word(&rest)).len > 0) {
		if (text_is(w, "nat"))
			r->nat = true;
		else if (text_is(w, "forge"))
			r->forge = true;
		else if (text_is(w, "twice"))
			r->twice = true;
		else if (text_is(w, "lose"))
			r->lose = number(text_word(&rest));
		else if (text_is(w, "only"))
			r->only = number(text_word(&rest));
		else if (text_is(w, "quote"))
			r->quote = number(text_word(&rest));
		else if (text_is(w, "quoted"))
			r->quoted_ttl = number(text_word(&rest));
		else if (text_is(w, "also"))
			r->also = address(text_word(&rest));
		else if (text_is(w, "labels"))
			labels_read(text_word(&rest), r);
		else if (text_is(w, "stamp"))
			r->stamp_off = ms(text_word(&rest));
		else if (text_is(w, "unreachable")) {
			r->unreachable = true;
			r->code = number(text_word(&rest));
		} else
			assert_int_equal(text_copy(r->kind, sizeof(r->kind), w), ERR_OK);
	}
}

static struct rule rule_new(void)
{
	return (struct rule){ .there = true, .only = UINT64_MAX, .quote = 28, .quoted_ttl = 1 };
}

static void target_words(struct trace_target *t, struct span rest)
{
	struct span w;
	t->dst = address(text_word(&rest));
	assert_int_equal(trace_method_read(text_word(&rest), &t->method), ERR_OK);
	t->dport = (uint16_t)number(text_word(&rest));
	t->src = address(span_text(t->dst.family == 4 ? "198.18.0.1" : "2001:db8::1"));
	while ((w = text_word(&rest)).len > 0) {
		struct span v = text_word(&rest);
		if (text_is(w, "attempts"))
			t->attempts = (uint8_t)number(v);
		else if (text_is(w, "again"))
			t->again = (uint8_t)number(v);
		else if (text_is(w, "gap"))
			t->gap = (uint8_t)number(v);
		else if (text_is(w, "first"))
			t->first_ttl = (uint8_t)number(v);
		else if (text_is(w, "max"))
			t->max_ttl = (uint8_t)number(v);
		else if (text_is(w, "window"))
			t->window = (uint8_t)number(v);
		else if (text_is(w, "wait"))
			t->wait_ns = ms(v);
		else if (text_is(w, "deadline"))
			t->deadline_ns = ms(v);
		else
			fail_msg("target: unknown word %.*s", (int)w.len, (const char *)w.at);
	}
}

static void line_read(struct world *w, struct span line)
{
	struct span rest = line;
	struct span word = text_word(&rest);
	if (text_is(word, "target")) {
		target_words(&w->target, rest);
	} else if (text_is(word, "hop")) {
		struct rule r = rule_new();
		uint64_t ttl = number(text_word(&rest));
		r.addr = address(text_word(&rest));
		r.rtt = r.addr.family == 0 ? 0 : ms(text_word(&rest));
		rule_words(&r, rest);
		w->hops[ttl] = r;
	} else if (text_is(word, "end")) {
		w->end = rule_new();
		w->end_ttl = number(text_word(&rest));
		w->end.addr = w->target.dst;
		w->end.rtt = ms(text_word(&rest));
		rule_words(&w->end, rest);
	} else if (text_is(word, "rate")) {
		w->limits.all = (double)number(text_word(&rest));
	} else if (text_is(word, "drops")) {
		w->drops_at = mono_add(w->now, ms(text_word(&rest)));
	} else if (text_is(word, "deny")) {
		assert_int_equal(prefix_read(text_word(&rest), &w->deny), ERR_OK);
	} else if (text_is(word, "expect")) {
		w->expect[w->expect_count++] = rest;
	} else {
		fail_msg("unknown line: %.*s", (int)line.len, (const char *)line.at);
	}
}

static void schedule(struct world *w, const struct event *e, int64_t after)
{
	assert_true(w->event_count < EVENTS);
	w->events[w->event_count] = *e;
	assert_int_equal(heap_put(&w->queue, mono_add(w->now, after), w->event_count++), ERR_OK);
}

// Wraps what PAYLOAD wrote as an IP packet from FROM to the prober.
static void packet(struct world *w, struct event *e, struct addr from, uint8_t proto,
		   struct span payload)
{
	struct wr out = wr_of(e->bytes, sizeof(e->bytes));
	const struct ip_head ip = { .src = from, .dst = w->target.src, .proto = proto, .ttl = 55 };
	assert_int_equal(ip_write(&out, &ip, payload.len), ERR_OK);
	wr_bytes(&out, payload);
	assert_int_equal(out.err, ERR_OK);
	e->len = out.len;
}

static void icmp_error(struct world *w, struct event *e, const struct rule *r, struct addr from,
		       struct icmp *h, struct span probe)
{
	uint8_t quote[600], body[600];
	bool v4 = probe.at[0] >> 4 == 4;
	size_t head = v4 ? IP4_HEAD : IP6_HEAD;
	struct span cut = span_cut(probe, 0, head + r->quote);
	memcpy(quote, cut.at, cut.len);
	assert_int_equal(ip_ttl_put(quote, cut.len, (uint8_t)r->quoted_ttl), ERR_OK);
	if (r->nat) { // another source port, and a checksum to match it
		be16_put(quote + head, 1024);
		if (w->target.method == TRACE_UDP)
			be16_put(quote + head + 6, 0x1234);
	}
	if (r->forge) // somebody guesses: right flow, wrong probe
		for (size_t i = head + 4; i < cut.len; i++)
			quote[i] ^= 0x5a;
	if (r->forge && v4)
		be16_put(quote + 4, 0x7777);
	for (size_t i = 0; i < r->label_count; i++)
		h->mpls[h->mpls_count++] = (struct mpls_entry){ .label = r->labels[i], .ttl = 1 };
	struct wr out = wr_of(body, sizeof(body));
	assert_int_equal(icmp_error_write(&out, &from, &w->target.src, h, span_of(quote, cut.len)),
			 ERR_OK);
	packet(w, e, from, v4 ? IP_ICMP : IP_ICMP6, wr_span(&out));
}

static struct icmp error_kind(const struct world *w, const struct rule *r, bool end)
{
	bool v4 = w->target.dst.family == 4;
	if (end)
		return (struct icmp){ .type = v4 ? 3 : 1, .code = v4 ? 3 : 4 };
	if (r->unreachable)
		return (struct icmp){ .type = v4 ? 3 : 1, .code = (uint8_t)r->code };
	return (struct icmp){ .type = v4 ? 11 : 3 };
}

// What a QUIC server says: its destination is our identifier, its source another or (17.2.1, in
// Version Negotiation) the one we asked for. What is protected behind nobody here looks at.
static void quic_answer(struct wr *out, const char *kind, const struct trace_probe *p,
			struct span probe)
{
	static const struct {
		const char *kind;
		uint8_t first;
		uint32_t version;
	} kinds[] = { { "negotiation", 0x80, 0 },
		      { "close", 0xc3, 1 },
		      { "handshake", 0xe1, 1 },
		      { "retry", 0xf0, 1 },
		      { "stranger", 0xc3, 1 } }; // whose destination is not our identifier
	uint8_t body[64];
	struct span quic = span_cut(probe, UDP_HEAD, probe.len);
	struct wr b = wr_of(body, sizeof(body));
	size_t k = 0;
	while (strcmp(kinds[k].kind, kind) != 0)
		assert_true(++k < COUNT(kinds));
	wr_u8(&b, kinds[k].first);
	wr_u32(&b, kinds[k].version);
	wr_bytes(&b, span_cut(quic, 14, 9));
	if (strcmp(kind, "stranger") == 0)
		body[10] ^= 1;
	if (k == 0)
		wr_bytes(&b, span_cut(quic, 5, 9));
	else
		wr_text(&b, "\6server and what is protected");
	const struct udp_head h = { .sport = p->dport, .dport = p->sport, .payload = wr_span(&b) };
	assert_int_equal(udp_write(out, &p->dst, &p->src, &h), ERR_OK);
}

static void direct(struct world *w, struct event *e, const struct trace_probe *p, struct span probe)
{
	uint8_t body[600];
	struct wr out = wr_of(body, sizeof(body));
	struct span payload = span_cut(probe, p->dst.family == 4 ? IP4_HEAD : IP6_HEAD, probe.len);
	if (p->method == TRACE_ICMP) {
		const struct icmp h = { .type = p->dst.family == 4 ? 0 : 129,
					.rest = be32_at(payload.at + 4),
					.body = span_cut(payload, ICMP_HEAD, payload.len) };
		assert_int_equal(icmp_write(&out, &p->dst, &p->src, &h), ERR_OK);
		packet(w, e, p->dst, p->dst.family == 4 ? IP_ICMP : IP_ICMP6, wr_span(&out));
		return;
	}
	if (p->method == TRACE_QUIC) {
		quic_answer(&out, w->end.kind, p, payload);
		packet(w, e, p->dst, IP_UDP, wr_span(&out));
		return;
	}
	bool rst = strcmp(w->end.kind, "rst") == 0, lone = p->method == TRACE_TCP_ACK;
	const struct tcp_head h = { .sport = p->dport,
				    .dport = p->sport,
				    .seq = lone ? p->seq : 99,
				    .ack = lone ? 0 : p->seq + 1,
				    .flags = lone  ? TCP_RST
					     : rst ? TCP_RST | TCP_ACK
						   : TCP_SYN | TCP_ACK };
	assert_int_equal(tcp_write(&out, &p->dst, &p->src, &h), ERR_OK);
	packet(w, e, p->dst, IP_TCP, wr_span(&out));
}

static void answer(struct world *w, const struct trace_probe *p)
{
	uint8_t bytes[TRACE_PROBE_MAX];
	struct wr out = wr_of(bytes, sizeof(bytes));
	assert_int_equal(trace_probe_write(&out, p, initial_seals()), ERR_OK);
	bool end = w->end_ttl != 0 && p->ttl >= w->end_ttl;
	struct rule *r = end ? &w->end : &w->hops[p->ttl];
	uint64_t seen = r->seen++;
	if (!r->there || r->addr.family == 0 || seen < r->lose || seen - r->lose >= r->only)
		return;
	struct event e = { .stamp_off = r->stamp_off };
	struct addr from = seen % 2 == 1 && r->also.family != 0 ? r->also : r->addr;
	bool port = p->method == TRACE_UDP || strcmp(w->end.kind, "port") == 0;
	if (end && !port) {
		direct(w, &e, p, wr_span(&out));
	} else {
		struct icmp h = error_kind(w, r, end);
		icmp_error(w, &e, r, from, &h, wr_span(&out));
	}
	schedule(w, &e, r->rtt);
	if (r->twice)
		schedule(w, &e, r->rtt + NS_PER_MS);
}

static void deliver(struct world *w)
{
	struct heap_item item;
	while (heap_take(&w->queue, w->now, &item)) {
		struct trace_reply r;
		const struct event *e = &w->events[item.id];
		assert_int_equal(trace_reply_read(span_of(e->bytes, e->len), &r), ERR_OK);
		const struct mono stamp = { w->now.ns + e->stamp_off };
		(void)trace_hear(w->engine, w->now, stamp, &r);
	}
}

static void run(struct world *w, struct trace_record *record)
{
	struct trace_probe probe;
	for (int turn = 0; turn < 100000; turn++) {
		deliver(w);
		if (!mono_before(w->now, w->drops_at)) {
			trace_hear_drops(w->engine, w->now);
			w->drops_at = MONO_NEVER;
		}
		trace_tick(w->engine, w->now);
		enum trace_want want;
		while ((want = trace_next(w->engine, &probe, record)) == TRACE_SEND)
			answer(w, &probe);
		if (want == TRACE_FINISHED)
			return;
		struct mono next = mono_min(trace_due(w->engine), heap_first(&w->queue));
		next = mono_min(next, w->drops_at);
		assert_true(next.ns != INT64_MAX);
		assert_true(next.ns > w->now.ns);
		w->now = next;
	}
	fail_msg("the trace never ends");
}

struct hop_seen {
	char addrs[400]; // distinct, "*" for none
	size_t late, rewritten, quoted, lost;
	uint32_t rtt_us;
	char labels[100];
};

static void see_labels(const struct trace_record *r, size_t probe, struct hop_seen *out)
{
	if (out->labels[0] != '\0')
		return;
	for (size_t i = 0; i < r->mpls_count; i++) {
		char one[20];
		snprintf(one, sizeof(one), "%s%u", out->labels[0] ? "," : "",
			 r->mpls_label[i] >> 12);
		if (r->mpls_probe[i] == probe)
			strncat(out->labels, one, sizeof(out->labels) - strlen(out->labels) - 1);
	}
}

static void see_probe(const struct trace_record *r, size_t probe, struct hop_seen *out)
{
	char text[ADDR_TEXT];
	size_t size = r->dst.family == 4 ? 4 : 16;
	if (r->ref.at[probe] == 0) {
		out->lost += r->mark.len > 0 && r->mark.at[probe] == TRACE_LOST;
		return;
	}
	addr_write(addr_of(span_cut(r->addrs, (r->ref.at[probe] - 1u) * size, size)), text);
	if (strstr(out->addrs, text) == NULL) {
		strcat(out->addrs, out->addrs[0] ? "," : "");
		strcat(out->addrs, text);
	}
	if (out->rtt_us == 0)
		out->rtt_us = r->rtt_us[probe];
	if (r->mark.len > 0) {
		out->late += (r->mark.at[probe] & TRACE_LATE) != 0;
		out->rewritten += (r->mark.at[probe] & TRACE_REWRITTEN) != 0;
	}
	out->quoted = r->quoted_ttl.len > 0 ? r->quoted_ttl.at[probe] : 1;
	see_labels(r, probe, out);
}

static struct hop_seen see(const struct trace_record *r, size_t ttl)
{
	struct hop_seen out = { 0 };
	size_t probe = 0;
	for (size_t i = 0; i < r->tries.len; i++)
		for (size_t k = 0; k < r->tries.at[i]; k++, probe++)
			if (i + r->first_ttl == ttl)
				see_probe(r, probe, &out);
	if (out.addrs[0] == '\0')
		strcpy(out.addrs, "*");
	return out;
}

static void is(const char *what, struct span want, const char *have)
{
	if (!text_is(want, have))
		fail_msg("%s: have %s, want %.*s", what, have, (int)want.len,
			 (const char *)want.at);
}

static void is_number(const char *what, struct span want, uint64_t have)
{
	char text[24];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)have);
	is(what, want, text);
}

static void expect_hop(const struct trace_record *r, struct span key, struct span rest)
{
	struct hop_seen seen = see(r, number(text_word(&rest)));
	struct span want = text_word(&rest);
	if (text_is(key, "hop"))
		is("hop", want, seen.addrs);
	else if (text_is(key, "late"))
		is_number("late", want, seen.late);
	else if (text_is(key, "rewritten"))
		is_number("rewritten", want, seen.rewritten);
	else if (text_is(key, "lost"))
		is_number("lost", want, seen.lost);
	else if (text_is(key, "quoted"))
		is_number("quoted", want, seen.quoted);
	else if (text_is(key, "labels"))
		is("labels", want, seen.labels);
	else if (text_is(key, "rtt"))
		is_number("rtt in ms", want, seen.rtt_us / 1000);
	else
		fail_msg("expect: unknown word %.*s", (int)key.len, (const char *)key.at);
}

static void expect(const struct world *w, const struct trace_record *r, struct span line)
{
	struct span rest = line;
	struct span key = text_word(&rest);
	struct span after = rest;
	struct span want = text_word(&after);
	struct trace_counts counts = trace_counts(w->engine);
	if (text_is(key, "stop"))
		is("stop", want, trace_stop_name(r->stop));
	else if (text_is(key, "hops"))
		is_number("hops", want, r->tries.len);
	else if (text_is(key, "sent"))
		is_number("sent", want, r->probes_sent);
	else if (text_is(key, "strange"))
		is_number("strange", want, counts.strange);
	else if (text_is(key, "repeated"))
		is_number("repeated", want, counts.repeated);
	else if (text_is(key, "within"))
		assert_true(r->duration_us <= ms(want) / NS_PER_US);
	else if (text_is(key, "takes"))
		assert_true(r->duration_us >= ms(want) / NS_PER_US);
	else
		expect_hop(r, key, rest);
}

static void replay(void **state)
{
	const char *path = *state;
	char *text = NULL;
	size_t len = 0;
	struct world *w = &world;
	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL), ERR_OK);
	*w = (struct world){ .target = TRACE_TARGET_DEFAULT,
			     .now = { NS_PER_S },
			     .drops_at = MONO_NEVER };
	w->limits = (struct pace_limits){ .targets = 64 };
	heap_init(&w->queue, EVENTS);
	for (struct span rest = span_of(text, len); rest.at != NULL;) {
		struct span line = text_cut(&rest, '\n');
		struct span bare = text_trim(text_cut(&line, '#'));
		if (bare.len > 0)
			line_read(w, bare);
	}
	struct pace *pace = pace_new(&w->limits);
	if (w->deny.addr.family != 0)
		assert_int_equal(pace_put(pace, w->deny), ERR_OK);
	const struct trace_config c = {
		.traces = 4, .sport_first = 61000, .sport_count = 16, .seed = { 1, 2 }, .pace = pace
	};
	w->engine = trace_new(&c);
	struct trace_record record;
	assert_int_equal(trace_put(w->engine, w->now, &w->target), ERR_OK);
	run(w, &record);
	assert_int_equal(trace_check(&record), ERR_OK);
	assert_true(w->expect_count > 0);
	for (size_t i = 0; i < w->expect_count; i++)
		expect(w, &record, w->expect[i]);
	trace_free(&w->engine);
	pace_free(&pace);
	heap_wipe(&w->queue);
	free(text);
}

int main(void)
{
	glob_t files;
	if (glob("tests/scenario/trace/*.txt", 0, NULL, &files) != 0) {
		puts("1..1\nnot ok 1 - no scenarios here: run from the top of the tree");
		return 1;
	}
	struct CMUnitTest *tests = calloc(files.gl_pathc, sizeof(*tests));
	for (size_t i = 0; i < files.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){ .name = strrchr(files.gl_pathv[i], '/') + 1,
						.test_func = replay,
						.initial_state = files.gl_pathv[i] };
	int failed = _cmocka_run_group_tests("trace scenarios", tests, files.gl_pathc, NULL, NULL);
	free(tests);
	globfree(&files);
	return failed;
}
