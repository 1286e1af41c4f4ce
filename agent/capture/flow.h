// SPDX-License-Identifier: Apache-2.0
//
// The thinking half of capture. Packets enter with their times; what leaves are targets (as soon as
// an address, protocol and port is first seen), DNS answers and hellos (as they pass), and flows
// with their counters (when they end). Flows are keyed by the outermost IP header's
// bidirectional 5-tuple. Knows no pcap, no socket and no clock; allocates only when made.
//
// Doors: flow_hear a packet, flow_tick the time, then flow_next until it says no, before the next
// packet: events borrow from the packet heard last.
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "capture/names.h"
#include "capture/packet.h"
#include "wire/dns.h"
#include "wire/tls.h"

#define FLOW_LOCALS 8  // prefixes of "our" side
#define FLOW_EVENTS 64 // most events one packet can cause, with room to spare

struct flow_config {
	size_t flows;   // most flows at once; past it the one idle longest ends
	size_t targets; // most distinct targets remembered; later ones are lost and counted
	size_t streams; // TCP starts and hellos in datagrams put in order at once, STREAM_CAP bytes
			// each
	size_t names;   // (address, name) pairs remembered
	size_t name_text;   // bytes of distinct names
	int64_t idle_ns;    // a flow silent this long ends at flow_tick; 0: never
	int64_t silence_ns; // a pause in a flow's payload that parts two bursts; 0: none are told
	struct prefix local[FLOW_LOCALS]; // the phone's addresses; none: the first sender is local
	size_t locals;
	uint64_t seed[2]; // random, so that strangers cannot choose the hash chains
};

extern const struct flow_config flow_config_file; // reading a file: no time-out
extern const struct flow_config flow_config_live; // 120 s of silence end a flow

struct flow_key {
	uint8_t proto;
	struct addr a, b; // a sent the first packet
	uint16_t aport, bport;
};

struct flow_side {
	uint64_t packets, bytes; // bytes on the wire
	uint16_t tcp_flags;      // all that were seen, and FLOW_TCP_*
	uint8_t ttl;             // of the newest packet; tells how far the sender is
	uint32_t fragments;      // packets that were fragments
	uint32_t again, late;    // TCP: segments sent again, and overtaken by later ones
};

struct flow {
	struct flow_key key;
	struct flow_side ab, ba;
	struct wall first, last;
	struct wall spoke; // last payload
	uint64_t payload;  // bytes of payload, both ways, TCP and UDP
	uint32_t said;     // for flow_text; the newest name said in this very flow, 0: none
	enum name_how how; // how it was said
	int64_t rtt_a_ns;  // TCP: from here to a and back, by the handshake; 0: unknown
	int64_t rtt_b_ns;
};

enum flow_end {
	FLOW_FLUSHED, // flow_finish
	FLOW_IDLE,
	FLOW_EVICTED, // the table was full
};

enum flow_transport {
	FLOW_TLS,
	FLOW_DTLS,
	FLOW_QUIC,
};

enum flow_event_kind {
	FLOW_TARGET, // a remote (protocol, address, port) for the first time
	FLOW_ANSWER, // a DNS response
	FLOW_HELLO,  // a ClientHello of TLS, DTLS or QUIC
	FLOW_BURST,  // payload after silence_ns of none; flow.payload is what came before it
	FLOW_DONE,   // a flow's last word
};

struct flow_event {
	enum flow_event_kind kind;
	uint64_t frame; // counted from 1 by flow_hear; 0 for FLOW_DONE
	struct wall at;
	struct flow_key key; // of the flow; for target, answer and hello turned so that a is the
			     // local end, the one who asked, the client
	struct flow flow;    // FLOW_DONE; FLOW_BURST: the flow as it is now
	enum flow_end end;   // FLOW_DONE
	struct span message; // FLOW_ANSWER: for dns_answer_read; borrowed until the next flow_hear
	bool quoted;         // FLOW_ANSWER: it came back inside an ICMP error; key.b sent that
	struct tls_hello hello;        // FLOW_HELLO; borrowed likewise
	enum flow_transport transport; // FLOW_HELLO
	uint32_t quic_version;         // FLOW_HELLO over QUIC
};

struct flow_counters {
	uint64_t packets, bytes; // all that was heard
	uint64_t other;          // of these: carried no IP
	uint64_t broken;         // of these: IP that could not be read
	uint64_t unknown_link;   // of these: link type unknown
	uint64_t evicted;        // flows ended for want of room
	uint64_t targets_lost;   // targets not reported for want of room
	uint64_t streams_lost;   // TCP starts not put in order for want of room
	uint64_t names_lost;     // names not kept for want of room
	uint64_t events_lost;    // answers and hellos beyond FLOW_EVENTS in one packet
};

struct flow_table;

struct flow_table *flow_table_new(const struct flow_config *config); // NULL without memory
void flow_table_free(struct flow_table **t);

// ERR_STATE when events wait that flow_next has not taken; nothing is heard then.
enum err flow_hear(struct flow_table *t, const struct packet *p) MUSTUSE;

// NOW in the time of the packets. Ends idle flows, as far as there is room for their events; false
// when more remain, so call it again after taking them.
bool flow_tick(struct flow_table *t, struct wall now);

// No more packets: all flows end, in the order they began, and flow_next hands them out.
void flow_finish(struct flow_table *t);

bool flow_next(struct flow_table *t, struct flow_event *out);

size_t flow_count(const struct flow_table *t); // flows alive

// The flow with this 5-tuple, in either direction, as it is now. False: there is none.
bool flow_find(const struct flow_table *t, const struct flow_key *key, struct flow *out);
struct flow_counters flow_counted(const struct flow_table *t);

// The names of an address as names_next walks them, and their text.
const struct names *flow_names(const struct flow_table *t);
const char *flow_text(const struct flow_table *t, uint32_t text);
