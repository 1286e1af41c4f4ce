// SPDX-License-Identifier: Apache-2.0
//
// One answer: from the name asked for along its aliases to the records, or to their absence.
#include "signed/signed.h"

#include "signed/signed_own.h"

struct look {
	struct signed_chain *chain;
	struct section answer, authority;
	bool no_name; // NXDOMAIN
	uint16_t type;
};

struct finding {
	enum signed_state state;
	enum signed_reason reason;
	const struct name *zone;
};

static struct finding found(enum signed_state state, enum signed_reason reason,
			    const struct name *zone)
{
	return (struct finding){ .state = state, .reason = reason, .zone = zone };
}

// Of a chain of aliases, the weakest.
static struct finding worse(struct finding a, struct finding b)
{
	static const int harm[SIGNED_STATE_COUNT_] = { [SIGNED_SECURE] = 1,
						       [SIGNED_INSECURE] = 2,
						       [SIGNED_INDETERMINATE] = 3,
						       [SIGNED_BOGUS] = 4 };
	return harm[b.state] > harm[a.state] ? b : a;
}

// Whose signatures count for NAME. A DS stands above the zone's beginning.
static struct link link_for(const struct look *l, const ldns_rdf *name, ldns_rr_type type)
{
	if (type != LDNS_RR_TYPE_DS || ldns_dname_label_count(name) == 0)
		return signed_link_of(l->chain, name);
	ldns_rdf *up = ldns_dname_left_chop(name);
	struct link link = { .state = SIGNED_INDETERMINATE, .reason = SIGNED_TOO_MUCH };
	if (up != NULL)
		link = signed_link_of(l->chain, up);
	ldns_rdf_deep_free(up);
	return link;
}

// Below a DNAME aliases are made, not signed (RFC 6672 5.3.1).
static bool is_made(const struct look *l, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(l->answer.records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(l->answer.records, i);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNAME &&
		    ldns_dname_is_subdomain(name, ldns_rr_owner(rr)))
			return true;
	}
	return false;
}

static struct finding judge_wild(const struct look *l, const struct name *zone,
				 const ldns_rdf *name, uint8_t labels)
{
	enum proof proof = signed_wild_of(&l->authority, zone, name, labels);
	if (proof == PROOF_ABSENT)
		return found(SIGNED_SECURE, SIGNED_NO_REASON, zone);
	if (proof == PROOF_UNSIGNED)
		return found(SIGNED_INSECURE, SIGNED_UNSIGNED, zone);
	return found(SIGNED_INDETERMINATE, SIGNED_MADE, zone);
}

static struct finding judge_set(const struct look *l, struct link link, ldns_rr_list *set)
{
	static const struct {
		enum signed_state state;
		enum signed_reason reason;
	} means[] = {
		[SET_UNSIGNED] = { SIGNED_BOGUS, SIGNED_STRIPPED },
		[SET_UNKNOWN_KEY] = { SIGNED_BOGUS, SIGNED_UNKNOWN_KEY },
		[SET_ALGORITHM] = { SIGNED_INDETERMINATE, SIGNED_ALGORITHM },
		[SET_CHANGED] = { SIGNED_BOGUS, SIGNED_CHANGED },
		[SET_EARLY] = { SIGNED_BOGUS, SIGNED_EARLY },
		[SET_EXPIRED] = { SIGNED_BOGUS, SIGNED_EXPIRED },
		[SET_WILD] = { SIGNED_INDETERMINATE, SIGNED_MADE }, // unless proved
		[SET_RIGHT] = { SIGNED_SECURE, SIGNED_NO_REASON },
	};
	if (link.state != SIGNED_SECURE)
		return found(link.state, link.reason, link.zone);
	const ldns_rdf *name = ldns_rr_owner(ldns_rr_list_rr(set, 0));
	struct section s = l->answer;
	uint8_t labels = 0;
	s.wild = &labels;
	enum set_state state = signed_set_check(&s, set, link.zone->name, link.zone->keys);
	if (*l->answer.tries < 0)
		return found(SIGNED_INDETERMINATE, SIGNED_TOO_MUCH, link.zone);
	if (state == SET_UNSIGNED && is_made(l, name))
		return found(SIGNED_INDETERMINATE, SIGNED_MADE, link.zone);
	// Another zone may begin in between, whose keys nobody told.
	if (!link.certain && state != SET_RIGHT && state != SET_WILD)
		return found(SIGNED_INDETERMINATE, SIGNED_NO_DS, link.zone);
	return state == SET_WILD ? judge_wild(l, link.zone, name, labels)
				 : found(means[state].state, means[state].reason, link.zone);
}

static bool has_denial(const ldns_rr_list *list)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr_type type = ldns_rr_get_type(ldns_rr_list_rr(list, i));
		if (type == LDNS_RR_TYPE_NSEC || type == LDNS_RR_TYPE_NSEC3)
			return true;
	}
	return false;
}

