// SPDX-License-Identifier: Apache-2.0
//
// The thinking half of tracing: one table of all traces. In: targets, the time, facts about packets
// that came (trace/reply.h). Out: probes to send, every field that identifies them already chosen,
// and finished traces. Knows no socket, no clock and no log. What a
// trace holds grows with its hops, probes and addresses, and goes with it; no packet is kept.
//
// A probe's flow (addresses, protocol, ports; ICMP id and checksum; IPv6 flow label) is constant
// within a trace, so that a balancer that hashes flows sends all of them one way. Which probe it is
// lies in fields no balancer hashes: TCP sequence number, UDP checksum, ICMP sequence number, IPv4
// ID, payload.
#pragma once

#include "base/time.h"
#include "msg/trace.h"
#include "pace/pace.h"
#include "trace/reply.h"

struct trace_engine;

struct trace_config {
	size_t traces;        // most at one time
	uint16_t sport_first; // source ports (ICMP: ids) are taken from here
	uint16_t sport_count;
	uint64_t seed[2];  // random: cookies and hashes
	struct pace *pace; // asked before every packet; borrowed; NULL: no limit (tests only)
	bool share;        // traces learn from one another (trace/share.h)
};

struct trace_target {
	uint64_t tag;             // the caller's, comes back as the record's id
	struct wall start;        // wall time of the trace_put, for the record
	struct addr src, dst;     // both of one family
	enum trace_method method; // TRACE_FLOW: by the engine of inflow.h only
	uint16_t dport;           // not for ICMP
	uint16_t sport;           // 0: chosen from the range
	uint32_t flow_label;      // of IPv6; TRACE_LABEL_AUTO: one of its own
	uint16_t size; // of probes with DF, headers included, made smaller as routers tell; 0:
		       // small ones
	uint8_t first_ttl, max_ttl; // 1..TRACE_HOPS_MAX
	uint8_t attempts;           // probes to each hop, 1..TRACE_TRIES_MAX
	uint8_t again; // more probes, slower, to a hop that is silent while others behind it answer
	uint8_t gap;   // silent hops in a row that end it
	uint8_t window;      // probes in flight at once
	int64_t wait_ns;     // longest wait for one answer
	int64_t spacing_ns;  // between two probes of this trace
	int64_t deadline_ns; // from trace_put on; 0: none
	int64_t share_ns;    // near hops may be borrowed, so old at most; 0: asks for its own
	uint8_t distance;    // TTL where the target should be, by packets seen of it; 0: not known
	uint8_t spread;      // the first probe goes to one of so many near hops; 0, 1: to the first
	uint8_t tos, proto;  // proto: of TRACE_FLOW; else 0
	const char *name;    // of the server, for QUIC's hello; NULL: none. Borrowed while it runs
	uint8_t not_inside;  // why the flow it is made for was not traced inside, for the record
	uint16_t beside_sport; // source port of that flow; 0: made for none
	uint32_t drops;        // the kernel's drop counter now; comes back as kernel_drops
};

#define TRACE_SPREAD   4 // for traces of which there are many

#define TRACE_SIZE_MIN 68 // of a probe that looks for the path MTU: what any IPv4 link carries
#define TRACE_SIZE_MAX 1500

#define TRACE_TARGET_DEFAULT                                                                       \
	{                                                                                          \
		.first_ttl = 1, .max_ttl = 32, .attempts = 3, .again = 2, .gap = 5, .window = 8,   \
		.wait_ns = 2 * NS_PER_S, .spacing_ns = 10 * NS_PER_MS,                             \
		.flow_label = TRACE_LABEL_AUTO,                                                    \
	}

// Probes a trace to T may send, if every hop is asked as often as allowed.
size_t trace_most_probes(const struct trace_target *t);

// Which probe of which trace, for telling the engine what became of it.
struct trace_ref {
	uint32_t slot, generation;
	uint16_t serial;
};

struct trace_probe {
	struct trace_ref ref;
	struct addr src, dst;
	enum trace_method method;
	uint8_t ttl, tos;
	uint16_t size;         // of the IP packet, DF set; 0: as small as it can be
	uint16_t sport, dport; // ICMP: id in sport
	uint32_t flow_label;   // IPv6
	uint16_t ip_id;        // IPv4, never 0
	uint32_t seq;          // TCP sequence number, ICMP sequence
	uint16_t check;        // UDP: token; ICMP: constant; TCP: whatever comes out
	uint32_t cookie;       // payload token
	const char *name;      // as struct trace_target
};

enum trace_want {
	TRACE_NOTHING, // until trace_due
	TRACE_SEND,
	TRACE_FINISHED,
};

struct trace_counts {
	uint64_t sent, heard, late, repeated;
	uint64_t strange;  // answers to nothing of ours, forged ones among them
	uint64_t borrowed; // hops that needed no probe
	uint64_t lost;     // probes without an answer that this machine may have lost
};

struct trace_engine *trace_new(const struct trace_config *c);
void trace_free(struct trace_engine **e);

// Starts a trace. ERR_RANGE: a limit outside its bounds; ERR_EXISTS: that flow is being traced
// already; ERR_FULL: as many traces or ports as configured; ERR_MEMORY.
enum err trace_put(struct trace_engine *e, struct mono now, const struct trace_target *t) MUSTUSE;

// R is heard soon: what that needs is brought into the processor's cache, the trace first, then,
// NEARER, what hangs on it. Changes nothing.
void trace_hear_soon(const struct trace_engine *e, const struct trace_reply *r, bool nearer);

// A packet came at RX (kernel time). False when it answers none of our probes.
bool trace_hear(struct trace_engine *e, struct mono now, struct mono rx,
		const struct trace_reply *r);

// The probe left at AT; without this call it left when trace_next gave it out.
void trace_hear_sent(struct trace_engine *e, struct trace_ref ref, struct mono at);

// The kernel would not send it: the trace ends. REFUSED: a local rule, else no route. MTU, if not
// 0: it was too big for what the kernel knows of the path by now, and goes again with so many
// bytes.
void trace_hear_failed(struct trace_engine *e, struct trace_ref ref, bool refused, uint32_t mtu);

// This machine was seen to lose packets at NOW: what is not answered may have been.
void trace_hear_drops(struct trace_engine *e, struct mono now);

void trace_tick(struct trace_engine *e, struct mono now);

// What next, at the time of the last tick. *PROBE is filled for TRACE_SEND, *RESULT for
// TRACE_FINISHED: its id is the target's tag, its arrays are borrowed until the next call, and what
// an engine cannot know (run, purpose, side, peer) is left zero.
enum trace_want trace_next(struct trace_engine *e, struct trace_probe *probe,
			   struct trace_record *result);

// Ends every trace now, with what there is (a person pressed Ctrl-C).
void trace_stop(struct trace_engine *e);

// When trace_tick should be called again; MONO_NEVER when only an answer can change anything.
struct mono trace_due(const struct trace_engine *e);

size_t trace_count(const struct trace_engine *e);
struct trace_counts trace_counts(const struct trace_engine *e);
