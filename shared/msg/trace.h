// SPDX-License-Identifier: Apache-2.0
//
// One finished trace as a plain struct of borrowed arrays (proto/trace.proto says what each means).
// It comes out of the trace engine, goes into the spool, and comes out again at the collector; it
// knows neither.
#pragma once

#include "base/addr.h"
#include "base/time.h"

#define RUN_ID_SIZE 16

// All zero: not part of a run.
struct run_id {
	uint8_t bytes[RUN_ID_SIZE];
};

enum trace_method {
	TRACE_METHOD_UNKNOWN,
	TRACE_ICMP,
	TRACE_UDP,
	TRACE_TCP_SYN,
	TRACE_TCP_ACK,
	TRACE_QUIC,
	TRACE_FLOW,
	TRACE_METHOD_COUNT,
};

enum trace_stop {
	TRACE_STOP_UNKNOWN,
	TRACE_REACHED,
	TRACE_GAP,
	TRACE_LOOP,
	TRACE_UNREACHABLE,
	TRACE_MAX_TTL,
	TRACE_DEADLINE,
	TRACE_REFUSED,
	TRACE_STOP_COUNT,
};

enum trace_purpose {
	TRACE_PURPOSE_UNKNOWN,
	TRACE_TARGET, // a server the phone talked to
	TRACE_DIRECT, // the other vantage node
	TRACE_ADHOC,  // asked for by a person
	TRACE_PURPOSE_COUNT,
};

enum trace_mark {
	TRACE_LATE = 1,      // arrived after its attempt was given up
	TRACE_REWRITTEN = 2, // quoted headers differ from what was sent: a NAT on the way
	TRACE_BORROWED = 4,  // not asked: another trace of this node found it here shortly before
	TRACE_LOST =
		16, // no answer, while this machine was losing packets: no silence of the router
	TRACE_GUESSED = 8, // the answer does not say which probe it is for: the oldest is taken
};

enum answer_kind {
	ANSWER_ICMP = 1,
	ANSWER_TCP = 2,
	ANSWER_UDP = 3,
};

// kind << 16 | type << 8 | code; for TCP the code is the flags byte.
#define ANSWER(kind, type, code) ((uint32_t)(kind) << 16 | (uint32_t)(type) << 8 | (uint32_t)(code))

#define TRACE_LABEL_MAX          0xfffff    // of IPv6 flow labels
#define TRACE_LABEL_AUTO         UINT32_MAX // each flow its own
#define TRACE_HOPS_MAX           64         // TTLs in one trace
#define TRACE_TRIES_MAX          10         // probes of one TTL
#define TRACE_PROBES_MAX         (TRACE_HOPS_MAX * TRACE_TRIES_MAX)
#define TRACE_ADDRS_MAX          255 // distinct answering addresses: an index is one byte
#define TRACE_ANSWERS_MAX        255
#define TRACE_MPLS_MAX           255 // label stack entries kept in one trace
#define NODE_NAME_MAX            63  // bytes of a node's name, a host-name label

struct trace_record {
	struct run_id run;
	uint64_t id;
	struct wall start;
	uint32_t duration_us;
	enum trace_purpose purpose;
	uint8_t side;
	struct addr src, dst;
	enum trace_method method;
	uint16_t sport, dport;
	uint32_t flow_label;
	enum trace_stop stop;
	uint32_t probes_sent, kernel_drops;
	uint8_t first_ttl;
	struct span tries;      // one byte per TTL; the sum is `probes`
	struct span addrs;      // packed 4- or 16-byte addresses, dst's family
	struct span ref;        // per probe, 1-based into addrs, 0 none
	const uint32_t *rtt_us; // per probe, 0 none
	size_t probes;
	const uint32_t *answers; // distinct ANSWER values
	size_t answer_count;
	struct span answer;     // per probe, 1-based into answers
	struct span reply_ttl;  // per probe
	struct span quoted_ttl; // per probe, or empty
	struct span mark;       // per probe, or empty
	const uint32_t *mpls_probe, *mpls_label;
	size_t mpls_count;
	struct span peer; // node name, or empty
	const uint32_t *borrowed_probe, *borrowed_age_ms;
	const uint64_t *borrowed_from;
	size_t borrowed_count;
	struct span reply_id;  // per probe two bytes, or empty
	struct span reply_tos; // per probe, or empty
	struct span extra;     // entries as trace_extra_next reads them
	uint8_t proto;         // of TRACE_FLOW: the IP protocol; else 0
};

