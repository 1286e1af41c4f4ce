// SPDX-License-Identifier: Apache-2.0
//
// What the streams of TCP say, from where a message may begin.
#include "base/macro.h"
#include "capture/flow_inner.h"
#include "wire/be.h"
#include "wire/http.h"

// Takes whole DNS messages off the front; *USED tells how many bytes they were.
static enum err try_answers(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			    uint32_t *used)
{
	*used = 0;
	for (;;) {
		struct span rest = span_cut(bytes, *used, bytes.len);
		size_t len = rest.len >= 2 ? be16_at(rest.at) : STREAM_CAP;
		if (rest.len >= 2 && len + 2 > STREAM_CAP)
			return ERR_FORMAT;
		if (rest.len < len + 2)
			return ERR_SHORT;
		flow_look_answer(t, h, span_of(rest.at + 2, len));
		*used += (uint32_t)len + 2;
	}
}

static bool handshake_begins(struct span s)
{
	return tls_begins(s, TLS_CLIENT_HELLO) || tls_begins(s, TLS_SERVER_HELLO);
}

// BYTES begin where a message may begin.
static enum err try_message(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			    uint32_t *used)
{
	const struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	*used = 0;
	if (h->key.aport == PORT_DNS)
		return try_answers(t, h, bytes, used);
	if (w->told > 0 || handshake_begins(bytes) ||
	    (w->heard && (bytes.at[0] == 20 || bytes.at[0] == 22)))
		return flow_look_handshake(t, h, bytes, used);
	if (w->body || http_response_begins(bytes))
		return flow_look_response(t, h, bytes, used);
	if (http_request_begins(bytes))
		return flow_look_request(t, h, bytes, used);
	if (bytes.at[0] >= 0x80)
		return flow_look_old_hello(t, h, bytes, used);
	return ERR_FORMAT;
}

// The segment goes to the stream that this side of the flow holds.
static void hear_stream(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			struct span data)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	struct stream *s = &t->streams[w->stream - 1].stream;
	uint32_t used = 0;
	// Messages taken last time were on loan until now.
	stream_skip(s, w->base - s->base);
	uint32_t before = s->have;
	enum err err = stream_put(s, seq, data) && before < STREAM_CAP ? ERR_SHORT : ERR_FULL;
	if (s->have > before)
		err = try_message(t, h, stream_span(s), &used);
	w->base = s->base + used;
	w->heard |= err == ERR_OK || used > 0;
	if (err == ERR_SHORT && (used < s->have || s->parts > 0))
		return;
	flow_stream_drop(t, w);
	w->armed = err == ERR_SHORT;
	if (err == ERR_OK)
		w->base = s->base + s->have;
}

static void begin_stream(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			 struct span data)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	if (!stream_put(&flow_stream_take(t, h, w->base)->stream, seq, data))
		flow_stream_drop(t, w);
}

// No stream is held: most messages lie in one segment and need none.
static void hear_segment(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			 struct span data)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	uint32_t used;
	w->base = seq;
	enum err err = try_message(t, h, data, &used);
	w->base += used;
	w->heard |= err == ERR_OK || used > 0;
	w->armed = err == ERR_SHORT;
	if (err == ERR_OK)
		w->base += (uint32_t)data.len;
	if (err == ERR_SHORT && used < data.len)
		begin_stream(t, h, w->base, span_cut(data, used, data.len));
}

// Whether this segment, of which nothing is known yet, begins a message. Captures begin in the
// middle of connections, a client may say hello twice (RFC 8446 4.1.4), and ask over HTTP often.
static bool begins(struct flow_table *t, const struct flow_heard *h, uint32_t seq, struct span data)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	const struct flow *f = &t->store.slots[h->slot].flow;
	if (w->armed && seq == w->base)
		return true;
	if (w->heard && (int32_t)(seq - w->base) < 0)
		return false; // a repetition
	if (w->armed)
		return false; // there is a gap before it
	w->told = 0;
	w->body = false;
	if (h->key.aport == PORT_DNS)
		return data.len > 2 && be16_at(data.at) + 2u == data.len;
	// A side's first word is worth waiting for; later, only what is sure.
	bool first = (h->side == 0 ? f->ab.packets : f->ba.packets) == 1;
	return ((first || data.len >= 6) && handshake_begins(data)) ||
	       (data.len >= 10 && (http_request_begins(data) || http_response_begins(data)));
}

void flow_look_tcp(struct flow_table *t, const struct flow_heard *h, const struct tcp_head *tcp)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	bool syn = (tcp->flags & TCP_SYN) != 0;
	uint32_t seq = tcp->seq + (syn ? 1 : 0);
	if (syn) {
		flow_stream_drop(t, w);
		*w = (struct flow_watch){ .base = seq, .armed = true };
	}
	if (tcp->payload.len == 0)
		return;
	if (w->stream != 0)
		hear_stream(t, h, seq, tcp->payload);
	else if (begins(t, h, seq, tcp->payload))
		hear_segment(t, h, seq, tcp->payload);
	else if (w->armed && seq - w->base < STREAM_CAP)
		begin_stream(t, h, seq, tcp->payload);
}
