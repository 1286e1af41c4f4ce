// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "msg/one.h"

static uint8_t big[PAGE_BODY_MAX + 1], hash[32] = { 1, 2, 3 };

static struct page_record sample(void)
{
	struct page_record p = {
		.scan = { { 1, 2, 3 } },
		.addr = addr_v4(0xc6120101),
		.domain = span_text("example.org"),
		.role = PAGE_CONTROL,
		.start = { 1234567890123456789 },
		.end = { 1234567890223456789 },
		.http = { .state = PAGE_FAILED,
			  .error = span_text("connection refused"),
			  .duration_us = 17 },
		.https = { .state = PAGE_ANSWERED,
			   .connect_us = 300,
			   .duration_us = 4000,
			   .status = 403,
			   .status_line = span_text("HTTP/1.1 403 Forbidden"),
			   .headers = span_text("Server: x\r\nA: \xff\r\n"),
			   .body = span_text("no\0\xfe"),
			   .body_bytes = 100000,
			   .body_sha256 = span_of(hash, sizeof(hash)),
			   .cut = true },
		.tls = { .seen = true,
			 .version = 0x0304,
			 .cipher = 0x1301,
			 .chain = { span_text("leaf"), span_text("middle") },
			 .chain_count = 2,
			 .name_match = true,
			 .verify = 18,
			 .error = span_text("self-signed certificate"),
			 .subject = span_text("example.org"),
			 .issuer = span_text("Nobody"),
			 .not_before = { -1 },
			 .not_after = { 5 },
			 .names = { span_text("example.org"), span_text(""), span_text("*.x") },
			 .name_count = 3 },
	};
	return p;
}

static struct span write_batch(const struct page_record *p)
{
	struct wr w = one_begin();
	assert_int_equal(record_write_page(&w, p), ERR_OK);
	return wr_span(&w);
}

static void same_reply(const struct page_reply *a, const struct page_reply *b)
{
	assert_int_equal(a->state, b->state);
	one_same(a->error, b->error);
	assert_int_equal(a->connect_us, b->connect_us);
	assert_int_equal(a->duration_us, b->duration_us);
	assert_int_equal(a->status, b->status);
	one_same(a->status_line, b->status_line);
	one_same(a->headers, b->headers);
	one_same(a->body, b->body);
	assert_int_equal(a->body_bytes, b->body_bytes);
	one_same(a->body_sha256, b->body_sha256);
	assert_int_equal(a->cut, b->cut);
}

static void same_tls(const struct page_tls *a, const struct page_tls *b)
{
	assert_int_equal(a->seen, b->seen);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->cipher, b->cipher);
	assert_int_equal(a->chain_count, b->chain_count);
	for (size_t i = 0; i < a->chain_count; i++)
		one_same(a->chain[i], b->chain[i]);
	assert_int_equal(a->trusted, b->trusted);
	assert_int_equal(a->name_match, b->name_match);
	assert_int_equal(a->verify, b->verify);
	one_same(a->error, b->error);
	one_same(a->subject, b->subject);
	one_same(a->issuer, b->issuer);
	assert_int_equal(a->not_before.ns, b->not_before.ns);
	assert_int_equal(a->not_after.ns, b->not_after.ns);
	assert_int_equal(a->name_count, b->name_count);
	for (size_t i = 0; i < a->name_count; i++)
		one_same(a->names[i], b->names[i]);
}

static void comes_back(const struct page_record *p)
{
	struct span s = write_batch(p);
	struct arena arena;
	struct batch *b;
	struct page_record got;
	arena_init(&arena, 1 << 20);
	assert_int_equal(batch_read(s, &arena, &b), ERR_OK);
	assert_int_equal(batch_pages(b), 1);
	assert_int_equal(batch_unknown(b), 0);
	assert_int_equal(batch_page(b, 1, &got), ERR_STATE);
	assert_int_equal(batch_page(b, 0, &got), ERR_OK);
	assert_memory_equal(&got.scan, &p->scan, sizeof(got.scan));
	assert_true(addr_eq(got.addr, p->addr));
	one_same(got.domain, p->domain);
	assert_int_equal(got.role, p->role);
	assert_int_equal(got.start.ns, p->start.ns);
	assert_int_equal(got.end.ns, p->end.ns);
	same_reply(&got.http, &p->http);
	same_reply(&got.https, &p->https);
	same_tls(&got.tls, &p->tls);
	arena_wipe(&arena);
}

