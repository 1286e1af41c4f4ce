// SPDX-License-Identifier: Apache-2.0
//
// One record of a batch as a plain struct that borrows from the batch.
#include "msg/batch.h"
#include "msg/unpack.h"

static void trace_arrays(const Waymark__Trace *t, struct trace_record *out)
{
	out->tries = bytes_of(t->tries);
	out->addrs = bytes_of(t->addrs);
	out->ref = bytes_of(t->ref);
	out->rtt_us = t->rtt_us;
	out->probes = t->n_rtt_us;
	out->answers = t->answers;
	out->answer_count = t->n_answers;
	out->answer = bytes_of(t->answer);
	out->reply_ttl = bytes_of(t->reply_ttl);
	out->quoted_ttl = bytes_of(t->quoted_ttl);
	out->mark = bytes_of(t->mark);
	out->mpls_probe = t->mpls_probe;
	out->mpls_label = t->mpls_label;
	out->mpls_count = t->n_mpls_probe;
	out->borrowed_probe = t->borrowed_probe;
	out->borrowed_from = t->borrowed_from;
	out->borrowed_age_ms = t->borrowed_age_ms;
	out->borrowed_count = t->n_borrowed_probe;
	out->reply_id = bytes_of(t->reply_id);
	out->reply_tos = bytes_of(t->reply_tos);
	out->extra = bytes_of(t->extra);
	out->proto = (uint8_t)t->proto;
}

enum err batch_trace(const struct batch *b, size_t i, struct trace_record *out)
{
	if (i >= b->pb->n_trace)
		return ERR_STATE;
	const Waymark__Trace *t = b->pb->trace[i];
	*out = (struct trace_record){
		.id = t->id,
		.start = wall_of(t->start_ns),
		.duration_us = t->duration_us,
		.purpose = (enum trace_purpose)known_of((int)t->purpose, TRACE_PURPOSE_COUNT),
		.method = (enum trace_method)known_of((int)t->method, TRACE_METHOD_COUNT),
		.stop = (enum trace_stop)known_of((int)t->stop, TRACE_STOP_COUNT),
		.flow_label = t->flow_label,
		.probes_sent = t->probes_sent,
		.kernel_drops = t->kernel_drops,
		.first_ttl = (uint8_t)t->first_ttl,
	};
	trace_arrays(t, out);
	if (t->first_ttl > UINT8_MAX || t->proto > UINT8_MAX ||
	    t->n_mpls_label != t->n_mpls_probe || t->n_borrowed_from != t->n_borrowed_probe ||
	    t->n_borrowed_age_ms != t->n_borrowed_probe)
		return ERR_FORMAT;
	return ANY(run_of(t->run, &out->run), side_of(t->side, &out->side),
		   addr_of_bytes(t->src, &out->src), addr_of_bytes(t->dst, &out->dst),
		   port_of(t->sport, &out->sport), port_of(t->dport, &out->dport),
		   text_of(t->peer, NODE_NAME_MAX, &out->peer), trace_check(out));
}

static enum err flow_names(const Waymark__Flow *f, struct flow_record *out)
{
	if (f->n_name > FLOW_NAMES_MAX || f->n_how != f->n_name)
		return ERR_FORMAT;
	out->name_count = f->n_name;
	for (size_t i = 0; i < f->n_name; i++) {
		out->names[i].how = (enum name_how)known_of((int)f->how[i], NAME_HOW_COUNT);
		if (text_of(f->name[i], TEXT_MAX, &out->names[i].name) != ERR_OK)
			return ERR_FORMAT;
	}
	return ERR_OK;
}

static enum err flow_bursts(const Waymark__Flow *f, struct flow_record *out)
{
	if (f->n_burst_ns > FLOW_BURSTS_MAX || f->n_burst_bytes != f->n_burst_ns)
		return ERR_FORMAT;
	out->burst_count = f->n_burst_ns;
	for (size_t i = 0; i < f->n_burst_ns; i++) {
		out->bursts[i].after_ns = f->burst_ns[i];
		out->bursts[i].bytes = f->burst_bytes[i];
	}
	return ERR_OK;
}

