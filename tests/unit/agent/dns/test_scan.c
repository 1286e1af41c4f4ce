// SPDX-License-Identifier: Apache-2.0
//
// The DNS engine played by hand: what it asks, when, and what it makes of what comes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/path.h"
#include "dns/scan.h"
#include "msg/record.h"

#define MS NS_PER_MS

static const uint64_t seed[2] = { 11, 12 };

struct play {
	struct dns_list *servers, *names;
	struct pace *pace;
	struct dns_scan *scan;
	struct mono now;
	struct dns_want want;
	uint8_t question[DNS_QUERY_MAX]; // the last one sent
	size_t len;
	struct dns_want asked;
};

static struct dns_scan_config config(struct play *p, enum dns_profile profile)
{
	struct dns_scan_config c = { .kind = DNS_KIND_PAIR,
				     .rules = dns_rules_of(profile),
				     .transport = DNS_UDP,
				     .fallback = true,
				     .options = DNS_RECURSE,
				     .control = span_text("control.example"),
				     .servers = p->servers,
				     .names = p->names,
				     .types = { DNS_A },
				     .type_count = 1,
				     .repetitions = 1,
				     .parallel = 10,
				     .patience = 3,
				     .returns = 2,
				     .slots = 64,
				     .ports = 4,
				     .pace = p->pace,
				     .seed = { 1, 2 },
				     .now = p->now,
				     .wall = { 1700000000 * NS_PER_S } };
	return c;
}

static void set_up(struct play *p, const char *const *servers, const char *const *names)
{
	const struct pace_limits limits = { .targets = 64 };
	*p = (struct play){ .now = { NS_PER_S } };
	p->servers = dns_list_new(100, seed);
	p->names = dns_list_new(10000, seed);
	p->pace = pace_new(&limits);
	for (; *servers != NULL; servers++) {
		struct dns_server s;
		assert_int_equal(dns_server_read(span_text(*servers), &s), ERR_OK);
		assert_int_equal(dns_list_put_server(p->servers, s), ERR_OK);
	}
	for (; *names != NULL; names++)
		assert_int_equal(dns_list_put_name(p->names, span_text(*names)), ERR_OK);
}

static void start(struct play *p, const struct dns_scan_config *c)
{
	struct fault f = { 0 };
	assert_int_equal(dns_scan_new(c, &p->scan, &f), ERR_OK);
	for (uint32_t i = 0; i < c->ports; i++)
		dns_scan_port(p->scan, i, (uint16_t)(40000 + i));
}

static const char *const one_server[] = { "198.18.0.53", NULL };
static const char *const one_name[] = { "www.example", NULL };

static void begin(struct play *p, enum dns_profile profile)
{
	set_up(p, one_server, one_name);
	struct dns_scan_config c = config(p, profile);
	start(p, &c);
}

static void end(struct play *p)
{
	dns_scan_free(&p->scan);
	dns_list_free(&p->servers);
	dns_list_free(&p->names);
	pace_free(&p->pace);
}

static void later(struct play *p, int64_t ms)
{
	p->now.ns += ms * MS;
	dns_scan_tick(p->scan, p->now);
}

static enum dns_want_kind next(struct play *p)
{
	memset(&p->want, 0xff, sizeof(p->want)); // nothing of what it holds is looked at
	enum dns_want_kind kind = dns_scan_next(p->scan, p->now, &p->want);
	uint8_t streamed;
	memcpy(&streamed, &p->want.streamed, 1);
	assert_true(kind != DNS_WANT_RECORD || streamed <= 1);
	if (kind == DNS_WANT_SEND || kind == DNS_WANT_STREAM) {
		p->asked = p->want;
		p->len = p->want.message.len;
		memcpy(p->question, p->want.message.at, p->len);
	}
	return kind;
}

static void asks(struct play *p, const char *name)
{
	char text[DNS_TEXT];
	assert_int_equal(next(p), DNS_WANT_SEND);
	struct dns_name n = { .message = span_of(p->question, p->len), .at = DNS_HEAD };
	assert_int_equal(dns_name_write(n, text), ERR_OK);
	assert_string_equal(text, name);
}

// An answer to the last question: RCODE, and one address unless that is 0.
static size_t answer(const struct play *p, uint8_t out[512], uint8_t rcode, uint32_t address)
{
	memcpy(out, p->question, p->len);
	out[2] = 0x81;
	out[3] = (uint8_t)(0x80 | rcode);
	out[7] = address != 0;
	out[11] = 0;
	if (address == 0)
		return p->len;
	struct wr w = wr_of(out + p->len, 512 - p->len);
	wr_bytes(&w, span_of("\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4", 12));
	wr_u32(&w, address);
	return p->len + w.len;
}

