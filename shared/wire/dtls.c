// SPDX-License-Identifier: Apache-2.0
#include "wire/dtls.h"

enum { RECORD_HANDSHAKE = 22, RECORD_HEAD = 13, PIECE_HEAD = 12 };

bool dtls_begins(struct span s)
{
	return s.len >= RECORD_HEAD + PIECE_HEAD && s.at[0] == RECORD_HANDSHAKE &&
	       s.at[1] == 0xfe && s.at[2] >= 0xfc && s.at[3] == 0 && s.at[4] == 0;
}

struct dtls_walk dtls_walk(struct span datagram)
{
	return (struct dtls_walk){ .datagram = rd_of(datagram) };
}

static bool next_record(struct dtls_walk *w)
{
	if (!dtls_begins(rd_rest(&w->datagram)))
		return false;
	rd_skip(&w->datagram, RECORD_HEAD - 2);
	w->record = rd_child(&w->datagram, rd_u16(&w->datagram));
	return w->record.err == ERR_OK;
}

bool dtls_piece_next(struct dtls_walk *w, struct dtls_piece *out)
{
	if (rd_left(&w->record) == 0 && !next_record(w))
		return false;
	struct rd *r = &w->record;
	out->type = rd_u8(r);
	out->total = rd_u24(r);
	out->number = rd_u16(r);
	out->from = rd_u24(r);
	uint32_t len = rd_u24(r);
	out->data = rd_span(r, len);
	if (r->err == ERR_OK && (out->from > out->total || len > out->total - out->from))
		rd_fail(r, ERR_FORMAT);
	return r->err == ERR_OK;
}
