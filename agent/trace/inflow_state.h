// SPDX-License-Identifier: Apache-2.0
//
// What is known of a flow and of its trace. Shared by the inflow files only.
#pragma once

#include "base/table.h"
#include "trace/inflow.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define INFLOW_IDLE_NS (60 * NS_PER_S) // a flow this long silent is not probed, and forgotten

struct inflow_flow {
	struct mono last;  // newest packet
	uint32_t una, ack; // TCP: what the server has, what it was told
	uint32_t label;    // IPv6 flow label
	uint16_t window;   // as the app said last
	uint8_t tos;
	uint8_t server_ttl; // of the newest packet from there
	uint8_t link_len;
	uint8_t link[INFLOW_LINK_MAX];
	bool out, in, closed; // seen in that direction; FIN or RST
	bool traced;          // is, or was
};

struct inflow_attempt {
	struct mono sent;
	struct addr from;
	int64_t rtt;
	uint32_t seq, answer;
	uint16_t check, ip_id;
	uint8_t ttl, reply_ttl, quoted_ttl, mark;
	bool answered, unsent;
	uint8_t label_at, labels;
};

enum inflow_state {
	INFLOW_FREE,
	INFLOW_UNGUARDED, // waits for the guard
	INFLOW_PROBING,
	INFLOW_OVER,   // record to be handed over
	INFLOW_LINGER, // late answers are still kept from the app
};

struct inflow_trace {
	enum inflow_state state;
	struct inflow_key key;
	uint64_t tag, random;
	uint64_t drops; // the engine's, when it began
	struct wall start;
	struct mono begun, next, until; // next probe not before; end of this state
	uint32_t label;
	uint8_t last_ttl, top; // last asked; furthest that answered
	uint8_t round, ttl;    // next probe
	uint8_t distance;
	uint8_t unreachable; // TTL where a router said so
	enum trace_stop stop;
	size_t count, unsent;
	struct inflow_attempt *attempts; // INFLOW_PROBES of the engine's
	uint8_t label_count;
	uint32_t labels[INFLOW_LABELS];
};

struct inflow_want {
	uint64_t tag;
	struct mono until;
	struct wall wall;
};

// Ports, and the TCP header into H. False: neither TCP nor UDP.
bool inflow_ports(const struct ip_head *ip, struct tcp_head *h, uint16_t *sport, uint16_t *dport);
void inflow_flow_hear(struct inflow_flow *f, const struct inflow_packet *p,
		      const struct ip_head *ip, const struct tcp_head *h);

// Whether a probe may be sent in it now.
bool inflow_ready(const struct inflow_flow *f, struct mono now);

// Writes the answer down.
void inflow_note(struct inflow_trace *t, struct inflow_attempt *a, const struct trace_reply *r,
		 struct mono at);

// All was asked: is what was found the whole path?
enum trace_stop inflow_verdict(const struct inflow_trace *t);
bool inflow_all_answered(const struct inflow_trace *t);

// Moves on to the TTL to be asked next; false when all were.
bool inflow_more(const struct inflow_config *c, struct inflow_trace *t);

// The next probe of T as a frame; false when it cannot be written.
bool inflow_probe_write(struct inflow_trace *t, const struct inflow_flow *f, uint8_t tag,
			struct inflow_attempt *a, struct wr *w);

// Whose answer R is, or NULL. Who knows the flow and guesses has one chance in 2^24 at best.
struct inflow_attempt *inflow_match(struct inflow_trace *t, const struct trace_reply *r);

struct inflow_scratch {
	uint8_t tries[TRACE_HOPS_MAX], addrs[TRACE_ADDRS_MAX * 16];
	uint8_t ref[INFLOW_PROBES], answer[INFLOW_PROBES], reply_ttl[INFLOW_PROBES];
	uint8_t quoted_ttl[INFLOW_PROBES], mark[INFLOW_PROBES];
	uint32_t rtt_us[INFLOW_PROBES], answers[TRACE_ANSWERS_MAX];
	uint32_t mpls_probe[INFLOW_LABELS], mpls_label[INFLOW_LABELS];
};

void inflow_record(const struct inflow_trace *t, struct mono now, struct inflow_scratch *s,
		   struct trace_record *out);

struct inflow_server {
	struct addr addr;
	uint16_t port, lport; // lport: of the flow, 0: any
	uint8_t proto, zero;
};

struct inflow {
	struct inflow_config config;
	struct table *flows; // key -> struct inflow_flow
	struct table *wants; // server -> struct inflow_want
	struct inflow_trace traces[INFLOW_TRACES];
	struct inflow_attempt *attempts; // owned; of all traces
	struct inflow_trace unmet;       // of a want nobody met
	struct inflow_trace *sender;     // of the probe that is out, or NULL
	struct inflow_scratch scratch;
	uint8_t frame[INFLOW_PROBE_MAX];
	struct mono now, swept;
	bool guard_changed;
	uint64_t drops;
	struct inflow_counts counts;
};