static void hears(struct play *p, struct span m, const char *from)
{
	struct dns_heard h = { .port_index = p->asked.port_index,
			       .from_port = 53,
			       .ttl = 57,
			       .ip_id = 1 + 4242,
			       .message = m };
	assert_int_equal(addr_read(span_text(from), &h.from), ERR_OK);
	dns_scan_hear(p->scan, p->now, &h);
}

static void answered(struct play *p, uint8_t rcode, uint32_t address)
{
	uint8_t m[512];
	size_t len = answer(p, m, rcode, address);
	hears(p, span_of(m, len), "198.18.0.53");
}

static const struct dns_pair_record *record(struct play *p)
{
	static uint8_t room[BATCH_RECORD_MAX];
	struct wr w = wr_of(room, sizeof(room));
	assert_int_equal(next(p), DNS_WANT_RECORD);
	assert_int_equal(record_write_dns_pair(&w, p->want.record), ERR_OK);
	return p->want.record;
}

static void the_sandwich_stands_on_one_port_and_listens_on(void **state)
{
	(void)state;
	struct play p;
	uint8_t forged[512];
	begin(&p, DNS_WAYMARK);
	asks(&p, "control.example");
	uint32_t port = p.asked.port_index;
	assert_int_equal(next(&p), DNS_WANT_NOTHING);
	later(&p, 20);
	answered(&p, 0, 0xc6120001);
	asks(&p, "www.example");
	assert_int_equal(p.asked.port_index, port);
	size_t len = answer(&p, forged, 0, 0x0a0a0a0a);
	answered(&p, 0, 0xcb007101);
	later(&p, 5);
	hears(&p, span_of(forged, len), "198.18.0.53");
	asks(&p, "control.example");
	assert_int_equal(p.asked.port_index, port);
	answered(&p, 0, 0xc6120001);
	later(&p, 2999);
	assert_int_equal(next(&p), DNS_WANT_NOTHING);
	later(&p, 2);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->state, DNS_ANSWERED);
	assert_int_equal(r->tries, 3);
	assert_memory_equal(r->try_role.at, "\1\2\3", 3);
	assert_int_equal(r->answers, 4);
	assert_int_equal(r->try_first.at[1], 2);
	assert_true((r->answer_mark[2] & DNS_MARK_DIFFERS) != 0);
	assert_int_equal(r->answer_mark[1] & DNS_MARK_DIFFERS, 0);
	assert_int_equal(r->answer_ip_id[2], 4243);
	assert_int_equal(r->answer_ttl.at[2], 57);
	assert_int_equal(r->sport, 40000 + port);
	assert_true(dns_scan_done(p.scan));
	end(&p);
}

static void what_was_kept_short_comes_back_byte_for_byte(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	size_t at = 0;
	set_up(&p, one_server, one_name);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.options |= DNS_CASE | DNS_EDNS | DNS_NSID;
	start(&p, &c);
	assert_int_equal(next(&p), DNS_WANT_SEND);
	size_t len = answer(&p, m, 0, 0xcb007101);
	hears(&p, span_of(m, len), "198.18.0.53");
	later(&p, 4000);
	const struct dns_pair_record *r = record(&p);
	assert_true(span_eq(dns_pair_wire(r, 0, &at), span_of(m, len)));
	assert_true((r->answer_mark[0] & DNS_MARK_CASE) != 0);
	end(&p);
}

