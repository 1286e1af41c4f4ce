// SPDX-License-Identifier: Apache-2.0
#include "node/flow_out.h"

#include <string.h>

static void add_name(struct flow_record *out, const char *text, enum name_how how)
{
	struct span name = span_text(text);
	for (size_t i = 0; i < out->name_count; i++)
		if (span_eq(out->names[i].name, name) && out->names[i].how == how)
			return;
	if (out->name_count < FLOW_NAMES_MAX && name.len > 0 && name.len <= FLOW_OUT_TEXT)
		out->names[out->name_count++] = (struct flow_name){ name, how };
}

// Only what led to B in this capture: what the client of the flow asked for, or said in it.
static void add_names(struct flow_record *out, const struct flow_table *t, const struct flow *f)
{
	struct name_entry e;
	uint64_t at = 0;
	if (f->said != 0)
		add_name(out, flow_text(t, f->said), f->how);
	while (names_next(flow_names(t), &f->key.b, &at, &e))
		if (e.how == NAME_DNS || e.how == NAME_HTTPDNS)
			add_name(out, flow_text(t, e.text), e.how);
}

static struct span app_of(struct label *label, const struct flow_key *k)
{
	const char *app = NULL;
	if (label != NULL)
		app = label_take(label, k->proto, k->a, k->aport, k->b, k->bport);
	return app != NULL ? span_text(app) : (struct span){ 0 };
}

static struct flow_tcp tcp_of(const struct flow_side *side, int64_t rtt_ns)
{
	return (struct flow_tcp){
		.flags = side->tcp_flags,
		.again = side->again,
		.late = side->late,
		.rtt_ns = rtt_ns,
	};
}

void flow_out(const struct flow_table *t, const struct flow *f, const struct bursts *bursts,
	      struct label *label, struct flow_record *out)
{
	*out = (struct flow_record){
		.first = f->first,
		.last = f->last,
		.proto = f->key.proto,
		.a = f->key.a,
		.b = f->key.b,
		.aport = f->key.aport,
		.bport = f->key.bport,
		.pkts_ab = f->ab.packets,
		.bytes_ab = f->ab.bytes,
		.pkts_ba = f->ba.packets,
		.bytes_ba = f->ba.bytes,
		.fragments = f->ab.fragments + f->ba.fragments,
		.tcp_a = tcp_of(&f->ab, f->rtt_a_ns),
		.tcp_b = tcp_of(&f->ba, f->rtt_b_ns),
	};
	add_names(out, t, f);
	out->app = app_of(label, &f->key);
	out->burst_count = bursts_find(bursts, &f->key, f->first, f->payload, out->bursts);
}
