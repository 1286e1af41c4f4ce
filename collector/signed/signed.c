// SPDX-License-Identifier: Apache-2.0
#include "signed/signed.h"

#include <search.h>
#include <stdlib.h>

#include "signed/signed_ldns.h"

#define WIRE_MAX     65535
#define KEY_FIELDS   4
#define SIGN_FIELDS  9
#define KEY_ZONE     0x0100 // RFC 4034 2.1.1
#define KEY_REVOKED  0x0080 // RFC 5011
#define KEY_PROTOCOL 3

struct zone {
	ldns_rdf *name;
	ldns_rr_list *keys;
};

struct signed_keys {
	void *zones; // tree of struct zone
	size_t zone_count, count;
};

// One answer under examination.
struct look {
	const struct signed_keys *keys;
	const ldns_rr_list *records;
	time_t at;
	int tries; // left
};

static int compare(const void *a, const void *b)
{
	const struct zone *x = a, *y = b;
	return ldns_dname_compare(x->name, y->name);
}

static void zone_free(void *at)
{
	struct zone *z = at;
	ldns_rdf_deep_free(z->name);
	ldns_rr_list_deep_free(z->keys);
	free(z);
}

struct signed_keys *signed_keys_new(void)
{
	return calloc(1, sizeof(struct signed_keys));
}

void signed_keys_free(struct signed_keys **k)
{
	if (*k == NULL)
		return;
	tdestroy((*k)->zones, zone_free);
	free(*k);
	*k = NULL;
}

size_t signed_keys_count(const struct signed_keys *k)
{
	return k->count;
}

static struct zone *zone_find(const struct signed_keys *k, ldns_rdf *name)
{
	const struct zone like = { .name = name };
	struct zone *const *found = tfind(&like, &k->zones, compare);
	return found != NULL ? *found : NULL;
}

static struct zone *zone_put(struct signed_keys *k, const ldns_rdf *name)
{
	struct zone *z = calloc(1, sizeof(*z));
	if (z == NULL)
		return NULL;
	z->name = ldns_rdf_clone(name);
	z->keys = ldns_rr_list_new();
	if (z->name != NULL && z->keys != NULL && tsearch(z, &k->zones, compare) != NULL) {
		k->zone_count++;
		return z;
	}
	ldns_rdf_deep_free(z->name);
	ldns_rr_list_deep_free(z->keys);
	free(z);
	return NULL;
}

static bool is_zone_key(const ldns_rr *rr)
{
	if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY || ldns_rr_rd_count(rr) != KEY_FIELDS ||
	    ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return false;
	uint16_t flags = ldns_rdf2native_int16(ldns_rr_dnskey_flags(rr));
	return (flags & (KEY_ZONE | KEY_REVOKED)) == KEY_ZONE &&
	       ldns_rdf2native_int8(ldns_rr_dnskey_protocol(rr)) == KEY_PROTOCOL;
}

static bool holds(const ldns_rr_list *list, const ldns_rr *rr)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
		if (ldns_rr_compare(ldns_rr_list_rr(list, i), rr) == 0)
			return true;
	return false;
}

static enum err key_put(struct signed_keys *k, const ldns_rr *rr)
{
	struct zone *z = zone_find(k, ldns_rr_owner(rr));
	if (z == NULL && k->zone_count >= SIGNED_ZONES)
		return ERR_OK;
	if (z == NULL)
		z = zone_put(k, ldns_rr_owner(rr));
	if (z == NULL)
		return ERR_MEMORY;
	if (ldns_rr_list_rr_count(z->keys) >= SIGNED_ZONE_KEYS || holds(z->keys, rr))
		return ERR_OK;
	ldns_rr *own = ldns_rr_clone(rr);
	if (own == NULL || !ldns_rr_list_push_rr(z->keys, own)) {
		ldns_rr_free(own);
		return ERR_MEMORY;
	}
	k->count++;
	return ERR_OK;
}