// The OPT record at the end is kept in three bytes where it holds nothing; whatever it holds, the
// message comes back, and so does the packet after it.
static void an_opt_record_comes_back_as_it_was(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[15];
		uint8_t len;
	} opts[] = {
		{ { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 }, 11 },
		{ { 0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0 }, 11 },
		{ { 0, 0, 41, 2, 0, 1, 0, 0, 0, 0, 0 }, 11 },
		{ { 0, 0, 41, 2, 0, 0, 0, 0, 1, 0, 0 }, 11 },
		{ { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0 }, 15 },
	};
	for (size_t i = 0; i < COUNT(opts); i++) {
		struct play p;
		uint8_t m[512];
		size_t at = 0;
		set_up(&p, one_server, one_name);
		struct dns_scan_config c = config(&p, DNS_PLAIN);
		c.options |= DNS_EDNS;
		start(&p, &c);
		assert_int_equal(next(&p), DNS_WANT_SEND);
		p.len -= 11; // our own OPT: the answer's stands in its place
		size_t len = answer(&p, m, 0, 0xcb007101);
		memcpy(m + len, opts[i].bytes, opts[i].len);
		m[11] = 1;
		len += opts[i].len;
		hears(&p, span_of(m, len), "198.18.0.53");
		later(&p, 1);
		hears(&p, span_of(m, len), "198.18.0.53");
		later(&p, 1);
		m[len - opts[i].len - 1] ^= 1;
		hears(&p, span_of(m, len), "198.18.0.53");
		later(&p, 4000);
		const struct dns_pair_record *r = record(&p);
		assert_int_equal(r->answers, 3);
		assert_true((r->answer_mark[0] & DNS_MARK_OPT) != 0);
		assert_int_equal(r->answer_mark[0] & DNS_MARK_AGAIN, 0);
		assert_true((r->answer_mark[1] & DNS_MARK_AGAIN) != 0);
		assert_int_equal(r->answer_mark[2] & DNS_MARK_AGAIN, 0);
		assert_true((r->answer_mark[2] & DNS_MARK_DIFFERS) != 0);
		m[len - opts[i].len - 1] ^= 1;
		assert_true(span_eq(dns_pair_wire(r, 0, &at), span_of(m, len)));
		assert_true(span_eq(dns_pair_wire(r, 1, &at), span_of(m, len)));
		m[len - opts[i].len - 1] ^= 1;
		assert_true(span_eq(dns_pair_wire(r, 2, &at), span_of(m, len)));
		end(&p);
	}
}

// Counts no honest answer has are kept as they came: both their bytes.
static void counts_past_a_byte_come_back_as_well(void **state)
{
	struct play p;
	uint8_t m[512];
	(void)state;
	for (size_t section = 0; section < 3; section++) {
		size_t at = 0;
		begin(&p, DNS_PLAIN);
		asks(&p, "www.example");
		size_t len = answer(&p, m, 0, 0xc6120001);
		m[6 + 2 * section] = (uint8_t)(1 + section);
		hears(&p, span_of(m, len), "198.18.0.53");
		later(&p, 20000);
		const struct dns_pair_record *r = NULL;
		for (enum dns_want_kind k; r == NULL; later(&p, 20000))
			while ((k = next(&p)) != DNS_WANT_NOTHING && r == NULL)
				r = k == DNS_WANT_RECORD ? p.want.record : NULL;
		assert_int_equal(r->answers, 1);
		assert_true(span_eq(dns_pair_wire(r, 0, &at), span_of(m, len)));
		end(&p);
	}
}

static void four_tries_then_the_control(void **state)
{
	(void)state;
	struct play p;
	begin(&p, DNS_V2_2);
	asks(&p, "control.example");
	answered(&p, 0, 1);
	for (int i = 0; i < 4; i++) {
		asks(&p, "www.example");
		later(&p, 2001);
	}
	asks(&p, "control.example");
	later(&p, 2001);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->state, DNS_TIMED_OUT);
	assert_int_equal(r->tries, 6);
	assert_memory_equal(r->try_outcome.at, "\1\2\2\2\2\2", 6);
	end(&p);
}

static void a_failed_control_stops_2_1_and_not_2_2(void **state)
{
	(void)state;
	struct play p;
	begin(&p, DNS_V2_1);
	asks(&p, "control.example");
	later(&p, 2001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->tries, 1);
	assert_int_equal(r->state, DNS_TIMED_OUT);
	end(&p);
	begin(&p, DNS_V2_2);
	asks(&p, "control.example");
	later(&p, 2001);
	asks(&p, "www.example");
	answered(&p, 3, 0);
	later(&p, 3001);
	r = record(&p);
	assert_int_equal(r->state, DNS_ANSWERED);
	assert_int_equal(r->try_rcode.at[1], 4);
	end(&p);
}

static void a_code_ends_the_test_and_2_1_asks_the_control_again(void **state)
{
	(void)state;
	struct play p;
	begin(&p, DNS_V2_1);
	asks(&p, "control.example");
	answered(&p, 0, 1);
	asks(&p, "www.example");
	answered(&p, 2, 0);
	asks(&p, "control.example");
	answered(&p, 0, 1);
	end(&p);
}

static void another_source_is_attributed_and_marked(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	begin(&p, DNS_PLAIN);
	asks(&p, "www.example");
	size_t len = answer(&p, m, 0, 0xcb007101);
	hears(&p, span_of(m, len), "198.18.9.9");
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->state, DNS_ANSWERED);
	assert_true((r->answer_mark[0] & DNS_MARK_OTHER_SOURCE) != 0);
	assert_int_equal(addr_to_v4(dns_pair_source(r, 0)), 0xc6120909);
	end(&p);
}

