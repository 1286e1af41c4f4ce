// SPDX-License-Identifier: Apache-2.0
#include "lab/ask.h"

#include <ctype.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"

static void opt_put(const struct dns_record *record, struct ask *out)
{
	dns_opt_read(record, &out->opt);
	out->edns = true;
	out->room = out->opt.size > ASK_UDP_MIN ? out->opt.size : ASK_UDP_MIN;
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
			opt_put(&record, out);
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
	struct dns_wire_name name;
	enum err err = dns_name_read(span_text(text), &name);

	if (err != ERR_OK)
		w->err = err;
	else
		wr_bytes(w, span_of(name.bytes, name.len));
}
