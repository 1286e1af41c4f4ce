// SPDX-License-Identifier: Apache-2.0
#include "wire/icmp.h"

#include "base/macro.h"
#include "wire/be.h"
#include "wire/checksum.h"

#define QUOTE_WITH_EXT 128 // a quote followed by extensions is at least this long (RFC 4884 3)
#define EXT_HEAD       4
#define EXT_VERSION    2
#define CLASS_MPLS     1

static enum icmp_kind kind4(uint8_t type, uint8_t code)
{
	switch (type) {
	case 0:
		return ICMP_ECHO_REPLY;
	case 3:
		return code == 4 ? ICMP_TOO_BIG : ICMP_UNREACHABLE;
	case 4: // source quench: an error, but of no use
		return ICMP_OTHER;
	case 5:
		return ICMP_REDIRECT;
	case 8:
		return ICMP_ECHO;
	case 11:
		return ICMP_TIME_EXCEEDED;
	case 12:
		return ICMP_PARAMETER;
	default:
		return ICMP_OTHER;
	}
}

static enum icmp_kind kind6(uint8_t type)
{
	switch (type) {
	case 1:
		return ICMP_UNREACHABLE;
	case 2:
		return ICMP_TOO_BIG;
	case 3:
		return ICMP_TIME_EXCEEDED;
	case 4:
		return ICMP_PARAMETER;
	case 128:
		return ICMP_ECHO;
	case 129:
		return ICMP_ECHO_REPLY;
	default:
		return ICMP_OTHER;
	}
}

// Whether an extension header with version and, unless it is zero, checksum stands here. The
// checksum is what keeps a long plain quote from being taken for one.
static bool is_extension(struct span s)
{
	if (s.len < EXT_HEAD || s.at[0] >> 4 != EXT_VERSION)
		return false;
	return be16_at(s.at + 2) == 0 || checksum_end(checksum_add(0, s)) == 0;
}

// Length of the quoted packet as RFC 4884 states it, in bytes; 0 when the router did not say.
static size_t stated_length(uint8_t family, const struct icmp *m)
{
	if (family == 4 && (m->kind == ICMP_UNREACHABLE || m->kind == ICMP_TOO_BIG ||
			    m->kind == ICMP_TIME_EXCEEDED || m->kind == ICMP_PARAMETER))
		return (size_t)(m->rest >> 16 & 0xff) * 4;
	if (family == 6 && (m->kind == ICMP_UNREACHABLE || m->kind == ICMP_TIME_EXCEEDED))
		return (size_t)(m->rest >> 24) * 8;
	return 0;
}

static void read_mpls(struct span data, struct icmp *out)
{
	for (size_t i = 0; i + 4 <= data.len; i += 4) {
		uint32_t word = be32_at(data.at + i);
		out->mpls_total++;
		if (out->mpls_count == ICMP_MPLS_MAX)
			continue;
		out->mpls[out->mpls_count++] = (struct mpls_entry){
			.label = word >> 12,
			.tc = (uint8_t)(word >> 9 & 7),
			.bottom = (word >> 8 & 1) != 0,
			.ttl = (uint8_t)word,
		};
	}
}

static void read_extensions(struct span s, struct icmp *out)
{
	struct icmp_object object;
	out->extensions = span_cut(s, EXT_HEAD, s.len);
	struct rd r = rd_of(out->extensions);
	while (icmp_object_next(&r, &object))
		if (object.class == CLASS_MPLS && object.kind == 1)
			read_mpls(object.data, out);
}

static void read_error(uint8_t family, struct icmp *out)
{
	size_t stated = stated_length(family, out);
	size_t quote = out->body.len;
	if (stated > 0 && stated < out->body.len)
		quote = stated;
	else if (stated == 0 && out->body.len > QUOTE_WITH_EXT)
		quote = QUOTE_WITH_EXT; // routers older than RFC 4884 do not say (5.1, 5.5)
	struct span after = span_cut(out->body, quote, out->body.len);
	if (is_extension(after))
		read_extensions(after, out);
	else
		quote = out->body.len;
	enum err err = ip_quote_read(span_cut(out->body, 0, quote), &out->quote);
	out->quotes = err == ERR_OK && out->quote.src.family == family;
}