static void a_wrong_id_is_kept_and_does_not_count(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	begin(&p, DNS_V2_2);
	asks(&p, "control.example");
	answered(&p, 0, 1);
	asks(&p, "www.example");
	size_t len = answer(&p, m, 0, 0xcb007101);
	m[0] ^= 0x77;
	hears(&p, span_of(m, len), "198.18.0.53");
	assert_int_equal(next(&p), DNS_WANT_NOTHING);
	later(&p, 2001);
	asks(&p, "control.example"); // Satellite does not try again after an unusable answer
	later(&p, 2001);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->state, DNS_FAILED);
	assert_int_equal(r->try_outcome.at[1], DNS_TRY_UNUSABLE);
	assert_int_equal(r->answers, 2);
	assert_int_equal(r->answer_mark[1] & (DNS_MARK_ID | DNS_MARK_QUESTION), DNS_MARK_QUESTION);
	end(&p);
}

static void a_late_answer_belongs_to_its_own_try(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	begin(&p, DNS_PLAIN);
	asks(&p, "www.example");
	size_t len = answer(&p, m, 0, 0x01010101);
	later(&p, 2001);
	asks(&p, "www.example");
	hears(&p, span_of(m, len), "198.18.0.53");
	answered(&p, 0, 0x02020202);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_memory_equal(r->try_outcome.at, "\2\1", 2);
	assert_memory_equal(r->answer_try.at, "\1\2", 2);
	assert_true((r->answer_mark[0] & DNS_MARK_LATE) != 0);
	end(&p);
}

static void a_truncated_answer_is_asked_for_over_tcp(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	begin(&p, DNS_PLAIN);
	asks(&p, "www.example");
	size_t len = answer(&p, m, 0, 0);
	m[2] |= 2;
	hears(&p, span_of(m, len), "198.18.0.53");
	assert_int_equal(next(&p), DNS_WANT_STREAM);
	assert_int_equal(p.asked.transport, DNS_TCP);
	len = answer(&p, m, 0, 0xcb007101);
	struct dns_heard h = { .stream = true,
			       .handle = p.asked.handle,
			       .from = p.asked.to.addr,
			       .from_port = 53,
			       .message = span_of(m, len) };
	dns_scan_hear(p.scan, p.now, &h);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_memory_equal(r->try_transport.at, "\1\2", 2);
	assert_int_equal(r->answers, 2);
	end(&p);
}

static void hears_stream(struct play *p, struct span m)
{
	const struct dns_heard h = { .stream = true,
				     .handle = p->asked.handle,
				     .from = p->asked.to.addr,
				     .from_port = 53,
				     .message = m };
	dns_scan_hear(p->scan, p->now, &h);
}

static void begin_tcp(struct play *p)
{
	set_up(p, one_server, one_name);
	struct dns_scan_config c = config(p, DNS_WAYMARK);
	c.transport = DNS_TCP;
	start(p, &c);
}

static void a_second_answer_on_a_stream_belongs_to_its_own_try(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512], second[512];
	begin_tcp(&p);
	assert_int_equal(next(&p), DNS_WANT_STREAM); // control
	dns_scan_sport(p.scan, p.asked.handle, 5001);
	hears_stream(&p, span_of(m, answer(&p, m, 0, 0xcb007101)));
	assert_int_equal(next(&p), DNS_WANT_STREAM); // test
	dns_scan_sport(p.scan, p.asked.handle, 5001);
	hears_stream(&p, span_of(m, answer(&p, m, 0, 0xcb007101)));
	size_t len = answer(&p, second, 0, 0xcb007102);
	assert_int_equal(next(&p), DNS_WANT_STREAM); // control, on a connection that was made anew
	dns_scan_sport(p.scan, p.asked.handle, 5002);
	hears_stream(&p, span_of(second, len));
	hears_stream(&p, span_of(m, answer(&p, m, 0, 0xcb007101)));
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_true(p.want.streamed);
	assert_int_equal(p.want.handle.slot, p.asked.handle.slot);
	assert_int_equal(p.want.handle.epoch, p.asked.handle.epoch);
	assert_memory_equal(r->try_outcome.at, "\1\1\1", 3);
	assert_memory_equal(r->answer_try.at, "\1\2\2\3", 4);
	assert_true((r->answer_mark[2] & DNS_MARK_DIFFERS) != 0);
	assert_true((r->answer_mark[2] & DNS_MARK_ID) != 0);
	assert_int_equal(r->try_sport[1], 5001);
	assert_int_equal(r->try_sport[2], 5002);
	end(&p);
}

