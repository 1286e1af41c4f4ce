// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/icmp_iface.h"

static void every_part_is_read_in_the_order_of_the_rfc(void **state)
{
	static const uint8_t data[] = { 0, 0,   0,   7,   0,   1,   0,    0, 198, 18, 0, 1,
					8, 'e', 't', 'h', '1', '2', '\0', 0, 0,   0,  5, 220 };
	struct icmp_iface i;
	(void)state;
	assert_int_equal(icmp_iface_read(0x8f, span_of(data, sizeof(data)), &i), ERR_OK);
	assert_int_equal(i.role, ICMP_IFACE_OUTGOING);
	assert_true(i.has_index && i.has_mtu);
	assert_int_equal(i.index, 7);
	assert_true(addr_eq(i.addr, addr_v4(0xc6120001)));
	assert_int_equal(i.name.len, 5);
	assert_memory_equal(i.name.at, "eth12", 5);
	assert_int_equal(i.mtu, 1500);
}

static void what_is_not_announced_is_not_read(void **state)
{
	static const uint8_t v6[20] = { 0, 2, 0, 0, 0x20, 0x01, 0x0d, 0xb8, [19] = 1 };
	struct icmp_iface i;
	(void)state;
	assert_int_equal(icmp_iface_read(0x04, span_of(v6, sizeof(v6)), &i), ERR_OK);
	assert_int_equal(i.role, ICMP_IFACE_INCOMING);
	assert_int_equal(i.addr.family, 6);
	assert_false(i.has_index || i.has_mtu);
	assert_int_equal(i.name.len, 0);
	assert_string_equal(icmp_iface_role_name(i.role), "incoming");
}

static void a_part_that_is_cut_or_strange_is_no_interface(void **state)
{
	static const struct {
		uint8_t kind, data[8];
		size_t len;
		enum err err;
	} cases[] = {
		{ 0x08, { 0, 0, 1 }, 3, ERR_SHORT },
		{ 0x04, { 0, 9, 0, 0, 1, 2, 3, 4 }, 8, ERR_FORMAT },
		{ 0x04, { 0, 2, 0, 0, 1, 2, 3, 4 }, 8, ERR_SHORT },
		{ 0x02, { 0 }, 1, ERR_FORMAT },
		{ 0x02, { 65, 'a' }, 2, ERR_FORMAT },
		{ 0x02, { 8, 'a' }, 2, ERR_SHORT },
		{ 0x01, { 0 }, 1, ERR_SHORT },
	};
	struct icmp_iface i;
	(void)state;
	for (size_t c = 0; c < COUNT(cases); c++)
		assert_int_equal(
			icmp_iface_read(cases[c].kind, span_of(cases[c].data, cases[c].len), &i),
			cases[c].err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_read_in_the_order_of_the_rfc),
		cmocka_unit_test(what_is_not_announced_is_not_read),
		cmocka_unit_test(a_part_that_is_cut_or_strange_is_no_interface),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
