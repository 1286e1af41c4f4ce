// SPDX-License-Identifier: Apache-2.0
//
// Records on their way into the spool: encodes them, gives batches their heads and gaps their
// words. A failing disk is said once and again when it heals; the node works on meanwhile, and what
// could not be kept becomes a counted gap.
#pragma once

#include "msg/record.h"
#include "seal/seal.h"
#include "spool/spool.h"
#include "sys/loop.h"

struct records;

struct records_config {
	const char *node; // name, borrowed for the records' life
	const char *dir;
	uint64_t limit; // bytes on disk
	const struct seal_secret *secret;
};

enum err records_open(struct loop *l, const struct records_config *c, struct records **out,
		      struct fault *f) MUSTUSE;
void records_close(struct records **s);

void records_trace(struct records *s, const struct trace_record *r);
void records_flow(struct records *s, const struct flow_record *r);
void records_mapping(struct records *s, const struct mapping_record *r);
void records_capture(struct records *s, const struct capture_record *r);
void records_step(struct records *s, const struct step_record *r);
void records_message(struct records *s, const struct message_record *r);
void records_outcome(struct records *s, const struct outcome_record *r);
void records_graph(struct records *s, const struct graph_record *r);
void records_name(struct records *s, const struct name_record *r);

// What could be measured again. False: not stored, and counted as lost, because the disk takes
// nothing now.
bool records_dns_pair(struct records *s, const struct dns_pair_record *r) MUSTUSE;
bool records_page(struct records *s, const struct page_record *r) MUSTUSE;
bool records_resolver(struct records *s, const struct resolver_record *r) MUSTUSE;

bool records_kept(const struct records *s); // the disk takes what comes, as far as is known

// Seals what is open, e.g. before leaving.
void records_seal(struct records *s);

struct spool *records_spool(struct records *s); // for the uplink
struct clock_record records_clock(void);        // how good the clock is now