static void what_a_stream_says_that_is_no_answer_is_unusable(void **state)
{
	(void)state;
	struct play p;
	begin_tcp(&p);
	assert_int_equal(next(&p), DNS_WANT_STREAM);
	hears_stream(&p, span_of("<html>", 6));
	dns_scan_fail(p.scan, p.now, p.asked.handle, DNS_ERROR_RESET);
	assert_int_equal(next(&p), DNS_WANT_STREAM); // the test
	dns_scan_fail(p.scan, p.now, p.asked.handle, DNS_ERROR_RESET);
	assert_int_equal(next(&p), DNS_WANT_STREAM);
	dns_scan_fail(p.scan, p.now, p.asked.handle, DNS_ERROR_RESET);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->try_outcome.at[0], DNS_TRY_UNUSABLE);
	assert_int_equal(r->try_error.at[0], DNS_ERROR_SHORT);
	assert_int_equal(r->try_outcome.at[1], DNS_TRY_ERROR);
	assert_int_equal(r->try_error.at[1], DNS_ERROR_RESET);
	end(&p);
}

static void truncated_answers_wait_for_a_connection(void **state)
{
	(void)state;
	struct play p;
	uint8_t m[512];
	set_up(&p, one_server, (const char *const[]){ "a.example", "b.example", NULL });
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.streams = 1;
	start(&p, &c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(next(&p), DNS_WANT_SEND);
		size_t len = answer(&p, m, 0, 0);
		m[2] |= 2;
		hears(&p, span_of(m, len), "198.18.0.53");
		if (i == 0)
			assert_int_equal(next(&p), DNS_WANT_STREAM);
	}
	assert_int_equal(next(&p), DNS_WANT_NOTHING);
	later(&p, 4000);
	assert_int_equal(next(&p), DNS_WANT_NOTHING); // however long it takes
	later(&p, 1001);                              // the first is given up …
	assert_int_equal(next(&p), DNS_WANT_SEND);    // … and asked again, over UDP
	assert_int_equal(next(&p), DNS_WANT_STREAM);  // the second has its turn
	end(&p);
}

static void a_silent_resolver_is_left_alone_and_given_up(void **state)
{
	(void)state;
	static const char *const names[] = { "a.example", "b.example", "c.example", "d.example",
					     "e.example", "f.example", "g.example", "h.example",
					     "i.example", "j.example", NULL };
	uint64_t sums[DNS_STATE_COUNT];
	struct play p;
	set_up(&p, one_server, names);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.rules.tries = 1;
	c.parallel = 1;
	start(&p, &c);
	int asked = 0, records = 0;
	for (int turn = 0; turn < 4000 && !dns_scan_done(p.scan); turn++) {
		enum dns_want_kind kind = next(&p);
		asked += kind == DNS_WANT_SEND;
		records += kind == DNS_WANT_RECORD;
		if (kind == DNS_WANT_NOTHING)
			later(&p, 10);
	}
	assert_int_equal(records, 10);
	assert_int_equal(asked, 5); // three, and one after each of two pauses
	dns_matrix_sums(dns_scan_matrix(p.scan), sums);
	assert_int_equal(sums[DNS_TIMED_OUT], 5);
	assert_int_equal(sums[DNS_NOT_ASKED], 5);
	end(&p);
}

static void who_opts_out_is_asked_no_more(void **state)
{
	(void)state;
	static const char *const names[] = { "a.example", "b.example", "c.example", NULL };
	struct prefix deny;
	struct play p;
	set_up(&p, one_server, names);
	struct dns_scan_config c = config(&p, DNS_WAYMARK);
	c.parallel = 1;
	start(&p, &c);
	asks(&p, "control.example");
	assert_int_equal(prefix_read(span_text("198.18.0.0/24"), &deny), ERR_OK);
	assert_int_equal(pace_put(p.pace, deny), ERR_OK);
	answered(&p, 0, 1);
	assert_int_equal(record(&p)->state, DNS_REFUSED);
	assert_int_equal(record(&p)->state, DNS_REFUSED);
	later(&p, 3001);
	// Its control was answered, its test was never sent: our own list decided, nothing failed.
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->tries, 1);
	assert_int_equal(r->state, DNS_REFUSED);
	assert_true(span_eq(r->detail, span_text("denied")));
	assert_true(dns_scan_done(p.scan));
	end(&p);
}

