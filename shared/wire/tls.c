// SPDX-License-Identifier: Apache-2.0
#include "wire/tls.h"

#include "wire/be.h"

enum {
	RECORD_CHANGE = 20,
	RECORD_HANDSHAKE = 22,
	RECORD_HEAD = 5,
	RECORD_MAX = 16384 + 256, // RFC 8446 5.1, 5.2
	HANDSHAKE_HEAD = 4,

	EXT_SNI = 0,
	EXT_ALPN = 16,
	EXT_ECH = 0xfe0d,
	EXT_VERSIONS = 43,
};

static void read_sni(struct rd r, struct tls_hello *out)
{
	struct rd list = rd_child(&r, rd_u16(&r));
	while (rd_left(&list) > 0) {
		uint8_t type = rd_u8(&list);
		struct span name = rd_span(&list, rd_u16(&list));
		if (list.err != ERR_OK || type != 0)
			continue;
		out->has_sni = true;
		out->sni = name;
		return;
	}
}

static void read_extension(struct rd *r, struct tls_hello *out)
{
	uint16_t type = rd_u16(r);
	struct rd body = rd_child(r, rd_u16(r));
	if (r->err != ERR_OK)
		return;
	if (type == EXT_SNI && !out->has_sni)
		read_sni(body, out);
	else if (type == EXT_ALPN)
		out->alpn = rd_span(&body, rd_u16(&body));
	else if (type == EXT_ECH)
		out->ech = true;
}

enum err tls_hello_body_read(struct span body, bool datagram, struct tls_hello *out)
{
	struct rd r = rd_of(body);
	*out = (struct tls_hello){ 0 };
	out->version = rd_u16(&r);
	if (r.err == ERR_OK && out->version >> 8 != (datagram ? 0xfe : 3))
		return ERR_FORMAT;
	rd_skip(&r, 32);        // random
	rd_skip(&r, rd_u8(&r)); // session
	if (datagram)
		rd_skip(&r, rd_u8(&r)); // cookie
	rd_skip(&r, rd_u16(&r));        // cipher suites
	rd_skip(&r, rd_u8(&r));         // compression
	if (r.err == ERR_OK && rd_left(&r) == 0)
		return ERR_OK; // no extensions at all
	struct rd extensions = rd_child(&r, rd_u16(&r));
	while (rd_left(&extensions) > 0)
		read_extension(&extensions, out);
	// The message was whole, so whatever is missing inside it stays missing.
	return extensions.err == ERR_OK ? ERR_OK : ERR_FORMAT;
}

enum err tls_hello_read(struct span handshake, struct tls_hello *out)
{
	struct rd r = rd_of(handshake);
	uint8_t type = rd_u8(&r);
	if (r.err == ERR_OK && type != TLS_CLIENT_HELLO)
		return ERR_FORMAT;
	struct span body = rd_span(&r, rd_u24(&r));
	*out = (struct tls_hello){ 0 };
	return r.err != ERR_OK ? r.err : tls_hello_body_read(body, false, out);
}

// SSL 2 could not be told from noise by its two bytes alone, so every length must agree.
enum err tls_old_hello_read(struct span stream, struct tls_hello *out, size_t *len)
{
	struct rd r = rd_of(stream);
	*out = (struct tls_hello){ 0 };
	uint16_t head = rd_u16(&r);
	uint8_t type = rd_u8(&r);
	out->version = rd_u16(&r);
	uint16_t suites = rd_u16(&r), session = rd_u16(&r), challenge = rd_u16(&r);
	*len = 2 + (head & 0x7fffu);
	if (stream.len >= 3 && (head < 0x8000 || type != TLS_CLIENT_HELLO))
		return ERR_FORMAT;
	if (r.err != ERR_OK)
		return r.err;
	bool version = out->version == 2 || (out->version >= 0x300 && out->version <= 0x303);
	if (!version || suites == 0 || suites % 3 != 0 || (session != 0 && session != 16) ||
	    challenge < 16 || challenge > 32 || *len != 11u + suites + session + challenge)
		return ERR_FORMAT;
	return stream.len >= *len ? ERR_OK : ERR_SHORT;
}

