// SPDX-License-Identifier: Apache-2.0
#include "msg/field.h"

static void write_found(struct wr *w, const struct resolver_record *r)
{
	field_bytes(w, 7, r->payload);
	field_u64(w, 8, r->rtt_us);
	field_u64(w, 9, r->ttl);
	field_bytes(w, 10, r->answered_from);
	for (size_t i = 0; i < r->name_count; i++)
		field_item(w, 11, r->names[i]);
	field_bytes(w, 12, span_of(r->name_marks, r->name_count));
	field_u64(w, 13, r->ptr);
	field_u64(w, 14, r->infrastructure);
	field_text(w, 15, r->infra_rule);
	field_u64(w, 16, r->class);
	field_bytes(w, 17, r->egress4);
	field_bytes(w, 18, r->egress6);
	field_u64(w, 19, r->nxdomain);
	field_bytes(w, 20, r->nx_addrs);
}

enum err record_write_resolver(struct wr *out, const struct resolver_record *r)
{
	enum err err = resolver_check(r);
	if (err != ERR_OK)
		return err;
	size_t start = out->len, begun = field_begin(out, BATCH_RESOLVER);
	field_run(out, 1, &r->scan);
	field_addr(out, 2, &r->addr);
	field_u64(out, 3, r->role);
	field_u64(out, 4, r->state);
	field_wall(out, 5, r->start);
	field_wall(out, 6, r->end);
	write_found(out, r);
	field_packed(out, 21, r->round_ms, r->rounds);
	field_packed(out, 22, r->round_rtt_us, r->rounds);
	field_bytes(out, 23, r->round_outcome);
	field_bytes(out, 24, r->round_rcode);
	return record_finish(out, start, begun);
}
