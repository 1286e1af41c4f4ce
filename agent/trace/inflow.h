// SPDX-License-Identifier: Apache-2.0
//
// The thinking half of tracing inside a live flow. In: the packets of an uplink as they pass (both
// ways, NAT already done), the time, and which servers are of interest. Out: probes that carry a
// flow's own 5-tuple, so that they take its very path, and finished traces. Knows no socket.
//
// TCP: an ACK without data and with a sequence number just below the window, as a keep-alive has;
// the number (and the IPv4 ID) says which probe it was. UDP: a short datagram between the same
// ports; its checksum says which. What is asked next, what an answer tells and when it is over is
// the thought of a plain trace (trace/path.h); here is what only a flow has. The app is not to
// notice: nothing is sent to a server whose distance is not known from the TTL of its packets,
// nothing at or past that distance, nothing after FIN or RST, and not before the guard stands that
// keeps the routers' answers from the app.
#pragma once

#include "base/time.h"
#include "msg/trace.h"
#include "pace/pace.h"
#include "trace/reply.h"

#define INFLOW_LINK_MAX  14  // bytes of link header, copied from the flow's own packets
#define INFLOW_PROBE_MAX 128 // bytes of a probe, link header included
#define INFLOW_TRACES    32  // at one time
#define INFLOW_WANTS     4096
#define INFLOW_FAR       40                             // hops: further is not believed
#define INFLOW_PROBES    (INFLOW_FAR * TRACE_TRIES_MAX) // of one trace

struct inflow;

struct inflow_key {
	struct addr local, remote;
	uint16_t lport, rport;
	uint8_t proto;
	uint8_t zero[3];
};

struct inflow_config {
	size_t flows;       // most known at one time; later ones wait for idle ones to be forgotten
	bool all;           // trace every flow, not only those wanted
	uint8_t tag;        // high byte of the IPv4 ID of our probes
	uint16_t own_first; // source ports of the ordinary trace engine: not an app's
	uint16_t own_count;
	uint8_t attempts, again, gap, max_ttl; // as of a plain trace
	int64_t wait_ns;                       // for one answer
	int64_t spacing_ns;                    // between two probes of one trace
	int64_t patience_ns; // how long a want waits for a flow that may be probed
	uint64_t seed[2];
	struct pace *pace; // borrowed; NULL: no limit (tests only)
};

#define INFLOW_DEFAULT                                                                             \
	{                                                                                          \
		.flows = 16384, .attempts = 3, .again = 2, .gap = 5, .max_ttl = INFLOW_FAR,        \
		.wait_ns = 1 * NS_PER_S, .spacing_ns = 5 * NS_PER_MS, .patience_ns = 5 * NS_PER_S  \
	}

// One packet of the uplink, from the link header on. AT: kernel time on the monotonic clock.
struct inflow_packet {
	struct mono at;
	bool outgoing;
	struct span link, ip;
};

enum inflow_step {
	INFLOW_NOTHING, // until inflow_due
	INFLOW_GUARD,   // the flows to be guarded changed: inflow_guards, then inflow_hear_guard
	INFLOW_SEND,
	INFLOW_FINISHED,
};

struct inflow_probe {
	struct span frame; // borrowed until the next call
	bool ipv6;
};

struct inflow_result {
	struct trace_record record; // borrowed likewise; id: the tag of the want
	enum trace_not_inside why;  // no probe was sent
};

struct inflow_counts {
	uint64_t packets, flows, full, wants, traces, probes, answers, late;
	uint64_t unsent; // of the probes
};

struct inflow *inflow_new(const struct inflow_config *c);
void inflow_free(struct inflow **e);

// Trace a flow to this server as soon as one may be traced; the result says under TAG what became
// of it (no probes sent: nothing could be). Of K count remote, rport, proto, and lport unless 0.
// ERR_EXISTS, ERR_FULL.
enum err inflow_put(struct inflow *e, struct mono now, uint64_t tag, const struct inflow_key *k,
		    struct wall wall) MUSTUSE;

void inflow_hear(struct inflow *e, const struct inflow_packet *p, struct wall wall);
void inflow_hear_guard(struct inflow *e, bool stands);

// So many were lost here, all told: what is not answered by now may be among them.
void inflow_hear_drops(struct inflow *e, uint64_t drops);

// The probe given out last left at AT, or did not leave.
void inflow_hear_sent(struct inflow *e, struct mono at);
void inflow_hear_failed(struct inflow *e);

void inflow_tick(struct inflow *e, struct mono now);
enum inflow_step inflow_next(struct inflow *e, struct inflow_probe *probe,
			     struct inflow_result *result);
struct mono inflow_due(const struct inflow *e);

// Flows that are traced now, at most MAX of them.
size_t inflow_guards(const struct inflow *e, struct inflow_key *out, size_t max);

void inflow_stop(struct inflow *e); // ends every trace with what there is
size_t inflow_count(const struct inflow *e);
struct inflow_counts inflow_counted(const struct inflow *e);

// How many routers lie between, from the TTL of a packet that came; 0xff: not to be told.
uint8_t inflow_distance(uint8_t ttl);
