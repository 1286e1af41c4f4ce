// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "wire/link.h"

// clang-format off
#define MAC 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
static const uint8_t ether[] = { MAC, 0x08, 0x00, 0x45, 9 };
static const uint8_t vlan[] = { MAC, 0x81, 0x00, 0, 5, 0x86, 0xdd, 0x60, 9 };
static const uint8_t qinq[] = { MAC, 0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00, 0x45, 9 };
static const uint8_t pppoe[] = { MAC, 0x88, 0x64, 0x11, 0, 0, 1, 0, 4, 0x00, 0x21, 0x45, 9 };
static const uint8_t mpls[] = { MAC, 0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64, 0x45, 9 };
static const uint8_t snap[] = { MAC, 0, 10, 0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00, 0x45, 9 };
static const uint8_t arp[] = { MAC, 0x08, 0x06, 0x45, 9 };
static const uint8_t cooked[] = { 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00, 0x45, 9 };
static const uint8_t cooked2[] = { 0x08, 0x00, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0,
				   0x45, 9 };
static const uint8_t null[] = { 2, 0, 0, 0, 0x45, 9 };
static const uint8_t hdlc[] = { 0xff, 0x03, 0x00, 0x21, 0x45, 9 };
static const uint8_t raw[] = { 0x60, 9 };

static const struct {
	uint32_t type;
	enum err err;
	struct span in;
} frames[] = {
#define FRAME(type, err, bytes) { type, err, { bytes, sizeof(bytes) } }
	FRAME(LINK_ETHERNET, ERR_OK, ether),
	FRAME(LINK_ETHERNET, ERR_OK, vlan),
	FRAME(LINK_ETHERNET, ERR_OK, qinq),
	FRAME(LINK_ETHERNET, ERR_OK, pppoe),
	FRAME(LINK_ETHERNET, ERR_OK, mpls),
	FRAME(LINK_ETHERNET, ERR_OK, snap),
	FRAME(LINK_ETHERNET, ERR_MISSING, arp),
	FRAME(LINK_COOKED, ERR_OK, cooked),
	FRAME(LINK_COOKED2, ERR_OK, cooked2),
	FRAME(LINK_NULL, ERR_OK, null),
	FRAME(LINK_LOOP, ERR_OK, null),
	FRAME(LINK_PPP, ERR_OK, hdlc),
	FRAME(LINK_RAW, ERR_OK, raw),
	FRAME(LINK_RAW_LINUX, ERR_OK, raw),
	FRAME(LINK_IPV6, ERR_OK, raw),
	FRAME(105, ERR_UNSUPPORTED, raw),
};
// clang-format on

static void finds_ip_behind_every_link_layer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct span ip;
		assert_int_equal(link_frame_read(frames[i].type, frames[i].in, &ip), frames[i].err);
		if (frames[i].err != ERR_OK)
			continue;
		assert_int_equal(ip.len, 2);
		assert_ptr_equal(ip.at, frames[i].in.at + frames[i].in.len - 2);
	}
}

static void calls_every_cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct span ip;
		for (size_t len = 0; frames[i].err == ERR_OK && len + 2 <= frames[i].in.len; len++)
			assert_int_not_equal(link_frame_read(frames[i].type,
							     span_cut(frames[i].in, 0, len), &ip),
					     ERR_OK);
	}
}

static void a_type_it_does_not_know_is_told_from_a_bad_frame(void **state)
{
	(void)state;
	struct span ip;
	assert_int_equal(link_frame_read(105, span_of(NULL, 0), &ip), ERR_UNSUPPORTED);
	assert_int_equal(link_frame_read(LINK_ETHERNET, span_of(NULL, 0), &ip), ERR_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_ip_behind_every_link_layer),
		cmocka_unit_test(calls_every_cut_short),
		cmocka_unit_test(a_type_it_does_not_know_is_told_from_a_bad_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
