// SPDX-License-Identifier: Apache-2.0
//
// The data of a record as text. A table says of each type which fields it has, in order.
#include <string.h>

#include "base/macro.h"
#include "base/time.h"
#include "wire/dns_query.h"

// Fields: 1 2 4 integers of that many bytes; a A addresses; n a name that may be compressed; s one
// character string, S all to the end; x the rest in hex; b the rest in base64; t a time (RFC 4034
// 3.2); y a type; B a type bitmap; c a property tag with its value (RFC 8659); H a hashed name.
static const struct {
	uint16_t type;
	const char *fields;
} forms[] = {
	{ 1, "a" },          { 2, "n" },       { 5, "n" },     { 6, "nn44444" }, { 12, "n" },
	{ 13, "ss" },        { 15, "2n" },     { 16, "S" },    { 17, "nn" },     { 28, "A" },
	{ 33, "222n" },      { 35, "22sssn" }, { 39, "n" },    { 43, "211x" },   { 44, "11x" },
	{ 46, "y114tt2nb" }, { 47, "nB" },     { 48, "211b" }, { 50, "112hHB" }, { 51, "112h" },
	{ 52, "111x" },      { 59, "211x" },   { 60, "211b" }, { 64, "2nV" },    { 65, "2nV" },
	{ 99, "S" },         { 256, "22R" },   { 257, "1c" },
};

static const char *form_of(uint16_t type)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if (forms[i].type == type)
			return forms[i].fields;
	return NULL;
}

static void quoted(struct wr *w, struct span s)
{
	wr_u8(w, '"');
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.at[i];
		if (c == '"' || c == '\\')
			wr_format(w, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			wr_format(w, "\\%03u", c);
		else
			wr_u8(w, c);
	}
	wr_u8(w, '"');
}

static void hex(struct wr *w, struct span s)
{
	static const char digits[] = "0123456789abcdef";
	if (s.len == 0)
		wr_u8(w, '-');
	for (size_t i = 0; i < s.len; i++) {
		wr_u8(w, (uint8_t)digits[s.at[i] >> 4]);
		wr_u8(w, (uint8_t)digits[s.at[i] & 15]);
	}
}

static void base(struct wr *w, struct span s, unsigned bits, const char *digits)
{
	uint32_t held = 0;
	unsigned have = 0;
	for (size_t i = 0; i < s.len; i++) {
		held = held << 8 | s.at[i];
		for (have += 8; have >= bits; have -= bits)
			wr_u8(w, (uint8_t)digits[held >> (have - bits) & ((1u << bits) - 1)]);
	}
	if (have > 0)
		wr_u8(w, (uint8_t)digits[held << (bits - have) & ((1u << bits) - 1)]);
	for (size_t i = s.len; bits == 6 && i % 3 != 0; i++)
		wr_u8(w, '=');
}

