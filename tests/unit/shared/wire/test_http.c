// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "wire/http.h"
#include "wire/httpdns.h"

static void reads_the_host_at_the_end_of_the_head_only(void **state)
{
	(void)state;
	struct span s =
		span_text("GET /a HTTP/1.1\r\nAccept: Host: x\r\nhOsT:  chat.example:80 \r\n"
			  "\r\nHost: body.example\r\n\r\n");
	struct http_head h;
	for (size_t len = 0; len < 61; len++) {
		enum err err = http_head_read(span_cut(s, 0, len), &h);
		assert_int_equal(err, ERR_SHORT);
		assert_true(len == 0 || http_request_begins(span_cut(s, 0, len)));
	}
	assert_int_equal(http_head_read(s, &h), ERR_OK);
	assert_true(span_eq(h.host, span_text("chat.example:80")));
	assert_true(text_is(span_cut(s, h.len, 4), "Host"));
	assert_true(http_host_plain(h.host));
	assert_false(http_host_plain(span_text("a\nb")));
	assert_int_equal(http_head_read(span_text("GET lost\r\n"), &h), ERR_FORMAT);
	assert_false(http_request_begins(span_text("GETTING")));
}

// The shape of what WeChat's servers answer: a second root, `localhost`, attributes here and there.
static const char answer[] =
	"<?xml version=\"1.0\"?>\n<dns>\n<retcode>0</retcode><domainlist>\n"
	"<domain name=\"long.chat.example\" timeout=\"600\">\n<ip>198.18.0.1</ip>\n"
	"<ip property=\"major\">198.18.0.2</ip><ip>not one</ip>\n</domain>\n"
	"<domain name=\"localhost\" timeout=\"600\">\n<ip>127.0.0.1</ip>\n</domain>\n"
	"<domain name=\"six.chat.example\"><ip>2001:db8::6</ip></domain></domainlist>\n"
	"<builtiniplist><ip>198.18.9.9</ip></builtiniplist></dns>\n"
	"<functionlist><domain "
	"name=\"after.example\"><ip>198.18.0.9</ip></domain></functionlist>\n";

static void reads_names_and_addresses_in_pieces_of_any_size(void **state)
{
	(void)state;
	struct span all = span_text(answer);
	assert_true(httpdns_begins(all));
	for (size_t step = 1; step < all.len; step += 7) {
		size_t from = 0, have = 0, addrs = 0, domains = 0;
		bool ended = false;
		while (have < all.len && !ended) {
			have = have + step < all.len ? have + step : all.len;
			struct rd r = rd_of(span_cut(all, from, have - from));
			struct httpdns_domain d;
			struct addr a;
			while (httpdns_domain_next(&r, &d)) {
				domains++;
				assert_true(text_is(d.name, domains == 1 ? "long.chat.example"
									 : "six.chat.example"));
				struct rd inside = rd_of(d.inside);
				while (httpdns_addr_next(&inside, &a))
					addrs++;
			}
			from += r.pos;
			ended = r.err == ERR_FORMAT;
		}
		assert_int_equal(domains, 2);
		assert_int_equal(addrs, 3);
		assert_true(ended);
	}
}

static void reads_a_real_answer_where_there_is_one(void **state)
{
	(void)state;
	static char text[65536];
	FILE *f = fopen("../shared/data/c_dns_censorship/wechat_httpdns/"
			"newgetdns_20190117105957.xml",
			"re");
	if (f == NULL) { // it may not be copied; its made-up twin is read above
		print_message("# no ../shared/data\n");
		return;
	}
	struct rd r = rd_of(span_of(text, fread(text, 1, sizeof(text), f)));
	fclose(f);
	struct httpdns_domain d;
	struct addr a;
	size_t domains = 0, addrs = 0;
	while (httpdns_domain_next(&r, &d)) {
		domains++;
		assert_non_null(memchr(d.name.at, '.', d.name.len));
		struct rd inside = rd_of(d.inside);
		while (httpdns_addr_next(&inside, &a))
			addrs++;
	}
	print_message("# %zu names, %zu addresses\n", domains, addrs);
	assert_true(domains > 10 && addrs > domains);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_host_at_the_end_of_the_head_only),
		cmocka_unit_test(reads_names_and_addresses_in_pieces_of_any_size),
		cmocka_unit_test(reads_a_real_answer_where_there_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
