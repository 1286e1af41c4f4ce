// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "correlate/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Patterns of strangers, a line each up to an empty one, and the body of a stranger behind it. A
// line that is quoted is found in itself.
static void is_found_quoted(struct span line)
{
	uint8_t room[SIGNATURE_PATTERN_MAX];
	struct wr w = wr_of(room, sizeof(room));
	struct fault f;
	if (signature_quote(line, &w) != ERR_OK)
		return;
	struct signatures *s = signatures_new();
	assert(s != NULL && signatures_put(s, 7, wr_span(&w), &f) == ERR_OK);
	assert(signatures_find(s, line).id == 7);
	signatures_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct signatures *s = signatures_new();
	struct fault f;
	int64_t count = 0;
	assert(s != NULL);
	while (rest.at != NULL) {
		struct span line = text_cut(&rest, '\n');
		if (line.len == 0)
			break;
		if (count == 0)
			is_found_quoted(line);
		if (count < 4 && signatures_put(s, count + 1, line, &f) == ERR_OK)
			count++;
	}
	assert(signatures_count(s) == (size_t)count);
	struct signature_hit hit = signatures_find(s, rest.at == NULL ? span_of("", 0) : rest);
	assert(hit.id >= 0 && hit.id <= count && hit.gave_up <= count);
	signatures_free(&s);
	return 0;
}
