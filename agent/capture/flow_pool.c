// SPDX-License-Identifier: Apache-2.0
//
// The pool of streams: who is still to be put in order holds one.
#include "capture/flow_inner.h"

struct flow_watch *flow_watch_of(struct flow_table *t, uint32_t slot, uint8_t side)
{
	return &t->store.slots[slot].watch[side];
}

void flow_stream_drop(struct flow_table *t, struct flow_watch *w)
{
	if (w->stream != 0)
		t->streams[w->stream - 1].owner = FLOW_NONE;
	w->stream = 0;
}

// A free one, else an idle one, else the one whose turn it is.
static size_t choose(const struct flow_table *t)
{
	size_t at = t->stream_turn;
	bool idle = false;
	for (size_t i = 0; i < t->config.streams; i++) {
		size_t candidate = (t->stream_turn + i) % t->config.streams;
		const struct flow_stream *s = &t->streams[candidate];
		if (s->owner == FLOW_NONE)
			return candidate;
		if (s->idle && !idle) {
			at = candidate;
			idle = true;
		}
	}
	return at;
}

struct flow_stream *flow_stream_take(struct flow_table *t, const struct flow_heard *h,
				     uint32_t base)
{
	size_t at = choose(t);
	struct flow_stream *s = &t->streams[at];
	if (s->owner != FLOW_NONE) {
		struct flow_watch *other = flow_watch_of(t, s->owner, s->side);
		other->stream = 0;
		other->armed = false;
		t->counters.streams_lost += !s->idle;
	}
	t->stream_turn = (at + 1) % t->config.streams;
	s->owner = h->slot;
	s->side = h->side;
	s->idle = false;
	s->used = 0;
	flow_watch_of(t, h->slot, h->side)->stream = (uint16_t)(at + 1);
	stream_init(&s->stream, base);
	return s;
}

void flow_look_end(struct flow_table *t, uint32_t slot)
{
	for (uint8_t side = 0; side < 2; side++)
		flow_stream_drop(t, flow_watch_of(t, slot, side));
}
