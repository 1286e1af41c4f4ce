// SPDX-License-Identifier: Apache-2.0
#include "wire/tls.h"

#include "wire/be.h"

enum {
	RECORD_HANDSHAKE = 22,
	RECORD_HEAD = 5,
	RECORD_MAX = 16384 + 256, // RFC 8446 5.1, 5.2
	HELLO_CLIENT = 1,
	HANDSHAKE_HEAD = 4,

	EXT_SNI = 0,
	EXT_ALPN = 16,
	EXT_ECH = 0xfe0d,
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

static enum err read_body(struct rd r, struct tls_hello *out)
{
	out->version = rd_u16(&r);
	if (r.err == ERR_OK && out->version >> 8 != 3)
		return ERR_FORMAT;
	rd_skip(&r, 32);         // random
	rd_skip(&r, rd_u8(&r));  // session
	rd_skip(&r, rd_u16(&r)); // cipher suites
	rd_skip(&r, rd_u8(&r));  // compression
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
	*out = (struct tls_hello){ 0 };
	uint8_t type = rd_u8(&r);
	if (r.err == ERR_OK && type != HELLO_CLIENT)
		return ERR_FORMAT;
	struct rd body = rd_child(&r, rd_u24(&r));
	return r.err != ERR_OK ? r.err : read_body(body, out);
}

bool tls_hello_begins(struct span s)
{
	return (s.len < 1 || s.at[0] == RECORD_HANDSHAKE) && (s.len < 2 || s.at[1] == 3) &&
	       (s.len < 3 || s.at[2] <= 4) && (s.len < 6 || s.at[5] == HELLO_CLIENT);
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

// Length of the handshake message that begins here, header included; 0 when that cannot be told.
static size_t message_length(struct span s)
{
	if (s.len < HANDSHAKE_HEAD)
		return 0;
	return HANDSHAKE_HEAD + ((size_t)s.at[1] << 16 | be16_at(s.at + 2));
}

enum err tls_handshake_read(struct span stream, struct wr *w, struct span *out)
{
	struct rd r = rd_of(stream);
	*out = record(&r);
	size_t len = message_length(*out);
	if (r.err == ERR_OK && len > 0 && len <= out->len)
		return ERR_OK;
	while (r.err == ERR_OK) {
		wr_bytes(w, *out);
		*out = wr_span(w);
		len = message_length(*out);
		if (w->err != ERR_OK || len > w->cap)
			return ERR_FORMAT;
		if (len > 0 && len <= out->len)
			return ERR_OK;
		*out = record(&r);
	}
	return r.err;
}

bool tls_alpn_next(struct rd *r, struct span *out)
{
	if (rd_left(r) == 0)
		return false;
	*out = rd_span(r, rd_u8(r));
	return r->err == ERR_OK;
}
