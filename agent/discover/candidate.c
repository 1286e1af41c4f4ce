// SPDX-License-Identifier: Apache-2.0
#include "discover/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "discover/infra.h"

struct candidate *candidate_new(const struct discover_config *c, struct addr a,
				enum resolver_role role, struct mono now, struct wall wall,
				uint64_t salt)
{
	// The rounds lie behind the candidate: two words and two bytes each.
	struct candidate *x = calloc(1, sizeof(*x) + c->rounds * (2 * sizeof(uint32_t) + 2));
	if (x == NULL)
		return NULL;
	x->addr = a;
	x->role = role;
	x->begun = now;
	x->start = wall;
	x->salt = salt;
	x->round_ms = (uint32_t *)(void *)(x + 1);
	x->round_rtt_us = x->round_ms + c->rounds;
	x->round_outcome = (uint8_t *)(x->round_rtt_us + c->rounds);
	x->round_rcode = x->round_outcome + c->rounds;
	return x;
}

void candidate_free(struct candidate **c)
{
	free(*c);
	*c = NULL;
}

static bool usable(const struct candidate *c)
{
	for (unsigned i = 0; i < c->rounds; i++)
		if (c->round_outcome[i] == ROUND_RIGHT)
			return true;
	return false;
}

static void put_round(struct candidate *c, struct mono sent, uint32_t rtt_us,
		      enum resolver_round outcome, uint8_t rcode)
{
	int64_t ms = mono_since(sent, c->begun) / NS_PER_MS;
	c->round_ms[c->rounds] = ms < 0 ? 0 : (uint32_t)ms;
	c->round_rtt_us[c->rounds] = rtt_us;
	c->round_outcome[c->rounds] = (uint8_t)outcome;
	c->round_rcode[c->rounds] = rcode;
	c->rounds++;
}

// Only who resolves rightly is worth more questions than the first.
static enum step after_probe(const struct candidate *c)
{
	return usable(c) ? STEP_PTR : STEP_ROUNDS;
}

static bool has_question(const struct candidate *c, const struct discover_config *config)
{
	switch (c->step) {
	case STEP_PROBE:
		return true;
	case STEP_PTR:
		return config->helper.family != 0;
	case STEP_FORWARD:
		return c->name_at < c->name_count;
	case STEP_WHOAMI:
		return config->whoami.len > 0;
	case STEP_NOTHING:
		return config->nothing.len > 0;
	case STEP_ROUNDS:
		return c->rounds < config->rounds;
	case STEP_DONE:
	default:
		return false;
	}
}

// The zone tells the address of who asks in the record that holds such an address, or as text.
#define WHOAMI_TYPES 3
static uint16_t whoami_type(const struct candidate *c)
{
	static const uint16_t types[2][WHOAMI_TYPES] = { { DNS_A, DNS_AAAA, DNS_TXT },
							 { DNS_AAAA, DNS_A, DNS_TXT } };
	return types[c->addr.family == 6][c->type_at];
}

static bool fill_question(const struct candidate *c, const struct discover_config *config,
			  struct candidate_question *q)
{
	uint16_t address = c->addr.family == 4 ? DNS_A : DNS_AAAA;
	*q = (struct candidate_question){ .to = c->addr, .name = config->control, .type = DNS_A };
	switch (c->step) {
	case STEP_PTR:
		q->to = config->helper;
		q->type = DNS_PTR;
		dns_name_reverse(c->addr, &q->name);
		return true;
	case STEP_FORWARD:
		q->to = config->helper;
		q->type = address;
		return dns_name_read(span_text(c->names[c->name_at]), &q->name) == ERR_OK;
	case STEP_WHOAMI:
		q->type = whoami_type(c);
		q->name = config->whoami;
		return !config->whoami_any || name_under(&config->whoami, c->salt, &q->name);
	case STEP_NOTHING:
		return name_under(&config->nothing, ~c->salt, &q->name);
	case STEP_ROUNDS:
		q->at = mono_add(c->begun, (int64_t)c->rounds * config->round_ns);
		return true;
	case STEP_PROBE:
	case STEP_DONE:
	default:
		return true;
	}
}

