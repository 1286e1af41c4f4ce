// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGES 4

struct count {
	size_t messages, steps, ends;
};

static struct order order_of(uint8_t side)
{
	static const char *const ids[MESSAGES] = { "m1", "m2", "m3", "m4" };
	struct order o = { .kind = ORDER_GATEWAY,
			   .side = side,
			   .app = span_text("x"),
			   .start = { NS_PER_S },
			   .length_ms = 10000,
			   .account = span_text("a"),
			   .peer_account = span_text("b"),
			   .message_count = MESSAGES };

	for (uint8_t i = 0; i < MESSAGES; i++)
		o.messages[i] = (struct planned_message){ .id = span_text(ids[i]),
							  .from_side = (uint8_t)(1 + i % 2),
							  .offset_ms = 1000u * i,
							  .text = span_text("text") };
	return o;
}

static void take(struct phone *p, bool up, struct count *n)
{
	struct phone_want w;

	while (phone_next(p, &w)) {
		assert(n->ends == 0);
		assert(w.kind != PHONE_WANT_LINE || up);
		n->messages += w.kind == PHONE_WANT_MESSAGE;
		n->steps += w.kind == PHONE_WANT_STEP;
		n->ends += w.kind == PHONE_WANT_END;
	}
}

// A byte of side and isolation, then turns: time passes (0x80 + tenths), the link turns (0x01), or
// a line is heard. Whatever a phone says and whenever: every message is reported once, and the end
// comes.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order o = order_of(size > 0 && data[0] & 1 ? 1 : 2);
	struct span in = span_cut(span_of(data, size), 1, size), line;
	struct mono now = { 0 };
	struct count n = { 0 };
	struct phone *p = NULL;
	struct phone_line heard;
	size_t used;
	bool up = false;

	if (phone_new(&o, (struct mono){ NS_PER_S }, size > 0 && data[0] & 2, &p) != ERR_OK)
		return 0;
	while (in.len > 0) {
		used = 1;
		if (in.at[0] & 0x80) {
			now = mono_add(now, (in.at[0] & 0x7f) * 100 * NS_PER_MS);
		} else if (in.at[0] == 1) {
			up = !up;
			phone_hear_link(p, now, up);
		} else if (phone_line_cut(in, &line, &used) == ERR_OK) {
			if (up && phone_line_read(line, &heard) == ERR_OK)
				phone_hear(p, now, &heard);
		} else {
			break;
		}
		phone_tick(p, now);
		take(p, up, &n);
		in = span_cut(in, used, in.len - used);
	}
	for (int i = 0; i < 3; i++) {
		now = mono_add(now, 20 * NS_PER_S);
		phone_tick(p, now);
		take(p, up, &n);
	}
	assert(n.ends == 1 && n.messages == MESSAGES && n.steps >= 1);
	assert(phone_due(p).ns == INT64_MAX && phone_done_count(p) <= MESSAGES);
	phone_free(&p);
	return 0;
}
