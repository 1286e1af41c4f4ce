// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "capture/pcapng.h"

static bool little;
static struct pcapng ng;

static void word(struct wr *w, uint32_t v)
{
	if (little)
		wr_le32(w, v);
	else
		wr_u32(w, v);
}

static void half(struct wr *w, uint16_t v)
{
	if (little)
		wr_le16(w, v);
	else
		wr_u16(w, v);
}

static enum err hear(uint32_t type, struct span body, struct packet *out)
{
	static uint8_t block[512];
	struct wr w = wr_of(block, sizeof(block));
	uint32_t len = (uint32_t)body.len + 12, told;
	word(&w, type);
	word(&w, len);
	wr_bytes(&w, body);
	word(&w, len);
	enum err err = pcapng_length(&ng, block, &told);
	if (err != ERR_OK)
		return err;
	assert_int_equal(told, len);
	return pcapng_read(&ng, wr_span(&w), out);
}

static enum err section(void)
{
	uint8_t body[16] = { 0 };
	struct wr w = wr_of(body, sizeof(body));
	struct packet p;
	word(&w, 0x1a2b3c4d);
	return hear(PCAPNG_MAGIC, span_of(body, sizeof(body)), &p);
}

static enum err interface(uint16_t link, uint8_t resolution, int64_t offset)
{
	uint8_t body[64];
	struct wr w = wr_of(body, sizeof(body));
	struct packet p;
	half(&w, link);
	half(&w, 0);
	word(&w, 4);
	half(&w, 2); // a name of three bytes, padded
	half(&w, 3);
	wr_text(&w, "eth0");
	half(&w, 9);
	half(&w, 1);
	wr_u8(&w, resolution);
	wr_zero(&w, 3);
	half(&w, 14);
	half(&w, 8);
	word(&w, (uint32_t)(little ? offset : offset >> 32));
	word(&w, (uint32_t)(little ? offset >> 32 : offset));
	half(&w, 0);
	half(&w, 0);
	return hear(1, wr_span(&w), &p);
}

static enum err packet(uint32_t number, uint64_t ticks, struct packet *out)
{
	uint8_t body[64];
	struct wr w = wr_of(body, sizeof(body));
	word(&w, number);
	word(&w, (uint32_t)(ticks >> 32));
	word(&w, (uint32_t)ticks);
	word(&w, 3);
	word(&w, 1500);
	wr_text(&w, "abc");
	wr_u8(&w, 0);
	return hear(6, wr_span(&w), out);
}

static void reads_interfaces_of_all_kinds_in_both_byte_orders(void **state)
{
	(void)state;
	for (int order = 0; order < 2; order++) {
		struct packet p;
		little = order;
		assert_int_equal(section(), ERR_MISSING);
		assert_int_equal(interface(1, 6, 0), ERR_MISSING);
		assert_int_equal(interface(101, 9, 100), ERR_MISSING);
		assert_int_equal(interface(113, 0x80 | 10, 0), ERR_MISSING);
		assert_int_equal(interface(113, 12, -1), ERR_MISSING);
		assert_int_equal(packet(0, 1700000000123456, &p), ERR_OK);
		assert_int_equal(p.link, 1);
		assert_int_equal(p.at.ns, 1700000000123456000);
		assert_int_equal(p.wire_len, 1500);
		assert_true(span_eq(p.bytes, span_text("abc")));
		assert_int_equal(packet(1, 1700000000123456789, &p), ERR_OK);
		assert_int_equal(p.link, 101);
		assert_int_equal(p.at.ns, 1700000100123456789);
		assert_int_equal(packet(2, (5 << 10) + 512, &p), ERR_OK);
		assert_int_equal(p.at.ns, 5500000000);
		assert_int_equal(packet(3, 2000000000000, &p), ERR_OK);
		assert_int_equal(p.at.ns, 1000000000);
		assert_int_equal(packet(4, 0, &p), ERR_FORMAT); // there is no such interface
		assert_int_equal(hear(5, span_text("statistics.."), &p), ERR_MISSING);
		assert_int_equal(section(), ERR_MISSING); // a new section knows none
		assert_int_equal(packet(0, 0, &p), ERR_FORMAT);
	}
}

static void reads_simple_packets_as_far_as_they_are_there(void **state)
{
	(void)state;
	struct packet p;
	uint8_t body[12] = { 0 };
	struct wr w = wr_of(body, sizeof(body));
	little = true;
	assert_int_equal(section(), ERR_MISSING);
	assert_int_equal(interface(1, 6, 0), ERR_MISSING);
	word(&w, 1000);
	wr_text(&w, "abcdefgh");
	assert_int_equal(hear(3, wr_span(&w), &p), ERR_OK);
	assert_true(span_eq(p.bytes, span_text("abcd"))); // the interface kept four bytes
	assert_int_equal(p.wire_len, 1000);
}

static void refuses_what_is_no_block(void **state)
{
	(void)state;
	uint8_t block[32] = { 0 };
	uint32_t len;
	struct packet p;
	little = true;
	assert_int_equal(section(), ERR_MISSING);
	assert_int_equal(pcapng_length(&ng, block, &len), ERR_FORMAT); // of no length
	block[4] = 13;
	assert_int_equal(pcapng_length(&ng, block, &len), ERR_FORMAT); // not a multiple of 4
	block[4] = 16;
	assert_int_equal(pcapng_length(&ng, block, &len), ERR_OK);
	assert_int_equal(pcapng_read(&ng, span_of(block, 16), &p), ERR_FORMAT); // no second length
	assert_int_equal(hear(PCAPNG_MAGIC, span_text("not an order"), &p), ERR_FORMAT);
	assert_int_equal(section(), ERR_MISSING);
	for (int i = 0; i < PCAPNG_INTERFACES; i++)
		assert_int_equal(interface(1, 6, 0), ERR_MISSING);
	assert_int_equal(interface(1, 6, 0), ERR_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_interfaces_of_all_kinds_in_both_byte_orders),
		cmocka_unit_test(reads_simple_packets_as_far_as_they_are_there),
		cmocka_unit_test(refuses_what_is_no_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
