// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/phone_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_when_written(const struct phone_line *line)
{
	uint8_t bytes[PHONE_LINE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct phone_line again;

	phone_line_write(&w, line);
	assert(w.err == ERR_OK && bytes[w.len - 1] == '\n');
	assert(phone_line_read(span_of(bytes, w.len - 1), &again) == ERR_OK);
	assert(again.word == line->word && again.at.ns == line->at.ns);
	assert(span_eq(again.id, line->id) && span_eq(again.text, line->text));
	assert(span_eq(again.app, line->app) && span_eq(again.account, line->account));
}

// Bytes as they come out of a socket.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), line;
	struct phone_line out;
	size_t used;

	while (phone_line_cut(in, &line, &used) == ERR_OK) {
		assert(used > 0 && used <= in.len && span_within(line, in));
		if (phone_line_read(line, &out) == ERR_OK) {
			assert(span_within(out.text, line) && span_within(out.id, line));
			same_when_written(&out);
		}
		in = span_cut(in, used, in.len - used);
	}
	return 0;
}
