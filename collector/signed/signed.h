// SPDX-License-Identifier: Apache-2.0
//
// Whether an answer is what the holder of a zone's keys signed. What enters: the bytes of answers
// to DNSKEY questions, and of an answer with the question it is to and the time it came; all of
// strangers, so each is bounded. What leaves: one word. It knows no network and no root: the keys
// are whatever it was handed, and who hands them answers for them.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

#define SIGNED_ZONES     65536 // that keys are kept of; of more: none
#define SIGNED_ZONE_KEYS 32    // kept of one zone
#define SIGNED_RECORDS   256   // in the answer section; more are not looked at
#define SIGNED_CHAIN     16    // aliases followed
#define SIGNED_TRIES     32    // verifications spent on one answer, then it is given up

enum signed_state {
	SIGNED_NONE,    // nothing to say: some part unsigned, a wildcard's, cut, or unreadable
	SIGNED_VALID,   // every part from the name asked for to its records is signed and right
	SIGNED_BOGUS,   // a key is known by the signature's number, and the signature is not its
	SIGNED_EXPIRED, // right, but not at that time: over, or not yet
	SIGNED_NO_KEY,  // signed by a key that is not known, or in a way that is not
	SIGNED_COUNT_,
};

struct signed_question {
	const char *domain; // as presented, without regard to case
	uint16_t type;
	struct wall at; // when the answer came
};

struct signed_keys;

struct signed_keys *signed_keys_new(void);
void signed_keys_free(struct signed_keys **k);

// Keeps what zone keys are in ANSWER; one that cannot be read has none.
enum err signed_keys_put(struct signed_keys *k, struct span answer) MUSTUSE;
size_t signed_keys_count(const struct signed_keys *k);

enum signed_state signed_find(const struct signed_keys *k, const struct signed_question *q,
			      struct span answer);

const char *signed_name(enum signed_state state); // "no_key"