enum err icmp_read(uint8_t family, struct span in, struct icmp *out)
{
	*out = (struct icmp){ .kind = ICMP_OTHER };
	if (in.len < ICMP_HEAD)
		return ERR_SHORT;
	out->type = in.at[0];
	out->code = in.at[1];
	out->checksum = be16_at(in.at + 2);
	out->rest = be32_at(in.at + 4);
	out->body = span_cut(in, ICMP_HEAD, in.len);
	out->kind = family == 4 ? kind4(out->type, out->code) : kind6(out->type);
	if (out->kind == ICMP_ECHO || out->kind == ICMP_ECHO_REPLY) {
		out->id = (uint16_t)(out->rest >> 16);
		out->seq = (uint16_t)out->rest;
	} else if (out->kind == ICMP_TOO_BIG) {
		out->mtu = family == 4 ? out->rest & 0xffff : out->rest;
	}
	if (out->kind >= ICMP_UNREACHABLE && (family == 4 || out->kind != ICMP_REDIRECT))
		read_error(family, out);
	return ERR_OK;
}

bool icmp_object_next(struct rd *r, struct icmp_object *out)
{
	*out = (struct icmp_object){ 0 };
	if (rd_left(r) == 0)
		return false;
	uint16_t len = rd_u16(r);
	out->class = rd_u8(r);
	out->kind = rd_u8(r);
	if (len < EXT_HEAD)
		rd_fail(r, ERR_FORMAT);
	else
		out->data = rd_span(r, len - (size_t)EXT_HEAD);
	return r->err == ERR_OK;
}

static enum err put_checksum(struct wr *w, size_t from, const struct addr *src,
			     const struct addr *dst)
{
	if (w->err != ERR_OK)
		return w->err;
	struct span all = span_of(w->at + from, w->len - from);
	uint32_t sum =
		src->family == 6 ? checksum_pseudo(src, dst, IP_ICMP6, (uint32_t)all.len) : 0;
	be16_put(w->at + from + 2, checksum_end(checksum_add(sum, all)));
	return ERR_OK;
}

enum err icmp_write(struct wr *w, const struct addr *src, const struct addr *dst,
		    const struct icmp *h)
{
	size_t from = w->len;
	uint8_t *p = wr_reserve(w, ICMP_HEAD);
	if (p == NULL)
		return w->err;
	p[0] = h->type;
	p[1] = h->code;
	be16_put(p + 2, 0);
	be32_put(p + 4, h->rest);
	wr_bytes(w, h->body);
	return put_checksum(w, from, src, dst);
}

static void write_mpls(struct wr *w, const struct icmp *h)
{
	size_t from = w->len;
	wr_u16(w, EXT_VERSION << 12);
	wr_u16(w, 0);
	wr_u16(w, (uint16_t)(EXT_HEAD + 4 * h->mpls_count));
	wr_u8(w, CLASS_MPLS);
	wr_u8(w, 1);
	for (size_t i = 0; i < h->mpls_count; i++) {
		const struct mpls_entry *e = &h->mpls[i];
		wr_u32(w, e->label << 12 | (e->tc & 7u) << 9 | (e->bottom ? 256u : 0) | e->ttl);
	}
	if (w->err == ERR_OK)
		be16_put(w->at + from + 2,
			 checksum_end(checksum_add(0, span_of(w->at + from, w->len - from))));
}

enum err icmp_error_write(struct wr *w, const struct addr *src, const struct addr *dst,
			  const struct icmp *h, struct span quoted)
{
	size_t unit = src->family == 4 ? 4 : 8;
	size_t len = quoted.len;
	uint32_t rest = h->rest;
	if (h->mpls_count > ICMP_MPLS_MAX)
		return ERR_RANGE;
	if (h->mpls_count > 0) {
		len = len < QUOTE_WITH_EXT ? QUOTE_WITH_EXT : (len + unit - 1) / unit * unit;
		if (len / unit > 0xff)
			return ERR_RANGE;
		rest |= (uint32_t)(len / unit) << (src->family == 4 ? 16 : 24);
	}
	size_t from = w->len;
	wr_u8(w, h->type);
	wr_u8(w, h->code);
	wr_u16(w, 0);
	wr_u32(w, rest);
	wr_bytes(w, quoted);
	wr_zero(w, len - quoted.len);
	if (h->mpls_count > 0)
		write_mpls(w, h);
	return put_checksum(w, from, src, dst);
}
