// SPDX-License-Identifier: Apache-2.0
//
// What is known of a flow and of its trace. Shared by the inflow files only.
#pragma once

#include "base/table.h"
#include "trace/inflow.h"
#include "trace/path.h"
#include "trace/record.h"
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
	struct trace_path path;
	uint64_t drops;          // the engine's, when it began
	struct mono next, until; // nothing to do before; end of this state
	uint32_t base;           // TCP: numbers of probes lie below it
	uint32_t *seqs;          // TCP: of each probe; INFLOW_PROBES of the engine's
};

struct inflow_want {
	uint64_t tag;
	enum trace_not_inside why; // it was not begun so far
	struct mono until;
	struct wall wall;
};

// Ports, and the TCP header into H. False: neither TCP nor UDP.
bool inflow_ports(const struct ip_head *ip, struct tcp_head *h, uint16_t *sport, uint16_t *dport);
void inflow_flow_hear(struct inflow_flow *f, const struct inflow_packet *p,
		      const struct ip_head *ip, const struct tcp_head *h);

// Whether a probe may be sent in it now.
bool inflow_ready(const struct inflow_flow *f, struct mono now);

// Last TTL that may be asked, by the TTL of a packet from the server.
uint8_t inflow_last_ttl(const struct inflow_config *c, uint8_t server_ttl);

// To be handed over; WHY no probe was sent, if none was.
void inflow_end(struct inflow_trace *t, enum trace_not_inside why);

// All was asked: is what was found the whole path?
enum trace_stop inflow_verdict(const struct inflow_trace *t);

// Whether all that lacks is what a slower question might have shown.
bool inflow_enough(const struct inflow_trace *t);

// Probe SERIAL as a frame; false when it cannot be written.
bool inflow_probe_write(struct inflow_trace *t, const struct inflow_flow *f, uint16_t serial,
			struct wr *w);

// Which probe R answers. Who knows the flow and guesses has one chance in 2^23 at best.
bool inflow_match(const struct inflow_trace *t, const struct trace_reply *r, uint16_t *serial,
		  uint8_t *mark);

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
	uint32_t *seqs;                // owned; of all traces
	struct inflow_trace unmet;     // of a want nobody met
	struct inflow_trace *sender;   // of the probe that is out, or NULL
	struct trace_scratch *scratch; // owned
	uint8_t frame[INFLOW_PROBE_MAX];
	struct mono now, swept;
	struct mono first_held; // nothing with TTL 1 before this
	struct mono lost_at;    // when this machine was last seen to lose packets
	bool guard_changed;
	uint64_t drops;
	struct inflow_counts counts;
};