static enum err flow_outer(const Waymark__Flow *f, struct flow_outer *out)
{
	*out = (struct flow_outer){
		.pkts_ab = f->outer_pkts_ab,
		.bytes_ab = f->outer_bytes_ab,
		.pkts_ba = f->outer_pkts_ba,
		.bytes_ba = f->outer_bytes_ba,
		.drops = f->outer_drops,
		.mappings = f->mappings,
	};
	enum err err =
		ANY(addr_of_bytes(f->outer_a, &out->a), addr_of_bytes(f->outer_b, &out->b),
		    port_of(f->outer_aport, &out->aport), port_of(f->outer_bport, &out->bport));
	return out->a.family != out->b.family ? ERR_FORMAT : err;
}

static enum err flow_tcp(const Waymark__Flow *f, struct flow_record *out)
{
	out->tcp_a = (struct flow_tcp){
		.flags = (uint16_t)f->tcp_flags_a,
		.again = f->again_a,
		.late = f->late_a,
		.rtt_ns = (int64_t)f->rtt_a_ns,
	};
	out->tcp_b = (struct flow_tcp){
		.flags = (uint16_t)f->tcp_flags_b,
		.again = f->again_b,
		.late = f->late_b,
		.rtt_ns = (int64_t)f->rtt_b_ns,
	};
	bool fits = f->tcp_flags_a <= UINT16_MAX && f->tcp_flags_b <= UINT16_MAX &&
		    f->rtt_a_ns <= INT64_MAX && f->rtt_b_ns <= INT64_MAX;
	return fits ? ERR_OK : ERR_FORMAT;
}

enum err batch_flow(const struct batch *b, size_t i, struct flow_record *out)
{
	if (i >= b->pb->n_flow)
		return ERR_STATE;
	const Waymark__Flow *f = b->pb->flow[i];
	*out = (struct flow_record){
		.first = wall_of(f->first_ns),
		.last = wall_of(f->last_ns),
		.proto = (uint8_t)f->proto,
		.pkts_ab = f->pkts_ab,
		.bytes_ab = f->bytes_ab,
		.pkts_ba = f->pkts_ba,
		.bytes_ba = f->bytes_ba,
		.kernel_drops = f->kernel_drops,
		.interface_drops = f->interface_drops,
		.fragments = f->fragments,
	};
	if (f->proto > UINT8_MAX)
		return ERR_FORMAT;
	enum err err = ANY(run_of(f->run, &out->run), side_of(f->side, &out->side),
			   addr_of_bytes(f->a, &out->a), addr_of_bytes(f->b, &out->b),
			   port_of(f->aport, &out->aport), port_of(f->bport, &out->bport),
			   text_of(f->app, TEXT_MAX, &out->app), flow_names(f, out),
			   flow_bursts(f, out), flow_outer(f, &out->outer), flow_tcp(f, out));
	return out->a.family == 0 || out->a.family != out->b.family ? ERR_FORMAT : err;
}

enum err batch_mapping(const struct batch *b, size_t i, struct mapping_record *out)
{
	if (i >= b->pb->n_mapping)
		return ERR_STATE;
	const Waymark__Mapping *m = b->pb->mapping[i];
	*out = (struct mapping_record){ .at = wall_of(m->at_ns), .proto = (uint8_t)m->proto };
	if (m->proto > UINT8_MAX)
		return ERR_FORMAT;
	enum err err =
		ANY(run_of(m->run, &out->run), side_of(m->side, &out->side),
		    addr_of_bytes(m->inner, &out->inner), addr_of_bytes(m->dst, &out->dst),
		    addr_of_bytes(m->outer, &out->outer), addr_of_bytes(m->server, &out->server),
		    port_of(m->inner_port, &out->inner_port), port_of(m->dst_port, &out->dst_port),
		    port_of(m->outer_port, &out->outer_port),
		    port_of(m->server_port, &out->server_port));
	uint8_t family = out->inner.family;
	return family == 0 || out->dst.family != family || out->outer.family != family ||
			       out->server.family != family
		       ? ERR_FORMAT
		       : err;
}