static void a_page_comes_back(void **state)
{
	(void)state;
	struct page_record p = sample();
	comes_back(&p);
	p.tls = (struct page_tls){ 0 };
	p.addr = (struct addr){ 6, { 0x20, 1, 0xd, 0xb8, 9 } };
	p.scan = (struct run_id){ 0 };
	comes_back(&p);
}

static void a_handshake_that_saw_no_certificate_is_no_tls(void **state)
{
	(void)state;
	struct page_record p = sample();
	p.tls.chain_count = 0;
	assert_int_equal(page_check(&p), ERR_FORMAT);
}

static void what_we_write_is_what_protobuf_c_packs(void **state)
{
	(void)state;
	struct page_record p = sample();
	one_packs(write_batch(&p));
}

static void refused(const struct page_record *p)
{
	struct wr w = wr_of(one_room, sizeof(one_room));
	assert_int_equal(record_write_page(&w, p), ERR_FORMAT);
	assert_int_equal(w.len, 0);
}

static void a_page_beyond_its_bounds_is_not_written(void **state)
{
	(void)state;
	struct page_record p = sample();
	p.http.body = span_of(big, sizeof(big));
	p.http.body_bytes = sizeof(big);
	refused(&p);
	p = sample();
	p.https.body_bytes = 1; // fewer than are kept
	refused(&p);
	p = sample();
	p.https.body_sha256.len = 20;
	refused(&p);
	p = sample();
	p.tls.trusted = true; // and an error
	refused(&p);
	p = sample();
	p.domain.len = 0;
	refused(&p);
	p = sample();
	p.addr.family = 0;
	refused(&p);
	p = sample();
	for (size_t i = 0; i < 4; i++)
		p.tls.chain[i] = span_of(big, PAGE_CERT_MAX);
	p.tls.chain_count = 4;
	refused(&p);
	p = sample();
	p.tls.chain[0].len = 0;
	refused(&p);
}

// The largest page the rules allow fits a record, whatever bytes it is made of.
static void the_largest_page_fits(void **state)
{
	(void)state;
	struct page_record p = sample();
	memset(big, 'x', sizeof(big));
	for (struct page_reply *r = &p.http;; r = &p.https) {
		r->error = span_of(big, PAGE_ERROR_MAX);
		r->status_line = span_of(big, PAGE_STATUS_MAX);
		r->headers = span_of(big, PAGE_HEADERS_MAX);
		r->body = span_of(big, PAGE_BODY_MAX);
		r->body_bytes = PAGE_BODY_MAX;
		if (r == &p.https)
			break;
	}
	for (size_t i = 0; i < 3; i++)
		p.tls.chain[i] = span_of(big, PAGE_CERT_MAX);
	p.tls.chain_count = 3;
	p.tls.error = span_of(big, PAGE_ERROR_MAX);
	for (size_t i = 0; i < PAGE_NAMES_MAX; i++)
		p.tls.names[i] = span_of(big, PAGE_NAME_MAX);
	p.tls.name_count = PAGE_NAMES_MAX;
	comes_back(&p);
}

static void what_is_read_keeps_the_rules(const struct batch *b)
{
	struct page_record got;
	for (size_t i = 0; i < batch_pages(b); i++)
		if (batch_page(b, i, &got) == ERR_OK)
			assert_int_equal(page_check(&got), ERR_OK);
}

static void every_flip_is_survived(void **state)
{
	(void)state;
	struct page_record p = sample();
	one_flips(write_batch(&p), what_is_read_keeps_the_rules);
}

static void every_state_has_its_own_word(void **state)
{
	(void)state;
	for (int i = 0; i < PAGE_STATE_COUNT; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(page_state_name((enum page_state)i),
						page_state_name((enum page_state)k));
	assert_string_equal(page_state_name(PAGE_TIMED_OUT), "timed_out");
	assert_string_equal(page_role_name(PAGE_CONTROL), "control");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_comes_back),
		cmocka_unit_test(a_handshake_that_saw_no_certificate_is_no_tls),
		cmocka_unit_test(what_we_write_is_what_protobuf_c_packs),
		cmocka_unit_test(a_page_beyond_its_bounds_is_not_written),
		cmocka_unit_test(the_largest_page_fits),
		cmocka_unit_test(every_flip_is_survived),
		cmocka_unit_test(every_state_has_its_own_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
