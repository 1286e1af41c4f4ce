// SPDX-License-Identifier: Apache-2.0
#include "store/rows.h"

static const char *const names[ROWS_TABLES] = {
	[ROWS_TRACE] = "trace",       [ROWS_FLOW] = "flow",
	[ROWS_STEP] = "step",         [ROWS_MESSAGE] = "message",
	[ROWS_OUTCOME] = "outcome",   [ROWS_NAME] = "name",
	[ROWS_DNS_PAIR] = "dns_pair", [ROWS_PAGE] = "page",
	[ROWS_RESOLVER] = "resolver", [ROWS_MAPPING] = "mapping",
	[ROWS_CAPTURE] = "capture",   [ROWS_GRAPH] = "graph",
	[ROWS_GAP] = "gap",           [ROWS_BATCH] = "batch",
	[ROWS_BODY] = "batch_body",   [ROWS_QUARANTINE] = "quarantine",
};

const char *rows_table_name(enum rows_table t)
{
	return names[t];
}

static void key(struct wr *w, struct rows_key k)
{
	copy_i4(w, k.node);
	copy_i4(w, k.stream);
	copy_u63(w, k.seq);
}

void rows_item(struct wr *w, struct rows_key k, uint32_t item)
{
	key(w, k);
	copy_i4(w, (int32_t)item);
}

static void trace_labels(struct wr *w, const struct trace_record *t)
{
	if (t->mpls_count == 0) {
		copy_null(w);
		copy_null(w);
		return;
	}
	copy_i4_array(w, t->mpls_probe, t->mpls_count);
	struct copy_array a = copy_array_open(w, COPY_INT8, t->mpls_count, false);
	for (size_t i = 0; i < t->mpls_count; i++)
		copy_i8(w, t->mpls_label[i]);
	copy_array_close(w, a);
}

static void trace_borrowed(struct wr *w, const struct trace_record *t)
{
	if (t->borrowed_count == 0) {
		for (int i = 0; i < 3; i++)
			copy_null(w);
		return;
	}
	copy_i4_array(w, t->borrowed_probe, t->borrowed_count);
	struct copy_array a = copy_array_open(w, COPY_INT8, t->borrowed_count, false);
	for (size_t i = 0; i < t->borrowed_count; i++)
		copy_i8(w, (int64_t)t->borrowed_from[i]);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_INT8, t->borrowed_count, false);
	for (size_t i = 0; i < t->borrowed_count; i++)
		copy_i8(w, t->borrowed_age_ms[i]);
	copy_array_close(w, a);
}

enum err rows_trace(struct wr *w, struct rows_key k, uint32_t item, const struct trace_record *t)
{
	copy_row(w, 39);
	copy_time(w, t->start);
	rows_item(w, k, item);
	copy_i8(w, (int64_t)t->id);
	copy_run(w, t->run);
	copy_side(w, t->side);
	copy_i2(w, (int16_t)t->purpose);
	copy_i2(w, (int16_t)t->method);
	copy_i2(w, (int16_t)t->stop);
	copy_u31(w, t->duration_us);
	copy_inet_or_null(w, t->src);
	copy_inet(w, t->dst);
	copy_i4(w, t->sport);
	copy_i4(w, t->dport);
	copy_u31(w, t->flow_label);
	copy_u31(w, t->probes_sent);
	copy_u31(w, t->kernel_drops);
	copy_i2(w, t->first_ttl);
	copy_text_or_null(w, t->peer);
	copy_bytes(w, t->tries);
	copy_inet_array(w, t->addrs, t->dst.family == 4 ? 4 : 16);
	copy_bytes(w, t->ref);
	copy_rtt_array(w, t->rtt_us, t->probes);
	copy_i4_array(w, t->answers, t->answer_count);
	copy_bytes(w, t->answer);
	copy_bytes(w, t->reply_ttl);
	copy_bytes_or_null(w, t->quoted_ttl);
	copy_bytes_or_null(w, t->mark);
	trace_labels(w, t);
	trace_borrowed(w, t);
	copy_bytes_or_null(w, t->reply_id);
	copy_bytes_or_null(w, t->reply_tos);
	copy_bytes_or_null(w, t->extra);
	copy_i2(w, t->proto);
	return w->err;
}

