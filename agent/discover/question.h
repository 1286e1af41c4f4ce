// SPDX-License-Identifier: Apache-2.0
//
// The questions of discovery, and what the answers are to it. Pure.
#pragma once

#include "msg/resolver.h"
#include "wire/dns.h"

#define QUESTION_MAX (DNS_HEAD + DNS_NAME + 4)

// As on the wire, uncompressed; len 0 is no name.
struct name {
	uint8_t len;
	uint8_t bytes[DNS_NAME];
};

// "a.b.example", a trailing dot is fine; no escapes. ERR_FORMAT.
enum err name_read(struct span text, struct name *out) MUSTUSE;
// Twelve letters and digits of SALT before BASE. False when the name gets too long.
bool name_under(const struct name *base, uint64_t salt, struct name *out) MUSTUSE;
void name_reverse(struct addr a, struct name *out); // where the PTR records of A stand

// A recursive question for one name.
size_t question_write(uint16_t id, const struct name *name, uint16_t type,
		      uint8_t out[static QUESTION_MAX]);
// MESSAGE is a response (or, quoted, a question) about NAME and TYPE.
bool question_is(struct span message, const struct name *name, uint16_t type);

// What an answer to the control name is worth. RIGHT holds the right addresses; none: any public
// one will do.
enum resolver_round round_of(struct span message, const struct addr *right, size_t count,
			     uint8_t *rcode);

// Addresses an answer gives, as A, AAAA or as text of TXT records; at most CAP.
size_t question_addrs(struct span message, struct addr *out, size_t cap);

#define NAME_TEXT 256 // room for a reverse name with NUL
// Names of PTR records in the answer, those that fit NAME_TEXT; at most CAP.
size_t question_names(struct span message, char (*out)[NAME_TEXT], size_t cap);
