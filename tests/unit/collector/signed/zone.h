// SPDX-License-Identifier: Apache-2.0
//
// Zones that are signed while the test runs, and answers as a name server gives them: the signing
// is libldns's, the checking is ours.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "signed/signed_ldns.h"

#define YEAR     31536000
#define Y2026    1780000000
#define NSEC_TTL 60

struct zone {
	const char *name;
	ldns_key *key;
	ldns_key_list *keys; // that one; owns it
	ldns_rr *public;
};

struct answer {
	ldns_pkt *packet;
	uint8_t *wire;
	size_t len;
};

static ldns_rr *rr_of(const char *text)
{
	ldns_rr *rr = NULL;
	assert_int_equal(ldns_rr_new_frm_str(&rr, text, 300, NULL, NULL), LDNS_STATUS_OK);
	return rr;
}

static void zone_valid(struct zone *z, int64_t from, int64_t to)
{
	ldns_key_set_inception(z->key, (uint32_t)from);
	ldns_key_set_expiration(z->key, (uint32_t)to);
}

static struct zone zone_new(const char *name)
{
	struct zone z = { .name = name };
	z.key = ldns_key_new_frm_algorithm(LDNS_SIGN_ECDSAP256SHA256, 256);
	z.keys = ldns_key_list_new();
	assert_true(z.key != NULL && ldns_key_list_push_key(z.keys, z.key));
	ldns_key_set_pubkey_owner(z.key, ldns_dname_new_frm_str(name));
	ldns_key_set_flags(z.key, 257);
	z.public = ldns_key2rr(z.key);
	assert_non_null(z.public);
	ldns_key_set_keytag(z.key, ldns_calc_keytag(z.public));
	zone_valid(&z, Y2026 - YEAR / 4, Y2026 + YEAR / 4);
	return z;
}

static void zone_free(struct zone *z)
{
	ldns_rr_free(z->public);
	ldns_key_list_free(z->keys);
}

// "example. IN DS …" of its key; the caller's.
static char *zone_ds(const struct zone *z)
{
	ldns_rr *ds = ldns_key_rr2ds(z->public, LDNS_SHA256);
	char *text = ldns_rr2str(ds);
	ldns_rr_free(ds);
	return text;
}

static struct answer answer_to(const char *name, uint16_t type)
{
	struct answer a = { 0 };
	ldns_rr *question = ldns_rr_new();
	a.packet = ldns_pkt_new();
	assert_true(a.packet != NULL && question != NULL);
	ldns_rr_set_owner(question, ldns_dname_new_frm_str(name));
	ldns_rr_set_type(question, (ldns_rr_type)type);
	ldns_rr_set_question(question, true);
	ldns_pkt_push_rr(a.packet, LDNS_SECTION_QUESTION, question);
	ldns_pkt_set_qr(a.packet, true);
	return a;
}

// One set of records, split by newlines, signed by Z unless that is NULL.
static void answer_put(struct answer *a, ldns_pkt_section section, const struct zone *z,
		       const char *records)
{
	ldns_rr_list *set = ldns_rr_list_new(), *signs;
	char *copy = strdup(records), *rest = NULL;
	for (char *one = strtok_r(copy, "\n", &rest); one != NULL;
	     one = strtok_r(NULL, "\n", &rest))
		ldns_rr_list_push_rr(set, rr_of(one));
	free(copy);
	for (size_t i = 0; i < ldns_rr_list_rr_count(set); i++)
		ldns_pkt_push_rr(a->packet, section, ldns_rr_clone(ldns_rr_list_rr(set, i)));
	if (z != NULL) {
		signs = ldns_sign_public(set, z->keys);
		assert_true(signs != NULL && ldns_rr_list_rr_count(signs) == 1);
		ldns_pkt_push_rr(a->packet, section, ldns_rr_list_pop_rr(signs));
		ldns_rr_list_deep_free(signs);
	}
	ldns_rr_list_deep_free(set);
}

static void answer_end(struct answer *a)
{
	free(a->wire);
	a->wire = NULL;
	assert_int_equal(ldns_pkt2wire(&a->wire, a->packet, &a->len), LDNS_STATUS_OK);
}

static void answer_free(struct answer *a)
{
	ldns_pkt_free(a->packet);
	free(a->wire);
}

// The keys of Z, signed by SIGNER.
static struct answer answer_keys(const struct zone *z, const struct zone *signer)
{
	struct answer a = answer_to(z->name, 48);
	char *text = ldns_rr2str(z->public);
	answer_put(&a, LDNS_SECTION_ANSWER, signer, text);
	free(text);
	answer_end(&a);
	return a;
}

// The DS of Z, signed by UP.
static struct answer answer_ds(const struct zone *z, const struct zone *up)
{
	struct answer a = answer_to(z->name, 43);
	char *text = zone_ds(z);
	answer_put(&a, LDNS_SECTION_ANSWER, up, text);
	free(text);
	answer_end(&a);
	return a;
}
