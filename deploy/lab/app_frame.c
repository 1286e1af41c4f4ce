// SPDX-License-Identifier: Apache-2.0
#include "lab/app_frame.h"

#include "base/macro.h"
#include "base/rd.h"

static const char *const names[] = {
	[FRAME_HELLO] = "hello",     [FRAME_WELCOME] = "welcome", [FRAME_SEND] = "send",
	[FRAME_STORED] = "stored",   [FRAME_DELIVER] = "deliver", [FRAME_RECEIVED] = "received",
	[FRAME_RECEIPT] = "receipt", [FRAME_PING] = "ping",       [FRAME_PONG] = "pong",
	[FRAME_REFUSED] = "refused", [FRAME_PEER] = "peer",       [FRAME_PRESENT] = "present",
};

_Static_assert(COUNT(names) == FRAME_COUNT_, "every kind has its name");

const char *frame_name(enum frame_kind kind)
{
	return kind > 0 && kind < FRAME_COUNT_ ? names[kind] : "?";
}

// An id or an account: it ends up in control lines and logs.
static struct span word_read(struct rd *r)
{
	size_t len = rd_u8(r);
	struct span s = rd_span(r, len);

	if (len > FRAME_WORD_MAX)
		rd_fail(r, ERR_FORMAT);
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			rd_fail(r, ERR_FORMAT);
	return s;
}

static struct span text_read(struct rd *r)
{
	size_t len = rd_u16(r);
	struct span s = rd_span(r, len);

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] == 0x7f)
			rd_fail(r, ERR_FORMAT);
	return s;
}

enum err frame_read(struct span bytes, struct frame *out, size_t *used)
{
	struct rd all = rd_of(bytes);
	size_t len = rd_u16(&all);

	if (all.err == ERR_OK && len > FRAME_MAX - 2)
		return ERR_FORMAT; // before its bytes are waited for
	struct rd body = rd_child(&all, len);
	if (all.err != ERR_OK)
		return all.err;
	uint8_t kind = rd_u8(&body);
	*out = (struct frame){ .kind = (enum frame_kind)kind };
	out->id = word_read(&body);
	out->from = word_read(&body);
	out->to = word_read(&body);
	out->text = text_read(&body);
	*used = len + 2;
	if (kind == 0 || kind >= FRAME_COUNT_ || out->text.len > FRAME_TEXT_MAX)
		return ERR_FORMAT;
	// The length is known: a field that does not fit cannot be cured by more bytes.
	return rd_done(&body) == ERR_OK ? ERR_OK : ERR_FORMAT;
}

static void word_write(struct wr *w, struct span s)
{
	if (s.len > FRAME_WORD_MAX && w->err == ERR_OK)
		w->err = ERR_RANGE;
	wr_u8(w, (uint8_t)s.len);
	wr_bytes(w, s);
}

void frame_write(struct wr *w, const struct frame *in)
{
	size_t before = w->len;
	size_t len = 1 + 3 + in->id.len + in->from.len + in->to.len + 2 + in->text.len;

	if (in->text.len > FRAME_TEXT_MAX && w->err == ERR_OK)
		w->err = ERR_RANGE;
	wr_u16(w, (uint16_t)len);
	wr_u8(w, (uint8_t)in->kind);
	word_write(w, in->id);
	word_write(w, in->from);
	word_write(w, in->to);
	wr_u16(w, (uint16_t)in->text.len);
	wr_bytes(w, in->text);
	if (w->err != ERR_OK)
		w->len = before;
}
