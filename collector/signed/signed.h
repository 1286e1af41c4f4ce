// SPDX-License-Identifier: Apache-2.0
//
// Whether an answer is what the holder of a zone signed, by a chain from a trust anchor down to it.
// What enters: anchors (DS records), the bytes of answers to DNSKEY and DS questions and when they
// came, and an answer with the question it is to and the time it came; all but the anchors are of
// strangers, so each is bounded, and nothing of them is believed that no signature holds. What
// leaves: a state with its reason. It knows no network, no clock and no root.
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/time.h"

#define SIGNED_NAMES    262144 // of which something was told or anchored; of more: nothing
#define SIGNED_TOLD     32     // answers kept about one name, of either type
#define SIGNED_KEYS     32     // of one zone
#define SIGNED_RECORDS  256    // in one section; answers with more are not looked at
#define SIGNED_ALIASES  16     // followed
#define SIGNED_TRIES    32  // verifications spent on one answer, or one name; then it is given up
#define SIGNED_HASHINGS 150 // more rounds of NSEC3 than this are not reckoned (RFC 9276)

enum signed_state {
	SIGNED_INDETERMINATE, // not enough is known
	SIGNED_SECURE,   // every part from the name asked for to its records is signed and right
	SIGNED_INSECURE, // a zone on the way is proved to be unsigned
	SIGNED_BOGUS,    // ought to be signed and right, and is not
	SIGNED_STATE_COUNT_,
};

enum signed_reason {
	SIGNED_NO_REASON,
	// Bogus, though the zone's keys are known for sure
	SIGNED_CHANGED,     // one of the zone's keys is named, and the signature is not its
	SIGNED_UNKNOWN_KEY, // signed, by none of the zone's keys
	SIGNED_EXPIRED,     // right, and over at that time
	SIGNED_EARLY,       // right, and not begun at that time
	SIGNED_STRIPPED,    // the zone signs, and there is no signature
	// Bogus: a link of the chain itself
	SIGNED_WRONG_KEYS, // a zone's keys, or what its parent says of them, are not those signed
			   // for
	// Insecure
	SIGNED_UNSIGNED,  // the parent signed that this zone has no keys
	SIGNED_ALGORITHM, // signed in ways that are not known here; of a set: indeterminate
	// Indeterminate
	SIGNED_NO_ANCHOR, // no anchor is above it
	SIGNED_NO_DS,     // nobody told, provably, whether a zone on the way is signed
	SIGNED_NO_KEYS,   // nobody told the keys of a zone that is signed
	SIGNED_MADE, // made from a wildcard, without proof that the name is not there, or from a
		     // DNAME
	SIGNED_NO_PROOF, // that there is no such name or record, and what is signed does not prove
			 // it
	SIGNED_TOO_MUCH, // more signatures, keys or aliases than are looked at
	SIGNED_UNREAD,   // cut, an error, unreadable, or another question's
	SIGNED_REASON_COUNT_,
};

#define SIGNED_ZONE_TEXT 1025

struct signed_verdict {
	enum signed_state state;
	enum signed_reason reason;
	char zone[SIGNED_ZONE_TEXT]; // where it was decided; "": nowhere
};

struct signed_question {
	const char *domain; // as presented, without regard to case
	uint16_t type;
	struct wall at; // when the answer came
};

#define SIGNED_DIGEST_MAX 64

struct signed_anchor {
	char zone[SIGNED_ZONE_TEXT]; // lower case, without trailing dot; the root: "."
	uint16_t tag;
	uint8_t algorithm, digest_type, digest[SIGNED_DIGEST_MAX];
	size_t digest_len;
};

// A DS record as presented, "example. IN DS 1234 13 2 …" (TTL and class may be left out).
enum err signed_anchor_read(const char *record, struct signed_anchor *out) MUSTUSE;

struct signed_chain;

struct signed_chain *signed_chain_new(void);
void signed_chain_free(struct signed_chain **c);

enum err signed_anchor_put(struct signed_chain *c, const char *record) MUSTUSE;
// Keeps what ANSWER says; one to another question, or that cannot be read, says nothing. Not after
// the first signed_find: ERR_STATE.
enum err signed_told_put(struct signed_chain *c, const struct signed_question *q,
			 struct span answer) MUSTUSE;
size_t signed_told_count(const struct signed_chain *c);

struct signed_verdict signed_find(struct signed_chain *c, const struct signed_question *q,
				  struct span answer);

const char *signed_state_name(enum signed_state state);    // "secure"
const char *signed_reason_name(enum signed_reason reason); // "unknown_key"; "" for none
