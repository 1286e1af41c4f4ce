// SPDX-License-Identifier: Apache-2.0
//
// From the anchor down, name by name: what its parent says of its keys, then the keys. Each link is
// made once; it was right or not when the answers that make it came.
#include "signed/signed_own.h"

#define DS_FIELDS 4

static struct link link_at(enum signed_state state, enum signed_reason reason, const struct name *n)
{
	return (struct link){ .state = state, .reason = reason, .zone = n, .certain = true };
}

// --- keys by what the parent says ---

static bool is_known(uint8_t algorithm, uint8_t digest)
{
	static const uint8_t algorithms[] = { 5, 7, 8, 10, 13, 14, 15, 16 };
	for (size_t i = 0; i < sizeof(algorithms); i++)
		if (algorithms[i] == algorithm)
			return digest == LDNS_SHA1 || digest == LDNS_SHA256 ||
			       digest == LDNS_SHA384;
	return false;
}

static uint8_t field(const ldns_rr *rr, size_t i)
{
	return ldns_rdf2native_int8(ldns_rr_rdf(rr, i));
}

// SHA-1 counts only where nothing stronger is told (RFC 4509 3).
static bool counts(const ldns_rr_list *ds, const ldns_rr *rr)
{
	if (ldns_rr_rd_count(rr) != DS_FIELDS || !is_known(field(rr, 1), field(rr, 2)))
		return false;
	for (size_t i = 0; field(rr, 2) == LDNS_SHA1 && i < ldns_rr_list_rr_count(ds); i++) {
		const ldns_rr *other = ldns_rr_list_rr(ds, i);
		if (ldns_rr_rd_count(other) == DS_FIELDS && field(other, 2) != LDNS_SHA1 &&
		    is_known(field(other, 1), field(other, 2)))
			return false;
	}
	return true;
}

static bool is_of(const ldns_rr *key, const ldns_rr *ds)
{
	if (ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(key)) != field(ds, 1) ||
	    ldns_calc_keytag(key) != ldns_rdf2native_int16(ldns_rr_rdf(ds, 0)))
		return false;
	ldns_rr *own = ldns_key_rr2ds(key, (ldns_hash)field(ds, 2));
	bool same = own != NULL && ldns_rdf_compare(ldns_rr_rdf(own, 3), ldns_rr_rdf(ds, 3)) == 0;
	ldns_rr_free(own);
	return same;
}

static bool named(const ldns_rr *key, const ldns_rr_list *ds)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(ds); i++)
		if (counts(ds, ldns_rr_list_rr(ds, i)) && is_of(key, ldns_rr_list_rr(ds, i)))
			return true;
	return false;
}

static void keep_key(struct name *n, const ldns_rr *key)
{
	if (ldns_rr_list_rr_count(n->keys) >= SIGNED_KEYS)
		return;
	for (size_t i = 0; i < ldns_rr_list_rr_count(n->keys); i++)
		if (ldns_rr_compare(ldns_rr_list_rr(n->keys, i), key) == 0)
			return;
	ldns_rr *own = ldns_rr_clone(key);
	if (own != NULL && !ldns_rr_list_push_rr(n->keys, own))
		ldns_rr_free(own);
}

// The keys of one answer count when one that DS names has signed them all.
static bool take_keys(struct name *n, const struct told *t, const ldns_rr_list *ds, int *tries)
{
	const struct section s = { ldns_pkt_answer(t->packet), t->at, tries, NULL };
	ldns_rr_list *set = signed_set_of(&s, n->name, LDNS_RR_TYPE_DNSKEY);
	ldns_rr_list *entry = set != NULL ? ldns_rr_list_new() : NULL;
	bool right = false;
	for (size_t i = 0; entry != NULL && i < ldns_rr_list_rr_count(set); i++) {
		ldns_rr *key = ldns_rr_list_rr(set, i);
		if (signed_is_zone_key(key) && named(key, ds))
			right = ldns_rr_list_push_rr(entry, key);
	}
	if (right)
		right = signed_set_check(&s, set, n->name, entry) == SET_RIGHT;
	for (size_t i = 0; right && i < ldns_rr_list_rr_count(set); i++)
		if (signed_is_zone_key(ldns_rr_list_rr(set, i)))
			keep_key(n, ldns_rr_list_rr(set, i));
	ldns_rr_list_free(entry);
	ldns_rr_list_free(set);
	return right;
}

