// SPDX-License-Identifier: Apache-2.0
//
// Records as fields of a batch. Numbers are those of proto/*.proto, in rising order.
#include "msg/field.h"
#include "msg/record.h"

enum err record_finish(struct wr *out, size_t start, size_t begun)
{
	if (out->err == ERR_OK && out->len - begun > BATCH_RECORD_MAX)
		out->err = ERR_FULL;
	field_end(out, begun);
	if (out->err != ERR_OK)
		out->len = start;
	return out->err;
}

static void trace_head(struct wr *w, const struct trace_record *t)
{
	field_run(w, 1, &t->run);
	field_fixed64(w, 2, t->id);
	field_wall(w, 3, t->start);
	field_u64(w, 4, t->duration_us);
	field_u64(w, 5, t->purpose);
	field_u64(w, 6, t->side);
	field_addr(w, 7, &t->src);
	field_addr(w, 8, &t->dst);
	field_u64(w, 9, t->method);
	field_u64(w, 10, t->sport);
	field_u64(w, 11, t->dport);
	field_u64(w, 12, t->flow_label);
	field_u64(w, 13, t->stop);
	field_u64(w, 14, t->probes_sent);
	field_u64(w, 15, t->kernel_drops);
	field_u64(w, 16, t->first_ttl);
}

static void trace_borrowed(struct wr *w, const struct trace_record *t)
{
	if (t->borrowed_count == 0)
		return;
	field_packed(w, 29, t->borrowed_probe, t->borrowed_count);
	size_t begun = field_begin(w, 30);
	for (size_t i = 0; i < t->borrowed_count; i++)
		wr_le64(w, t->borrowed_from[i]);
	field_end(w, begun);
	field_packed(w, 31, t->borrowed_age_ms, t->borrowed_count);
}

enum err record_write_trace(struct wr *out, const struct trace_record *t)
{
	enum err err = trace_check(t);
	if (err != ERR_OK)
		return err;
	size_t start = out->len, begun = field_begin(out, BATCH_TRACE);
	trace_head(out, t);
	field_bytes(out, 17, t->tries);
	field_bytes(out, 18, t->addrs);
	field_bytes(out, 19, t->ref);
	field_packed(out, 20, t->rtt_us, t->probes);
	field_packed(out, 21, t->answers, t->answer_count);
	field_bytes(out, 22, t->answer);
	field_bytes(out, 23, t->reply_ttl);
	field_bytes(out, 24, t->quoted_ttl);
	field_bytes(out, 25, t->mark);
	field_packed(out, 26, t->mpls_probe, t->mpls_count);
	field_packed32(out, 27, t->mpls_label, t->mpls_count);
	field_text(out, 28, t->peer);
	trace_borrowed(out, t);
	field_bytes(out, 32, t->reply_id);
	field_bytes(out, 33, t->reply_tos);
	field_bytes(out, 34, t->extra);
	field_u64(out, 35, t->proto);
	return record_finish(out, start, begun);
}

static void flow_names(struct wr *w, const struct flow_record *f)
{
	for (size_t i = 0; i < f->name_count; i++)
		field_item(w, 14, f->names[i].name);
	if (f->name_count == 0)
		return;
	size_t begun = field_begin(w, 15);
	for (size_t i = 0; i < f->name_count; i++)
		field_varint(w, f->names[i].how);
	field_end(w, begun);
}

static void flow_bursts(struct wr *w, const struct flow_record *f)
{
	if (f->burst_count == 0)
		return;
	size_t begun = field_begin(w, 17);
	for (size_t i = 0; i < f->burst_count; i++)
		field_zigzag(w, f->bursts[i].after_ns);
	field_end(w, begun);
	begun = field_begin(w, 18);
	for (size_t i = 0; i < f->burst_count; i++)
		field_varint(w, f->bursts[i].bytes);
	field_end(w, begun);
}

static void flow_outer(struct wr *w, const struct flow_outer *o)
{
	if (o->a.family == 0)
		return;
	field_addr(w, 20, &o->a);
	field_u64(w, 21, o->aport);
	field_addr(w, 22, &o->b);
	field_u64(w, 23, o->bport);
	field_u64(w, 24, o->pkts_ab);
	field_u64(w, 25, o->bytes_ab);
	field_u64(w, 26, o->pkts_ba);
	field_u64(w, 27, o->bytes_ba);
	field_u64(w, 28, o->drops);
	field_u64(w, 29, o->mappings);
}

static void flow_tcp(struct wr *w, const struct flow_record *f)
{
	field_u64(w, 32, f->tcp_a.flags);
	field_u64(w, 33, f->tcp_b.flags);
	field_u64(w, 34, f->tcp_a.again);
	field_u64(w, 35, f->tcp_b.again);
	field_u64(w, 36, f->tcp_a.late);
	field_u64(w, 37, f->tcp_b.late);
	field_u64(w, 38, (uint64_t)f->tcp_a.rtt_ns);
	field_u64(w, 39, (uint64_t)f->tcp_b.rtt_ns);
}

