// SPDX-License-Identifier: Apache-2.0
//
// Every (resolver, question, repetition) exactly once: which is due next, which are done and how
// they ended, what is asked of a resolver that refuses or keeps silent. In: how pairs ended; out:
// the next pair to ask or to write off. Knows no packet and no name. A question is a domain with a
// type; resolvers take turns, each begins elsewhere in the list of questions, and the repetitions
// of a pair follow one another.
#pragma once

#include "base/addr.h"
#include "base/time.h"
#include "base/wr.h"
#include "dns/wanted.h"
#include "msg/dns.h"

struct dns_matrix;

struct dns_matrix_config {
	uint32_t resolvers, domains, types, repetitions;
	const struct dns_wanted *wanted; // borrowed; NULL: every domain of every resolver
	bool spread;       // each question goes to one resolver only: to whose turn it is
	uint32_t parallel; // pairs of one resolver asking at once
	uint32_t patience; // pairs in a row without use before a resolver is left alone a while
	uint32_t returns;  // how often it is tried again, waiting longer each time; then given up
	int64_t pause_ns;  // the first wait; doubles
	uint64_t seed;
};

#define DNS_PATIENCE     10
#define DNS_RETURNS      5
#define DNS_PAUSE_MAX_NS (16 * NS_PER_S)

struct dns_pick {
	uint32_t resolver, domain, type, repetition;
};

// Why pairs of a resolver are written off.
enum dns_fate {
	DNS_FATE_ASK,
	DNS_FATE_SILENT,   // given up: no answer
	DNS_FATE_REFUSING, // given up: nothing but refusals
	DNS_FATE_DENIED,   // on the deny list or opted out
	DNS_FATE_STOPPED,  // the scan was interrupted
	DNS_FATE_NO_ROUTE, // no route to that family
	DNS_FATE_COUNT,
};

struct dns_matrix *dns_matrix_new(const struct dns_matrix_config *c);
void dns_matrix_free(struct dns_matrix **m);

uint64_t dns_matrix_pairs(const struct dns_matrix *m); // of the whole matrix
// Pairs of one; when spread those it was given so far: who is written off is given no more while
// others are there to ask.
uint32_t dns_matrix_share(const struct dns_matrix *m, uint32_t resolver);
uint32_t dns_matrix_domain_share(const struct dns_matrix *m, uint32_t domain);
uint64_t dns_matrix_left(const struct dns_matrix *m); // not done yet, those being asked included

// The resolver whose turn it is, and what is to become of its next pair; false when none is due.
bool dns_matrix_next(struct dns_matrix *m, struct mono now, uint32_t *resolver,
		     enum dns_fate *fate);
// That resolver's next pair is taken; false when there was none left after all.
bool dns_matrix_take(struct dns_matrix *m, uint32_t resolver, struct dns_pick *out);
// … or it has to wait.
void dns_matrix_delay(struct dns_matrix *m, uint32_t resolver, struct mono until);
struct mono dns_matrix_due(const struct dns_matrix *m); // when one that waits may be asked again

// A taken pair asks no more (it may still listen).
enum dns_use {
	DNS_USE_GOOD,
	DNS_USE_SILENT,
	DNS_USE_REFUSED,
	DNS_USE_NONE, // tells nothing
};
void dns_matrix_asked(struct dns_matrix *m, struct mono now, uint32_t resolver, enum dns_use use);

// A taken pair has ended in STATE.
void dns_matrix_done(struct dns_matrix *m, const struct dns_pick *p, enum dns_state state);

// From now on its pairs are written off (or asked again).
void dns_matrix_fate(struct dns_matrix *m, uint32_t resolver, enum dns_fate fate);

const char *dns_fate_name(enum dns_fate f); // "silent"

// How many pairs ended in each state: of all, of a resolver, of a domain.
void dns_matrix_sums(const struct dns_matrix *m, uint64_t out[static DNS_STATE_COUNT]);
void dns_matrix_resolver(const struct dns_matrix *m, uint32_t resolver,
			 uint32_t out[static DNS_STATE_COUNT]);
// False when they are not kept: each domain has one pair.
bool dns_matrix_domain(const struct dns_matrix *m, uint32_t domain,
		       uint32_t out[static DNS_STATE_COUNT]);

// What a scan needs to go on after an end without warning. Reading demands an untouched matrix of
// the same shape.
size_t dns_matrix_image_size(const struct dns_matrix *m);
void dns_matrix_image_write(const struct dns_matrix *m, struct wr *out);
enum err dns_matrix_image_read(struct dns_matrix *m, struct span image) MUSTUSE;