// A whole answer without an error, or NULL.
static ldns_pkt *read_packet(struct span answer)
{
	ldns_pkt *p = NULL;
	if (answer.len > WIRE_MAX || ldns_wire2pkt(&p, answer.at, answer.len) != LDNS_STATUS_OK)
		return NULL;
	if (ldns_pkt_qr(p) && !ldns_pkt_tc(p) && ldns_pkt_get_rcode(p) == LDNS_RCODE_NOERROR &&
	    ldns_rr_list_rr_count(ldns_pkt_answer(p)) <= SIGNED_RECORDS)
		return p;
	ldns_pkt_free(p);
	return NULL;
}

enum err signed_keys_put(struct signed_keys *k, struct span answer)
{
	ldns_pkt *p = read_packet(answer);
	enum err err = ERR_OK;
	if (p == NULL)
		return ERR_OK;
	const ldns_rr_list *list = ldns_pkt_answer(p);
	for (size_t i = 0; err == ERR_OK && i < ldns_rr_list_rr_count(list); i++)
		if (is_zone_key(ldns_rr_list_rr(list, i)))
			err = key_put(k, ldns_rr_list_rr(list, i));
	ldns_pkt_free(p);
	return err;
}

// --- one answer ---

static enum signed_state state_of(ldns_status status)
{
	if (status == LDNS_STATUS_OK)
		return SIGNED_VALID;
	if (status == LDNS_STATUS_CRYPTO_SIG_EXPIRED ||
	    status == LDNS_STATUS_CRYPTO_SIG_NOT_INCEPTED ||
	    status == LDNS_STATUS_CRYPTO_EXPIRATION_BEFORE_INCEPTION)
		return SIGNED_EXPIRED;
	return status == LDNS_STATUS_CRYPTO_BOGUS ? SIGNED_BOGUS : SIGNED_NO_KEY;
}

// Of several, the one that says most for the records: an attacker can add signatures, not make one.
static enum signed_state better(enum signed_state a, enum signed_state b)
{
	static const int worth[SIGNED_COUNT_] = {
		[SIGNED_NO_KEY] = 1, [SIGNED_BOGUS] = 2, [SIGNED_EXPIRED] = 3, [SIGNED_VALID] = 4
	};
	return worth[a] >= worth[b] ? a : b;
}

// Of a chain, the weakest.
static enum signed_state worse(enum signed_state a, enum signed_state b)
{
	static const int harm[SIGNED_COUNT_] = {
		[SIGNED_NO_KEY] = 1, [SIGNED_EXPIRED] = 2, [SIGNED_NONE] = 3, [SIGNED_BOGUS] = 4
	};
	return harm[a] >= harm[b] ? a : b;
}

// A signature by another key than its number says does not count against the records: the key may
// be one that nobody told of.
static enum signed_state try_keys(struct look *l, const struct zone *z, ldns_rr_list *set,
				  ldns_rr *sign)
{
	uint8_t algorithm = ldns_rdf2native_int8(ldns_rr_rrsig_algorithm(sign));
	uint16_t tag = ldns_rdf2native_int16(ldns_rr_rrsig_keytag(sign));
	enum signed_state state = SIGNED_NO_KEY;
	for (size_t i = 0; i < ldns_rr_list_rr_count(z->keys); i++) {
		ldns_rr *key = ldns_rr_list_rr(z->keys, i);
		if (ldns_rdf2native_int8(ldns_rr_dnskey_algorithm(key)) != algorithm ||
		    ldns_calc_keytag(key) != tag)
			continue;
		if (l->tries-- <= 0)
			return SIGNED_NONE;
		state = better(state, state_of(ldns_verify_rrsig_time(set, sign, key, l->at)));
	}
	return state;
}

// A wildcard's signature (fewer labels) says nothing without proof that the name itself is not
// there (RFC 4035 5.3.4), and nobody signs for names outside his zone.
static enum signed_state check_signature(struct look *l, ldns_rr_list *set, ldns_rr *sign)
{
	ldns_rdf *owner = ldns_rr_owner(sign), *signer = ldns_rr_rrsig_signame(sign);
	if (ldns_rdf2native_int8(ldns_rr_rrsig_labels(sign)) != ldns_dname_label_count(owner) ||
	    (ldns_dname_compare(owner, signer) != 0 && !ldns_dname_is_subdomain(owner, signer)))
		return SIGNED_NONE;
	const struct zone *z = zone_find(l->keys, signer);
	return z != NULL ? try_keys(l, z, set, sign) : SIGNED_NO_KEY;
}

