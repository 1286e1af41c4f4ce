// SPDX-License-Identifier: Apache-2.0
#include "geo/geo.h"

#include <string.h>

#include "base/rd.h"
#include "geo/geo_own.h"
#include "seal/seal.h"

enum err geo_read(struct span in, struct geo *out)
{
	struct rd r = rd_of(in);
	struct span magic = rd_span(&r, GEO_MAGIC_LEN);
	uint32_t sum = rd_le32(&r);
	rd_skip(&r, 4);
	*out = (struct geo){ .count4 = rd_le32(&r), .count6 = rd_le32(&r) };
	uint32_t names = rd_le32(&r);
	rd_skip(&r, 4);
	if (r.err != ERR_OK)
		return r.err;
	if (!span_eq(magic, span_of(GEO_MAGIC, GEO_MAGIC_LEN)))
		return ERR_FORMAT;
	out->rows4 = rd_span(&r, (size_t)out->count4 * GEO_ROW4);
	out->rows6 = rd_span(&r, (size_t)out->count6 * GEO_ROW6);
	out->names = rd_span(&r, names);
	enum err err = rd_done(&r);
	if (err != ERR_OK)
		return err;
	if (names == 0 || out->names.at[0] != '\0' || out->names.at[names - 1] != '\0')
		return ERR_FORMAT;
	return seal_crc32c(0, span_cut(in, GEO_CHECKED, in.len - GEO_CHECKED)) == sum ? ERR_OK
										      : ERR_CORRUPT;
}

static void place_of(const struct geo *g, struct span row, size_t width, struct geo_place *out)
{
	struct rd r = rd_of(row);
	out->first = addr_of(rd_span(&r, width));
	out->last = addr_of(rd_span(&r, width));
	memset(out->country, 0, sizeof(out->country));
	rd_copy(&r, out->country, 2);
	rd_skip(&r, 2);
	out->asn = rd_le32(&r);
	uint32_t name = rd_le32(&r);
	out->latitude = (int32_t)rd_le32(&r);
	out->longitude = (int32_t)rd_le32(&r);
	out->as_name = name < g->names.len ? (const char *)g->names.at + name : "";
}

bool geo_find(const struct geo *g, struct addr a, struct geo_place *out)
{
	size_t width = a.family == 4 ? 4 : 16, size = 2 * width + GEO_TAIL;
	struct span rows = a.family == 4 ? g->rows4 : g->rows6;
	size_t low = 0, high = a.family == 4 ? g->count4 : g->count6; // first row after A
	if (a.family != 4 && a.family != 6)
		return false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (memcmp(rows.at + mid * size, a.bytes, width) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return false;
	struct span row = span_cut(rows, (low - 1) * size, size);
	if (memcmp(row.at + width, a.bytes, width) < 0)
		return false;
	place_of(g, row, width, out);
	return true;
}
