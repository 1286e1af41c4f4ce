// SPDX-License-Identifier: Apache-2.0
//
// Orders waiting. Signed bytes come in; what comes out is an outcome for each (accepted, or refused
// with the reason) and, when its time has come, the order itself. This room checks signature,
// audience, serial, expiry and the node's own policy, which nothing remote can loosen; no packet
// leaves before that. It knows no socket, no clock and no file: the caller keeps plan_state on
// disk.
#pragma once

#include "msg/order.h"
#include "msg/run.h"
#include "seal/seal.h"

#define PLAN_OPERATORS 16  // operator keys a node may trust
#define PLAN_DENY      256 // prefixes on the deny list
#define PLAN_WAITING   64  // orders accepted and not yet handed out
#define PLAN_RUNNING   32  // orders handed out and not yet done
#define PLAN_SLOTS     (PLAN_WAITING + PLAN_RUNNING)
#define PLAN_AHEAD_S   3600 // an order may not start later than this from now
#define PLAN_DETAIL    160
#define PLAN_ARENA     (1024 * 1024) // most memory one order's texts and targets may take

struct plan_policy {
	char node[NODE_NAME_MAX + 1];
	uint8_t operators[PLAN_OPERATORS][SEAL_KEY_SIZE];
	size_t operator_count;
	bool allow_vantage, allow_gateway, allow_trace;
	bool allow_dns, allow_discover, allow_fetch;
	struct prefix deny[PLAN_DENY];
	size_t deny_count;
	uint32_t max_length_ms;           // of a run
	uint32_t max_targets;             // of one trace order
	uint8_t max_attempts;             // probes per TTL
	uint16_t sport_first, sport_last; // source ports that an order may choose
	uint32_t scan_rate;               // questions or connections a second of a scan
	uint64_t max_scan;                // pairs, addresses or pages of one order
};

struct plan;

// The policy is copied. LAST_SERIAL: highest serial accepted before, from disk.
enum err plan_new(const struct plan_policy *policy, uint64_t last_serial,
		  struct plan **out) MUSTUSE;
void plan_free(struct plan **p);

// One verdict; detail is NUL-terminated.
struct plan_verdict {
	struct run_id order, run;
	enum order_state state;
	char detail[PLAN_DETAIL];
	const struct order *withdraw; // not NULL: takes orders back; until the next plan_hear
};

// A signed order arrived. Always gives a verdict: accepted orders wait until plan_next hands them
// out. The same order offered again is accepted silently once (`repeat` is set, nothing else
// happens), since a collector offers until it is told. One that takes orders back does not wait and
// needs no room: the caller obeys it at once.
void plan_hear(struct plan *p, struct wall now, struct span signed_bytes,
	       struct plan_verdict *verdict, bool *repeat);

// An order (not signed, as order_write writes it) that was accepted before the last end of the
// process waits again. BEGUN: it had been handed out, and does not expire any more.
enum err plan_again(struct plan *p, struct span order, bool begun) MUSTUSE;

// Order number I of PLAN_SLOTS that waits or was handed out, or NULL.
const struct order *plan_at(const struct plan *p, size_t i, bool *begun);

// The next order whose not_before has come, or NULL. Borrowed until plan_done for its id; an order
// that expired while waiting is handed out with *EXPIRED set and must be reported and given back.
const struct order *plan_next(struct plan *p, struct wall now, bool *expired);

// An order handed out that cannot be begun yet waits on, and does not expire any more.
void plan_back(struct plan *p, const struct run_id *order);

const struct order *plan_find(const struct plan *p, const struct run_id *order); // or NULL

// The order is taken back, and stays so until plan_done. False: it neither waits nor was handed
// out.
bool plan_withdraw(struct plan *p, const struct run_id *order);
bool plan_withdrawn(const struct plan *p, const struct run_id *order);

// When plan_next is worth calling again; INT64_MAX when nothing waits.
struct wall plan_due(const struct plan *p);

// The work of an order has ended; its memory goes.
void plan_done(struct plan *p, const struct run_id *order);

uint64_t plan_serial(const struct plan *p); // to be kept on disk before work begins
size_t plan_waiting(const struct plan *p);
