// SPDX-License-Identifier: Apache-2.0
//
// Writes protobuf fields straight into a bounded writer: no tree of messages, no allocation. Fields
// must be written in the order of their numbers; then the bytes equal what protobuf-c packs (and a
// test holds them to it). Values that are the default are left out, as proto3 says. Inside msg
// only.
#pragma once

#include "base/addr.h"
#include "base/wr.h"
#include "msg/record.h"

void field_u64(struct wr *w, uint32_t number, uint64_t v);     // varint; also uint32, bool, enum
void field_s64(struct wr *w, uint32_t number, int64_t v);      // zigzag
void field_fixed64(struct wr *w, uint32_t number, uint64_t v); // also sfixed64
void field_wall(struct wr *w, uint32_t number, struct wall t);
void field_bytes(struct wr *w, uint32_t number, struct span s);

// Bytes that are no UTF-8 become '?', and what passes TEXT_MAX is cut: a reader refuses both.
#define TEXT_MAX 4096 // bytes of any text that has no tighter bound
void field_text(struct wr *w, uint32_t number, struct span s);
void field_item(struct wr *w, uint32_t number, struct span s); // of a repeated string: empty too
void field_run(struct wr *w, uint32_t number, const struct run_id *run); // all zero: left out
void field_addr(struct wr *w, uint32_t number, const struct addr *a);

void field_clock(struct wr *w, uint32_t number, const struct clock_record *c);

void field_packed(struct wr *w, uint32_t number, const uint32_t *v, size_t count);   // varints
void field_packed32(struct wr *w, uint32_t number, const uint32_t *v, size_t count); // fixed32

// A message or packed field of unknown length: what is written between is its content, at most
// FIELD_LENGTH_MAX bytes.
#define FIELD_LENGTH_MAX (2 * 1024 * 1024 - 1)
size_t field_begin(struct wr *w, uint32_t number);
void field_end(struct wr *w, size_t begun);
void field_varint(struct wr *w, uint64_t v); // bare, for packed content
void field_zigzag(struct wr *w, int64_t v);  // bare

// The records of a batch by their field numbers (proto/record.proto).
enum batch_field {
	BATCH_TRACE = 16,
	BATCH_FLOW,
	BATCH_STEP,
	BATCH_MESSAGE,
	BATCH_OUTCOME,
	BATCH_NAME,
	BATCH_GAP,
	BATCH_DNS_PAIR,
	BATCH_PAGE,
	BATCH_RESOLVER,
	BATCH_MAPPING = 32,
	BATCH_CAPTURE,
	BATCH_GRAPH,
};

// Ends the record begun at BEGUN; on failure nothing of it stays in OUT (which began at START).
enum err record_finish(struct wr *out, size_t start, size_t begun) MUSTUSE;

// How many bytes the first character of S takes, 0 when it is not UTF-8 or is NUL.
size_t utf8_step(struct span s);
