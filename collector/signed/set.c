// SPDX-License-Identifier: Apache-2.0
//
// One set of records and the signatures beside it.
#include "signed/signed_own.h"

#define KEY_FIELDS   4
#define SIGN_FIELDS  9
#define KEY_ZONE     0x0100 // RFC 4034 2.1.1
#define KEY_REVOKED  0x0080 // RFC 5011
#define KEY_PROTOCOL 3

bool signed_is_zone_key(const ldns_rr *rr)
{
	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY || ldns_rr_rd_count(rr) != KEY_FIELDS ||
	    ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return false;
	uint16_t flags = ldns_rdf2native_int16(ldns_rr_dnskey_flags(rr));
	return (flags & (KEY_ZONE | KEY_REVOKED)) == KEY_ZONE &&
	       ldns_rdf2native_int8(ldns_rr_dnskey_protocol(rr)) == KEY_PROTOCOL;
}

static bool is_at(const ldns_rr *rr, const ldns_rdf *name, ldns_rr_type type)
{
	return ldns_rr_get_type(rr) == type && ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(rr), name) == 0;
}

static bool holds(const ldns_rr_list *list, const ldns_rr *rr)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
		if (ldns_rr_compare(ldns_rr_list_rr(list, i), rr) == 0)
			return true;
	return false;
}

ldns_rr_list *signed_set_of(const struct section *s, const ldns_rdf *name, ldns_rr_type type)
{
	ldns_rr_list *set = ldns_rr_list_new();
	bool good = set != NULL;
	for (size_t i = 0; good && i < ldns_rr_list_rr_count(s->records); i++) {
		ldns_rr *rr = ldns_rr_list_rr(s->records, i);
		if (is_at(rr, name, type) && !holds(set, rr))
			good = ldns_rr_rd_count(rr) > 0 && ldns_rr_list_push_rr(set, rr);
	}
	if (good && ldns_rr_list_rr_count(set) > 0)
		return set;
	ldns_rr_list_free(set);
	return NULL;
}

static enum set_state state_of(ldns_status status, bool wild)
{
	if (status == LDNS_STATUS_OK)
		return wild ? SET_WILD : SET_RIGHT;
	if (status == LDNS_STATUS_CRYPTO_SIG_EXPIRED ||
	    status == LDNS_STATUS_CRYPTO_EXPIRATION_BEFORE_INCEPTION)
		return SET_EXPIRED;
	if (status == LDNS_STATUS_CRYPTO_SIG_NOT_INCEPTED)
		return SET_EARLY;
	if (status == LDNS_STATUS_CRYPTO_UNKNOWN_ALGO || status == LDNS_STATUS_CRYPTO_ALGO_NOT_IMPL)
		return SET_ALGORITHM;
	return SET_CHANGED;
}

// Of several, the one that says most for the records: an attacker can add signatures, not make one.
static enum set_state better(enum set_state a, enum set_state b)
{
	return a > b ? a : b;
}

static enum set_state try_keys(const struct section *s, ldns_rr_list *set, ldns_rr *sign, bool wild,
			       const ldns_rr_list *keys)
{
	uint8_t algorithm = ldns_rdf2native_int8(ldns_rr_rrsig_algorithm(sign));
	uint16_t tag = ldns_rdf2native_int16(ldns_rr_rrsig_keytag(sign));
	enum set_state state = SET_UNKNOWN_KEY;
	for (size_t i = 0; i < ldns_rr_list_rr_count(keys); i++) {
		ldns_rr *key = ldns_rr_list_rr(keys, i);
		if (ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(key)) != algorithm ||
		    ldns_calc_keytag(key) != tag)
			continue;
		if ((*s->tries)-- <= 0)
			return SET_UNSIGNED;
		state = better(state,
			       state_of(ldns_verify_rrsig_time(set, sign, key, s->at), wild));
	}
	return state;
}

static enum set_state check_signature(const struct section *s, ldns_rr_list *set, ldns_rr *sign,
				      const ldns_rdf *zone, const ldns_rr_list *keys)
{
	const ldns_rdf *owner = ldns_rr_owner(sign);
	uint8_t labels = ldns_rdf2native_int8(ldns_rr_rrsig_labels(sign)),
		own = ldns_dname_label_count(owner);
	if (ldns_dname_compare(ldns_rr_rrsig_signame(sign), zone) != 0)
		return SET_UNKNOWN_KEY;
	// `*.x` itself is signed with the labels of x (RFC 4034 3.1.3).
	if (own > 0 && ldns_dname_is_wildcard(owner))
		own--;
	if (labels > own)
		return SET_UNKNOWN_KEY;
	enum set_state state = try_keys(s, set, sign, labels < own, keys);
	if (state == SET_WILD && s->wild != NULL)
		*s->wild = labels;
	return state;
}

enum set_state signed_set_check(const struct section *s, ldns_rr_list *set, const ldns_rdf *zone,
				const ldns_rr_list *keys)
{
	const ldns_rr *first = ldns_rr_list_rr(set, 0);
	const ldns_rdf *name = ldns_rr_owner(first);
	enum set_state state = SET_UNSIGNED;
	if (ldns_dname_compare(name, zone) != 0 && !ldns_dname_is_subdomain(name, zone))
		return SET_UNSIGNED;
	for (size_t i = 0; i < ldns_rr_list_rr_count(s->records); i++) {
		ldns_rr *rr = ldns_rr_list_rr(s->records, i);
		if (is_at(rr, name, LDNS_RR_TYPE_RRSIG) && ldns_rr_rd_count(rr) == SIGN_FIELDS &&
		    ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == ldns_rr_get_type(first))
			state = better(state, check_signature(s, set, rr, zone, keys));
	}
	return *s->tries < 0 ? SET_UNSIGNED : state;
}
