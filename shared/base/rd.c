// SPDX-License-Identifier: Apache-2.0
#include "base/rd.h"

#include <string.h>

struct span rd_rest(const struct rd *r)
{
	return span_cut(r->in, r->pos, rd_left(r));
}

void rd_copy(struct rd *r, void *to, size_t len)
{
	struct span s = rd_span(r, len);
	if (s.len == len && len > 0)
		memcpy(to, s.at, len);
	else
		memset(to, 0, len);
}

static uint64_t big(struct rd *r, size_t len)
{
	struct span s = rd_span(r, len);
	uint64_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.at[i];
	return v;
}

uint32_t rd_u24(struct rd *r)
{
	return (uint32_t)big(r, 3);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)big(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return big(r, 8);
}

uint64_t rd_le64(struct rd *r)
{
	return __builtin_bswap64(big(r, 8));
}

struct rd rd_child(struct rd *r, size_t len)
{
	struct rd child = rd_of(rd_span(r, len));
	child.err = r->err;
	return child;
}

enum err rd_done(const struct rd *r)
{
	if (r->err != ERR_OK)
		return r->err;
	return r->pos == r->in.len ? ERR_OK : ERR_FORMAT;
}