enum err batch_capture(const struct batch *b, size_t i, struct capture_record *out)
{
	if (i >= b->pb->n_capture)
		return ERR_STATE;
	const Waymark__Capture *c = b->pb->capture[i];
	*out = (struct capture_record){
		.place = (enum capture_place)known_of((int)c->place, CAPTURE_PLACE_COUNT),
		.first = wall_of(c->first_ns),
		.last = wall_of(c->last_ns),
		.packets = c->packets,
		.kernel_drops = c->kernel_drops,
		.interface_drops = c->interface_drops,
		.snap = c->snap,
		.bytes = c->bytes,
		.sha256 = bytes_of(c->sha256),
	};
	if (out->sha256.len != 0 && out->sha256.len != CAPTURE_SHA256)
		return ERR_FORMAT;
	return ANY(run_of(c->run, &out->run), side_of(c->side, &out->side));
}

enum err batch_step(const struct batch *b, size_t i, struct step_record *out)
{
	if (i >= b->pb->n_step)
		return ERR_STATE;
	const Waymark__Step *s = b->pb->step[i];
	*out = (struct step_record){
		.begin = wall_of(s->begin_ns),
		.end = wall_of(s->end_ns),
		.outcome = (enum step_outcome)known_of((int)s->outcome, STEP_SKIPPED + 1),
	};
	return ANY(run_of(s->run, &out->run), side_of(s->side, &out->side),
		   text_of(s->name, TEXT_MAX, &out->name),
		   text_of(s->detail, TEXT_MAX, &out->detail));
}

enum err batch_message(const struct batch *b, size_t i, struct message_record *out)
{
	if (i >= b->pb->n_message)
		return ERR_STATE;
	const Waymark__Message *m = b->pb->message[i];
	*out = (struct message_record){
		.planned = wall_of(m->planned_ns),
		.sent = wall_of(m->sent_ns),
		.delivered = wall_of(m->delivered_ns),
		.received = wall_of(m->received_ns),
		.status = (enum message_status)known_of((int)m->status, MESSAGE_LOST + 1),
	};
	return ANY(run_of(m->run, &out->run), side_of(m->side, &out->side),
		   side_of(m->from_side, &out->from_side), text_of(m->id, TEXT_MAX, &out->id),
		   text_of(m->detail, TEXT_MAX, &out->detail));
}

enum err batch_outcome(const struct batch *b, size_t i, struct outcome_record *out)
{
	if (i >= b->pb->n_outcome)
		return ERR_STATE;
	const Waymark__Outcome *o = b->pb->outcome[i];
	bool known = o->state <= 4 || (o->state >= 10 && o->state <= 18);
	*out = (struct outcome_record){
		.state = known ? (enum order_state)o->state : ORDER_UNKNOWN,
		.at = wall_of(o->at_ns),
	};
	return ANY(run_of(o->order, &out->order), run_of(o->run, &out->run),
		   text_of(o->detail, TEXT_MAX, &out->detail));
}

enum err batch_name(const struct batch *b, size_t i, struct name_record *out)
{
	if (i >= b->pb->n_name)
		return ERR_STATE;
	const Waymark__Name *n = b->pb->name[i];
	*out = (struct name_record){ .at = wall_of(n->at_ns) };
	enum err err =
		ANY(addr_of_bytes(n->addr, &out->addr), text_of(n->name, TEXT_MAX, &out->name));
	return out->addr.family == 0 ? ERR_FORMAT : err;
}

enum err batch_gap(const struct batch *b, size_t i, struct gap_record *out)
{
	if (i >= b->pb->n_gap)
		return ERR_STATE;
	const Waymark__Gap *g = b->pb->gap[i];
	*out = (struct gap_record){
		.reason = (enum gap_reason)known_of((int)g->reason, GAP_TOO_BIG + 1),
		.records = g->records,
		.bytes = g->bytes,
		.at = wall_of(g->at_ns),
		.first_seq = g->first_seq,
		.last_seq = g->last_seq,
	};
	return ERR_OK;
}
