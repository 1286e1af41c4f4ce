// SPDX-License-Identifier: Apache-2.0
//
// What is not there: NSEC (RFC 4035 5.4) and NSEC3 (RFC 5155 8). Only records that the zone has
// signed, under their own name, are reckoned with.
#include "signed/signed_own.h"

#define NSEC_FIELDS  2
#define NSEC3_FIELDS 6 // or one less: of a name that only has names below it no types are told

struct denial {
	const struct name *zone;
	ldns_rr_list *records; // borrowed
};

// --- what is signed ---

static bool is_whole(const ldns_rr *rr)
{
	ldns_rr_type type = ldns_rr_get_type(rr);
	if (type == LDNS_RR_TYPE_NSEC)
		return ldns_rr_rd_count(rr) == NSEC_FIELDS;
	return type == LDNS_RR_TYPE_NSEC3 &&
	       (ldns_rr_rd_count(rr) == NSEC3_FIELDS || ldns_rr_rd_count(rr) == NSEC3_FIELDS - 1) &&
	       ldns_nsec3_algorithm(rr) == LDNS_SHA1 && (ldns_nsec3_flags(rr) & ~1) == 0 &&
	       ldns_nsec3_iterations(rr) <= SIGNED_HASHINGS;
}

static bool is_signed(const struct section *s, const struct name *zone, const ldns_rr *rr)
{
	ldns_rr_list *set = signed_set_of(s, ldns_rr_owner(rr), ldns_rr_get_type(rr));
	bool right = set != NULL && ldns_rr_list_rr_count(set) == 1 &&
		     signed_set_check(s, set, zone->name, zone->keys) == SET_RIGHT;
	ldns_rr_list_free(set);
	return right;
}

static ldns_rr_list *read_records(const struct section *s, const struct name *zone)
{
	ldns_rr_list *list = ldns_rr_list_new();
	for (size_t i = 0; list != NULL && i < ldns_rr_list_rr_count(s->records); i++) {
		ldns_rr *rr = ldns_rr_list_rr(s->records, i);
		if (is_whole(rr) && is_signed(s, zone, rr) && !ldns_rr_list_push_rr(list, rr))
			break;
	}
	return list;
}

// --- one record and one name ---

static bool has(const ldns_rr *rr, ldns_rr_type type)
{
	const ldns_rdf *types = ldns_nsec_get_bitmap(rr);
	return types != NULL && ldns_nsec_bitmap_covers_type(types, type);
}

// At the upper side of a zone's beginning: it says nothing of what is below, nor of other types.
static bool is_cut(const ldns_rr *rr)
{
	return has(rr, LDNS_RR_TYPE_DNAME) ||
	       (has(rr, LDNS_RR_TYPE_NS) && !has(rr, LDNS_RR_TYPE_SOA));
}

static bool is_below(const ldns_rdf *name, const ldns_rdf *top)
{
	return ldns_dname_is_subdomain(name, top);
}

static ldns_rdf *hash_of(const struct denial *d, const ldns_rr *rr, const ldns_rdf *name)
{
	ldns_rdf *hashed = ldns_nsec3_hash_name_frm_nsec3(rr, name);
	if (hashed == NULL || ldns_dname_cat(hashed, d->zone->name) == LDNS_STATUS_OK)
		return hashed;
	ldns_rdf_deep_free(hashed);
	return NULL;
}

static bool matches(const struct denial *d, const ldns_rr *rr, const ldns_rdf *name)
{
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC)
		return ldns_dname_compare(ldns_rr_owner(rr), name) == 0;
	ldns_rdf *hashed = hash_of(d, rr, name);
	bool same = hashed != NULL && ldns_dname_compare(ldns_rr_owner(rr), hashed) == 0;
	ldns_rdf_deep_free(hashed);
	return same;
}

