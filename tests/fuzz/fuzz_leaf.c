// SPDX-License-Identifier: Apache-2.0
//
// Certificates as strangers sent or published them: what is read stays within what a page may hold.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "leaf/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page_tls t = { 0 };
	struct arena arena;
	arena_init(&arena, 64 * 1024);
	bool good = leaf_read(span_of(data, size), "site.example", &arena, &t);
	assert(good || (t.name_count == 0 && t.subject.len == 0 && !t.name_match));
	assert(t.name_count <= PAGE_NAMES_MAX);
	assert(t.subject.len <= PAGE_NAME_MAX && t.issuer.len <= PAGE_NAME_MAX);
	for (size_t i = 0; i < t.name_count; i++)
		assert(t.names[i].len > 0 && t.names[i].len <= PAGE_NAME_MAX);
	arena_wipe(&arena);
	return 0;
}
