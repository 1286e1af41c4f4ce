// SPDX-License-Identifier: Apache-2.0
#include "wire/reflect.h"

#include <string.h>

#include "base/text.h"
#include "wire/dns.h"

#define MAGIC         "WMR1"
#define ANSWERED      0x80 // on the kind of an answer
#define CLASS_IN      1
#define FLAGS_DESIRED 0x0100 // a question that may be passed on
#define FLAGS_REPLY   0x8400 // QR, AA
#define REFUSED       5
#define NAME_ABOVE    0xc00c // the question's name
#define KEPT          0x7900 // opcode and RD of a query, which a reply repeats
#define LABEL         (2 + 2 * REFLECT_TOKEN)

static void head_write(struct wr *w, const struct reflect_ask *a, uint8_t kind, uint8_t ttl,
		       uint8_t proto)
{
	wr_text(w, MAGIC);
	wr_u8(w, kind);
	wr_u8(w, ttl);
	wr_u8(w, proto);
	wr_u8(w, 0);
	wr_bytes(w, span_of(a->token, sizeof(a->token)));
	wr_bytes(w, span_of(a->nonce, sizeof(a->nonce)));
}

static void fill(struct wr *w, size_t begun)
{
	if (w->err == ERR_OK)
		wr_zero(w, REFLECT_SIZE - (w->len - begun));
}

void reflect_ask_write(struct wr *w, const struct reflect_ask *in)
{
	size_t begun = w->len;
	head_write(w, in, (uint8_t)in->kind, 0, 0);
	fill(w, begun);
}

static bool kind_right(uint8_t kind)
{
	return kind == REFLECT_PLAIN || kind == REFLECT_NODE || kind == REFLECT_PHONE;
}

// BIT: what the kind of this direction carries.
static enum err head_read(struct rd *r, uint8_t bit, struct reflect_answer *out)
{
	if (r->in.len != REFLECT_SIZE)
		return r->in.len < REFLECT_SIZE ? ERR_SHORT : ERR_FORMAT;
	struct span magic = rd_span(r, strlen(MAGIC));
	uint8_t kind = rd_u8(r);
	if (!text_is(magic, MAGIC) || (kind & ANSWERED) != bit ||
	    !kind_right((uint8_t)(kind & ~ANSWERED)))
		return ERR_FORMAT;
	out->ask.kind = (enum reflect_kind)(kind & ~ANSWERED);
	out->ttl_sent = rd_u8(r);
	out->proto = rd_u8(r);
	rd_skip(r, 1);
	rd_copy(r, out->ask.token, sizeof(out->ask.token));
	rd_copy(r, out->ask.nonce, sizeof(out->ask.nonce));
	return ERR_OK;
}

enum err reflect_ask_read(struct span in, struct reflect_ask *out)
{
	struct rd r = rd_of(in);
	struct reflect_answer a = { 0 };
	enum err err = head_read(&r, 0, &a);
	*out = a.ask;
	return err;
}

static void addr_put(struct wr *w, struct addr a)
{
	wr_u8(w, a.family);
	wr_bytes(w, span_of(a.bytes, sizeof(a.bytes)));
}

static enum err addr_take(struct rd *r, struct addr *out)
{
	static const uint8_t none[16];
	out->family = rd_u8(r);
	rd_copy(r, out->bytes, sizeof(out->bytes));
	size_t used = addr_bits(*out) / 8u;
	if ((out->family != 0 && used == 0) ||
	    memcmp(out->bytes + used, none, sizeof(none) - used) != 0)
		return ERR_FORMAT;
	return ERR_OK;
}

static void view_put(struct wr *w, const struct reflect_view *v)
{
	addr_put(w, v->addr);
	wr_u16(w, v->port);
	wr_u8(w, v->ttl);
}

static enum err view_take(struct rd *r, struct reflect_view *out)
{
	enum err err = addr_take(r, &out->addr);
	out->port = rd_u16(r);
	out->ttl = rd_u8(r);
	return err;
}

void reflect_answer_write(struct wr *w, const struct reflect_answer *in)
{
	size_t begun = w->len;
	size_t len = in->syn_len < REFLECT_SYN ? in->syn_len : REFLECT_SYN;
	head_write(w, &in->ask, (uint8_t)(in->ask.kind | ANSWERED), in->ttl_sent, in->proto);
	view_put(w, &in->you);
	view_put(w, &in->node4);
	view_put(w, &in->node6);
	addr_put(w, in->resolver_node);
	addr_put(w, in->resolver_phone);
	wr_u16(w, in->window);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, span_of(in->syn, len));
	fill(w, begun);
}

enum err reflect_answer_read(struct span in, struct reflect_answer *out)
{
	struct rd r = rd_of(in);
	*out = (struct reflect_answer){ 0 };
	enum err err = head_read(&r, ANSWERED, out);
	if (err != ERR_OK)
		return err;
	if (view_take(&r, &out->you) != ERR_OK || view_take(&r, &out->node4) != ERR_OK ||
	    view_take(&r, &out->node6) != ERR_OK || addr_take(&r, &out->resolver_node) != ERR_OK ||
	    addr_take(&r, &out->resolver_phone) != ERR_OK)
		return ERR_FORMAT;
	out->window = rd_u16(&r);
	out->syn_len = rd_u8(&r);
	if (out->syn_len > REFLECT_SYN)
		return ERR_FORMAT;
	rd_copy(&r, out->syn, out->syn_len);
	return r.err;
}

