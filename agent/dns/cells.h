// SPDX-License-Identifier: Apache-2.0
//
// Byte strings that grow at their end, many at once in one bounded pool of small cells: what slots
// keep of the packets they heard. No allocation after cells_new; cells given back are used again
// first, so that memory touched follows what is outstanding.
#pragma once

#include "base/span.h"

struct dns_cells;

struct dns_string {
	uint32_t first, last; // cells, 0 = none
	uint32_t len;         // bytes
};

struct dns_cells *dns_cells_new(uint32_t limit); // NULL without memory
void dns_cells_free(struct dns_cells **c);

// False when the pool has no room for all of it: nothing was added.
bool dns_cells_put(struct dns_cells *c, struct dns_string *s, struct span bytes);
// Takes back what was added past LEN bytes.
void dns_cells_cut(struct dns_cells *c, struct dns_string *s, uint32_t len);
void dns_cells_drop(struct dns_cells *c, struct dns_string *s);

// Copies all of S to OUT, which has room for s->len bytes.
void dns_cells_copy(const struct dns_cells *c, const struct dns_string *s, uint8_t *out);
