// SPDX-License-Identifier: Apache-2.0
#include "dns/scan.h"

#include <stdlib.h>
#include <string.h>

#include "dns/state.h"

#define CELLS_PER_SLOT 10
#define CELLS_SPARE    65536

static bool make_tables(struct dns_scan *s)
{
	const struct dns_scan_config *c = &s->c;
	const struct dns_matrix_config m = {
		.resolvers = (uint32_t)dns_list_count(c->servers),
		.domains = (uint32_t)dns_list_count(c->names),
		.types = c->type_count,
		.repetitions = c->repetitions,
		.wanted = c->wanted,
		.spread = c->spread,
		.parallel = c->parallel,
		.patience = c->patience,
		.returns = c->returns,
		.pause_ns = NS_PER_S,
		.seed = c->seed[0] & 0xffffff,
	};
	uint64_t cells = (uint64_t)c->slots * CELLS_PER_SLOT + CELLS_SPARE;
	s->matrix = dns_matrix_new(&m);
	s->cells = dns_cells_new(cells < UINT32_MAX / 2 ? (uint32_t)cells : UINT32_MAX / 2);
	s->slots = calloc(c->slots, sizeof(*s->slots));
	s->blocks = calloc((size_t)c->ports * BLOCKS, sizeof(*s->blocks));
	s->load = calloc(c->ports, sizeof(*s->load));
	s->ports = calloc(c->ports, sizeof(*s->ports));
	s->stream_ports = calloc((size_t)c->slots * DNS_TRIES_KEPT, sizeof(*s->stream_ports));
	heap_init(&s->held, c->slots);
	// Besides those outstanding each resolver has one pair of which some repetitions are done.
	if (c->repetitions > 1)
		s->reps = table_new(sizeof(uint32_t[3]), sizeof(struct dns_rep),
				    (size_t)c->slots + m.resolvers, c->seed);
	return s->matrix != NULL && s->cells != NULL && s->slots != NULL && s->blocks != NULL &&
	       s->load != NULL && s->ports != NULL && s->stream_ports != NULL &&
	       (c->repetitions < 2 || s->reps != NULL);
}

static enum err check(const struct dns_scan_config *c, struct fault *f)
{
	if (dns_list_count(c->servers) == 0 || dns_list_count(c->names) == 0)
		return fault_set(f, ERR_USAGE, 0, "nothing to ask: no resolver or no name");
	if (c->type_count == 0 || c->type_count > DNS_TYPES_MAX || c->repetitions == 0 ||
	    c->ports == 0 || c->slots == 0 || c->parallel == 0)
		return fault_set(f, ERR_STATE, 0, "a scan without types, ports, slots or pairs");
	uint64_t questions = (uint64_t)dns_list_count(c->names) * c->type_count;
	if (questions * c->repetitions > UINT32_MAX)
		return fault_set(f, ERR_RANGE, 0, "more than 2^32 questions to one resolver");
	if (c->repetitions > c->ports)
		return fault_set(f, ERR_RANGE, 0, "more repetitions than source ports");
	return ERR_OK;
}

enum err dns_scan_new(const struct dns_scan_config *c, struct dns_scan **out, struct fault *f)
{
	enum err err = check(c, f);
	*out = NULL;
	if (err != ERR_OK)
		return err;
	struct dns_scan *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory for a scan");
	s->c = *c;
	uint64_t room = (uint64_t)c->ports * BLOCKS / 2;
	if (s->c.slots > room)
		s->c.slots = (uint32_t)room;
	for (size_t i = 0; i < LINE_COUNT; i++)
		s->lanes[i] = (struct dns_lane){ NO_SLOT, NO_SLOT };
	if (c->rules.control)
		err = dns_name_read(c->control, &s->control);
	if (err != ERR_OK)
		fault_set(f, ERR_USAGE, 0, "the control domain is no name");
	else if (!make_tables(s))
		err = fault_set(f, ERR_MEMORY, 0, "no memory for a scan");
	*out = s;
	if (err != ERR_OK)
		dns_scan_free(out);
	return err;
}

void dns_scan_free(struct dns_scan **out)
{
	struct dns_scan *s = *out;
	if (s == NULL)
		return;
	dns_matrix_free(&s->matrix);
	dns_cells_free(&s->cells);
	heap_wipe(&s->held);
	table_free(&s->reps);
	free(s->slots);
	free(s->blocks);
	free(s->load);
	free(s->ports);
	free(s->stream_ports);
	free(s);
	*out = NULL;
}

