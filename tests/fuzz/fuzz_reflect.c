// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/reflect.h"

#define ZONE "whoami.example"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(struct span in)
{
	struct reflect_answer a, b;
	uint8_t room[REFLECT_SIZE];
	struct wr w = wr_of(room, sizeof(room));
	if (reflect_answer_read(in, &a) != ERR_OK)
		return;
	assert(a.syn_len <= REFLECT_SYN && in.len == REFLECT_SIZE);
	reflect_answer_write(&w, &a);
	assert(w.err == ERR_OK && w.len == REFLECT_SIZE);
	assert(reflect_answer_read(wr_span(&w), &b) == ERR_OK);
	assert(memcmp(&a.ask, &b.ask, sizeof(a.ask)) == 0 && addr_eq(a.you.addr, b.you.addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct reflect_ask ask, again;
	uint8_t room[REFLECT_SIZE], reply[4096];
	struct wr w = wr_of(room, sizeof(room));
	if (reflect_ask_read(in, &ask) == ERR_OK) {
		reflect_ask_write(&w, &ask);
		assert(reflect_ask_read(wr_span(&w), &again) == ERR_OK);
		assert(memcmp(&ask, &again, sizeof(ask)) == 0);
	}
	check_answer(in);
	if (reflect_query_read(in, ZONE, &ask) == ERR_OK)
		assert(ask.kind == REFLECT_NODE || ask.kind == REFLECT_PHONE);
	w = wr_of(reply, sizeof(reply));
	if (reflect_reply_write(&w, in, true) == ERR_OK)
		assert(w.len <= size);
	w = wr_of(reply, sizeof(reply));
	if (reflect_told_write(&w, in, ZONE, (struct addr){ .family = 6 }) == ERR_OK)
		assert(w.len <= size + REFLECT_TOLD);
	return 0;
}
