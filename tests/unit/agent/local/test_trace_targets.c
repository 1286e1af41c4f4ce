// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macro.h"
#include "local/trace_targets.h"

static enum err read_line(const char *line, struct trace_wish *out)
{
	const struct trace_wish unset = { .method = TRACE_UDP, .port = 0 };
	return trace_wish_read(span_text(line), &unset, out);
}

static void a_line_may_name_method_and_port(void **state)
{
	static const struct {
		const char *line;
		enum trace_method method;
		uint16_t port;
	} cases[] = {
		{ "198.18.0.1", TRACE_UDP, 33434 },
		{ "198.18.0.1 tcp-syn", TRACE_TCP_SYN, 443 },
		{ "198.18.0.1 tcp-syn 5222", TRACE_TCP_SYN, 5222 },
		{ "2001:db8::1\ticmp", TRACE_ICMP, 0 },
		{ "2001:db8::1 udp 53", TRACE_UDP, 53 },
		{ "198.18.0.1 tcp-ack", TRACE_TCP_ACK, 443 },
		{ "198.18.0.1 quic", TRACE_QUIC, 443 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace_wish w;
		assert_int_equal(read_line(cases[i].line, &w), ERR_OK);
		assert_int_equal(w.method, cases[i].method);
		assert_int_equal(w.port, cases[i].port);
	}
}

static void the_methods_own_port_is_not_inherited(void **state)
{
	const struct trace_wish unset = { .method = TRACE_TCP_SYN, .port = 5222 };
	struct trace_wish w;
	(void)state;
	assert_int_equal(trace_wish_read(span_text("198.18.0.1"), &unset, &w), ERR_OK);
	assert_int_equal(w.port, 5222);
	assert_int_equal(trace_wish_read(span_text("198.18.0.1 udp"), &unset, &w), ERR_OK);
	assert_int_equal(w.port, 33434);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = {
		"example.org",          "198.18.0.1 carrier-pigeon", "198.18.0.1 udp 0",
		"198.18.0.1 udp 65536", "198.18.0.1 udp 53 more",    "198.18.0.1 udp x",
		"198.18.0.1 flow 443",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct trace_wish w;
		assert_int_not_equal(read_line(lines[i], &w), ERR_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_may_name_method_and_port),
		cmocka_unit_test(the_methods_own_port_is_not_inherited),
		cmocka_unit_test(nonsense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
