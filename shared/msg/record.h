// SPDX-License-Identifier: Apache-2.0
//
// Records and batches (proto/record.proto): writing one record as a field of a batch, writing a
// batch's head, and reading a whole batch. This is the only place, with the other files of msg,
// that knows protobuf-c.
#pragma once

#include "base/arena.h"
#include "msg/dns.h"
#include "msg/flow.h"
#include "msg/graph.h"
#include "msg/page.h"
#include "msg/resolver.h"
#include "msg/run.h"
#include "msg/trace.h"

#define BATCH_SIZE_MAX   (1024 * 1024) // bytes of one batch body
#define BATCH_RECORD_MAX (256 * 1024)  // bytes of one record
#define BATCH_VERSION    1

struct clock_record {
	bool synced;
	int64_t offset_ns;
	uint64_t max_error_ns;
	uint8_t boot[16];
	struct wall wall;
	struct mono mono;
};

struct batch_head {
	struct span node;
	uint64_t epoch, seq;
	struct wall sealed;
	struct clock_record clock;
	uint32_t records;
};

// Each appends one field (tag, length, message) to OUT.
enum err record_write_trace(struct wr *out, const struct trace_record *in) MUSTUSE;
enum err record_write_flow(struct wr *out, const struct flow_record *in) MUSTUSE;
enum err record_write_step(struct wr *out, const struct step_record *in) MUSTUSE;
enum err record_write_message(struct wr *out, const struct message_record *in) MUSTUSE;
enum err record_write_outcome(struct wr *out, const struct outcome_record *in) MUSTUSE;
enum err record_write_name(struct wr *out, const struct name_record *in) MUSTUSE;
enum err record_write_gap(struct wr *out, const struct gap_record *in) MUSTUSE;
enum err record_write_dns_pair(struct wr *out, const struct dns_pair_record *in) MUSTUSE;
enum err record_write_page(struct wr *out, const struct page_record *in) MUSTUSE;
enum err record_write_resolver(struct wr *out, const struct resolver_record *in) MUSTUSE;
enum err record_write_mapping(struct wr *out, const struct mapping_record *in) MUSTUSE;
enum err record_write_capture(struct wr *out, const struct capture_record *in) MUSTUSE;
enum err record_write_graph(struct wr *out, const struct graph_record *in) MUSTUSE;
enum err batch_head_write(struct wr *out, const struct batch_head *in) MUSTUSE;

// A whole batch, read once. Records are fetched one by one into plain structs that borrow from the
// batch. ARENA bounds what hostile bytes can make us allocate (ERR_FULL past it).
struct batch;

enum err batch_read(struct span body, struct arena *arena, struct batch **out) MUSTUSE;

const struct batch_head *batch_head(const struct batch *b);
size_t batch_unknown(const struct batch *b); // fields this build does not know

size_t batch_traces(const struct batch *b);
size_t batch_flows(const struct batch *b);
size_t batch_steps(const struct batch *b);
size_t batch_messages(const struct batch *b);
size_t batch_outcomes(const struct batch *b);
size_t batch_names(const struct batch *b);
size_t batch_gaps(const struct batch *b);
size_t batch_dns_pairs(const struct batch *b);
size_t batch_pages(const struct batch *b);
size_t batch_resolvers(const struct batch *b);
size_t batch_mappings(const struct batch *b);
size_t batch_captures(const struct batch *b);
size_t batch_graphs(const struct batch *b);

// ERR_FORMAT when that record breaks a rule of its header; the others stay readable.
enum err batch_trace(const struct batch *b, size_t i, struct trace_record *out) MUSTUSE;
enum err batch_flow(const struct batch *b, size_t i, struct flow_record *out) MUSTUSE;
enum err batch_step(const struct batch *b, size_t i, struct step_record *out) MUSTUSE;
enum err batch_message(const struct batch *b, size_t i, struct message_record *out) MUSTUSE;
enum err batch_outcome(const struct batch *b, size_t i, struct outcome_record *out) MUSTUSE;
enum err batch_name(const struct batch *b, size_t i, struct name_record *out) MUSTUSE;
enum err batch_gap(const struct batch *b, size_t i, struct gap_record *out) MUSTUSE;
enum err batch_dns_pair(const struct batch *b, size_t i, struct dns_pair_record *out) MUSTUSE;
enum err batch_page(const struct batch *b, size_t i, struct page_record *out) MUSTUSE;
enum err batch_resolver(const struct batch *b, size_t i, struct resolver_record *out) MUSTUSE;
enum err batch_mapping(const struct batch *b, size_t i, struct mapping_record *out) MUSTUSE;
enum err batch_capture(const struct batch *b, size_t i, struct capture_record *out) MUSTUSE;
enum err batch_graph(const struct batch *b, size_t i, struct graph_record *out) MUSTUSE;
