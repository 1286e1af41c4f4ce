// SPDX-License-Identifier: Apache-2.0
//
// One record in, one row of COPY BINARY out, in the column order of collector/sql/copy/*.sql. Pure.
// A record that does not fit its columns gives ERR_RANGE; W then holds a torn row that the caller
// takes back. ERR_FULL: more room cures it.
#pragma once

#include "msg/record.h"
#include "store/copy.h"

enum rows_table {
	ROWS_TRACE,
	ROWS_FLOW,
	ROWS_STEP,
	ROWS_MESSAGE,
	ROWS_OUTCOME,
	ROWS_NAME,
	ROWS_DNS_PAIR,
	ROWS_PAGE,
	ROWS_RESOLVER,
	ROWS_MAPPING,
	ROWS_CAPTURE,
	ROWS_GRAPH,
	ROWS_GAP, // the last kind of record
	ROWS_BATCH,
	ROWS_BODY,
	ROWS_QUARANTINE,
	ROWS_TABLES,
};

const char *rows_table_name(enum rows_table t); // "trace": collector/sql/copy/trace.sql

// What every row of a batch carries.
struct rows_key {
	int32_t node, stream;
	uint64_t seq;
};

struct rows_batch {
	struct rows_key key;
	int32_t sign_key; // registry.node_key.id
	struct wall received;
	struct span body;
	const uint8_t *digest;    // 32 bytes
	const uint8_t *signature; // 64 bytes
};

// The columns that say which record of which batch a row is.
void rows_item(struct wr *w, struct rows_key k, uint32_t item);

enum err rows_trace(struct wr *w, struct rows_key k, uint32_t item,
		    const struct trace_record *t) MUSTUSE;
enum err rows_flow(struct wr *w, struct rows_key k, uint32_t item,
		   const struct flow_record *f) MUSTUSE;
enum err rows_step(struct wr *w, struct rows_key k, uint32_t item,
		   const struct step_record *s) MUSTUSE;
enum err rows_message(struct wr *w, struct rows_key k, uint32_t item,
		      const struct message_record *m) MUSTUSE;
enum err rows_outcome(struct wr *w, struct rows_key k, uint32_t item,
		      const struct outcome_record *o) MUSTUSE;
enum err rows_name(struct wr *w, struct rows_key k, uint32_t item,
		   const struct name_record *n) MUSTUSE;
// Answers are read here, so that SQL sees addresses and codes; the bytes stay beside them.
enum err rows_dns_pair(struct wr *w, struct rows_key k, uint32_t item,
		       const struct dns_pair_record *p) MUSTUSE;
enum err rows_page(struct wr *w, struct rows_key k, uint32_t item,
		   const struct page_record *p) MUSTUSE;
enum err rows_resolver(struct wr *w, struct rows_key k, uint32_t item,
		       const struct resolver_record *r) MUSTUSE;
enum err rows_mapping(struct wr *w, struct rows_key k, uint32_t item,
		      const struct mapping_record *m) MUSTUSE;
enum err rows_capture(struct wr *w, struct rows_key k, uint32_t item,
		      const struct capture_record *c) MUSTUSE;
enum err rows_graph(struct wr *w, struct rows_key k, uint32_t item,
		    const struct graph_record *g) MUSTUSE;
enum err rows_gap(struct wr *w, struct rows_key k, uint32_t item,
		  const struct gap_record *g) MUSTUSE;
// Record I of table T, ROWS_GAP at most; as above, or the reason why it cannot be read.
enum err rows_record(struct wr *w, struct rows_key k, const struct batch *b, enum rows_table t,
		     uint32_t i) MUSTUSE;
size_t rows_count(const struct batch *b, enum rows_table t);

// HEAD is NULL when the body could not be read.
enum err rows_batch(struct wr *w, const struct rows_batch *b,
		    const struct batch_head *head) MUSTUSE;
enum err rows_body(struct wr *w, const struct rows_batch *b) MUSTUSE;
// DETAIL may be NULL.
enum err rows_quarantine(struct wr *w, const struct rows_batch *b, const char *reason,
			 const char *detail) MUSTUSE;
