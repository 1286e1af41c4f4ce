// SPDX-License-Identifier: Apache-2.0
#include "wire/quic.h"

#include "base/macro.h"
#include "wire/be.h"

enum {
	FRAME_PADDING = 0,
	FRAME_PING = 1,
	FRAME_ACK = 2,
	FRAME_ACK_ECN = 3,
	FRAME_CRYPTO = 6,
	FRAME_CLOSE = 0x1c,

	VERSION_2 = 0x6b3343cf,
	LONG = 0x80,
	FIXED = 0x40,
};

// clang-format off
static const struct quic_cipher draft22 = { { // and draft 21
	0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
	0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a }, "quic" };
static const struct quic_cipher draft23 = { { // to draft 28
	0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 }, "quic" };
static const struct quic_cipher draft29 = { { // to draft 32
	0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
	0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 }, "quic" };
static const struct quic_cipher version1 = { { // and drafts 33, 34
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a }, "quic" };
static const struct quic_cipher version2 = { {
	0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 }, "quicv2" };
// clang-format on

static const struct {
	uint32_t first, last;
	const struct quic_cipher *cipher;
} versions[] = {
	{ QUIC_VERSION_1, QUIC_VERSION_1, &version1 }, { VERSION_2, VERSION_2, &version2 },
	{ 0xff000016, 0xff000016, &draft22 },          { 0xff000017, 0xff00001c, &draft23 },
	{ 0xff00001d, 0xff000020, &draft29 },          { 0xff000021, 0xff000022, &version1 },
	{ 0xfaceb001, 0xfaceb001, &draft22 }, // mvfst
	{ 0xfaceb002, 0xfaceb002, &draft23 },
};

const struct quic_cipher *quic_cipher_find(uint32_t version)
{
	for (size_t i = 0; i < COUNT(versions); i++)
		if (version >= versions[i].first && version <= versions[i].last)
			return versions[i].cipher;
	return NULL;
}

static uint64_t varint(struct rd *r)
{
	uint8_t first = rd_u8(r);
	uint64_t v = first & 0x3f;
	for (size_t more = ((size_t)1 << (first >> 6)) - 1; more > 0; more--)
		v = v << 8 | rd_u8(r);
	return r->err == ERR_OK ? v : 0;
}

static struct span varint_span(struct rd *r)
{
	uint64_t len = varint(r);
	if (len > rd_left(r)) {
		rd_fail(r, ERR_SHORT);
		return span_of(NULL, 0);
	}
	return rd_span(r, (size_t)len);
}

bool quic_begins(struct span s)
{
	return s.len >= 7 && (s.at[0] & (LONG | FIXED)) == (LONG | FIXED) &&
	       quic_cipher_find(be32_at(s.at + 1)) != NULL;
}

// Version 2 turned the numbers by one, so that nobody relies on them (RFC 9369 3.2).
static enum quic_type type_of(uint32_t version, uint8_t first)
{
	uint8_t bits = first >> 4 & 3;
	return (enum quic_type)(version == VERSION_2 ? (bits + 3) & 3 : bits);
}

static struct span identity(struct rd *r)
{
	uint8_t len = rd_u8(r);
	if (len > QUIC_CID)
		rd_fail(r, ERR_FORMAT);
	return rd_span(r, len);
}

bool quic_packet_next(struct rd *r, struct quic_packet *out)
{
	struct span all = rd_rest(r);
	size_t from = r->pos;
	*out = (struct quic_packet){ 0 };
	if (!quic_begins(all))
		return false;
	uint8_t first = rd_u8(r);
	out->version = rd_u32(r);
	out->cipher = quic_cipher_find(out->version);
	out->type = type_of(out->version, first);
	out->dcid = identity(r);
	out->scid = identity(r);
	if (r->err != ERR_OK || out->type == QUIC_RETRY)
		return false;
	if (out->type == QUIC_INITIAL)
		out->token = varint_span(r);
	uint64_t len = varint(r);
	out->number_at = r->pos - from;
	if (r->err == ERR_OK && len > rd_left(r))
		rd_fail(r, ERR_SHORT);
	rd_skip(r, (size_t)len);
	if (r->err != ERR_OK)
		return false;
	out->bytes = span_cut(all, 0, out->number_at + (size_t)len);
	return true;
}

static void skip_ack(struct rd *r, bool ecn)
{
	varint(r); // largest
	varint(r); // delay
	uint64_t ranges = varint(r);
	varint(r); // first range
	while (ranges-- > 0 && r->err == ERR_OK) {
		varint(r);
		varint(r);
	}
	for (int i = 0; ecn && i < 3; i++)
		varint(r);
}

static void skip_close(struct rd *r)
{
	varint(r); // error
	varint(r); // frame
	varint_span(r);
}

bool quic_crypto_next(struct rd *r, struct quic_crypto *out)
{
	while (rd_left(r) > 0) {
		uint8_t type = rd_u8(r);
		if (type == FRAME_CRYPTO) {
			out->offset = varint(r);
			out->data = varint_span(r);
			return r->err == ERR_OK;
		}
		if (type == FRAME_ACK || type == FRAME_ACK_ECN)
			skip_ack(r, type == FRAME_ACK_ECN);
		else if (type == FRAME_CLOSE)
			skip_close(r);
		else if (type != FRAME_PADDING && type != FRAME_PING)
			rd_fail(r, ERR_FORMAT);
	}
	return false;
}

#define VARINT_TWO 0x4000 // a number of two bytes: below this, and marked by it

void quic_crypto_write(struct wr *w, struct span data)
{
	wr_u8(w, FRAME_CRYPTO);
	wr_u8(w, 0);
	if (data.len >= VARINT_TWO)
		w->err = ERR_FULL;
	wr_u16(w, (uint16_t)(VARINT_TWO | data.len));
	wr_bytes(w, data);
}

enum err quic_initial_write(struct wr *w, struct span dcid, struct span scid, struct span frames,
			    size_t size, size_t *number_at)
{
	size_t from = w->len;
	size_t head = 1 + 4 + 1 + dcid.len + 1 + scid.len + 1 + 2;
	size_t rest = 1 + frames.len + QUIC_TAG;
	if (dcid.len > QUIC_CID || scid.len > QUIC_CID || size >= VARINT_TWO || size < head + rest)
		return ERR_RANGE;
	wr_u8(w, LONG | FIXED | QUIC_INITIAL << 4);
	wr_u32(w, QUIC_VERSION_1);
	wr_u8(w, (uint8_t)dcid.len);
	wr_bytes(w, dcid);
	wr_u8(w, (uint8_t)scid.len);
	wr_bytes(w, scid);
	wr_u8(w, 0); // no token
	wr_u16(w, (uint16_t)(VARINT_TWO | (size - head)));
	*number_at = w->len - from;
	wr_u8(w, 0);
	wr_bytes(w, frames);
	wr_zero(w, size - head - 1 - frames.len);
	return w->err;
}
