// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "discover/infra.h"

static uint8_t marks(const char *name, const char *addr)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(addr), &a), ERR_OK);
	return infra_marks(span_text(name), a);
}

static void labels_of_name_servers_are_known(void **state)
{
	(void)state;
	static const char *const yes[] = { "ns1.example",     "NS-2.example", "dns157r11.example",
					   "resolver1-fs.ex", "rdns.example", "cache_3.example",
					   "nameserver.ex",   "ns",           "ns007.example" };
	static const char *const no[] = { "nsk-mail.example", "mx4.example", "dnscorp1.example",
					  "a.ns1.example",    "cached.ex",   "" };
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_int_equal(marks(yes[i], "198.18.0.1"), RESOLVER_LABELLED);
	for (size_t i = 0; i < COUNT(no); i++)
		assert_int_equal(marks(no[i], "198.18.0.1"), 0);
}

static void a_name_that_spells_its_address_is_found(void **state)
{
	(void)state;
	static const char *const yes[] = { "ip-145-239-6.eu",     "a145.239.6.10.x",
					   "10-6-239-145.x",      "h145239006010.x",
					   "x91EF060a.pool",      "p0a06ef91.dip",
					   "ns3.ip-145-239-6.eu", "10.6.239.example",
					   "010006239145.x" };
	static const char *const no[] = { "145-239.example",    "ns145.x239.y6.example",
					  "1145-239-6.example", "145--239-6.example",
					  "145-239-7-10.eu",    "ns3082997.example" };
	for (size_t i = 0; i < COUNT(yes); i++)
		assert_true((marks(yes[i], "145.239.6.10") & RESOLVER_EMBEDDED) != 0);
	for (size_t i = 0; i < COUNT(no); i++)
		assert_true((marks(no[i], "145.239.6.10") & RESOLVER_EMBEDDED) == 0);
	assert_true(
		(marks("ns.2001-db8-0-0-1234-5678-9abc-def0.x", "2001:db8::1234:5678:9abc:def0") &
		 RESOLVER_EMBEDDED) != 0);
	assert_true((marks("ns1.example", "2001:db8::1") & RESOLVER_EMBEDDED) == 0);
}

static const char *decide(uint8_t first, uint8_t second, size_t count, bool *is, uint8_t *out)
{
	const struct span names[] = { span_text("ns1.example"), span_text("cache.example") };
	out[0] = first;
	out[1] = second;
	return infra_decide(names, out, count, is);
}

static void the_clause_that_decided_is_told(void **state)
{
	(void)state;
	bool is;
	uint8_t m[2];
	assert_string_equal(decide(0, 0, 0, &is, m), "no-ptr");
	assert_false(is);
	assert_string_equal(decide(RESOLVER_CONFIRMED, 0, 2, &is, m), "label");
	assert_string_equal(decide(RESOLVER_LABELLED, 0, 1, &is, m), "not-confirmed");
	assert_string_equal(
		decide(RESOLVER_LABELLED | RESOLVER_CONFIRMED | RESOLVER_EMBEDDED, 0, 1, &is, m),
		"embedded-address");
	assert_false(is);
	assert_string_equal(
		decide(RESOLVER_LABELLED, RESOLVER_LABELLED | RESOLVER_CONFIRMED, 2, &is, m),
		"label:cache");
	assert_true(is);
	assert_int_equal(m[0] & RESOLVER_DECIDED, 0);
	assert_int_equal(m[1] & RESOLVER_DECIDED, RESOLVER_DECIDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_of_name_servers_are_known),
		cmocka_unit_test(a_name_that_spells_its_address_is_found),
		cmocka_unit_test(the_clause_that_decided_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
