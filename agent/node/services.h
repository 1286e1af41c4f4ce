// SPDX-License-Identifier: Apache-2.0
//
// What a visit (one node's part in one order) may ask of the node: the loop, the configuration, the
// secret, records into the spool, traces out of the engine. Given to it by node.c; no visit knows
// how a record leaves.
#pragma once

#include "label/label.h"
#include "msg/link.h"
#include "msg/order.h"
#include "msg/record.h"
#include "node/config.h"
#include "seal/seal.h"
#include "sys/loop.h"

struct node;
struct orders;
struct scan_share;

struct loop *node_loop(const struct node *n);
const struct node_config *node_config(const struct node *n);
const struct seal_secret *node_secret(const struct node *n);
struct orders *node_orders(const struct node *n);
struct label_model *node_labels(const struct node *n); // NULL: flows get no labels here

// Records: appended to the spool's journal before the call returns. What cannot be stored becomes
// a counted gap, so nothing is left for the caller to do.
void node_put_flow(struct node *n, const struct flow_record *r);
void node_put_message(struct node *n, const struct message_record *r);
void node_put_mapping(struct node *n, const struct mapping_record *r);
void node_put_capture(struct node *n, const struct capture_record *r);
void node_put_step(struct node *n, const struct step_record *r);

// A scan can measure again what could not be stored (false): it waits for the disk meanwhile.
struct spool_place node_place(const struct node *n); // of the record that is put next
bool node_put_dns_pair(struct node *n, const struct dns_pair_record *r) MUSTUSE;
bool node_put_page(struct node *n, const struct page_record *r) MUSTUSE;
bool node_put_resolver(struct node *n, const struct resolver_record *r) MUSTUSE;

struct scan_share *node_scan_share(struct node *n); // scan_manners.h

// Called when a trace that was asked for has ended and its record is stored.
typedef void node_traced_fn(void *self);

struct node_trace {
	struct target target; // method TRACE_FLOW: inside a flow that is alive, of
	uint8_t flow_proto;   // this protocol
	uint16_t flow_port;   // from this port; else: beside a flow from it; 0: neither
	struct trace_limits limits;
	const struct graph_order
		*graph; // not NULL: all paths instead of one; borrowed for the call
	struct run_id run;
	uint8_t side;
	enum trace_purpose purpose;
	node_traced_fn *done; // may be NULL
	void *self;
};

// The engine's errors; nothing was begun then and DONE is not called; of a trace inside a flow a
// record says why. Names of the hops are looked
// up afterwards and become records of their own.
enum err node_trace(struct node *n, const struct node_trace *t) MUSTUSE;

// The record alone: a trace inside a flow is not even tried.
void node_trace_refused(struct node *n, const struct node_trace *t, enum trace_not_inside why);

// After this, DONE is not called for SELF; the traces go on and are recorded.
void node_trace_forget(struct node *n, const void *self);

// To the node at the other end of a tunnel; lost where there is no link now.
void node_meet(struct node *n, const struct link_meet *meet);

// A visit ended: SELF is freed by the node after the call returns. A scan whose STATE is accepted
// has not ended: it waits for the disk, and is opened again when that takes what comes.
typedef void visit_end_fn(struct node *n, void *self, enum order_state state, const char *detail);