static bool is_at(const ldns_rr *rr, const ldns_rdf *name, ldns_rr_type type)
{
	return ldns_rr_get_type(rr) == type && ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(rr), name) == 0;
}

static enum signed_state check_set(struct look *l, const ldns_rdf *name, ldns_rr_type type,
				   ldns_rr_list *set)
{
	enum signed_state state = SIGNED_NONE;
	for (size_t i = 0; i < ldns_rr_list_rr_count(l->records); i++) {
		ldns_rr *rr = ldns_rr_list_rr(l->records, i);
		if (is_at(rr, name, LDNS_RR_TYPE_RRSIG) && ldns_rr_rd_count(rr) == SIGN_FIELDS &&
		    ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type)
			state = better(state, check_signature(l, set, rr));
	}
	return l->tries < 0 ? SIGNED_NONE : state;
}

// The records of NAME and TYPE, each once; borrowed. NULL: no memory, or one is empty.
static ldns_rr_list *set_of(const struct look *l, const ldns_rdf *name, ldns_rr_type type)
{
	ldns_rr_list *set = ldns_rr_list_new();
	bool good = set != NULL;
	for (size_t i = 0; good && i < ldns_rr_list_rr_count(l->records); i++) {
		ldns_rr *rr = ldns_rr_list_rr(l->records, i);
		if (is_at(rr, name, type) && !holds(set, rr))
			good = ldns_rr_rd_count(rr) > 0 && ldns_rr_list_push_rr(set, rr);
	}
	if (good)
		return set;
	ldns_rr_list_free(set);
	return NULL;
}

// One step from NAME: its records, which end the walk, or its alias, which NAME then is.
static enum signed_state step(struct look *l, const ldns_rdf **name, ldns_rr_type *type)
{
	ldns_rr_list *set = set_of(l, *name, *type);
	ldns_rr_type found = *type;
	if (set != NULL && ldns_rr_list_rr_count(set) == 0) {
		ldns_rr_list_free(set);
		found = LDNS_RR_TYPE_CNAME;
		set = set_of(l, *name, found);
	}
	bool alias = found != *type;
	size_t count = set != NULL ? ldns_rr_list_rr_count(set) : 0;
	enum signed_state state = SIGNED_NONE;
	if (count > 0 && (!alias || count == 1))
		state = check_set(l, *name, found, set);
	*name = alias && count == 1 ? ldns_rr_rdf(ldns_rr_list_rr(set, 0), 0) : NULL;
	ldns_rr_list_free(set);
	if (alias && *name == NULL)
		*type = 0; // led nowhere
	return state;
}

static enum signed_state walk(struct look *l, const ldns_rdf *name, ldns_rr_type type)
{
	enum signed_state state = SIGNED_VALID;
	for (int i = 0; i < SIGNED_CHAIN; i++) {
		state = worse(state, step(l, &name, &type));
		if (type == 0)
			return SIGNED_NONE;
		if (name == NULL)
			return state;
	}
	return SIGNED_NONE;
}

enum signed_state signed_find(const struct signed_keys *k, const struct signed_question *q,
			      struct span answer)
{
	ldns_pkt *p = read_packet(answer);
	ldns_rdf *name = p != NULL && *q->domain != '\0' ? ldns_dname_new_frm_str(q->domain) : NULL;
	enum signed_state state = SIGNED_NONE;
	if (name != NULL && q->type != 0) {
		struct look l = { .keys = k,
				  .records = ldns_pkt_answer(p),
				  .at = (time_t)(q->at.ns / NS_PER_S),
				  .tries = SIGNED_TRIES };
		state = walk(&l, name, (ldns_rr_type)q->type);
	}
	ldns_rdf_deep_free(name);
	ldns_pkt_free(p);
	return state;
}

const char *signed_name(enum signed_state state)
{
	static const char *const names[] = {
		[SIGNED_NONE] = "none",       [SIGNED_VALID] = "valid",   [SIGNED_BOGUS] = "bogus",
		[SIGNED_EXPIRED] = "expired", [SIGNED_NO_KEY] = "no_key",
	};
	_Static_assert(sizeof(names) / sizeof(*names) == SIGNED_COUNT_, "a word for each");
	return names[state];
}
