// SPDX-License-Identifier: Apache-2.0
#include "plan/policy.h"

#include <stdio.h>

enum order_state policy_refuse(struct plan_verdict *v, enum order_state state, const char *why)
{
	snprintf(v->detail, sizeof(v->detail), "%s", why);
	return state;
}

static bool denied(const struct plan_policy *policy, struct addr a)
{
	for (size_t i = 0; i < policy->deny_count; i++)
		if (prefix_holds(policy->deny[i], a))
			return true;
	return false;
}

static bool allowed_kind(const struct plan_policy *policy, enum order_kind kind)
{
	switch (kind) {
	case ORDER_VANTAGE:
		return policy->allow_vantage;
	case ORDER_GATEWAY:
		return policy->allow_gateway;
	case ORDER_TRACE:
	case ORDER_GRAPH:
		return policy->allow_trace;
	case ORDER_DNS:
	case ORDER_PATH:
		return policy->allow_dns;
	case ORDER_DISCOVER:
		return policy->allow_discover;
	case ORDER_FETCH:
		return policy->allow_fetch;
	case ORDER_WITHDRAW:
		return true;
	case ORDER_NONE:
		break;
	}
	return false;
}

static enum order_state check_targets(const struct plan_policy *policy, const struct order *o,
				      struct plan_verdict *v)
{
	for (size_t i = 0; i < o->target_count; i++) {
		if (!denied(policy, o->targets[i].addr))
			continue;
		char text[ADDR_TEXT];
		addr_write(o->targets[i].addr, text);
		snprintf(v->detail, sizeof(v->detail), "target %s is on this node's deny list",
			 text);
		return ORDER_REFUSED_DENIED;
	}
	return ORDER_ACCEPTED;
}

static uint64_t lines_of(struct span s)
{
	uint64_t n = s.len > 0 && s.at[s.len - 1] != '\n';
	for (size_t i = 0; i < s.len; i++)
		n += s.at[i] == '\n';
	return n;
}

static uint64_t addrs_of(struct span prefixes, size_t size)
{
	uint64_t n = 0;
	for (size_t at = size; at < prefixes.len; at += size + 1) {
		unsigned bits = (unsigned)size * 8 - prefixes.at[at];
		n += bits < 63 ? 1ULL << bits : UINT64_MAX / 4;
		n = n > UINT64_MAX / 4 ? UINT64_MAX / 4 : n;
	}
	return n;
}

// How much an order of a scan asks for: pairs, addresses or pages. Addresses that are denied are
// told one by one as results; they do not make the order void.
static uint64_t scan_size(const struct order *o)
{
	const struct dns_order *d = &o->dns;
	const struct discover_order *x = &o->discover;
	if (o->kind == ORDER_FETCH)
		return o->fetch_count;
	if (o->kind == ORDER_PATH)
		return o->path.count;
	if (o->kind == ORDER_DISCOVER)
		return addrs_of(x->prefixes4, 4) + addrs_of(x->prefixes6, 16) + x->addrs4.len / 5 +
		       x->addrs6.len / 17;
	if (o->kind != ORDER_DNS)
		return 0;
	return (d->resolvers4.len / 4 + d->resolvers6.len / 16) * lines_of(d->domains) *
	       (d->type_count > 0 ? d->type_count : 1) * (d->repetitions > 0 ? d->repetitions : 1);
}

static bool is_scan(enum order_kind kind)
{
	return kind >= ORDER_DNS && kind <= ORDER_PATH;
}

static enum order_state check_scan(const struct plan_policy *policy, const struct order *o,
				   struct plan_verdict *v)
{
	if (o->rate > policy->scan_rate)
		return policy_refuse(v, ORDER_REFUSED_RATE, "a higher rate than this node allows");
	if (scan_size(o) > policy->max_scan)
		return policy_refuse(v, ORDER_REFUSED_RATE, "a larger scan than this node allows");
	return ORDER_ACCEPTED;
}

enum order_state policy_check(const struct plan_policy *policy, const struct order *o,
			      struct plan_verdict *v)
{
	if (!allowed_kind(policy, o->kind))
		return policy_refuse(v, ORDER_REFUSED_KIND,
				     "this node's policy does not allow that kind");
	if (is_scan(o->kind))
		return check_scan(policy, o, v);
	if (o->kind != ORDER_TRACE && o->length_ms > policy->max_length_ms)
		return policy_refuse(v, ORDER_REFUSED_RATE,
				     "the run is longer than this node allows");
	if (o->target_count > policy->max_targets)
		return policy_refuse(v, ORDER_REFUSED_RATE, "more targets than this node allows");
	if (o->limits.attempts + (o->limits.again > 0 ? o->limits.again - 1 : 0) >
	    policy->max_attempts)
		return policy_refuse(v, ORDER_REFUSED_RATE,
				     "more probes per hop than this node allows");
	// Answers to any other port are not looked at: it may be that of a program.
	if (o->limits.sport != 0 &&
	    (o->limits.sport < policy->sport_first || o->limits.sport > policy->sport_last))
		return policy_refuse(v, ORDER_REFUSED_KIND,
				     "a source port that is not this node's own (sport-first)");
	return check_targets(policy, o, v);
}
