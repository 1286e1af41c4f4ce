// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "msg/batch.h"
#include "msg/unpack.h"

static enum err read_names(const Waymark__Resolver *r, struct resolver_record *out)
{
	if (r->n_name > RESOLVER_NAMES_MAX || r->name_mark.len != r->n_name)
		return ERR_FORMAT;
	for (size_t i = 0; i < r->n_name; i++) {
		out->name_marks[i] = r->name_mark.data[i];
		if (text_of(r->name[i], RESOLVER_NAME_MAX, &out->names[i]) != ERR_OK)
			return ERR_FORMAT;
	}
	out->name_count = r->n_name;
	return ERR_OK;
}

static enum err read_rounds(const Waymark__Resolver *r, struct resolver_record *out)
{
	out->rounds = r->n_round_ms;
	out->round_ms = r->round_ms;
	out->round_rtt_us = r->round_rtt_us;
	out->round_outcome = bytes_of(r->round_outcome);
	out->round_rcode = bytes_of(r->round_rcode);
	return r->n_round_rtt_us == r->n_round_ms ? ERR_OK : ERR_FORMAT;
}

static void read_found(const Waymark__Resolver *r, struct resolver_record *out)
{
	out->payload = bytes_of(r->payload);
	out->rtt_us = r->rtt_us;
	out->ttl = (uint8_t)r->ttl;
	out->answered_from = bytes_of(r->answered_from);
	out->infrastructure = r->infrastructure;
	out->class = (enum resolver_class)known_of((int)r->class_, RESOLVER_CLASS_COUNT);
	out->egress4 = bytes_of(r->egress4);
	out->egress6 = bytes_of(r->egress6);
	out->nxdomain = (enum resolver_nx)known_of((int)r->nxdomain, RESOLVER_NX_COUNT);
	out->nx_addrs = bytes_of(r->nx_addrs);
}

enum err batch_resolver(const struct batch *b, size_t i, struct resolver_record *out)
{
	if (i >= b->pb->n_resolver)
		return ERR_STATE;
	const Waymark__Resolver *r = b->pb->resolver[i];
	*out = (struct resolver_record){
		.role = (enum resolver_role)known_of((int)r->role, RESOLVER_ROLE_COUNT),
		.state = (enum resolver_state)known_of((int)r->state, RESOLVER_STATE_COUNT),
		.start = wall_of(r->start_ns),
		.end = wall_of(r->end_ns),
	};
	read_found(r, out);
	if (r->ttl > UINT8_MAX)
		return ERR_FORMAT;
	return ANY(run_of(r->scan, &out->scan), addr_of_bytes(r->addr, &out->addr),
		   port_of(r->ptr, &out->ptr),
		   text_of(r->infra_rule, RESOLVER_RULE_MAX, &out->infra_rule), read_names(r, out),
		   read_rounds(r, out), resolver_check(out));
}
