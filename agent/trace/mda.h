// SPDX-License-Identifier: Apache-2.0
//
// The thinking half of multipath tracing: one target, many flows, a graph. In: the time, facts
// about packets that came (trace/reply.h). Out: probes with every field chosen, and in the end
// which interfaces and links there are, with what certainty. Knows no socket, clock or log.
//
// Flow F is source port sport_first + F (ICMP: id, with a checksum of its own; IPv6: a flow label
// of its own besides, unless one was given): constant over all its probes, as in trace.h, and
// different in every field a balancer may hash. What stops it is in mda_stop.h; docs/tracing.md
// says why.
#pragma once

#include "base/time.h"
#include "trace/mda_stop.h"
#include "trace/reply.h"
#include "trace/trace.h"

struct mda;

struct mda_target {
	struct addr src, dst; // of one family
	enum trace_method method;
	uint16_t dport; // not for ICMP
	uint16_t sport_first, flows_max;
	uint32_t flow_label; // of IPv6, the same for all flows; TRACE_LABEL_AUTO: each its own
	uint8_t tos;
	uint8_t first_ttl, max_ttl; // 1..TRACE_HOPS_MAX
	uint8_t attempts;           // to a hop that never answered; one that did gets more, slower
	uint8_t gap;                // silent hops in a row that end it
	uint8_t window;             // probes in flight at once
	uint16_t probes_max;
	int64_t wait_ns, spacing_ns, deadline_ns; // as struct trace_target
	enum mda_mode mode;
	double risk; // 1 - confidence that the graph is whole
	uint64_t random;
	const char *name; // as struct trace_target
};

#define MDA_TARGET_DEFAULT                                                                         \
	{                                                                                          \
		.sport_first = 61000, .flows_max = MDA_FLOWS_MAX, .first_ttl = 1, .max_ttl = 32,   \
		.attempts = 3, .gap = 5, .window = 16, .probes_max = 30000,                        \
		.wait_ns = 2 * NS_PER_S, .spacing_ns = NS_PER_MS, .mode = MDA_LITE, .risk = 0.05,  \
		.flow_label = TRACE_LABEL_AUTO,                                                    \
	}

enum mda_want {
	MDA_SLEEP, // until mda_due
	MDA_SEND,
	MDA_FINISHED,
};

// ERR_RANGE: a limit outside its bounds; ERR_MEMORY.
enum err mda_new(struct mono now, const struct mda_target *t, struct mda **out) MUSTUSE;
void mda_free(struct mda **m);

// False when it answers none of our probes.
bool mda_hear(struct mda *m, struct mono now, struct mono rx, const struct trace_reply *r);

// The probe left at AT; without this call it left when mda_next gave it out.
void mda_hear_sent(struct mda *m, uint16_t serial, struct mono at);
void mda_hear_failed(struct mda *m, uint16_t serial, bool refused);

// This machine was seen to lose packets at NOW: what is not answered may be among them.
void mda_hear_drops(struct mda *m, struct mono now);
void mda_tick(struct mda *m, struct mono now);

// What next, at the time of the last tick; ref.slot and ref.generation of *PROBE are the caller's.
enum mda_want mda_next(struct mda *m, struct trace_probe *probe);
struct mono mda_due(const struct mda *m);
void mda_stop(struct mda *m); // finishes with what there is

struct mda_result {
	struct mda_graph *graph; // borrowed from the mda
	uint8_t first_ttl, last; // hops 1..LAST are worth reporting
	enum trace_stop stop;
	uint32_t probes_sent;
	double risk;   // that something is missing, as far as it came
	bool complete; // RISK is what was asked for, or less
};

void mda_result(struct mda *m, struct mda_result *out);

// What tells FLOW from others: its source port (ICMP: id); IPv6: its flow label, unless all have
// the same.
uint32_t mda_flow_id(const struct mda *m, uint16_t flow);
uint32_t mda_flow_label(const struct mda *m, uint16_t flow); // 0 for IPv4

struct mda_reply {
	uint8_t node; // MDA_NONE: none came
	int64_t rtt;
	bool late, rewritten;
	bool lost; // none came, and this machine may have lost it
};

// Flows whose probes to NODE of HOP, which is silent, were lost here so often that it may not be.
uint32_t mda_lost(const struct mda *m, uint8_t hop, uint8_t node);

// What NODE of HOP told besides, as entries of trace_extra_next that have that number.
struct span mda_extras(const struct mda *m);
uint16_t mda_extra_number(uint8_t hop, uint8_t node);

// The probes of flow 0 to HOP, oldest first: start with *AT = 0, false at the end.
bool mda_each(const struct mda *m, uint8_t hop, uint16_t *at, struct mda_reply *out);
