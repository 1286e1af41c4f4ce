// SPDX-License-Identifier: Apache-2.0
#include "wire/dns_query.h"

#include <string.h>

#include "base/macro.h"
#include "base/text.h"

#define LABEL_MAX 63

// One byte of a label, escapes undone; false at a bad escape.
static bool byte_read(struct span *s, uint8_t *out)
{
	*out = s->at[0];
	*s = span_cut(*s, 1, s->len);
	if (*out != '\\')
		return true;
	if (s->len == 0)
		return false;
	*out = s->at[0];
	if (*out < '0' || *out > '9') {
		*s = span_cut(*s, 1, s->len);
		return true;
	}
	uint64_t v;
	if (s->len < 3 || text_u64(span_cut(*s, 0, 3), 0, 255, &v) != ERR_OK)
		return false;
	*out = (uint8_t)v;
	*s = span_cut(*s, 3, s->len);
	return true;
}

enum err dns_name_read(struct span text, struct dns_wire_name *out)
{
	uint8_t *length = out->bytes;
	size_t len = 1;
	if (text.len == 0)
		return ERR_FORMAT;
	if (text.len == 1 && text.at[0] == '.')
		text.len = 0;
	*length = 0;
	while (text.len > 0) {
		uint8_t c;
		bool dot = text.at[0] == '.';
		if (!byte_read(&text, &c) || (dot && *length == 0))
			return ERR_FORMAT;
		if (len == DNS_NAME || (!dot && *length == LABEL_MAX))
			return ERR_RANGE;
		if (dot) {
			length = out->bytes + len;
			*length = 0;
		} else {
			out->bytes[len] = c;
			++*length;
		}
		len++;
	}
	if (*length != 0) {
		if (len == DNS_NAME)
			return ERR_RANGE;
		out->bytes[len++] = 0;
	}
	out->len = (uint8_t)len;
	return ERR_OK;
}

void dns_name_reverse(struct addr a, struct dns_wire_name *out)
{
	char text[80];
	struct wr w = wr_of(text, sizeof(text));
	if (a.family == 4) {
		wr_format(&w, "%u.%u.%u.%u.in-addr.arpa", a.bytes[3], a.bytes[2], a.bytes[1],
			  a.bytes[0]);
	} else {
		for (size_t i = 16; i-- > 0;)
			wr_format(&w, "%x.%x.", a.bytes[i] & 15u, a.bytes[i] >> 4u);
		wr_text(&w, "ip6.arpa");
	}
	if (dns_name_read(wr_span(&w), out) != ERR_OK)
		out->len = 0;
}

void dns_name_mix(uint8_t *name, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = name[i] | 0x20;
		if (c < 'a' || c > 'z')
			continue;
		name[i] = (uint8_t)((seed & 1) != 0 ? c & ~0x20 : c);
		seed = seed >> 1 | seed << 63;
	}
}

void dns_subnet_write(struct wr *w, const struct prefix *p, uint8_t scope)
{
	size_t bytes = (p->bits + 7u) / 8;
	wr_u16(w, 8);
	wr_u16(w, (uint16_t)(4 + bytes));
	wr_u16(w, p->addr.family == 4 ? 1 : 2);
	wr_u8(w, p->bits);
	wr_u8(w, scope);
	wr_bytes(w, span_of(p->addr.bytes, bytes));
}

static void opt_write(struct wr *w, const struct dns_query *q)
{
	wr_u8(w, 0);
	wr_u16(w, DNS_OPT);
	wr_u16(w, q->size != 0 ? q->size : DNS_EDNS_SIZE);
	wr_u32(w, q->dnssec ? 0x8000 : 0);
	uint8_t *length = wr_reserve(w, 2);
	size_t start = w->len;
	if (q->nsid)
		wr_u32(w, 3 << 16);
	if (q->subnet.addr.family != 0)
		dns_subnet_write(w, &q->subnet, 0);
	if (length == NULL || w->err != ERR_OK)
		return;
	length[0] = (uint8_t)((w->len - start) >> 8);
	length[1] = (uint8_t)(w->len - start);
}

enum err dns_query_write(struct wr *w, const struct dns_query *q)
{
	wr_u16(w, q->id);
	wr_u16(w, (uint16_t)((q->recurse ? 0x0100 : 0) | (q->no_check ? 0x0010 : 0)));
	wr_u16(w, 1);
	wr_u32(w, 0);
	wr_u16(w, q->edns ? 1 : 0);
	wr_bytes(w, q->name);
	wr_u16(w, q->type);
	wr_u16(w, 1);
	if (q->edns)
		opt_write(w, q);
	return w->err;
}

static void subnet_read(struct rd *r, struct dns_opt *out)
{
	uint16_t family = rd_u16(r);
	uint8_t bits = rd_u8(r);
	uint8_t scope = rd_u8(r);
	size_t bytes = (bits + 7u) / 8;
	struct prefix p = { .addr = { .family = family == 1 ? 4 : 6 }, .bits = bits };
	if (family < 1 || family > 2 || bits > addr_bits(p.addr) || bytes > rd_left(r))
		return;
	rd_copy(r, p.addr.bytes, bytes);
	out->has_subnet = true;
	out->subnet = p;
	out->scope = scope;
}

static void option_read(uint16_t code, struct rd *r, struct dns_opt *out)
{
	if (code == 3) {
		out->has_nsid = true;
		out->nsid = rd_rest(r);
	} else if (code == 8) {
		subnet_read(r, out);
	} else if (code == 15 && out->error_count < DNS_EDE_MAX && rd_left(r) >= 2) {
		out->errors[out->error_count].code = rd_u16(r);
		out->errors[out->error_count++].text = rd_rest(r);
	}
}

void dns_opt_read(const struct dns_record *rr, struct dns_opt *out)
{
	*out = (struct dns_opt){
		.size = rr->class,
		.extended_rcode = (uint8_t)(rr->ttl >> 24),
		.version = (uint8_t)(rr->ttl >> 16),
		.dnssec = (rr->ttl & 0x8000) != 0,
	};
	struct rd r = rd_of(rr->data);
	while (rd_left(&r) >= 4) {
		uint16_t code = rd_u16(&r);
		uint16_t len = rd_u16(&r);
		struct rd option = rd_child(&r, len);
		if (r.err != ERR_OK)
			break;
		option_read(code, &option, out);
	}
}

static const char *const ede[] = {
	"Other Error",
	"Unsupported DNSKEY Algorithm",
	"Unsupported DS Digest Type",
	"Stale Answer",
	"Forged Answer",
	"DNSSEC Indeterminate",
	"DNSSEC Bogus",
	"Signature Expired",
	"Signature Not Yet Valid",
	"DNSKEY Missing",
	"RRSIGs Missing",
	"No Zone Key Bit Set",
	"NSEC Missing",
	"Cached Error",
	"Not Ready",
	"Blocked",
	"Censored",
	"Filtered",
	"Prohibited",
	"Stale NXDOMAIN Answer",
	"Not Authoritative",
	"Not Supported",
	"No Reachable Authority",
	"Network Error",
	"Invalid Data",
	"Signature Expired before Valid",
	"Too Early",
	"Unsupported NSEC3 Iterations Value",
	"Unable to conform to policy",
	"Synthesized",
};

const char *dns_ede_name(uint16_t code)
{
	return code < COUNT(ede) ? ede[code] : NULL;
}

static const char *const rcodes[] = {
	"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
	"YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE", "DSOTYPENI",
};

const char *dns_rcode_name(uint16_t code)
{
	if (code == 16)
		return "BADVERS";
	return code < COUNT(rcodes) ? rcodes[code] : NULL;
}
