// SPDX-License-Identifier: Apache-2.0
//
// What an mda is made of, for the files that are its thought: mda.c (what next), mda_hear.c (what
// came), mda_check.c (whether flows keep to their way), mda_token.c (whose packet it is).
#pragma once

#include "trace/extras.h"
#include "trace/mda.h"

#define MDA_LOST_AGAIN 2 // more probes of a flow to a hop, of those that may have been lost here

enum mda_sent_state {
	MDA_SENT_OPEN,
	MDA_SENT_AGAIN, // silent; to be asked again
	MDA_SENT_SILENT,
	MDA_SENT_ANSWERED,
};

struct mda_sent {
	struct mono at;
	int64_t rtt;
	uint16_t flow;
	uint8_t hop, node, state;
	bool repeat; // of a cell that is known: does the flow keep to its way?
	bool late, lost, rewritten;
};

// Repeats at one hop.
struct mda_check {
	uint8_t asked, open, agreed;
	bool doubt; // one disagreed: that flow is asked until it is clear
	uint16_t doubt_flow, doubt_since;
	uint8_t doubt_node, doubt_agreed, doubt_asked;
};

struct mda_manner {
	struct mono last; // newest probe to this hop
	int64_t spacing;  // grows when answers fail to come, shrinks when they come
	uint16_t good;    // answers in a row
};

struct mda {
	struct mda_target target;
	struct mda_graph graph;
	struct mono now, begun, last_send, due;
	bool stopped, refused, no_route, finished;
	uint8_t loop; // hop past which nothing is new
	uint8_t changes;
	uint16_t serials, first_open, unsent, room;
	int64_t rtt_max;
	struct mono lost_at; // when this machine was last seen to lose packets
	struct trace_extras extras;
	struct mda_sent *sent;      // owned
	struct mda_check *checks;   // owned, by hop
	struct mda_manner *manners; // owned, by hop
};

// mda.c
bool mda_is_over(const struct mda *m); // by a limit or an order

// mda_sweep.c
// How far the first flow came: the way of a plain trace.
struct mda_sweep {
	uint8_t next;          // hop to ask, or 0
	bool over, ended, gap; // nothing more to ask; at an end; by silence
	uint8_t end_hop;
};

struct mda_sweep mda_sweep(struct mda *m);
uint8_t mda_top(const struct mda *m); // the farthest hop that answers anybody

// Last hop whose next hops are asked about. Behind the last that answers the first flow there is
// nothing to find, unless that flow has arrived and others go on.
uint8_t mda_judged(const struct mda *m, const struct mda_sweep *s);
enum trace_stop mda_sweep_stop(const struct mda *m, const struct mda_sweep *s);

// mda_token.c: the fields of a probe, and back.
void mda_token_put(const struct mda *m, uint16_t serial, struct trace_probe *out);
bool mda_token_find(const struct mda *m, const struct trace_reply *r, uint16_t *serial);

// mda_hear.c
void mda_silent(struct mda *m, uint16_t serial); // nothing came in time

// mda_check.c
bool mda_check_next(struct mda *m, bool last, uint64_t blocked, uint16_t *flow, uint8_t *hop);
void mda_check_hear(struct mda *m, uint16_t serial, uint8_t node);