static bool covers(const struct denial *d, const ldns_rr *rr, const ldns_rdf *name)
{
	const ldns_rdf *owner = ldns_rr_owner(rr);
	if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC)
		return ldns_dname_compare(owner, name) != 0 && ldns_nsec_covers_name(rr, name) &&
		       !(is_below(name, owner) && is_cut(rr));
	ldns_rdf *hashed = hash_of(d, rr, name);
	bool covered = hashed != NULL && ldns_dname_compare(owner, hashed) != 0 &&
		       ldns_nsec_covers_name(rr, hashed);
	ldns_rdf_deep_free(hashed);
	return covered;
}

typedef bool (*test_fn)(const struct denial *d, const ldns_rr *rr, const ldns_rdf *name);

static const ldns_rr *find(const struct denial *d, ldns_rr_type type, const ldns_rdf *name,
			   test_fn test)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(d->records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(d->records, i);
		if (ldns_rr_get_type(rr) == type && test(d, rr, name))
			return rr;
	}
	return NULL;
}

static const ldns_rr *find_match(const struct denial *d, const ldns_rdf *name)
{
	const ldns_rr *rr = find(d, LDNS_RR_TYPE_NSEC, name, matches);
	return rr != NULL ? rr : find(d, LDNS_RR_TYPE_NSEC3, name, matches);
}

// --- no such name ---

enum absence { ABSENT_UNKNOWN, ABSENT_YES, ABSENT_BUT_BELOW, ABSENT_OPT_OUT };

static bool covers_wildcard(const struct denial *d, ldns_rr_type type, const ldns_rdf *encloser)
{
	ldns_rdf *star = ldns_dname_new_frm_str("*");
	bool covered = star != NULL && ldns_dname_cat(star, encloser) == LDNS_STATUS_OK &&
		       find(d, type, star, covers) != NULL;
	ldns_rdf_deep_free(star);
	return covered;
}

static bool is_at_or_below(const ldns_rdf *name, const ldns_rdf *top)
{
	return ldns_dname_compare(name, top) == 0 || is_below(name, top);
}

// The closest name that is there is the longest end that NAME shares with either end of the gap.
static enum absence absent_nsec(const struct denial *d, const ldns_rdf *name, bool wild)
{
	const ldns_rr *gap = find(d, LDNS_RR_TYPE_NSEC, name, covers);
	if (gap == NULL)
		return ABSENT_UNKNOWN;
	const ldns_rdf *owner = ldns_rr_owner(gap), *next = ldns_rr_rdf(gap, 0);
	if (is_below(next, name))
		return ABSENT_BUT_BELOW;
	if (!wild)
		return ABSENT_YES;
	enum absence found = ABSENT_UNKNOWN;
	for (uint8_t i = 1; i <= ldns_dname_label_count(name); i++) {
		ldns_rdf *up = ldns_dname_clone_from(name, i);
		bool there = up != NULL && (is_at_or_below(owner, up) || is_at_or_below(next, up));
		if (there && covers_wildcard(d, LDNS_RR_TYPE_NSEC, up))
			found = ABSENT_YES;
		ldns_rdf_deep_free(up);
		if (there || up == NULL)
			break;
	}
	return found;
}

// The closest name that is there has its hash; the next one towards NAME falls into a gap.
static enum absence absent_nsec3(const struct denial *d, const ldns_rdf *name, bool wild)
{
	enum absence found = ABSENT_UNKNOWN;
	bool done = false;
	for (uint8_t i = 1; !done && i <= ldns_dname_label_count(name); i++) {
		ldns_rdf *up = ldns_dname_clone_from(name, i),
			 *next = ldns_dname_clone_from(name, (uint16_t)(i - 1));
		const ldns_rr *there = up != NULL && is_at_or_below(up, d->zone->name)
					       ? find(d, LDNS_RR_TYPE_NSEC3, up, matches)
					       : NULL;
		const ldns_rr *gap = there != NULL && next != NULL && !is_cut(there)
					     ? find(d, LDNS_RR_TYPE_NSEC3, next, covers)
					     : NULL;
		if (gap != NULL && ldns_nsec3_optout(gap))
			found = ABSENT_OPT_OUT;
		else if (gap != NULL && (!wild || covers_wildcard(d, LDNS_RR_TYPE_NSEC3, up)))
			found = ABSENT_YES;
		done = up == NULL || there != NULL;
		ldns_rdf_deep_free(up);
		ldns_rdf_deep_free(next);
	}
	return found;
}

