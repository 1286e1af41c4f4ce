// SPDX-License-Identifier: Apache-2.0
//
// What the payload says: the names that led to addresses.
#include "base/macro.h"
#include "capture/flow_inner.h"
#include "wire/be.h"
#include "wire/icmp.h"
#include "wire/udp.h"

#define PORT_DNS 53

static void hear_answer(struct flow_table *t, const struct flow_heard *h, struct span message)
{
	struct dns_answer answer;
	char text[DNS_TEXT];
	if (dns_answer_read(message, &answer) != ERR_OK)
		return;
	struct flow_event *e = flow_event_put(t, FLOW_ANSWER, h);
	if (e != NULL) {
		e->key = flow_key_turned(&h->key);
		e->message = message;
		e->quoted = false;
	}
	if (answer.addr_count == 0 || dns_name_write(answer.question.name, text) != ERR_OK)
		return;
	struct name_entry entry = {
		.asker = h->key.b,
		.at = h->packet->at,
		.text = names_put(t->names, span_text(text)),
		.how = NAME_DNS,
	};
	for (size_t i = 0; i < answer.addr_count; i++) {
		entry.addr = answer.addrs[i];
		names_hear(t->names, &entry);
	}
}

// A host that no longer listens sends the answer back inside an error. It was seen again, so it is
// told again, but it led nobody anywhere.
void flow_look_icmp(struct flow_table *t, const struct flow_heard *h, struct span message)
{
	struct icmp icmp;
	struct udp_head udp;
	struct dns_answer answer;
	if (icmp_read(h->key.a.family, message, &icmp) != ERR_OK || !icmp.quotes ||
	    icmp.quote.proto != IP_UDP || icmp.quote.frag_at > 0)
		return;
	if (udp_read(icmp.quote.payload, &udp) != ERR_OK || udp.sport != PORT_DNS ||
	    dns_answer_read(udp.payload, &answer) != ERR_OK)
		return;
	struct flow_event *e = flow_event_put(t, FLOW_ANSWER, h);
	if (e == NULL)
		return;
	e->key = flow_key_turned(&h->key);
	e->message = udp.payload;
	e->quoted = true;
}

void flow_look_udp(struct flow_table *t, const struct flow_heard *h, struct span payload)
{
	if (h->key.aport == PORT_DNS)
		hear_answer(t, h, payload);
}

static void hear_hello(struct flow_table *t, const struct flow_heard *h,
		       const struct tls_hello *hello)
{
	struct flow_event *e = flow_event_put(t, FLOW_HELLO, h);
	if (e != NULL)
		e->hello = *hello;
	uint32_t text = names_put(t->names, hello->sni);
	if (text == 0)
		return;
	t->store.slots[h->slot].flow.sni = text;
	const struct name_entry entry = {
		.addr = h->key.b,
		.asker = h->key.a,
		.at = h->packet->at,
		.text = text,
		.how = NAME_SNI,
	};
	names_hear(t->names, &entry);
}

// --- the pool of streams -------------------------------------------------------------------------

static struct flow_watch *watch_of(struct flow_table *t, uint32_t slot, uint8_t side)
{
	return &t->store.slots[slot].watch[side];
}

static void drop_stream(struct flow_table *t, struct flow_watch *w)
{
	if (w->stream != 0)
		t->streams[w->stream - 1].owner = FLOW_NONE;
	w->stream = 0;
}

// A stream for one side of a flow, from the one that has had it longest if need be.
static struct stream *take_stream(struct flow_table *t, const struct flow_heard *h)
{
	size_t at = t->stream_turn;
	for (size_t i = 0; i < t->config.streams; i++) {
		size_t candidate = (t->stream_turn + i) % t->config.streams;
		if (t->streams[candidate].owner == FLOW_NONE) {
			at = candidate;
			break;
		}
	}
	struct flow_stream *s = &t->streams[at];
	if (s->owner != FLOW_NONE) {
		struct flow_watch *other = watch_of(t, s->owner, s->side);
		other->stream = 0;
		other->armed = false;
		t->counters.streams_lost++;
	}
	t->stream_turn = (at + 1) % t->config.streams;
	struct flow_watch *w = watch_of(t, h->slot, h->side);
	s->owner = h->slot;
	s->side = h->side;
	w->stream = (uint16_t)(at + 1);
	stream_init(&s->stream, w->base);
	return &s->stream;
}