static void who_opts_out_after_the_test_was_asked(void **state)
{
	(void)state;
	struct prefix deny;
	struct play p;
	set_up(&p, one_server, one_name);
	struct dns_scan_config c = config(&p, DNS_WAYMARK);
	start(&p, &c);
	asks(&p, "control.example");
	answered(&p, 0, 1);
	asks(&p, "www.example");
	assert_int_equal(prefix_read(span_text("198.18.0.0/24"), &deny), ERR_OK);
	assert_int_equal(pace_put(p.pace, deny), ERR_OK);
	answered(&p, 0, 7);
	assert_int_equal(next(&p), DNS_WANT_NOTHING);
	later(&p, 3001);
	assert_int_equal(record(&p)->state, DNS_ANSWERED);
	end(&p);
}

static void a_stop_before_the_test_is_no_failure(void **state)
{
	(void)state;
	struct play p;
	set_up(&p, one_server, one_name);
	struct dns_scan_config c = config(&p, DNS_WAYMARK);
	start(&p, &c);
	asks(&p, "control.example");
	dns_scan_stop(p.scan, p.now, true);
	answered(&p, 0, 1);
	later(&p, 3001);
	const struct dns_pair_record *r = record(&p);
	assert_int_equal(r->tries, 1);
	assert_int_equal(r->state, DNS_NOT_ASKED);
	assert_true(span_eq(r->detail, span_text("interrupted")));
	end(&p);
}

static void repetitions_leave_from_other_ports_and_are_compared(void **state)
{
	(void)state;
	struct play p;
	uint32_t ports = 0;
	set_up(&p, one_server, one_name);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.repetitions = 3;
	start(&p, &c);
	for (uint32_t i = 0; i < 3; i++) {
		asks(&p, "www.example");
		ports |= 1u << p.asked.port_index;
		answered(&p, 0, i == 1 ? 7 : 8);
	}
	assert_int_equal(__builtin_popcount(ports), 3);
	later(&p, 3001);
	(void)record(&p);
	(void)record(&p);
	assert_int_equal(p.want.pair_differs, UINT32_MAX);
	(void)record(&p);
	assert_int_equal(p.want.pair_differs, 1);
	assert_int_equal(dns_scan_counts(p.scan).path_dependent, 1);
	end(&p);
}

// Of three one never answers, and one opted out.
static void names_spread_go_to_those_that_answer(void **state)
{
	(void)state;
	static const char *const servers[] = { "198.18.0.53", "198.18.1.53", "198.18.2.53", NULL };
	static char text[40][16];
	const char *names[41] = { 0 };
	struct prefix deny;
	struct play p;
	uint64_t sums[DNS_STATE_COUNT];
	uint32_t of[DNS_STATE_COUNT];
	for (int i = 0; i < 40; i++) {
		snprintf(text[i], sizeof(text[i]), "n%d.example", i);
		names[i] = text[i];
	}
	set_up(&p, servers, names);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.rules.tries = 1;
	c.spread = true;
	c.repetitions = 2;
	c.parallel = 2;
	c.returns = 0;
	start(&p, &c);
	assert_int_equal(prefix_read(span_text("198.18.2.0/24"), &deny), ERR_OK);
	assert_int_equal(pace_put(p.pace, deny), ERR_OK);
	for (int turn = 0; turn < 100000 && !dns_scan_done(p.scan); turn++) {
		enum dns_want_kind kind = next(&p);
		if (kind == DNS_WANT_SEND && p.asked.to.addr.bytes[2] == 0)
			answered(&p, 0, 7);
		if (kind == DNS_WANT_NOTHING)
			later(&p, 100);
	}
	struct dns_matrix *m = dns_scan_matrix(p.scan);
	dns_matrix_sums(m, sums);
	assert_int_equal(sums[DNS_REFUSED], 0);
	assert_in_range(sums[DNS_TIMED_OUT], 3, 4);
	assert_in_range(sums[DNS_NOT_ASKED], 0, 1); // the rest of a name's repetitions
	assert_int_equal(sums[DNS_ANSWERED] + sums[DNS_TIMED_OUT] + sums[DNS_NOT_ASKED], 80);
	dns_matrix_resolver(m, 0, of);
	assert_int_equal(of[DNS_ANSWERED], sums[DNS_ANSWERED]);
	assert_int_equal(dns_matrix_share(m, 0), of[DNS_ANSWERED]);
	assert_int_equal(dns_matrix_share(m, 2), 0);
	end(&p);
}