static void flow_arrays(struct wr *w, const struct flow_record *f)
{
	struct copy_array a = copy_array_open(w, COPY_TEXT, f->name_count, false);
	for (size_t i = 0; i < f->name_count; i++)
		copy_text(w, f->names[i].name);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_INT2, f->name_count, false);
	for (size_t i = 0; i < f->name_count; i++)
		copy_i2(w, (int16_t)f->names[i].how);
	copy_array_close(w, a);
	copy_text_or_null(w, f->app);
	a = copy_array_open(w, COPY_INT8, f->burst_count, false);
	for (size_t i = 0; i < f->burst_count; i++)
		copy_i8(w, f->bursts[i].after_ns / NS_PER_US);
	copy_array_close(w, a);
	a = copy_array_open(w, COPY_INT4, f->burst_count, false);
	for (size_t i = 0; i < f->burst_count; i++)
		copy_u31(w, f->bursts[i].bytes);
	copy_array_close(w, a);
}

static void flow_outer(struct wr *w, const struct flow_outer *o)
{
	if (o->a.family == 0) {
		for (int column = 0; column < 9; column++)
			copy_null(w);
	} else {
		copy_inet(w, o->a);
		copy_i4(w, o->aport);
		copy_inet(w, o->b);
		copy_i4(w, o->bport);
		copy_u63(w, o->pkts_ab);
		copy_u63(w, o->bytes_ab);
		copy_u63(w, o->pkts_ba);
		copy_u63(w, o->bytes_ba);
		copy_u31(w, o->drops);
	}
	copy_u31(w, o->mappings);
}

static void rtt_or_null(struct wr *w, int64_t ns)
{
	if (ns > 0)
		copy_i8(w, ns / NS_PER_US);
	else
		copy_null(w);
}

// Of the flags alone one cannot tell what is not TCP from what was told by an agent too old for it;
// neither has facts.
static void flow_tcp(struct wr *w, const struct flow_record *f)
{
	const struct flow_tcp *a = &f->tcp_a, *b = &f->tcp_b;
	if ((a->flags | b->flags) == 0) {
		for (int column = 0; column < 8; column++)
			copy_null(w);
		return;
	}
	copy_i4(w, a->flags);
	copy_i4(w, b->flags);
	copy_u31(w, a->again);
	copy_u31(w, b->again);
	copy_u31(w, a->late);
	copy_u31(w, b->late);
	rtt_or_null(w, a->rtt_ns);
	rtt_or_null(w, b->rtt_ns);
}

enum err rows_flow(struct wr *w, struct rows_key k, uint32_t item, const struct flow_record *f)
{
	copy_row(w, 43);
	copy_time(w, f->first);
	copy_time(w, f->last);
	rows_item(w, k, item);
	copy_run(w, f->run);
	copy_side(w, f->side);
	copy_i2(w, f->proto);
	copy_inet(w, f->a);
	copy_i4(w, f->aport);
	copy_inet(w, f->b);
	copy_i4(w, f->bport);
	copy_u63(w, f->pkts_ab);
	copy_u63(w, f->bytes_ab);
	copy_u63(w, f->pkts_ba);
	copy_u63(w, f->bytes_ba);
	flow_arrays(w, f);
	copy_u31(w, f->kernel_drops);
	copy_u31(w, f->interface_drops);
	flow_outer(w, &f->outer);
	copy_u31(w, f->fragments);
	flow_tcp(w, f);
	return w->err;
}

enum err rows_mapping(struct wr *w, struct rows_key k, uint32_t item,
		      const struct mapping_record *m)
{
	copy_row(w, 16);
	copy_time(w, m->at);
	rows_item(w, k, item);
	copy_run(w, m->run);
	copy_side(w, m->side);
	copy_i2(w, m->proto);
	copy_inet(w, m->inner);
	copy_i4(w, m->inner_port);
	copy_inet(w, m->dst);
	copy_i4(w, m->dst_port);
	copy_inet(w, m->outer);
	copy_i4(w, m->outer_port);
	copy_inet(w, m->server);
	copy_i4(w, m->server_port);
	return w->err;
}

enum err rows_capture(struct wr *w, struct rows_key k, uint32_t item,
		      const struct capture_record *c)
{
	copy_row(w, 15);
	copy_time(w, c->first);
	copy_time(w, c->last);
	rows_item(w, k, item);
	copy_run(w, c->run);
	copy_side(w, c->side);
	copy_text(w, span_text(capture_place_name(c->place)));
	copy_u63(w, c->packets);
	copy_u63(w, c->kernel_drops);
	copy_u63(w, c->interface_drops);
	copy_u31(w, c->snap);
	copy_u63(w, c->bytes);
	copy_bytes_or_null(w, c->sha256);
	return w->err;
}

