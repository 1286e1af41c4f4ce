// SPDX-License-Identifier: Apache-2.0
//
// Which names led to which address: a log of (address, name, who asked, how, when), bounded, in
// which the newest overwrite the oldest. Equal names are kept once. Allocates only when made.
#pragma once

#include "base/addr.h"
#include "base/time.h"
#include "msg/flow.h"

#define NAMES_WALK 256 // entries looked at for one address, so that no packet can make it slow

struct name_entry {
	struct addr addr;  // what the name led to
	struct addr asker; // who asked for it, or said it
	struct wall at;
	uint32_t text; // for names_text
	enum name_how how;
};

struct names;

// ENTRIES: log length. TEXT: bytes of distinct name text ever kept; past it new names are lost and
// counted. SEED as in base/table.h. NULL without memory.
struct names *names_new(size_t entries, size_t text, const uint64_t seed[2]);
void names_free(struct names **n);

// Keeps TEXT in lower case; the number stays good for ever. 0 when there is no room or no text.
uint32_t names_put(struct names *n, struct span text);
const char *names_text(const struct names *n, uint32_t text); // "" for 0

// ENTRY.text 0 is ignored. A repetition is not logged again while the first one is safe.
void names_hear(struct names *n, const struct name_entry *entry);

// Walks the entries of one address, newest first: start with *AT = 0, false at the end.
bool names_next(const struct names *n, const struct addr *of, uint64_t *at, struct name_entry *out);

uint64_t names_lost(const struct names *n);