static void base64(struct wr *w, struct span s)
{
	base(w, s, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

// An uncompressed or compressed name that begins at R, as text.
static void name(struct wr *w, struct rd *r, struct span message, size_t at)
{
	char text[DNS_TEXT];
	struct dns_name n = { .message = message, .at = at + r->pos };
	if (dns_name_write(n, text) != ERR_OK) {
		rd_fail(r, ERR_FORMAT);
		return;
	}
	for (;;) {
		uint8_t len = rd_u8(r);
		if (r->err != ERR_OK || len == 0)
			break;
		rd_skip(r, len >= 0xc0 ? 1 : len);
		if (len >= 0xc0)
			break;
	}
	wr_text(w, text);
}

static void type_name(struct wr *w, uint16_t type)
{
	const char *known = dns_type_name(type);
	if (known != NULL)
		wr_text(w, known);
	else
		wr_format(w, "TYPE%u", type);
}

static void bitmap(struct wr *w, struct rd *r)
{
	for (bool first = true; rd_left(r) > 0 && r->err == ERR_OK;) {
		uint8_t window = rd_u8(r);
		struct span bits = rd_span(r, rd_u8(r));
		for (size_t i = 0; i < bits.len * 8; i++) {
			if ((bits.at[i / 8] & 0x80 >> i % 8) == 0)
				continue;
			if (!first)
				wr_u8(w, ' ');
			first = false;
			type_name(w, (uint16_t)(window * 256u + i));
		}
	}
}

static void address(struct wr *w, struct rd *r, size_t len)
{
	char text[ADDR_TEXT];
	addr_write(addr_of(rd_span(r, len)), text);
	if (r->err == ERR_OK)
		wr_text(w, text);
}

static void key_name(struct wr *w, uint16_t key)
{
	static const char *const names[] = { "mandatory", "alpn", "no-default-alpn", "port",
					     "ipv4hint",  "ech",  "ipv6hint",        "dohpath" };
	if (key < COUNT(names))
		wr_text(w, names[key]);
	else
		wr_format(w, "key%u", key);
}

// Nothing that has to be quoted, or that parts a list.
static void word(struct wr *w, struct rd *r, size_t len)
{
	struct span s = rd_span(r, len);
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f || memchr("\",;()\\", s.at[i], 6) != NULL)
			rd_fail(r, ERR_FORMAT);
	wr_bytes(w, s);
}

// One value of service parameter KEY.
static void parameter(struct wr *w, struct rd *r, uint16_t key)
{
	switch (key) {
	case 0:
		key_name(w, rd_u16(r));
		break;
	case 1:
		word(w, r, rd_u8(r));
		break;
	case 3:
		wr_format(w, "%u", rd_u16(r));
		break;
	case 4:
		address(w, r, 4);
		break;
	case 5:
		base64(w, rd_span(r, rd_left(r)));
		break;
	case 6:
		address(w, r, 16);
		break;
	case 7:
		word(w, r, rd_left(r));
		break;
	default:
		rd_fail(r, ERR_FORMAT);
		break;
	}
	if (key == 3 && rd_left(r) > 0)
		rd_fail(r, ERR_FORMAT);
}

// Service parameters (RFC 9460): by name where all is as that key has it, else as any key.
static void parameters(struct wr *w, struct rd *r)
{
	for (bool first = true; rd_left(r) > 0 && r->err == ERR_OK; first = false) {
		uint16_t key = rd_u16(r);
		struct span value = rd_span(r, rd_u16(r));
		struct rd in = rd_of(value);
		wr_text(w, first ? "" : " ");
		size_t start = w->len;
		key_name(w, key);
		while (rd_left(&in) > 0 && in.err == ERR_OK) {
			wr_u8(w, in.pos == 0 ? '=' : ',');
			parameter(w, &in, key);
		}
		if (in.err == ERR_OK)
			continue;
		w->len = start;
		wr_format(w, "key%u=", key);
		quoted(w, value);
	}
}

static void time_write(struct wr *w, uint32_t seconds)
{
	char text[WALL_TEXT];
	wall_write((struct wall){ (int64_t)seconds * NS_PER_S }, text);
	for (size_t i = 0; i < 19; i++)
		if (text[i] >= '0' && text[i] <= '9')
			wr_u8(w, (uint8_t)text[i]);
}

static void strings(struct wr *w, struct rd *r)
{
	for (bool first = true; rd_left(r) > 0 && r->err == ERR_OK; first = false) {
		if (!first)
			wr_u8(w, ' ');
		quoted(w, rd_span(r, rd_u8(r)));
	}
}

static void binary(struct wr *w, struct rd *r, char field)
{
	if (field == 'x') {
		hex(w, rd_span(r, rd_left(r)));
	} else if (field == 'b') {
		base64(w, rd_span(r, rd_left(r)));
	} else if (field == 'h') {
		hex(w, rd_span(r, rd_u8(r)));
	} else if (field == 'H') {
		base(w, rd_span(r, rd_u8(r)), 5, "0123456789abcdefghijklmnopqrstuv");
	} else if (field == 'R') {
		quoted(w, rd_span(r, rd_left(r)));
	} else {
		struct span tag = rd_span(r, rd_u8(r));
		wr_bytes(w, tag);
		wr_u8(w, ' ');
		quoted(w, rd_span(r, rd_left(r)));
	}
}

static void field_write(struct wr *w, struct rd *r, char field, const struct dns_record *rr)
{
	switch (field) {
	case '1':
		wr_format(w, "%u", rd_u8(r));
		break;
	case '2':
		wr_format(w, "%u", rd_u16(r));
		break;
	case '4':
		wr_format(w, "%u", rd_u32(r));
		break;
	case 'a':
		address(w, r, 4);
		break;
	case 'A':
		address(w, r, 16);
		break;
	case 'n':
		name(w, r, rr->target.message, rr->target.at);
		break;
	case 's':
		quoted(w, rd_span(r, rd_u8(r)));
		break;
	case 'S':
		strings(w, r);
		break;
	case 't':
		time_write(w, rd_u32(r));
		break;
	case 'y':
		type_name(w, rd_u16(r));
		break;
	case 'B':
		bitmap(w, r);
		break;
	case 'V':
		parameters(w, r);
		break;
	default:
		binary(w, r, field);
		break;
	}
}

static void unknown(const struct dns_record *rr, struct wr *w)
{
	wr_format(w, "\\# %zu", rr->data.len);
	if (rr->data.len == 0)
		return;
	wr_u8(w, ' ');
	hex(w, rr->data);
}

void dns_data_write(const struct dns_record *rr, struct wr *w)
{
	const char *fields = form_of(rr->type);
	struct rd r = rd_of(rr->data);
	size_t start = w->len;
	for (const char *f = fields; f != NULL && *f != '\0' && r.err == ERR_OK; f++) {
		if (f != fields)
			wr_u8(w, ' ');
		field_write(w, &r, *f, rr);
	}
	if (fields != NULL && rd_done(&r) == ERR_OK)
		return;
	w->len = start;
	unknown(rr, w);
}