struct dns_matrix *dns_scan_matrix(struct dns_scan *s)
{
	return s->matrix;
}

struct dns_counts dns_scan_counts(const struct dns_scan *s)
{
	return s->counts;
}

void dns_scan_port(struct dns_scan *s, uint32_t port_index, uint16_t port)
{
	s->ports[port_index] = port;
}

void dns_scan_source(struct dns_scan *s, struct addr src)
{
	*(src.family == 4 ? &s->source4 : &s->source6) = src;
}

bool dns_scan_done(const struct dns_scan *s)
{
	if (s->used > 0)
		return false;
	return dns_matrix_left(s->matrix) == 0 || (s->stopping && !s->write_off);
}

static struct mono due_of(const struct dns_scan *s, enum dns_line line)
{
	uint32_t i = s->lanes[line].first;
	if (i == NO_SLOT)
		return MONO_NEVER;
	const struct dns_slot *t = &s->slots[i];
	return (struct mono){ t->start + (int64_t)t->due_us * NS_PER_US };
}

struct mono dns_scan_due(const struct dns_scan *s)
{
	const struct mono now = { INT64_MIN };
	struct mono due = mono_min(due_of(s, LINE_WAIT), due_of(s, LINE_STREAM));
	due = mono_min(due, due_of(s, LINE_LISTEN));
	due = mono_min(due, heap_first(&s->held));
	if (s->lanes[LINE_DONE].first != NO_SLOT)
		return now;
	struct mono send = MONO_NEVER;
	if (s->lanes[LINE_SEND].first != NO_SLOT)
		send = now;
	else if (s->used < s->c.slots && (!s->stopping || s->write_off))
		send = dns_matrix_due(s->matrix);
	if (mono_before(send, s->all_until) && !s->stopping)
		send = s->all_until;
	return mono_min(due, send);
}

static void expire(struct dns_scan *s, enum dns_line line, struct mono now)
{
	while (!mono_before(now, due_of(s, line)) && s->lanes[line].first != NO_SLOT) {
		uint32_t i = s->lanes[line].first;
		struct dns_slot *t = &s->slots[i];
		if (line == LINE_LISTEN) {
			dns_line_take(s, i);
			dns_line_put(s, i, LINE_DONE);
			continue;
		}
		struct dns_attempt *a = &t->attempts[t->tries - 1];
		bool heard = a->error != DNS_ERROR_NONE;
		a->outcome = heard ? DNS_TRY_UNUSABLE : DNS_TRY_TIMEOUT;
		if (!heard)
			a->error = DNS_ERROR_TIMEOUT;
		dns_step_ended(s, i, now);
	}
}

void dns_scan_tick(struct dns_scan *s, struct mono now)
{
	struct heap_item item;
	expire(s, LINE_WAIT, now);
	expire(s, LINE_STREAM, now);
	expire(s, LINE_LISTEN, now);
	while (heap_take(&s->held, now, &item)) {
		uint32_t i = (uint32_t)item.id;
		struct dns_slot *t = &s->slots[i];
		if (t->line == LINE_HELD && t->epoch == (uint32_t)(item.id >> 32))
			dns_line_put(s, i, LINE_SEND);
	}
}

static void cut_line(struct dns_scan *s, enum dns_line line, struct mono now)
{
	uint32_t i;
	while ((i = s->lanes[line].first) != NO_SLOT) {
		if (line == LINE_LISTEN) {
			dns_line_take(s, i);
			dns_line_put(s, i, LINE_DONE);
		} else {
			dns_step_cut(s, i, now);
		}
	}
}

void dns_scan_stop(struct dns_scan *s, struct mono now, bool write_off)
{
	struct heap_item item;
	s->stopping = true;
	s->write_off = write_off;
	while (heap_take(&s->held, MONO_NEVER, &item))
		if (s->slots[item.id & UINT32_MAX].line == LINE_HELD)
			dns_line_put(s, (uint32_t)item.id, LINE_SEND);
	cut_line(s, LINE_SEND, now);
	cut_line(s, LINE_STREAM, now);
	cut_line(s, LINE_LISTEN, now);
	if (!write_off)
		return;
	for (uint32_t r = 0; r < dns_list_count(s->c.servers); r++)
		dns_matrix_fate(s->matrix, r, DNS_FATE_STOPPED);
}