static struct link link_keys(struct name *n, const ldns_rr_list *ds)
{
	int tries = SIGNED_TRIES;
	bool known = false, told = false, right = false;
	for (size_t i = 0; i < ldns_rr_list_rr_count(ds); i++)
		known |= counts(ds, ldns_rr_list_rr(ds, i));
	if (!known)
		return link_at(SIGNED_INSECURE, SIGNED_ALGORITHM, n);
	for (size_t i = 0; i < n->told_count; i++) {
		if (n->told[i].type != TYPE_DNSKEY)
			continue;
		told |= ldns_rr_list_rr_count(ldns_pkt_answer(n->told[i].packet)) > 0;
		right |= take_keys(n, &n->told[i], ds, &tries);
	}
	if (right)
		return link_at(SIGNED_SECURE, SIGNED_NO_REASON, n);
	if (told && tries >= 0)
		return link_at(SIGNED_BOGUS, SIGNED_WRONG_KEYS, n);
	return link_at(SIGNED_INDETERMINATE, told ? SIGNED_TOO_MUCH : SIGNED_NO_KEYS, n);
}

// --- what the parent says ---

// A DS set that UP has signed, or NULL; *WRONG: there is one that it has not.
static ldns_rr_list *find_ds(const struct name *n, const struct name *up, int *tries, bool *wrong)
{
	for (size_t i = 0; i < n->told_count; i++) {
		if (n->told[i].type != TYPE_DS)
			continue;
		const struct section s = { ldns_pkt_answer(n->told[i].packet), n->told[i].at, tries,
					   NULL };
		ldns_rr_list *set = signed_set_of(&s, n->name, LDNS_RR_TYPE_DS);
		if (set == NULL)
			continue;
		if (signed_set_check(&s, set, up->name, up->keys) == SET_RIGHT)
			return set;
		ldns_rr_list_free(set);
		*wrong = true;
	}
	return NULL;
}

// Where an alias is, no zone begins.
static bool is_alias(const struct name *n, const struct told *t, const struct name *up, int *tries)
{
	const struct section s = { ldns_pkt_answer(t->packet), t->at, tries, NULL };
	ldns_rr_list *set = signed_set_of(&s, n->name, LDNS_RR_TYPE_CNAME);
	bool alias = set != NULL && signed_set_check(&s, set, up->name, up->keys) == SET_RIGHT;
	ldns_rr_list_free(set);
	return alias;
}

static enum proof find_proof(const struct name *n, const struct name *up, int *tries)
{
	enum proof found = PROOF_NONE;
	for (size_t i = 0; found == PROOF_NONE && i < n->told_count; i++) {
		const struct told *t = &n->told[i];
		if (t->type != TYPE_DS)
			continue;
		const struct section s = { ldns_pkt_authority(t->packet), t->at, tries, NULL };
		found = is_alias(n, t, up, tries) ? PROOF_SAME : signed_cut_of(&s, up, n->name);
	}
	return found;
}

static struct link link_next(struct name *n, struct link above)
{
	int tries = SIGNED_TRIES;
	bool wrong = false;
	if (ldns_rr_list_rr_count(n->anchors) > 0)
		return link_keys(n, n->anchors);
	if (above.state != SIGNED_SECURE || above.zone == n)
		return above;
	ldns_rr_list *ds = find_ds(n, above.zone, &tries, &wrong);
	if (ds != NULL) {
		struct link below = link_keys(n, ds);
		ldns_rr_list_free(ds);
		return below;
	}
	enum proof proof = find_proof(n, above.zone, &tries);
	if (proof == PROOF_UNSIGNED)
		return link_at(SIGNED_INSECURE, SIGNED_UNSIGNED, n);
	if (proof == PROOF_SAME)
		return above;
	if (wrong)
		return link_at(SIGNED_BOGUS, SIGNED_WRONG_KEYS, n);
	above.certain = false;
	return above;
}

struct link signed_link_of(struct signed_chain *c, const ldns_rdf *name)
{
	struct link link = signed_link_begin(c);
	uint8_t labels = ldns_dname_label_count(name);
	for (int depth = 0; depth <= labels; depth++) {
		ldns_rdf *at = ldns_dname_clone_from(name, (uint16_t)(labels - depth));
		struct name *n = at != NULL ? signed_name_find(c, at) : NULL;
		ldns_rdf_deep_free(at);
		if (n == NULL) {
			link.certain = false;
			continue;
		}
		if (!n->linked)
			n->link = link_next(n, link);
		n->linked = true;
		link = n->link;
	}
	return link;
}