static enum absence absent(const struct denial *d, const ldns_rdf *name, bool wild)
{
	enum absence found = absent_nsec(d, name, wild);
	return found != ABSENT_UNKNOWN ? found : absent_nsec3(d, name, wild);
}

// --- the two questions ---

static enum proof prove_absence(const struct denial *d, const ldns_rdf *name, ldns_rr_type type)
{
	const ldns_rr *own = find_match(d, name);
	if (own != NULL) {
		bool other_side = is_cut(own) && !has(own, LDNS_RR_TYPE_DNAME);
		return type == 0 || other_side || has(own, type) || has(own, LDNS_RR_TYPE_CNAME)
			       ? PROOF_NONE
			       : PROOF_ABSENT;
	}
	switch (absent(d, name, true)) {
	case ABSENT_YES:
		return PROOF_ABSENT;
	case ABSENT_BUT_BELOW:
		return type == 0 ? PROOF_NONE : PROOF_ABSENT;
	case ABSENT_OPT_OUT:
		return PROOF_UNSIGNED;
	case ABSENT_UNKNOWN:
	default:
		return PROOF_NONE;
	}
}

static enum proof prove_cut(const struct denial *d, const ldns_rdf *name)
{
	const ldns_rr *own = find_match(d, name);
	if (own != NULL && (has(own, LDNS_RR_TYPE_DS) || has(own, LDNS_RR_TYPE_SOA)))
		return PROOF_NONE;
	if (own != NULL)
		return has(own, LDNS_RR_TYPE_NS) ? PROOF_UNSIGNED : PROOF_SAME;
	switch (absent(d, name, false)) {
	case ABSENT_YES:
	case ABSENT_BUT_BELOW:
		return PROOF_SAME;
	case ABSENT_OPT_OUT:
		return PROOF_UNSIGNED;
	case ABSENT_UNKNOWN:
	default:
		return PROOF_NONE;
	}
}

enum proof signed_absence_of(const struct section *s, const struct name *zone, const ldns_rdf *name,
			     ldns_rr_type type)
{
	struct denial d = { .zone = zone, .records = read_records(s, zone) };
	enum proof proof = d.records != NULL ? prove_absence(&d, name, type) : PROOF_NONE;
	ldns_rr_list_free(d.records);
	return proof;
}

// Nothing is there between the wildcard and NAME (RFC 4035 5.3.4, RFC 5155 8.8).
static enum proof prove_wild(const struct denial *d, const ldns_rdf *next)
{
	if (absent_nsec(d, next, false) == ABSENT_YES)
		return PROOF_ABSENT;
	const ldns_rr *gap = find(d, LDNS_RR_TYPE_NSEC3, next, covers);
	if (gap == NULL)
		return PROOF_NONE;
	return ldns_nsec3_optout(gap) ? PROOF_UNSIGNED : PROOF_ABSENT;
}

enum proof signed_wild_of(const struct section *s, const struct name *zone, const ldns_rdf *name,
			  uint8_t labels)
{
	int above = ldns_dname_label_count(name) - labels - 1;
	ldns_rdf *next = above >= 0 ? ldns_dname_clone_from(name, (uint16_t)above) : NULL;
	struct denial d = { .zone = zone, .records = read_records(s, zone) };
	bool whole = next != NULL && d.records != NULL;
	enum proof proof = whole ? prove_wild(&d, next) : PROOF_NONE;
	ldns_rr_list_free(d.records);
	ldns_rdf_deep_free(next);
	return proof;
}

enum proof signed_cut_of(const struct section *s, const struct name *zone, const ldns_rdf *name)
{
	struct denial d = { .zone = zone, .records = read_records(s, zone) };
	enum proof proof = d.records != NULL ? prove_cut(&d, name) : PROOF_NONE;
	ldns_rr_list_free(d.records);
	return proof;
}
