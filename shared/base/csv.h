// SPDX-License-Identifier: Apache-2.0
//
// Rows out of CSV text (RFC 4180; LF alone is fine, quoted fields may hold commas, quotes and line
// ends). Empty lines and lines that begin with # are passed over. It does not know what columns
// mean.
#pragma once

#include "base/err.h"
#include "base/span.h"

#define CSV_FIELDS 32
#define CSV_QUOTED 4096 // bytes of the quoted fields of one row

struct csv {
	struct span rest;
	size_t line; // of the row that was read last, from 1
	size_t next; // of the row to come
	size_t count;
	struct span field[CSV_FIELDS]; // borrowed from the text, or from QUOTED until the next row
	uint8_t quoted[CSV_QUOTED];
};

// A leading byte order mark is passed over.
void csv_init(struct csv *c, struct span text);

// The next row. ERR_MISSING: no more; ERR_FORMAT: a quote is not closed or not alone; ERR_FULL: too
// many fields or quoted bytes.
enum err csv_next(struct csv *c) MUSTUSE;