static void labels_write(struct wr *w, const char *zone)
{
	struct span rest = span_text(zone);
	while (rest.len > 0) {
		struct span label = text_cut(&rest, '.');
		if (label.len == 0)
			continue;
		wr_u8(w, (uint8_t)label.len);
		wr_bytes(w, label);
	}
	wr_u8(w, 0);
}

void reflect_query_write(struct wr *w, const struct reflect_ask *in, const char *zone)
{
	char hex[2 * REFLECT_TOKEN + 1];
	text_hex(span_of(in->token, sizeof(in->token)), hex);
	wr_u16(w, (uint16_t)(in->nonce[0] << 8 | in->nonce[1]));
	wr_u16(w, FLAGS_DESIRED);
	wr_u16(w, 1);
	wr_zero(w, 6);
	wr_u8(w, LABEL);
	wr_u8(w, (uint8_t)in->kind);
	wr_u8(w, '-');
	wr_text(w, hex);
	labels_write(w, zone);
	wr_u16(w, DNS_A);
	wr_u16(w, CLASS_IN);
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static enum err name_read(const char *name, const char *zone, struct reflect_ask *out)
{
	char want[REFLECT_NAME];
	if (strlen(name) <= LABEL + 1 || name[LABEL] != '.' || name[1] != '-' ||
	    (name[0] != REFLECT_NODE && name[0] != REFLECT_PHONE) ||
	    text_copy(want, sizeof(want), span_text(zone)) != ERR_OK)
		return ERR_MISSING;
	lower(want);
	if (strcmp(name + LABEL + 1, want) != 0)
		return ERR_MISSING;
	out->kind = (enum reflect_kind)name[0];
	return text_unhex(span_of(name + 2, 2 * REFLECT_TOKEN), out->token, sizeof(out->token)) ==
			       ERR_OK
		       ? ERR_OK
		       : ERR_MISSING;
}

enum err reflect_query_read(struct span in, const char *zone, struct reflect_ask *out)
{
	struct dns_walk walk;
	struct dns_question q;
	char name[DNS_TEXT];
	*out = (struct reflect_ask){ 0 };
	if (dns_walk_init(&walk, in) != ERR_OK || walk.head.response || walk.head.opcode != 0 ||
	    walk.head.count[0] != 1 || !dns_question_next(&walk, &q) ||
	    dns_name_write(q.name, name) != ERR_OK)
		return ERR_FORMAT;
	lower(name);
	return name_read(name, zone, out);
}

// With room for no, or one, record behind it.
static enum err reply_write(struct wr *w, struct span query, uint16_t rcode, uint16_t answers)
{
	struct dns_walk walk;
	struct dns_question q;
	if (dns_walk_init(&walk, query) != ERR_OK || walk.head.response ||
	    walk.head.count[0] != 1 || !dns_question_next(&walk, &q))
		return ERR_FORMAT;
	wr_u16(w, walk.head.id);
	wr_u16(w, (uint16_t)((walk.head.flags & KEPT) | FLAGS_REPLY | rcode));
	wr_u16(w, 1);
	wr_u16(w, answers);
	wr_zero(w, 4);
	wr_bytes(w, span_cut(query, DNS_HEAD, walk.r.pos - DNS_HEAD));
	return w->err;
}

enum err reflect_reply_write(struct wr *w, struct span query, bool found)
{
	return reply_write(w, query, found ? 0 : REFUSED, 0);
}

// NAME is ZONE or below it; both lower case, without trailing dot.
static bool within(const char *name, const char *zone)
{
	size_t len = strlen(name), least = strlen(zone);
	return least > 0 && len >= least && strcmp(name + len - least, zone) == 0 &&
	       (len == least || name[len - least - 1] == '.');
}

// What a record of TYPE says of FROM, with its length before it; false: it cannot hold it.
static bool told_data(uint16_t type, struct addr from, struct wr *w)
{
	char text[ADDR_TEXT];
	if ((type == DNS_A && from.family == 4) || (type == DNS_AAAA && from.family == 6)) {
		wr_u16(w, type == DNS_A ? 4 : 16);
		wr_bytes(w, span_of(from.bytes, type == DNS_A ? 4 : 16));
		return true;
	}
	addr_write(from, text);
	wr_u16(w, (uint16_t)(strlen(text) + 1));
	wr_u8(w, (uint8_t)strlen(text));
	wr_text(w, text);
	return type == DNS_TXT;
}

enum err reflect_told_write(struct wr *w, struct span query, const char *zone, struct addr from)
{
	struct dns_walk walk;
	struct dns_question q;
	char name[DNS_TEXT], want[REFLECT_NAME];
	uint8_t room[REFLECT_TOLD];
	struct wr data = wr_of(room, sizeof(room));
	if (dns_walk_init(&walk, query) != ERR_OK || !dns_question_next(&walk, &q) ||
	    dns_name_write(q.name, name) != ERR_OK ||
	    text_copy(want, sizeof(want), span_text(zone)) != ERR_OK)
		return ERR_FORMAT;
	lower(name);
	lower(want);
	if (!within(name, want))
		return ERR_MISSING;
	bool has = q.class == CLASS_IN && told_data(q.type, from, &data);
	enum err err = reply_write(w, query, 0, has);
	if (err != ERR_OK || !has)
		return err;
	wr_u16(w, NAME_ABOVE);
	wr_u16(w, q.type);
	wr_u16(w, CLASS_IN);
	wr_u32(w, 0);
	wr_bytes(w, wr_span(&data));
	return w->err;
}
