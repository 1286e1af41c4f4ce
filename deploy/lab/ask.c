// SPDX-License-Identifier: Apache-2.0
#include "lab/ask.h"

#include <ctype.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"

#define OPTION_NSID   3
#define OPTION_SUBNET 8
#define FLAG_DO       0x8000

static void subnet_read(struct span body, struct ask *out)
{
	struct rd r = rd_of(body);
	uint16_t family = rd_u16(&r);
	uint8_t bits = rd_u8(&r);
	uint8_t bytes[16] = { 0 };
	size_t len = family == 2 ? 16 : 4;

	rd_skip(&r, 1);
	if (r.err != ERR_OK || bits > len * 8 || rd_left(&r) > len)
		return;
	rd_copy(&r, bytes, rd_left(&r));
	out->subnet = true;
	out->subnet_at = body;
	out->place = (struct prefix){ .addr = addr_of(span_of(bytes, len)), .bits = bits };
}

static void opt_read(const struct dns_record *opt, struct ask *out)
{
	struct rd r = rd_of(opt->data);

	out->edns = true;
	out->dnssec_ok = opt->ttl & FLAG_DO;
	out->room = opt->class > ASK_UDP_MIN ? opt->class : ASK_UDP_MIN;
	while (rd_left(&r) >= 4) {
		uint16_t code = rd_u16(&r);
		struct span body = rd_span(&r, rd_u16(&r));
		if (r.err != ERR_OK)
			return;
		out->nsid |= code == OPTION_NSID;
		if (code == OPTION_SUBNET)
			subnet_read(body, out);
	}
}

enum err ask_read(struct span message, struct ask *out)
{
	struct dns_walk walk;
	struct dns_question q;
	struct dns_record record;
	enum err err = dns_walk_init(&walk, message);

	*out = (struct ask){ .room = ASK_UDP_MIN };
	if (err != ERR_OK)
		return err;
	if (walk.head.response || walk.head.opcode != 0 || walk.head.count[0] != 1 ||
	    !dns_question_next(&walk, &q) || q.class != 1)
		return ERR_MISSING;
	out->id = walk.head.id;
	out->flags = walk.head.flags;
	out->type = q.type;
	out->question = span_cut(message, DNS_HEAD, walk.r.pos - DNS_HEAD);
	err = dns_name_write(q.name, out->name);
	for (char *c = out->name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	while (err == ERR_OK && dns_record_next(&walk, &record))
		if (record.section == DNS_ADDITIONAL && record.type == DNS_OPT)
			opt_read(&record, out);
	return err;
}

void ask_head_write(struct wr *w, const struct ask *a, struct ask_head h)
{
	uint16_t flags = (uint16_t)(0x8000 | (a->flags & 0x0110) | h.rcode);

	flags |=
		h.authoritative ? 0x0400 : 0x0080; // AA, or RA: a resolver has the one or the other
	flags |= h.truncated ? 0x0200 : 0;
	flags |= h.validated ? 0x0020 : 0;
	wr_u16(w, h.id);
	wr_u16(w, flags);
	wr_u16(w, 1);
	wr_u16(w, h.answers);
	wr_u16(w, h.authority);
	wr_u16(w, h.additional);
	wr_bytes(w, a->question);
}

void ask_addr_write(struct wr *w, struct addr a, uint32_t ttl)
{
	wr_u16(w, ASK_NAME);
	wr_u16(w, a.family == 6 ? DNS_AAAA : DNS_A);
	wr_u16(w, 1);
	wr_u32(w, ttl);
	wr_u16(w, a.family == 6 ? 16 : 4);
	wr_bytes(w, addr_span(&a));
}

void ask_name_write(struct wr *w, const char *text)
{
	struct span rest = span_text(text);

	while (rest.at && rest.len > 0) {
		struct span label = text_cut(&rest, '.');
		wr_u8(w, (uint8_t)label.len);
		wr_bytes(w, label);
	}
	wr_u8(w, 0);
}