// Nobody is left: what was not asked says so.
static void names_spread_among_the_dead_are_all_told(void **state)
{
	(void)state;
	static const char *const servers[] = { "198.18.0.53", "198.18.1.53", NULL };
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", NULL };
	struct play p;
	uint64_t sums[DNS_STATE_COUNT];
	set_up(&p, servers, names);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.rules.tries = 1;
	c.spread = true;
	c.parallel = 1;
	c.patience = 2;
	c.returns = 1;
	start(&p, &c);
	for (int turn = 0; turn < 100000 && !dns_scan_done(p.scan); turn++)
		if (next(&p) == DNS_WANT_NOTHING)
			later(&p, 100);
	dns_matrix_sums(dns_scan_matrix(p.scan), sums);
	assert_int_equal(sums[DNS_TIMED_OUT], 6);
	assert_int_equal(sums[DNS_NOT_ASKED], 3);
	end(&p);
}

// More of the silent than the table of repetitions has room for.
static void the_silent_leave_room_for_those_to_be_compared(void **state)
{
	(void)state;
	static const char *const names[] = { "a.example", "b.example", NULL };
	static char text[82][16];
	const char *servers[83] = { 0 };
	struct play p;
	for (int i = 0; i < 82; i++) {
		snprintf(text[i], sizeof(text[i]), "198.18.%d.53", i == 81 ? 0 : i + 1);
		servers[i] = text[i];
	}
	set_up(&p, servers, names);
	struct dns_scan_config c = config(&p, DNS_PLAIN);
	c.rules.tries = 1;
	c.repetitions = 2;
	c.parallel = c.patience = 1;
	c.returns = 0;
	c.slots = 4;
	start(&p, &c);
	for (int turn = 0; turn < 100000 && !dns_scan_done(p.scan); turn++) {
		enum dns_want_kind kind = next(&p);
		if (kind == DNS_WANT_SEND && p.asked.to.addr.bytes[2] == 0)
			answered(&p, 0, 7);
		if (kind == DNS_WANT_NOTHING)
			later(&p, 100);
	}
	assert_true(dns_scan_done(p.scan));
	assert_int_equal(dns_scan_counts(p.scan).paths_compared, 2);
	assert_int_equal(dns_scan_counts(p.scan).path_dependent, 0);
	end(&p);
}

static void a_matrix_goes_on_from_its_image(void **state)
{
	(void)state;
	const struct dns_matrix_config c = { .resolvers = 7,
					     .domains = 11,
					     .types = 2,
					     .repetitions = 3,
					     .parallel = 1000,
					     .seed = 9 };
	static uint8_t room[4096];
	struct dns_matrix *m = dns_matrix_new(&c), *again = dns_matrix_new(&c);
	struct mono now = { 1 };
	struct dns_pick p;
	enum dns_fate fate;
	uint32_t r, count[7 * 11 * 2 * 3] = { 0 };
	for (int half = 0; half < 2; half++) {
		struct dns_matrix *use = half == 0 ? m : again;
		for (int i = 0; (half == 1 || i < 200) && dns_matrix_next(use, now, &r, &fate);
		     i++) {
			if (!dns_matrix_take(use, r, &p))
				continue;
			if (half == 0 && i % 3 == 0)
				continue; // under way when the end came
			count[((p.resolver * 11 + p.domain) * 2 + p.type) * 3 + p.repetition]++;
			dns_matrix_done(use, &p, DNS_ANSWERED);
		}
		struct wr w = wr_of(room, sizeof(room));
		dns_matrix_image_write(m, &w);
		if (half == 0)
			assert_int_equal(dns_matrix_image_read(again, wr_span(&w)), ERR_OK);
	}
	for (size_t i = 0; i < COUNT(count); i++)
		assert_int_equal(count[i], 1);
	assert_int_equal(dns_matrix_left(again), 0);
	room[40] ^= 1;
	dns_matrix_free(&m);
	m = dns_matrix_new(&c);
	assert_int_not_equal(dns_matrix_image_read(m, span_of(room, sizeof(room))), ERR_OK);
	dns_matrix_free(&m);
	dns_matrix_free(&again);
}

