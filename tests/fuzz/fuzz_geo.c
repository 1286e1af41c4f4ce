// SPDX-License-Identifier: Apache-2.0
//
// A compiled table as it lies on the disk, and the text it is compiled from.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "geo/geo.h"
#include "geo/geo_own.h"
#include "seal/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(const struct geo *g, struct addr a)
{
	struct geo_place p;
	if (!geo_find(g, a, &p))
		return;
	assert(addr_cmp(p.first, a) <= 0 && addr_cmp(a, p.last) <= 0);
	assert(p.country[2] == '\0' && strlen(p.as_name) < SIZE_MAX);
}

static void read_mended(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	struct geo g;
	assert(copy != NULL);
	memcpy(copy, data, size);
	uint32_t sum = seal_crc32c(0, span_of(copy + GEO_CHECKED, size - GEO_CHECKED));
	for (int i = 0; i < 4; i++)
		copy[GEO_MAGIC_LEN + i] = (uint8_t)(sum >> 8 * i);
	if (geo_read(span_of(copy, size), &g) == ERR_OK) {
		search(&g, addr_of(span_of(data, 4)));
		search(&g, addr_of(span_of(data, 16)));
		search(&g, addr_v4(0xc6120101));
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = { 0 };
	struct geo g;
	uint8_t *bytes = NULL;
	size_t len = 0;
	if (geo_compile(span_of(data, size), &bytes, &len, &f) == ERR_OK) {
		assert(geo_read(span_of(bytes, len), &g) == ERR_OK);
		for (size_t i = 0; i + 4 <= size; i += 16)
			search(&g, addr_of(span_of(data + i, 4)));
	} else {
		assert(bytes == NULL && f.what[0] != '\0');
	}
	free(bytes);
	if (size >= GEO_HEAD)
		read_mended(data, size);
	return 0;
}
