// SPDX-License-Identifier: Apache-2.0
#include "msg/resolver.h"

#include "msg/word.h"

static bool packed(struct span s, size_t size)
{
	return s.len % size == 0 && s.len / size <= RESOLVER_ADDRS_MAX;
}

static bool check_names(const struct resolver_record *r)
{
	if (r->name_count > RESOLVER_NAMES_MAX || r->infra_rule.len > RESOLVER_RULE_MAX)
		return false;
	for (size_t i = 0; i < r->name_count; i++)
		if (r->names[i].len > RESOLVER_NAME_MAX)
			return false;
	return true;
}

static bool check_rounds(const struct resolver_record *r)
{
	if (r->rounds > RESOLVER_ROUNDS_MAX || r->round_outcome.len != r->rounds ||
	    r->round_rcode.len != r->rounds)
		return false;
	for (size_t i = 0; i < r->rounds; i++)
		if (r->round_outcome.at[i] >= ROUND_COUNT)
			return false;
	return true;
}

enum err resolver_check(const struct resolver_record *r)
{
	bool good = (r->addr.family == 4 || r->addr.family == 6) &&
		    (unsigned)r->role < RESOLVER_ROLE_COUNT &&
		    (unsigned)r->state < RESOLVER_STATE_COUNT &&
		    (unsigned)r->class < RESOLVER_CLASS_COUNT &&
		    (unsigned)r->nxdomain < RESOLVER_NX_COUNT &&
		    r->payload.len <= RESOLVER_PAYLOAD_MAX && packed(r->egress4, 4) &&
		    packed(r->egress6, 16) && packed(r->nx_addrs, 4) && check_names(r) &&
		    check_rounds(r);
	if (good && packed(r->answered_from, r->addr.family == 4 ? 4 : 16))
		return ERR_OK;
	return ERR_FORMAT;
}

const char *resolver_state_name(enum resolver_state s)
{
	static const char *const names[] = { "unknown", "usable",  "wrong",
					     "silent",  "refused", "not_asked" };
	_Static_assert(COUNT(names) == RESOLVER_STATE_COUNT, "a state has no name");
	return word_of(names, COUNT(names), s);
}

const char *resolver_role_name(enum resolver_role r)
{
	static const char *const names[] = { "unknown", "test", "control", "special" };
	_Static_assert(COUNT(names) == RESOLVER_ROLE_COUNT, "a role has no name");
	return word_of(names, COUNT(names), r);
}

const char *resolver_class_name(enum resolver_class c)
{
	static const char *const names[] = { "unknown", "recursive", "forwarder", "transparent" };
	_Static_assert(COUNT(names) == RESOLVER_CLASS_COUNT, "a class has no name");
	return word_of(names, COUNT(names), c);
}

const char *resolver_nx_name(enum resolver_nx n)
{
	static const char *const names[] = { "unknown", "honest", "rewritten", "failed" };
	_Static_assert(COUNT(names) == RESOLVER_NX_COUNT, "an outcome has no name");
	return word_of(names, COUNT(names), n);
}

const char *resolver_round_name(enum resolver_round r)
{
	static const char *const names[] = {
		"unknown",         "right", "rcode",     "no_address",  "other_address",
		"private_address", "zero",  "no_answer", "unreachable", "unreadable",
	};
	_Static_assert(COUNT(names) == ROUND_COUNT, "an outcome has no name");
	return word_of(names, COUNT(names), r);
}
