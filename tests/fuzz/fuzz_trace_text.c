// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdlib.h>

#include "fuzz/doc_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A file of any kind but warts, most of them text: each trace that is read can be written in every
// format, and our own JSON of it reads back.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_file f = trace_file_of(span_of(data, size));
	struct arena *a = doc_arena();
	struct trace_doc d;
	enum err err = ERR_OK;
	for (int i = 0; i < 8 && err != ERR_MISSING && err != ERR_CORRUPT; i++) {
		char *text = NULL;
		size_t len = 0;
		err = trace_file_next(&f, a, &d);
		if (err == ERR_OK) {
			FILE *out = open_memstream(&text, &len);
			assert(out != NULL);
			for (int to = 0; to < TRACE_FORMAT_COUNT; to++)
				(void)!trace_format_write(out, (enum trace_format)to, &d, 32);
			fclose(out);
			free(text);
			out = open_memstream(&text, &len);
			trace_json_write(out, &d);
			fclose(out);
			err = trace_line_read(a, span_of(text, len), &d);
			assert(err == ERR_OK || err == ERR_MEMORY);
			free(text);
		}
		a = doc_arena();
	}
	return 0;
}
