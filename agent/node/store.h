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

struct store;

struct store_config {
	const char *node; // name, borrowed for the store's life
	const char *dir;
	uint64_t limit; // bytes on disk
	const struct seal_secret *secret;
};

enum err store_open(struct loop *l, const struct store_config *c, struct store **out,
		    struct fault *f) MUSTUSE;
void store_close(struct store **s);

void store_trace(struct store *s, const struct trace_record *r);
void store_flow(struct store *s, const struct flow_record *r);
void store_step(struct store *s, const struct step_record *r);
void store_message(struct store *s, const struct message_record *r);
void store_outcome(struct store *s, const struct outcome_record *r);
void store_name(struct store *s, const struct name_record *r);

// Seals what is open, e.g. before leaving.
void store_seal(struct store *s);

struct spool *store_spool(struct store *s); // for the uplink
struct clock_record store_clock(void);      // how good the clock is now