static struct finding judge_absence(const struct look *l, struct link link, const ldns_rdf *name)
{
	if (link.state != SIGNED_SECURE)
		return found(link.state, link.reason, link.zone);
	enum proof proof = signed_absence_of(&l->authority, link.zone, name,
					     l->no_name ? 0 : (ldns_rr_type)l->type);
	if (proof == PROOF_ABSENT)
		return found(SIGNED_SECURE, SIGNED_NO_REASON, link.zone);
	if (proof == PROOF_UNSIGNED)
		return found(SIGNED_INSECURE, SIGNED_UNSIGNED, link.zone);
	if (*l->authority.tries < 0)
		return found(SIGNED_INDETERMINATE, SIGNED_TOO_MUCH, link.zone);
	if (!link.certain)
		return found(SIGNED_INDETERMINATE, SIGNED_NO_DS, link.zone);
	return has_denial(l->authority.records)
		       ? found(SIGNED_INDETERMINATE, SIGNED_NO_PROOF, link.zone)
		       : found(SIGNED_BOGUS, SIGNED_STRIPPED, link.zone);
}

// One step from NAME: its records, or their absence, which end the walk, or its alias, which NAME
// then is.
static struct finding step(const struct look *l, const ldns_rdf **name)
{
	struct link link = link_for(l, *name, (ldns_rr_type)l->type);
	ldns_rr_list *set = signed_set_of(&l->answer, *name, (ldns_rr_type)l->type);
	bool alias = set == NULL;
	if (alias)
		set = signed_set_of(&l->answer, *name, LDNS_RR_TYPE_CNAME);
	struct finding f = set != NULL ? judge_set(l, link, set) : judge_absence(l, link, *name);
	if (alias && set != NULL && ldns_rr_list_rr_count(set) > 1)
		f = found(SIGNED_INDETERMINATE, SIGNED_UNREAD, NULL);
	*name = alias && set != NULL ? ldns_rr_rdf(ldns_rr_list_rr(set, 0), 0) : NULL;
	ldns_rr_list_free(set);
	return f;
}

static struct finding walk(const struct look *l, const ldns_rdf *name)
{
	struct finding f = found(SIGNED_SECURE, SIGNED_NO_REASON, NULL);
	for (int i = 0; name != NULL && i < SIGNED_ALIASES; i++) {
		struct finding next = step(l, &name);
		f = i == 0 ? next : worse(f, next);
	}
	return name == NULL ? f : found(SIGNED_INDETERMINATE, SIGNED_TOO_MUCH, NULL);
}

static struct signed_verdict verdict_of(struct finding f)
{
	struct signed_verdict v = { .state = f.state, .reason = f.reason };
	if (f.zone != NULL)
		signed_name_write(f.zone->name, v.zone);
	return v;
}

struct signed_verdict signed_find(struct signed_chain *c, const struct signed_question *q,
				  struct span answer)
{
	ldns_rdf *name = *q->domain != '\0' ? ldns_dname_new_frm_str(q->domain) : NULL;
	bool fit = name != NULL && q->type != 0 && q->type != LDNS_RR_TYPE_ANY;
	ldns_pkt *p = fit ? signed_packet_read(answer, name, q->type) : NULL;
	struct finding f = found(SIGNED_INDETERMINATE, SIGNED_UNREAD, NULL);
	if (p != NULL) {
		int tries = SIGNED_TRIES;
		time_t at = (time_t)(q->at.ns / NS_PER_S);
		const struct look l = { .chain = c,
					.answer = { ldns_pkt_answer(p), at, &tries, NULL },
					.authority = { ldns_pkt_authority(p), at, &tries, NULL },
					.no_name = ldns_pkt_get_rcode(p) == LDNS_RCODE_NXDOMAIN,
					.type = q->type };
		f = walk(&l, name);
	}
	ldns_rdf_deep_free(name);
	ldns_pkt_free(p);
	return verdict_of(f);
}

const char *signed_state_name(enum signed_state state)
{
	static const char *const names[] = {
		[SIGNED_INDETERMINATE] = "indeterminate",
		[SIGNED_SECURE] = "secure",
		[SIGNED_INSECURE] = "insecure",
		[SIGNED_BOGUS] = "bogus",
	};
	_Static_assert(sizeof(names) / sizeof(*names) == SIGNED_STATE_COUNT_, "a word for each");
	return names[state];
}

const char *signed_reason_name(enum signed_reason reason)
{
	static const char *const names[] = {
		[SIGNED_NO_REASON] = "",
		[SIGNED_CHANGED] = "changed",
		[SIGNED_UNKNOWN_KEY] = "unknown_key",
		[SIGNED_EXPIRED] = "expired",
		[SIGNED_EARLY] = "early",
		[SIGNED_STRIPPED] = "stripped",
		[SIGNED_WRONG_KEYS] = "wrong_keys",
		[SIGNED_UNSIGNED] = "unsigned",
		[SIGNED_ALGORITHM] = "algorithm",
		[SIGNED_NO_ANCHOR] = "no_anchor",
		[SIGNED_NO_DS] = "no_ds",
		[SIGNED_NO_KEYS] = "no_keys",
		[SIGNED_MADE] = "made",
		[SIGNED_NO_PROOF] = "no_proof",
		[SIGNED_TOO_MUCH] = "too_much",
		[SIGNED_UNREAD] = "unread",
	};
	_Static_assert(sizeof(names) / sizeof(*names) == SIGNED_REASON_COUNT_, "a word for each");
	return names[reason];
}