bool tls_begins(struct span s, enum tls_message_type type)
{
	return (s.len < 1 || s.at[0] == RECORD_HANDSHAKE) && (s.len < 2 || s.at[1] == 3) &&
	       (s.len < 3 || s.at[2] <= 4) && (s.len < 6 || s.at[5] == type);
}

bool tls_server_hides(struct span hello)
{
	struct rd r = rd_of(hello);
	rd_skip(&r, HANDSHAKE_HEAD + 2 + 32);
	rd_skip(&r, rd_u8(&r)); // session
	rd_skip(&r, 3);         // cipher suite, compression
	struct rd extensions = rd_child(&r, rd_u16(&r));
	while (rd_left(&extensions) > 0) {
		uint16_t type = rd_u16(&extensions);
		struct rd body = rd_child(&extensions, rd_u16(&extensions));
		if (type == EXT_VERSIONS && rd_u16(&body) >= 0x0304)
			return true;
	}
	return false;
}

// The payload of the next handshake record.
static struct span record(struct rd *r)
{
	struct span rest = rd_rest(r);
	if (rest.len > 0 && rest.at[0] != RECORD_HANDSHAKE)
		rd_fail(r, ERR_FORMAT); // no more bytes can cure that
	struct span head = rd_span(r, RECORD_HEAD);
	if (head.len == 0)
		return head;
	size_t len = be16_at(head.at + 3);
	if (head.at[1] != 3 || len == 0 || len > RECORD_MAX)
		rd_fail(r, ERR_FORMAT);
	return rd_span(r, len);
}

// A client that was told to say hello once more first says that it changes its cipher, for the sake
// of boxes in between (RFC 8446 D.4).
static void skip_change(struct rd *r)
{
	static const uint8_t change[] = { RECORD_CHANGE, 3, 3, 0, 1, 1 };
	if (span_eq(span_cut(rd_rest(r), 0, sizeof(change)), span_of(change, sizeof(change))))
		rd_skip(r, sizeof(change));
}

struct tls_walk tls_walk(struct span stream, struct wr *w)
{
	return (struct tls_walk){ .records = rd_of(stream), .w = w };
}

// The message that begins at walk->at, if it is whole; too long for W is ERR_FORMAT.
static bool whole(struct tls_walk *walk, struct tls_message *out)
{
	struct span s = span_cut(wr_span(walk->w), walk->at, walk->w->len);
	if (s.len < HANDSHAKE_HEAD)
		return false;
	size_t len = HANDSHAKE_HEAD + ((size_t)s.at[1] << 16 | be16_at(s.at + 2));
	if (len > walk->w->cap - walk->at)
		rd_fail(&walk->records, ERR_FORMAT);
	if (len > s.len || walk->records.err == ERR_FORMAT)
		return false;
	*out = (struct tls_message){ .type = s.at[0], .bytes = span_cut(s, 0, len) };
	walk->at += len;
	walk->told++;
	return true;
}

bool tls_message_next(struct tls_walk *walk, struct tls_message *out)
{
	for (;;) {
		if (whole(walk, out))
			return true;
		if (walk->records.err != ERR_OK)
			return false;
		if (walk->at == walk->w->len) {
			walk->clean = walk->records.pos;
			walk->told = 0;
		}
		if (rd_left(&walk->records) == 0)
			return false;
		skip_change(&walk->records);
		wr_bytes(walk->w, record(&walk->records));
		if (walk->w->err != ERR_OK)
			rd_fail(&walk->records, ERR_FORMAT);
	}
}

bool tls_alpn_next(struct rd *r, struct span *out)
{
	if (rd_left(r) == 0)
		return false;
	*out = rd_span(r, rd_u8(r));
	return r->err == ERR_OK;
}
