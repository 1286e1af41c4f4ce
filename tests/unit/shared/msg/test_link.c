// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "msg/link.h"

#include "proto/link.pb-c.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static const struct {
	const ProtobufCMessageDescriptor *of;
	struct link_head head;
} frames[] = {
	{ &waymark__hello__descriptor,
	  { .verb = LINK_HELLO,
	    .version = 1,
	    .node = TEXT("fra-1"),
	    .epoch = UINT64_MAX,
	    .first_unacked = 3,
	    .next_seq = 300,
	    .spool_bytes = 1 << 30,
	    .dropped = 7,
	    .last_serial = 9,
	    .clock = { true, -5, 6, { 1 }, { 7 }, { 8 } },
	    .software = TEXT("waymark 1") } },
	{ &waymark__welcome__descriptor,
	  { .verb = LINK_WELCOME,
	    .version = 1,
	    .last_seq = 299,
	    .credit = 65536,
	    .answered = { 1795298400123456789 } } },
	{ &waymark__reject__descriptor,
	  { .verb = LINK_REJECT,
	    .reject = REJECT_REVOKED,
	    .retry_after_s = 60,
	    .detail = TEXT("revoked") } },
	{ &waymark__batch_head__descriptor, { .verb = LINK_BATCH, .epoch = 1, .seq = 2 } },
	{ &waymark__ack__descriptor, { .verb = LINK_ACK, .epoch = 1, .last_seq = 2, .credit = 3 } },
	{ &waymark__nack__descriptor,
	  { .verb = LINK_NACK,
	    .epoch = 1,
	    .seq = 2,
	    .nack = NACK_GAP,
	    .permanent = true,
	    .detail = TEXT("x"),
	    .last_seq = 9 } },
	{ &waymark__ping__descriptor, { .verb = LINK_PING, .sent = { 4 } } },
	{ &waymark__pong__descriptor,
	  { .verb = LINK_PONG, .sent = { 4 }, .received = { 5 }, .answered = { 6 }, .credit = 7 } },
	{ &waymark__order_state__descriptor,
	  { .verb = LINK_ORDER_STATE, .order = { { 1 } }, .state = 12 } },
	{ &waymark__drain__descriptor, { .verb = LINK_DRAIN, .epoch = 1, .next_seq = 2 } },
	{ &waymark__meet__descriptor,
	  { .verb = LINK_MEET,
	    .meet = { .other = TEXT("zurich"),
		      .run = { { 1, 2 } },
		      .side = 2,
		      .addr = { 4, { 198, 18, 3, 2 } },
		      .port = 52000,
		      .varies = true } } },
	{ NULL, { .verb = LINK_ORDER, .signed_order = TEXT("exact bytes") } },
};

static void assert_same(const struct link_head *a, const struct link_head *b)
{
	struct link_head x = *a, y = *b;
	assert_true(span_eq(x.node, y.node) && span_eq(x.software, y.software) &&
		    span_eq(x.detail, y.detail) && span_eq(x.signed_order, y.signed_order));
	assert_true(span_eq(x.meet.other, y.meet.other));
	x.meet.other = y.meet.other = (struct span){ 0 };
	x.node = y.node = x.software = y.software = (struct span){ 0 };
	x.detail = y.detail = x.signed_order = y.signed_order = (struct span){ 0 };
	assert_memory_equal(&x, &y, sizeof(x));
}

static void every_verb_comes_back_and_is_what_protobuf_c_packs(void **state)
{
	(void)state;
	uint8_t magic[4], room[LINK_HEAD_MAX], again[LINK_HEAD_MAX];
	struct link_head got;
	struct arena arena;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct wr w = wr_of(room, sizeof(room));
		assert_int_equal(link_write(&frames[i].head, magic, &w), ERR_OK);
		assert_memory_equal(magic, "WM1", 3);
		assert_int_equal(magic[3], frames[i].head.verb);
		assert_int_equal(link_read(span_of(magic, 4), wr_span(&w), &arena, &got), ERR_OK);
		assert_same(&frames[i].head, &got);
		if (frames[i].of == NULL)
			continue;
		ProtobufCMessage *m = protobuf_c_message_unpack(frames[i].of, NULL, w.len, room);
		assert_non_null(m);
		assert_int_equal(protobuf_c_message_pack(m, again), w.len);
		assert_memory_equal(again, room, w.len);
		protobuf_c_message_free_unpacked(m, NULL);
	}
	arena_wipe(&arena);
}

static void strangers_are_refused(void **state)
{
	(void)state;
	struct link_head got;
	struct arena arena;
	static uint8_t big[LINK_HEAD_MAX + 1];
	arena_init(&arena, 1 << 16);
	struct span none = span_of(big, 0), all = span_of(big, sizeof(big));
	assert_int_equal(link_read(span_text("WM2H"), none, &arena, &got), ERR_FORMAT);
	assert_int_equal(link_read(span_text("WM1"), none, &arena, &got), ERR_FORMAT);
	assert_int_equal(link_read(span_text("WM1z"), none, &arena, &got), ERR_UNSUPPORTED);
	assert_int_equal(link_read(span_text("WM1\xff"), none, &arena, &got), ERR_UNSUPPORTED);
	assert_int_equal(link_read(span_text("WM1H"), all, &arena, &got), ERR_FULL);
	assert_int_equal(link_read(span_text("WM1O"), none, &arena, &got), ERR_FORMAT);
	assert_int_equal(link_read(span_text("WM1P"), none, &arena, &got), ERR_OK);
	arena_wipe(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_comes_back_and_is_what_protobuf_c_packs),
		cmocka_unit_test(strangers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
