// SPDX-License-Identifier: Apache-2.0
#include "capture/stream.h"

#include <string.h>

void stream_init(struct stream *s, uint32_t base)
{
	s->base = base;
	s->have = 0;
	s->parts = 0;
}

struct span stream_span(const struct stream *s)
{
	return span_of(s->bytes, s->have);
}

// Copies what of DATA (which begins at FROM) lies in [from, to) and is new.
static void fill(struct stream *s, uint32_t at, struct span data, uint32_t from, uint32_t to)
{
	if (from < to)
		memcpy(s->bytes + from, data.at + (from - at), to - from);
}

// Copies DATA into the gaps of [at, end) only: the first copy of a byte counts.
static void fill_gaps(struct stream *s, uint32_t at, struct span data, uint32_t end)
{
	uint32_t from = at > s->have ? at : s->have;
	for (uint32_t i = 0; i < s->parts && from < end; i++) {
		uint32_t stop = s->part[i].from < end ? s->part[i].from : end;
		fill(s, at, data, from, stop);
		from = from > s->part[i].to ? from : s->part[i].to;
	}
	fill(s, at, data, from, end);
}

static void drop_part(struct stream *s, uint32_t i)
{
	s->parts--;
	memmove(&s->part[i], &s->part[i + 1], (s->parts - i) * sizeof(s->part[0]));
}

// Joins [from, to) with the islands it touches, or makes it one more.
static bool join(struct stream *s, uint32_t from, uint32_t to)
{
	uint32_t i = 0;
	while (i < s->parts && s->part[i].to < from)
		i++;
	while (i < s->parts && s->part[i].from <= to) {
		from = s->part[i].from < from ? s->part[i].from : from;
		to = s->part[i].to > to ? s->part[i].to : to;
		drop_part(s, i);
	}
	if (from <= s->have) {
		s->have = to > s->have ? to : s->have;
		return true;
	}
	if (s->parts == STREAM_PARTS)
		return false;
	memmove(&s->part[i + 1], &s->part[i], (s->parts - i) * sizeof(s->part[0]));
	s->part[i] = (struct stream_part){ .from = from, .to = to };
	s->parts++;
	return true;
}

bool stream_put(struct stream *s, uint32_t seq, struct span data)
{
	uint32_t at = seq - s->base;
	if (at > UINT32_MAX / 2) { // begins before base
		uint32_t before = 0 - at;
		if (before >= data.len)
			return true;
		data = span_cut(data, before, data.len);
		at = 0;
	}
	if (at >= STREAM_CAP || data.len == 0)
		return at < STREAM_CAP;
	size_t room = STREAM_CAP - at;
	uint32_t end = at + (uint32_t)(data.len < room ? data.len : room);
	fill_gaps(s, at, data, end);
	return join(s, at, end);
}

void stream_skip(struct stream *s, uint32_t len)
{
	len = len < s->have ? len : s->have;
	uint32_t end = s->parts > 0 ? s->part[s->parts - 1].to : s->have;
	memmove(s->bytes, s->bytes + len, end - len);
	s->base += len;
	s->have -= len;
	for (uint32_t i = 0; i < s->parts; i++) {
		s->part[i].from -= len;
		s->part[i].to -= len;
	}
}
