// SPDX-License-Identifier: Apache-2.0
#include "msg/field.h"

static void write_reply(struct wr *w, uint32_t number, const struct page_reply *r)
{
	size_t begun = field_begin(w, number);
	field_u64(w, 1, r->state);
	field_text(w, 2, r->error);
	field_u64(w, 3, r->connect_us);
	field_u64(w, 4, r->duration_us);
	field_u64(w, 5, r->status);
	field_text(w, 6, r->status_line);
	field_bytes(w, 7, r->headers);
	field_bytes(w, 8, r->body);
	field_u64(w, 9, r->body_bytes);
	field_bytes(w, 10, r->body_sha256);
	field_u64(w, 11, r->cut);
	field_end(w, begun);
}

static void write_tls(struct wr *w, uint32_t number, const struct page_tls *t)
{
	size_t begun = field_begin(w, number);
	field_u64(w, 1, t->version);
	field_u64(w, 2, t->cipher);
	for (size_t i = 0; i < t->chain_count; i++)
		field_bytes(w, 3, t->chain[i]);
	field_u64(w, 4, t->trusted);
	field_u64(w, 5, t->name_match);
	field_u64(w, 6, t->verify);
	field_text(w, 7, t->error);
	field_text(w, 8, t->subject);
	field_text(w, 9, t->issuer);
	field_wall(w, 10, t->not_before);
	field_wall(w, 11, t->not_after);
	for (size_t i = 0; i < t->name_count; i++)
		field_item(w, 12, t->names[i]);
	field_end(w, begun);
}

enum err record_write_page(struct wr *out, const struct page_record *p)
{
	enum err err = page_check(p);
	if (err != ERR_OK)
		return err;
	size_t start = out->len, begun = field_begin(out, BATCH_PAGE);
	field_run(out, 1, &p->scan);
	field_addr(out, 2, &p->addr);
	field_text(out, 3, p->domain);
	field_u64(out, 4, p->role);
	field_wall(out, 5, p->start);
	field_wall(out, 6, p->end);
	write_reply(out, 7, &p->http);
	write_reply(out, 8, &p->https);
	if (p->tls.seen)
		write_tls(out, 9, &p->tls);
	return record_finish(out, start, begun);
}
