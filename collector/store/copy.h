// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's COPY BINARY format, field by field, into a bounded writer. Every field is checked or
// made valid here, since one bad field aborts a whole COPY. Pure: it knows types, not tables.
#pragma once

#include "base/addr.h"
#include "base/time.h"
#include "base/wr.h"
#include "msg/trace.h"

#define COPY_HEADER_SIZE  19 // before the first row
#define COPY_TRAILER_SIZE 2  // after the last

void copy_header(struct wr *w);
void copy_trailer(struct wr *w);
void copy_row(struct wr *w, uint16_t fields); // opens a row

void copy_null(struct wr *w);
void copy_bool(struct wr *w, bool v);
void copy_i2(struct wr *w, int16_t v);
void copy_i4(struct wr *w, int32_t v);
void copy_i8(struct wr *w, int64_t v);
void copy_time(struct wr *w, struct wall t);
void copy_time_or_null(struct wr *w, struct wall t); // 0: null
void copy_run(struct wr *w, struct run_id run);      // all zero: null
void copy_side(struct wr *w, uint8_t side);          // 0: null
void copy_bytes(struct wr *w, struct span s);
void copy_bytes_or_null(struct wr *w, struct span s); // empty: null

// Text must be UTF-8 without NUL: what is not is replaced by U+FFFD (the exact bytes stay in the
// batch's body).
void copy_text(struct wr *w, struct span s);
void copy_text_or_null(struct wr *w, struct span s);   // empty: null
void copy_inet(struct wr *w, struct addr a);           // family 0: ERR_RANGE
void copy_inet_or_null(struct wr *w, struct addr a);   // family 0: null
void copy_cidr_or_null(struct wr *w, struct prefix p); // family 0: null

// A value that must fit a signed column: ERR_RANGE sticks in W when it does not.
void copy_u31(struct wr *w, uint64_t v); // int
void copy_u63(struct wr *w, uint64_t v); // bigint

// Arrays of one dimension, from 1.
enum copy_type {
	COPY_BOOL = 16,
	COPY_BYTEA = 17,
	COPY_INT8 = 20,
	COPY_INT2 = 21,
	COPY_INT4 = 23,
	COPY_TEXT = 25,
	COPY_FLOAT4 = 700,
	COPY_INET = 869,
};

struct copy_array {
	size_t at; // of the length word to be filled in
};

struct copy_array copy_array_open(struct wr *w, enum copy_type type, size_t count, bool nulls);
void copy_array_close(struct wr *w, struct copy_array a);

void copy_i4_array(struct wr *w, const uint32_t *v, size_t count);
// Milliseconds from microseconds; 0 becomes null.
void copy_rtt_array(struct wr *w, const uint32_t *us, size_t count);
// The same, small numbers as they stand.
void copy_i2_array(struct wr *w, struct span bytes);
// PACKED addresses of SIZE bytes each (4 or 16).
void copy_inet_array(struct wr *w, struct span packed, size_t size);
