// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdlib.h>

#include "fuzz/doc_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A warts file. Each trace that is read can be written as warts, and reads back with as many
// answers; what is written is then a fixed point.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = doc_arena();
	struct trace_doc d, again;
	struct trace_file f = trace_file_of(span_of(data, size));
	f.kind = TRACE_FILE_WARTS;
	for (enum err err = ERR_OK; err != ERR_MISSING && err != ERR_CORRUPT; arena_reset(a)) {
		err = trace_file_next(&f, a, &d);
		if (err != ERR_OK)
			continue;
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		assert(out != NULL);
		enum err written = warts_write(out, &d);
		fclose(out);
		if (written == ERR_OK) {
			struct trace_file file = trace_file_of(span_of(text, len));
			enum err back = trace_file_next(&file, a, &again);
			assert(back == ERR_OK || back == ERR_MEMORY);
			assert(back == ERR_MEMORY || again.count <= d.count);
		}
		free(text);
	}
	return 0;
}