static void only_the_pairs_wanted_are_in_the_matrix(void **state)
{
	(void)state;
	static const uint32_t put[][2] = { { 2, 5 }, { 0, 3 }, { 2, 0 },
					   { 2, 5 }, { 2, 9 }, { 0, 0 } };
	static uint8_t room[4096];
	struct dns_wanted *wanted = dns_wanted_new();
	struct dns_matrix_config c = { .resolvers = 4,
				       .domains = 10,
				       .types = 2,
				       .repetitions = 3,
				       .parallel = 1000,
				       .seed = 9,
				       .wanted = wanted };
	size_t doubles;
	for (size_t i = 0; i < COUNT(put); i++)
		assert_int_equal(dns_wanted_put(wanted, put[i][0], put[i][1]), ERR_OK);
	assert_int_equal(dns_wanted_end(wanted, 4, 10, &doubles), ERR_OK);
	assert_int_equal(doubles, 1);
	struct dns_matrix *m = dns_matrix_new(&c), *again = dns_matrix_new(&c);
	assert_int_equal(dns_matrix_pairs(m), 5 * 2 * 3);
	assert_int_equal(dns_matrix_share(m, 1) + dns_matrix_share(m, 3), 0);
	assert_int_equal(dns_matrix_domain_share(m, 0), 2 * 2 * 3);
	assert_int_equal(dns_matrix_domain_share(m, 1), 0);
	uint32_t r, count[4][10] = { { 0 } }, half = 0;
	struct dns_pick p;
	enum dns_fate fate;
	while (half++ < 13 && dns_matrix_next(m, (struct mono){ 1 }, &r, &fate))
		if (dns_matrix_take(m, r, &p)) {
			count[p.resolver][p.domain]++;
			dns_matrix_done(m, &p, DNS_ANSWERED);
		}
	struct wr w = wr_of(room, sizeof(room));
	dns_matrix_image_write(m, &w);
	assert_int_equal(dns_matrix_image_read(again, wr_span(&w)), ERR_OK);
	while (dns_matrix_next(again, (struct mono){ 1 }, &r, &fate))
		if (dns_matrix_take(again, r, &p)) {
			count[p.resolver][p.domain]++;
			dns_matrix_done(again, &p, DNS_ANSWERED);
		}
	assert_int_equal(dns_matrix_left(again), 0);
	for (size_t i = 0; i < COUNT(put); i++)
		assert_int_equal(count[put[i][0]][put[i][1]], 6);
	dns_matrix_free(&m);
	dns_matrix_free(&again);
	dns_wanted_free(&wanted);
}

static void servers_are_read_in_every_form(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint8_t family;
		uint16_t port;
	} good[] = { { "198.18.0.1", 4, 0 },        { "198.18.0.1:5353", 4, 5353 },
		     { "198.18.0.1#54", 4, 54 },    { "2001:db8::1", 6, 0 },
		     { "[2001:db8::1]:53", 6, 53 }, { "2001:db8::1#55", 6, 55 },
		     { "[2001:db8::1]", 6, 0 },     { "::ffff:198.18.0.1", 4, 0 } };
	static const char *const bad[] = {
		"x", "198.18.0.1:0", "198.18.0.1:", "[2001:db8::1]53", "198.18.0.256", "#53", ""
	};
	struct dns_server s;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(dns_server_read(span_text(good[i].text), &s), ERR_OK);
		assert_int_equal(s.addr.family, good[i].family);
		assert_int_equal(s.port, good[i].port);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(dns_server_read(span_text(bad[i]), &s), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sandwich_stands_on_one_port_and_listens_on),
		cmocka_unit_test(what_was_kept_short_comes_back_byte_for_byte),
		cmocka_unit_test(an_opt_record_comes_back_as_it_was),
		cmocka_unit_test(counts_past_a_byte_come_back_as_well),
		cmocka_unit_test(four_tries_then_the_control),
		cmocka_unit_test(a_failed_control_stops_2_1_and_not_2_2),
		cmocka_unit_test(a_code_ends_the_test_and_2_1_asks_the_control_again),
		cmocka_unit_test(another_source_is_attributed_and_marked),
		cmocka_unit_test(a_wrong_id_is_kept_and_does_not_count),
		cmocka_unit_test(a_late_answer_belongs_to_its_own_try),
		cmocka_unit_test(a_truncated_answer_is_asked_for_over_tcp),
		cmocka_unit_test(a_second_answer_on_a_stream_belongs_to_its_own_try),
		cmocka_unit_test(what_a_stream_says_that_is_no_answer_is_unusable),
		cmocka_unit_test(truncated_answers_wait_for_a_connection),
		cmocka_unit_test(a_silent_resolver_is_left_alone_and_given_up),
		cmocka_unit_test(who_opts_out_is_asked_no_more),
		cmocka_unit_test(who_opts_out_after_the_test_was_asked),
		cmocka_unit_test(a_stop_before_the_test_is_no_failure),
		cmocka_unit_test(repetitions_leave_from_other_ports_and_are_compared),
		cmocka_unit_test(names_spread_go_to_those_that_answer),
		cmocka_unit_test(names_spread_among_the_dead_are_all_told),
		cmocka_unit_test(the_silent_leave_room_for_those_to_be_compared),
		cmocka_unit_test(a_matrix_goes_on_from_its_image),
		cmocka_unit_test(only_the_pairs_wanted_are_in_the_matrix),
		cmocka_unit_test(servers_are_read_in_every_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