void flow_look_end(struct flow_table *t, uint32_t slot)
{
	for (uint8_t side = 0; side < 2; side++)
		drop_stream(t, watch_of(t, slot, side));
}

// --- messages at the start of a stream -----------------------------------------------------------

// ERR_OK: a hello was heard. ERR_SHORT: more of the stream is needed. Else: there is none.
static enum err try_hello(struct flow_table *t, const struct flow_heard *h, struct span bytes)
{
	struct tls_hello hello;
	struct span message;
	if (!tls_hello_begins(bytes))
		return ERR_FORMAT;
	struct wr w = wr_of(t->handshake, sizeof(t->handshake));
	enum err err = tls_handshake_read(bytes, &w, &message);
	if (err == ERR_OK)
		err = tls_hello_read(message, &hello);
	if (err == ERR_OK)
		hear_hello(t, h, &hello);
	return err;
}

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
		hear_answer(t, h, span_of(rest.at + 2, len));
		*used += (uint32_t)len + 2;
	}
}

static enum err try_message(struct flow_table *t, const struct flow_heard *h, struct span bytes,
			    uint32_t *used)
{
	*used = 0;
	if (h->key.aport == PORT_DNS)
		return try_answers(t, h, bytes, used);
	return try_hello(t, h, bytes);
}

// The segment goes to the stream that this side of the flow holds.
static void hear_stream(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			struct span data)
{
	struct flow_watch *w = watch_of(t, h->slot, h->side);
	struct stream *s = &t->streams[w->stream - 1].stream;
	uint32_t used = 0;
	// Messages taken last time were on loan until now.
	stream_skip(s, w->base - s->base);
	uint32_t before = s->have;
	enum err err = stream_put(s, seq, data) && before < STREAM_CAP ? ERR_SHORT : ERR_FULL;
	if (s->have > before)
		err = try_message(t, h, stream_span(s), &used);
	w->base = s->base + used;
	if (err == ERR_SHORT && (used < s->have || s->parts > 0))
		return;
	drop_stream(t, w);
	w->armed = err == ERR_SHORT;
	w->heard |= err == ERR_OK || used > 0;
	if (err == ERR_OK)
		w->base = s->base + s->have;
}

static void begin_stream(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			 struct span data)
{
	struct stream *s = take_stream(t, h);
	if (!stream_put(s, seq, data))
		drop_stream(t, watch_of(t, h->slot, h->side));
}

// No stream is held: most messages lie in one segment and need none.
static void hear_segment(struct flow_table *t, const struct flow_heard *h, uint32_t seq,
			 struct span data)
{
	struct flow_watch *w = watch_of(t, h->slot, h->side);
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
// middle of connections, and a client may say hello twice (RFC 8446 4.1.4).
static bool begins(const struct flow_watch *w, const struct flow_heard *h, uint32_t seq,
		   struct span data)
{
	if (w->armed && seq == w->base)
		return true;
	if (w->heard && (int32_t)(seq - w->base) < 0)
		return false; // a repetition
	if (h->key.aport == PORT_DNS)
		return data.len > 2 && be16_at(data.at) + 2u == data.len;
	return data.len >= 6 && tls_hello_begins(data);
}

void flow_look_tcp(struct flow_table *t, const struct flow_heard *h, const struct tcp_head *tcp)
{
	struct flow_watch *w = watch_of(t, h->slot, h->side);
	bool syn = (tcp->flags & TCP_SYN) != 0;
	uint32_t seq = tcp->seq + (syn ? 1 : 0);
	// Hellos come from the one who connects, answers from the other.
	if (syn && ((tcp->flags & TCP_ACK) == 0) == (h->key.aport != PORT_DNS)) {
		drop_stream(t, w);
		*w = (struct flow_watch){ .base = seq, .armed = true };
	}
	if (tcp->payload.len == 0)
		return;
	if (w->stream != 0)
		hear_stream(t, h, seq, tcp->payload);
	else if (begins(w, h, seq, tcp->payload))
		hear_segment(t, h, seq, tcp->payload);
	else if (w->armed && seq - w->base < STREAM_CAP)
		begin_stream(t, h, seq, tcp->payload);
}
