// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdlib.h>

#include "fuzz/doc_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span write_all(const struct trace_doc *d, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	assert(out != NULL);
	trace_json_write(out, d);
	fclose(out);
	return span_of(*text, *len - 1); // without the newline
}

// One line of JSON. What was understood of it can be written in every format, and our own JSON of
// it reads back as the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = doc_arena();
	struct trace_doc d, again;
	if (trace_line_read(a, span_of(data, size), &d) == ERR_OK) {
		char *first, *second, *other;
		size_t first_len, second_len, other_len;
		struct span text = write_all(&d, &first, &first_len);
		enum err err = trace_line_read(a, text, &again);
		assert(err == ERR_OK || err == ERR_MEMORY);
		if (err == ERR_OK)
			assert(span_eq(write_all(&again, &second, &second_len), text));
		FILE *out = open_memstream(&other, &other_len);
		for (int f = 0; f < TRACE_FORMAT_COUNT; f++)
			(void)!trace_format_write(out, (enum trace_format)f, &d, 32);
		fclose(out);
		free(other);
		free(first);
		if (err == ERR_OK)
			free(second);
	}
	return 0;
}
