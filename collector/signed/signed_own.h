// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share.
#pragma once

#include "signed/signed.h"
#include "signed/signed_ldns.h"

#define TYPE_DNSKEY 48
#define TYPE_DS     43

// One answer, read, with the time it came; it owns its packet.
struct told {
	ldns_pkt *packet;
	time_t at;
	uint16_t type;
};

// How far the chain reaches: from the anchor to a zone whose keys are known for sure, or to where
// it ends.
struct link {
	enum signed_state state;
	enum signed_reason reason;
	const struct name *zone; // secure: whose keys count; else: where it was decided, or NULL
	bool certain;            // no zone begins between it and the name asked for
};

struct name {
	ldns_rdf *name;
	ldns_rr_list *anchors, *keys; // keys: once the chain has reached it
	struct told told[SIGNED_TOLD];
	size_t told_count;
	bool linked;
	struct link link;
};

// Of one set of records and its signatures, best last.
enum set_state {
	SET_UNSIGNED,
	SET_UNKNOWN_KEY,
	SET_ALGORITHM,
	SET_CHANGED,
	SET_EARLY,
	SET_EXPIRED,
	SET_WILD, // right, for a wildcard
	SET_RIGHT,
};

struct section {
	const ldns_rr_list *records;
	time_t at;
	int *tries;    // left; below 0 it was given up
	uint8_t *wild; // labels of the wildcard that was signed; NULL: nobody asks
};

// What is proved of a name.
enum proof {
	PROOF_NONE,
	PROOF_SAME,     // no zone begins there
	PROOF_UNSIGNED, // one does, or may, without signatures
	PROOF_ABSENT,   // no such name, or none with that type
};

// Presentation text without trailing dot; the root: ".".
void signed_name_write(const ldns_rdf *name, char out[static SIGNED_ZONE_TEXT]);
struct name *signed_name_find(const struct signed_chain *c, const ldns_rdf *name);

// A whole packet that answers (NAME, TYPE), or NULL.
ldns_pkt *signed_packet_read(struct span answer, const ldns_rdf *name, uint16_t type);

// The records of NAME and TYPE in a section, each once; borrowed. NULL: none, or no memory.
ldns_rr_list *signed_set_of(const struct section *s, const ldns_rdf *name, ldns_rr_type type);
// Their signatures by ZONE with one of KEYS.
enum set_state signed_set_check(const struct section *s, ldns_rr_list *set, const ldns_rdf *zone,
				const ldns_rr_list *keys);
bool signed_is_zone_key(const ldns_rr *rr);

// What the section, signed by ZONE, proves of the absence of (NAME, TYPE); TYPE 0: of NAME.
enum proof signed_absence_of(const struct section *s, const struct name *zone, const ldns_rdf *name,
			     ldns_rr_type type);
// What it proves of NAME, made from a wildcard of LABELS: absent, but for the wildcard.
enum proof signed_wild_of(const struct section *s, const struct name *zone, const ldns_rdf *name,
			  uint8_t labels);
// What it proves of a DS at NAME.
enum proof signed_cut_of(const struct section *s, const struct name *zone, const ldns_rdf *name);

// The chain at its top; from now on nothing more is told.
struct link signed_link_begin(struct signed_chain *c);
// The chain down to NAME.
struct link signed_link_of(struct signed_chain *c, const ldns_rdf *name);