enum trace_extra_kind { // 1..6: as quoted, where it differs from what was sent
	TRACE_SEEN_TOS = 1,
	TRACE_SEEN_ID,
	TRACE_SEEN_SPORT,
	TRACE_SEEN_DPORT,
	TRACE_SEEN_SRC,
	TRACE_SEEN_CHECK,
	TRACE_TOLD_OBJECT,      // class, C-type, data (RFC 4884)
	TRACE_TOLD_TCP_OPTIONS, // of the answer
	TRACE_TOLD_MTU,         // of the next link, four bytes
	TRACE_PROBE_SIZE,       // of the trace, not of its probe 0: with DF, in the end; two bytes
	TRACE_PROBE_TOS,        // of the trace: what its probes had, unless 0; one byte
	TRACE_SERVER_HOPS,      // of a trace inside a flow: how far the server is, one byte
	TRACE_NOT_INSIDE,   // why no probe went inside the flow, enum trace_not_inside, one byte
	TRACE_BESIDE_SPORT, // source port of the flow that it was made beside, two bytes
	TRACE_EXTRA_KINDS,
};

// Numbers are those of records: new ones at the end.
enum trace_not_inside {
	TRACE_INSIDE,      // or not to be
	TRACE_NO_FLOW,     // none seen both ways in time
	TRACE_TOO_FAR,     // the server's distance cannot be told
	TRACE_NO_GUARD,    // the routers' answers could not be kept from the app
	TRACE_FULL,        // as many at one time as can be
	TRACE_UNSENT,      // no probe left
	TRACE_FLOW_ENDED,  // before the first probe
	TRACE_UNHEARD,     // the uplink cannot be listened to
	TRACE_UNMAPPED,    // the translation of its address was not told
	TRACE_FLOW_DENIED, // by the deny list
	TRACE_STOPPED,     // by an order, or by a person
	TRACE_NOT_INSIDE_COUNT,
};

#define TRACE_EXTRA_MAX  4096 // bytes of all entries of a trace
#define TRACE_EXTRA_HEAD 4

struct trace_extra {
	uint16_t probe;
	uint8_t kind;
	struct span data;
};

// Walks the entries of *REST; false at the end, or where an entry is cut (*REST is not empty then).
bool trace_extra_next(struct span *rest, struct trace_extra *out);
uint32_t trace_extra_number(struct span data); // of one, two or four bytes

// Of a trace that looked for it, as far as it came; 0: it did not.
uint16_t trace_path_mtu(const struct trace_record *r);
uint8_t trace_server_hops(const struct trace_record *r); // 0: not told
enum trace_not_inside trace_not_inside(const struct trace_record *r);
uint16_t trace_beside_sport(const struct trace_record *r); // 0: beside none

uint8_t trace_probe_tos(const struct trace_record *r); // TOS or traffic class of its probes

// How many hops an answer with this TTL took back, if it set out with 64, 128 or 255, the first of
// them that is not below. A hint that the way back is another one, not more: senders choose freely.
unsigned trace_back_hops(uint8_t reply_ttl);

// Whether it is an ICMP message that quotes the probe: an echo reply does not.
bool trace_answer_quotes(uint8_t family, uint32_t answer);

const char *trace_method_name(enum trace_method m);         // "tcp-syn"
const char *trace_stop_name(enum trace_stop s);             // "reached"
const char *trace_not_inside_name(enum trace_not_inside n); // "no_flow"
enum err trace_method_read(struct span word, enum trace_method *out) MUSTUSE;
enum err trace_not_inside_read(struct span word, enum trace_not_inside *out) MUSTUSE;

// Lengths agree, indices lie in their dictionaries, families match: what a reader may rely on.
enum err trace_check(const struct trace_record *t) MUSTUSE;