enum err record_write_flow(struct wr *out, const struct flow_record *f)
{
	if (f->name_count > FLOW_NAMES_MAX || f->burst_count > FLOW_BURSTS_MAX)
		return ERR_STATE;
	size_t start = out->len, begun = field_begin(out, BATCH_FLOW);
	field_run(out, 1, &f->run);
	field_u64(out, 2, f->side);
	field_wall(out, 3, f->first);
	field_wall(out, 4, f->last);
	field_u64(out, 5, f->proto);
	field_addr(out, 6, &f->a);
	field_addr(out, 7, &f->b);
	field_u64(out, 8, f->aport);
	field_u64(out, 9, f->bport);
	field_u64(out, 10, f->pkts_ab);
	field_u64(out, 11, f->bytes_ab);
	field_u64(out, 12, f->pkts_ba);
	field_u64(out, 13, f->bytes_ba);
	flow_names(out, f);
	field_text(out, 16, f->app);
	flow_bursts(out, f);
	field_u64(out, 19, f->kernel_drops);
	flow_outer(out, &f->outer);
	field_u64(out, 30, f->interface_drops);
	field_u64(out, 31, f->fragments);
	flow_tcp(out, f);
	return record_finish(out, start, begun);
}

enum err record_write_mapping(struct wr *out, const struct mapping_record *m)
{
	size_t start = out->len, begun = field_begin(out, BATCH_MAPPING);
	field_run(out, 1, &m->run);
	field_u64(out, 2, m->side);
	field_wall(out, 3, m->at);
	field_u64(out, 4, m->proto);
	field_addr(out, 5, &m->inner);
	field_u64(out, 6, m->inner_port);
	field_addr(out, 7, &m->dst);
	field_u64(out, 8, m->dst_port);
	field_addr(out, 9, &m->outer);
	field_u64(out, 10, m->outer_port);
	field_addr(out, 11, &m->server);
	field_u64(out, 12, m->server_port);
	return record_finish(out, start, begun);
}

enum err record_write_capture(struct wr *out, const struct capture_record *c)
{
	if (c->sha256.len != 0 && c->sha256.len != CAPTURE_SHA256)
		return ERR_STATE;
	size_t start = out->len, begun = field_begin(out, BATCH_CAPTURE);
	field_run(out, 1, &c->run);
	field_u64(out, 2, c->side);
	field_u64(out, 3, c->place);
	field_wall(out, 4, c->first);
	field_wall(out, 5, c->last);
	field_u64(out, 6, c->packets);
	field_u64(out, 7, c->kernel_drops);
	field_u64(out, 8, c->interface_drops);
	field_u64(out, 9, c->snap);
	field_u64(out, 10, c->bytes);
	field_bytes(out, 11, c->sha256);
	return record_finish(out, start, begun);
}

enum err record_write_step(struct wr *out, const struct step_record *s)
{
	size_t start = out->len, begun = field_begin(out, BATCH_STEP);
	field_run(out, 1, &s->run);
	field_u64(out, 2, s->side);
	field_text(out, 3, s->name);
	field_wall(out, 4, s->begin);
	field_wall(out, 5, s->end);
	field_u64(out, 6, s->outcome);
	field_text(out, 7, s->detail);
	return record_finish(out, start, begun);
}

enum err record_write_message(struct wr *out, const struct message_record *m)
{
	size_t start = out->len, begun = field_begin(out, BATCH_MESSAGE);
	field_run(out, 1, &m->run);
	field_u64(out, 2, m->side);
	field_text(out, 3, m->id);
	field_u64(out, 4, m->from_side);
	field_wall(out, 5, m->planned);
	field_wall(out, 6, m->sent);
	field_wall(out, 7, m->delivered);
	field_wall(out, 8, m->received);
	field_u64(out, 9, m->status);
	field_text(out, 10, m->detail);
	return record_finish(out, start, begun);
}

enum err record_write_outcome(struct wr *out, const struct outcome_record *o)
{
	size_t start = out->len, begun = field_begin(out, BATCH_OUTCOME);
	field_run(out, 1, &o->order);
	field_run(out, 2, &o->run);
	field_u64(out, 3, o->state);
	field_wall(out, 4, o->at);
	field_text(out, 5, o->detail);
	return record_finish(out, start, begun);
}

enum err record_write_name(struct wr *out, const struct name_record *n)
{
	size_t start = out->len, begun = field_begin(out, BATCH_NAME);
	field_addr(out, 1, &n->addr);
	field_text(out, 2, n->name);
	field_wall(out, 3, n->at);
	return record_finish(out, start, begun);
}

enum err record_write_gap(struct wr *out, const struct gap_record *g)
{
	size_t start = out->len, begun = field_begin(out, BATCH_GAP);
	field_u64(out, 1, g->reason);
	field_u64(out, 2, g->records);
	field_u64(out, 3, g->bytes);
	field_wall(out, 4, g->at);
	field_u64(out, 5, g->first_seq);
	field_u64(out, 6, g->last_seq);
	return record_finish(out, start, begun);
}

void field_clock(struct wr *w, uint32_t number, const struct clock_record *c)
{
	size_t begun = field_begin(w, number);
	field_u64(w, 1, c->synced);
	field_s64(w, 2, c->offset_ns);
	field_u64(w, 3, c->max_error_ns);
	field_bytes(w, 4, span_of(c->boot, sizeof(c->boot)));
	field_wall(w, 5, c->wall);
	field_fixed64(w, 6, (uint64_t)c->mono.ns);
	field_end(w, begun);
}

enum err batch_head_write(struct wr *out, const struct batch_head *h)
{
	field_u64(out, 1, BATCH_VERSION);
	field_text(out, 2, h->node);
	field_fixed64(out, 3, h->epoch);
	field_u64(out, 4, h->seq);
	field_wall(out, 5, h->sealed);
	field_clock(out, 6, &h->clock);
	field_u64(out, 7, h->records);
	return out->err;
}
