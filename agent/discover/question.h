// SPDX-License-Identifier: Apache-2.0
//
// The names discovery asks for, and what the answers are to it. Pure. A name of len 0 is none.
#pragma once

#include "msg/resolver.h"
#include "wire/dns_query.h"

// Twelve letters and digits of SALT before BASE. False when the name gets too long.
bool name_under(const struct dns_wire_name *base, uint64_t salt, struct dns_wire_name *out) MUSTUSE;

// MESSAGE is a response (or, quoted, a question) about NAME and TYPE.
bool question_is(struct span message, const struct dns_wire_name *name, uint16_t type);

// What an answer to the control name is worth. RIGHT holds the right addresses; none: any public
// one will do.
enum resolver_round round_of(struct span message, const struct addr *right, size_t count,
			     uint8_t *rcode);

// Addresses an answer gives, as A, AAAA or as text of TXT records; at most CAP.
size_t question_addrs(struct span message, struct addr *out, size_t cap);

#define NAME_TEXT 256 // room for a reverse name with NUL
// Names of PTR records in the answer, those that fit NAME_TEXT; at most CAP.
size_t question_names(struct span message, char (*out)[NAME_TEXT], size_t cap);