enum err rows_step(struct wr *w, struct rows_key k, uint32_t item, const struct step_record *s)
{
	copy_row(w, 11);
	copy_time(w, s->begin);
	copy_time(w, s->end);
	rows_item(w, k, item);
	copy_run(w, s->run);
	copy_side(w, s->side);
	copy_text(w, s->name);
	copy_i2(w, (int16_t)s->outcome);
	copy_text_or_null(w, s->detail);
	return w->err;
}

enum err rows_message(struct wr *w, struct rows_key k, uint32_t item,
		      const struct message_record *m)
{
	copy_row(w, 14);
	rows_item(w, k, item);
	copy_run(w, m->run);
	copy_i2(w, m->side);
	copy_text(w, m->id);
	copy_i2(w, m->from_side);
	copy_time_or_null(w, m->planned);
	copy_time_or_null(w, m->sent);
	copy_time_or_null(w, m->delivered);
	copy_time_or_null(w, m->received);
	copy_i2(w, (int16_t)m->status);
	copy_text_or_null(w, m->detail);
	return w->err;
}

enum err rows_outcome(struct wr *w, struct rows_key k, uint32_t item,
		      const struct outcome_record *o)
{
	copy_row(w, 9);
	rows_item(w, k, item);
	copy_bytes(w, span_of(o->order.bytes, sizeof(o->order.bytes)));
	copy_run(w, o->run);
	copy_i2(w, (int16_t)o->state);
	copy_time(w, o->at);
	copy_text_or_null(w, o->detail);
	return w->err;
}

enum err rows_name(struct wr *w, struct rows_key k, uint32_t item, const struct name_record *n)
{
	copy_row(w, 7);
	rows_item(w, k, item);
	copy_inet(w, n->addr);
	copy_text(w, n->name);
	copy_time(w, n->at);
	return w->err;
}

enum err rows_gap(struct wr *w, struct rows_key k, uint32_t item, const struct gap_record *g)
{
	copy_row(w, 10);
	rows_item(w, k, item);
	copy_text(w, span_text(gap_reason_name(g->reason)));
	copy_u63(w, g->records);
	copy_u63(w, g->bytes);
	copy_time(w, g->at);
	if (g->first_seq == 0) {
		copy_null(w);
		copy_null(w);
	} else {
		copy_u63(w, g->first_seq);
		copy_u63(w, g->last_seq);
	}
	return w->err;
}

static void clock_columns(struct wr *w, const struct clock_record *c)
{
	if (c->wall.ns == 0) {
		copy_null(w);
		copy_null(w);
		copy_null(w);
		return;
	}
	copy_bool(w, c->synced);
	copy_i8(w, c->offset_ns / NS_PER_US);
	copy_i8(w, (int64_t)(c->max_error_ns / NS_PER_US)); // at most 2^64 / 1000: fits
}

static int32_t clamp31(uint32_t v)
{
	return v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

enum err rows_batch(struct wr *w, const struct rows_batch *b, const struct batch_head *head)
{
	static const struct batch_head unread;
	copy_row(w, 13);
	key(w, b->key);
	copy_i4(w, b->sign_key);
	copy_time(w, head != NULL ? head->sealed : b->received);
	copy_time(w, b->received);
	copy_i4(w, head == NULL ? 0 : clamp31(head->records));
	copy_i4(w, (int32_t)b->body.len);
	copy_bytes(w, span_of(b->digest, 32));
	copy_bytes(w, span_of(b->signature, 64));
	clock_columns(w, head != NULL ? &head->clock : &unread.clock);
	return w->err;
}

enum err rows_body(struct wr *w, const struct rows_batch *b)
{
	copy_row(w, 5);
	key(w, b->key);
	copy_time(w, b->received);
	copy_bytes(w, b->body);
	return w->err;
}

enum err rows_quarantine(struct wr *w, const struct rows_batch *b, const char *reason,
			 const char *detail)
{
	copy_row(w, 9);
	key(w, b->key);
	copy_time(w, b->received);
	copy_text(w, span_text(reason));
	copy_text_or_null(w, detail == NULL ? (struct span){ 0 } : span_text(detail));
	copy_bytes(w, span_of(b->digest, 32));
	copy_bytes(w, span_of(b->signature, 64));
	copy_bytes(w, b->body);
	return w->err;
}