static void pass(struct candidate *c)
{
	if (c->step == STEP_FORWARD && ++c->name_at < c->name_count)
		return;
	if (c->step == STEP_PROBE)
		c->step = after_probe(c);
	else
		c->step++;
}

bool candidate_ask(struct candidate *c, const struct discover_config *config,
		   struct candidate_question *out)
{
	while (c->step < STEP_DONE) {
		if (has_question(c, config) && fill_question(c, config, out))
			return true;
		pass(c);
	}
	return false;
}

static uint32_t us_between(struct mono from, struct mono to)
{
	int64_t us = mono_since(to, from) / NS_PER_US;
	return us < 1 ? 1 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static void hear_control(struct candidate *c, const struct discover_config *config,
			 struct mono sent, struct mono at, const struct discover_heard *h)
{
	uint8_t rcode;
	uint32_t rtt_us = us_between(sent, at);
	enum resolver_round r = round_of(h->message, config->right, config->right_count, &rcode);
	put_round(c, sent, rtt_us, r, rcode);
	if (c->step != STEP_PROBE)
		return;
	c->rtt_us = rtt_us;
	c->ttl = h->ttl;
	c->payload_len = h->message.len < CANDIDATE_PAYLOAD ? h->message.len : CANDIDATE_PAYLOAD;
	memcpy(c->payload, h->message.at, c->payload_len);
}

static void hear_names(struct candidate *c, const struct discover_heard *h)
{
	struct dns_walk w;
	if (dns_walk_init(&w, h->message) != ERR_OK)
		return;
	c->ptr = (uint16_t)(w.head.rcode + 1);
	c->name_count = question_names(h->message, c->names, CANDIDATE_NAMES);
	bool told = (w.head.rcode == 0 || w.head.rcode == 3) && !w.head.truncated;
	c->ptr_failed = c->name_count == 0 && !told;
	for (size_t i = 0; i < c->name_count; i++)
		c->marks[i] = infra_marks(span_text(c->names[i]), c->addr);
}

static void hear_forward(struct candidate *c, const struct discover_heard *h)
{
	struct addr found[DNS_ADDRS];
	size_t count = question_addrs(h->message, found, DNS_ADDRS);
	for (size_t i = 0; i < count; i++)
		if (addr_eq(found[i], c->addr))
			c->marks[c->name_at] |= RESOLVER_CONFIRMED;
}

// True: the zone has no such record, and may have another.
static bool hear_egress(struct candidate *c, const struct discover_heard *h)
{
	struct dns_walk w;
	c->egress_count = question_addrs(h->message, c->egress, CANDIDATE_ADDRS);
	return c->egress_count == 0 && dns_walk_init(&w, h->message) == ERR_OK &&
	       w.head.rcode == 0 && ++c->type_at < WHOAMI_TYPES;
}

static void hear_nothing(struct candidate *c, const struct discover_heard *h)
{
	struct dns_walk w;
	if (dns_walk_init(&w, h->message) != ERR_OK)
		return;
	c->nx_count = question_addrs(h->message, c->nx_addrs, CANDIDATE_ADDRS);
	if (w.head.rcode == 3 || (w.head.rcode == 0 && c->nx_count == 0))
		c->nx = RESOLVER_NX_HONEST;
	else
		c->nx = w.head.rcode == 0 ? RESOLVER_NX_REWRITTEN : RESOLVER_NX_FAILED;
}

static void note_source(struct candidate *c, struct addr from)
{
	if (addr_eq(from, c->addr) || c->from_count == CANDIDATE_ADDRS)
		return;
	for (size_t i = 0; i < c->from_count; i++)
		if (addr_eq(c->answered_from[i], from))
			return;
	c->answered_from[c->from_count++] = from;
}

void candidate_hear(struct candidate *c, const struct discover_config *config, struct mono sent,
		    struct mono at, const struct discover_heard *h)
{
	if (c->step != STEP_PTR && c->step != STEP_FORWARD)
		note_source(c, h->from);
	if (c->step == STEP_PROBE || c->step == STEP_ROUNDS)
		hear_control(c, config, sent, at, h);
	else if (c->step == STEP_PTR)
		hear_names(c, h);
	else if (c->step == STEP_FORWARD)
		hear_forward(c, h);
	else if (c->step == STEP_WHOAMI && hear_egress(c, h))
		return;
	else if (c->step == STEP_NOTHING)
		hear_nothing(c, h);
	if (c->step != STEP_ROUNDS)
		pass(c);
}

void candidate_silence(struct candidate *c, struct mono sent, bool unreachable)
{
	if (c->step == STEP_PROBE || c->step == STEP_ROUNDS)
		put_round(c, sent, 0, unreachable ? ROUND_UNREACHABLE : ROUND_NO_ANSWER, 0);
	else if (c->step == STEP_NOTHING)
		c->nx = RESOLVER_NX_FAILED;
	if (c->step == STEP_PROBE)
		c->step = STEP_DONE; // nobody is there
	else if (c->step != STEP_ROUNDS)
		pass(c);
}

static size_t pack(const struct addr *from, size_t count, unsigned family, uint8_t *to)
{
	size_t len = 0, size = family == 4 ? 4 : 16;
	for (size_t i = 0; i < count; i++)
		if (from[i].family == family) {
			memcpy(to + len, from[i].bytes, size);
			len += size;
		}
	return len;
}

static enum resolver_state state_of(const struct candidate *c)
{
	if (c->refused)
		return RESOLVER_REFUSED;
	if (c->rounds == 0)
		return RESOLVER_NOT_ASKED;
	if (usable(c))
		return RESOLVER_USABLE;
	return c->rtt_us > 0 ? RESOLVER_WRONG : RESOLVER_SILENT;
}

// The same network counts as itself: a resolver may ask by another address than it answers by. Of
// who asks by the other family nobody can say whether he is another.
static enum resolver_class class_of(const struct candidate *c)
{
	if (c->from_count > 0)
		return RESOLVER_TRANSPARENT;
	bool comparable = false;
	for (size_t i = 0; i < c->egress_count; i++) {
		comparable |= c->egress[i].family == c->addr.family;
		struct addr net = c->addr;
		struct prefix p = { .addr = net, .bits = net.family == 4 ? 24 : 48 };
		memset(p.addr.bytes + p.bits / 8, 0, sizeof(p.addr.bytes) - p.bits / 8);
		if (prefix_holds(p, c->egress[i]))
			return RESOLVER_RECURSIVE;
	}
	return comparable ? RESOLVER_FORWARDER : RESOLVER_CLASS_UNKNOWN;
}

struct resolver_record candidate_record(struct candidate *c, const struct discover_config *config,
					struct candidate_room *room)
{
	struct resolver_record r = {
		.scan = config->scan,
		.addr = c->addr,
		.role = c->role,
		.state = state_of(c),
		.start = c->start,
		.payload = span_of(c->payload, c->payload_len),
		.rtt_us = c->rtt_us,
		.ttl = c->ttl,
		.name_count = c->name_count,
		.ptr = c->ptr,
		.class = class_of(c),
		.nxdomain = c->nx,
		.round_ms = c->round_ms,
		.round_rtt_us = c->round_rtt_us,
		.round_outcome = span_of(c->round_outcome, c->rounds),
		.round_rcode = span_of(c->round_rcode, c->rounds),
		.rounds = c->rounds,
	};
	r.answered_from = span_of(
		room->from, pack(c->answered_from, c->from_count, c->addr.family, room->from));
	r.egress4 = span_of(room->egress4, pack(c->egress, c->egress_count, 4, room->egress4));
	r.egress6 = span_of(room->egress6, pack(c->egress, c->egress_count, 6, room->egress6));
	r.nx_addrs = span_of(room->nx, pack(c->nx_addrs, c->nx_count, 4, room->nx));
	for (size_t i = 0; i < c->name_count; i++)
		r.names[i] = span_text(c->names[i]);
	if (c->ptr != 0)
		r.infra_rule =
			span_text(c->ptr_failed ? "ptr-failed"
						: infra_decide(r.names, c->marks, c->name_count,
							       &r.infrastructure));
	memcpy(r.name_marks, c->marks, c->name_count);
	return r;
}
