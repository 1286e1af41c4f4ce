// SPDX-License-Identifier: Apache-2.0
//
// Hellos in datagrams: QUIC, whose Initials are opened and whose CRYPTO frames come in any order,
// and DTLS, whose hello may come in pieces.
#include "capture/flow_inner.h"
#include "wire/dtls.h"

#define QUIC_HELLOS 65536 // CRYPTO bytes of a connection that are looked at: two hellos and more
#define VAIN        8     // packets of one side that could not be opened before the rest is let be

// Opens P into W with the key the connection began with, or else as a first packet: of a
// connection, or after the server asked for another attempt (RFC 9000 17.2.5), when what was said
// already is said again.
static enum err open_initial(struct flow_table *t, const struct flow_heard *h,
			     const struct quic_packet *p, struct wr *w)
{
	struct flow_watch *watch = flow_watch_of(t, h->slot, h->side);
	struct initial_key key;
	if (watch->stream != 0) {
		enum err err = initial_open(t->initial, &t->streams[watch->stream - 1].key, p, w);
		if (err != ERR_AUTH)
			return err;
	}
	enum err err = initial_key_client(t->initial, p->cipher, p->dcid, &key);
	if (err == ERR_OK)
		err = initial_open(t->initial, &key, p, w);
	if (err != ERR_OK)
		return err;
	if (watch->stream == 0 || p->token.len == 0) {
		flow_stream_drop(t, watch);
		(void)flow_stream_take(t, h, 0);
	}
	t->streams[watch->stream - 1].key = key;
	return ERR_OK;
}

static uint32_t hello_length(struct span hello)
{
	struct rd r = rd_of(hello);
	rd_skip(&r, 1);
	return 4 + rd_u24(&r);
}

// Puts the frames into the side's stream. ERR_OK: a hello is whole and was heard.
static enum err hear_frames(struct flow_table *t, const struct flow_heard *h, struct span frames,
			    uint32_t version)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	struct flow_stream *s = &t->streams[w->stream - 1];
	struct rd r = rd_of(frames);
	struct quic_crypto crypto;
	struct tls_hello hello;
	stream_skip(&s->stream, s->used);
	s->used = 0;
	while (quic_crypto_next(&r, &crypto))
		if (crypto.offset < QUIC_HELLOS)
			(void)!stream_put(&s->stream, (uint32_t)crypto.offset, crypto.data);
	enum err err = tls_hello_read(stream_span(&s->stream), &hello);
	if (err != ERR_OK)
		return err;
	s->used = hello_length(stream_span(&s->stream));
	s->idle = true;
	flow_say_hello(t, h, &hello, FLOW_QUIC, version);
	return ERR_OK;
}

// True when a hello was heard, of which the event borrows.
static bool hear_initial(struct flow_table *t, const struct flow_heard *h,
			 const struct quic_packet *p)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	uint32_t mark = (uint32_t)table_hash(t->config.seed, p->dcid);
	struct wr frames = wr_of(t->handshake, sizeof(t->handshake));
	if (w->told >= VAIN)
		return false;
	if (w->stream == 0 && w->heard && (w->base == mark || p->token.len > 0))
		return false; // said again
	if (open_initial(t, h, p, &frames) != ERR_OK) {
		w->told++;
		return false;
	}
	enum err err = hear_frames(t, h, wr_span(&frames), p->version);
	if (err == ERR_OK && !w->heard) {
		w->base = mark;
		w->heard = true;
	}
	if (err != ERR_OK && err != ERR_SHORT)
		flow_stream_drop(t, w);
	return err == ERR_OK;
}

void flow_look_quic(struct flow_table *t, const struct flow_heard *h, struct span datagram)
{
	struct rd r = rd_of(datagram);
	struct quic_packet p;
	while (quic_packet_next(&r, &p))
		if (p.type == QUIC_INITIAL && hear_initial(t, h, &p))
			return;
}

// The body of a message in pieces, when this one makes it whole; else empty.
static struct span join(struct flow_table *t, const struct flow_heard *h,
			const struct dtls_piece *piece)
{
	struct flow_watch *w = flow_watch_of(t, h->slot, h->side);
	if (piece->data.len == piece->total)
		return piece->data;
	if (w->stream == 0 || w->base != piece->number)
		flow_stream_drop(t, w);
	if (w->stream == 0)
		flow_stream_take(t, h, 0);
	w->base = piece->number;
	struct stream *s = &t->streams[w->stream - 1].stream;
	(void)!stream_put(s, piece->from, piece->data);
	return span_cut(stream_span(s), 0, s->have >= piece->total ? piece->total : 0);
}

void flow_look_dtls(struct flow_table *t, const struct flow_heard *h, struct span datagram)
{
	struct dtls_walk walk = dtls_walk(datagram);
	struct dtls_piece piece;
	struct tls_hello hello;
	while (dtls_piece_next(&walk, &piece)) {
		if (piece.type != TLS_CLIENT_HELLO)
			continue;
		struct span body = join(t, h, &piece);
		if (body.len == 0)
			continue;
		if (tls_hello_body_read(body, true, &hello) == ERR_OK)
			flow_say_hello(t, h, &hello, FLOW_DTLS, 0);
		flow_stream_drop(t, flow_watch_of(t, h->slot, h->side));
		return;
	}
}
