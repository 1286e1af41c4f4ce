// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "signed/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A length, an answer with keys, an answer to be looked at: whatever they are, one word comes out,
// and without keys it is neither valid nor bogus.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const domains[] = { "sealed.example", "broken.example", "short.example",
					       "." };
	size_t first = size >= 2 ? (size_t)data[0] << 8 | data[1] : 0;
	if (size < 2 || first > size - 2)
		return 0;
	struct span told = span_of(data + 2, first),
		    answer = span_of(data + 2 + first, size - 2 - first);
	struct signed_keys *k = signed_keys_new(), *none = signed_keys_new();
	assert(k != NULL && none != NULL && signed_keys_put(k, told) == ERR_OK);
	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
		const struct signed_question q = { .domain = domains[i],
						   .type = 1,
						   .at = { 1780000000LL * NS_PER_S } };
		enum signed_state state = signed_find(k, &q, answer);
		assert(strlen(signed_name(state)) > 0);
		assert(signed_keys_count(k) > 0 ||
		       (state != SIGNED_VALID && state != SIGNED_BOGUS));
		state = signed_find(none, &q, answer);
		assert(state == SIGNED_NONE || state == SIGNED_NO_KEY);
	}
	signed_keys_free(&k);
	signed_keys_free(&none);
	return 0;
}
