// SPDX-License-Identifier: Apache-2.0
//
// One pair of a scan, asked and answered, as a plain struct of borrowed arrays (proto/dns.proto
// says what each means). It comes out of the DNS engine, goes into the spool or into a line of
// JSON, and comes out again at the collector; it knows none of them, and reads no DNS message.
#pragma once

#include "msg/trace.h"

enum dns_kind {
	DNS_KIND_UNKNOWN,
	DNS_KIND_PAIR,
	DNS_KIND_NOBODY, // the address runs no resolver
	DNS_KIND_PATH,   // questions with rising IP TTL
	DNS_KIND_COUNT,
};

enum dns_state {
	DNS_STATE_UNKNOWN,
	DNS_ANSWERED,
	DNS_TIMED_OUT,
	DNS_FAILED,
	DNS_REFUSED,
	DNS_NOT_ASKED,
	DNS_STATE_COUNT,
};

enum dns_profile {
	DNS_PROFILE_UNKNOWN,
	DNS_PLAIN,   // the test alone, no control
	DNS_V2_1,    // Satellite v2.1: a failed control ends the pair
	DNS_V2_2,    // Satellite v2.2: control after only when every try failed
	DNS_WAYMARK, // control, test, control, always
	DNS_PROFILE_COUNT,
};

enum dns_transport {
	DNS_TRANSPORT_UNKNOWN,
	DNS_UDP,
	DNS_TCP,
	DNS_DOT,
	DNS_DOH, // RFC 8484
	DNS_TRANSPORT_COUNT,
};

enum dns_option {
	DNS_RECURSE = 1,
	DNS_EDNS = 2,
	DNS_DO = 4,
	DNS_NSID = 8,
	DNS_CASE = 16,
	DNS_SUBNET = 32,
	DNS_NO_CHECK = 64,
	DNS_OPTIONS_ALL = 127,
};

enum dns_role {
	DNS_ROLE_UNKNOWN,
	DNS_CONTROL_BEFORE,
	DNS_TEST,
	DNS_CONTROL_AFTER,
	DNS_ROLE_COUNT,
};

enum dns_outcome {
	DNS_OUTCOME_UNKNOWN,
	DNS_TRY_ANSWERED,
	DNS_TRY_TIMEOUT,
	DNS_TRY_ERROR,
	DNS_TRY_UNUSABLE,  // packets came, none of them an answer to this question
	DNS_TRY_ABANDONED, // the scan ended first
	DNS_OUTCOME_COUNT,
};

enum dns_error {
	DNS_ERROR_NONE,
	DNS_ERROR_TIMEOUT,
	DNS_ERROR_REFUSED, // connection refused: port unreachable, or a reset at once
	DNS_ERROR_HOST,
	DNS_ERROR_NET,
	DNS_ERROR_SIZE,
	DNS_ERROR_RESET,
	DNS_ERROR_PROHIBITED,
	DNS_ERROR_SHORT,
	DNS_ERROR_PROTOCOL,
	DNS_ERROR_TLS,
	DNS_ERROR_HTTP,
	DNS_ERROR_SOCKET,
	DNS_ERROR_OTHER,
	DNS_ERROR_TTL,
	DNS_ERROR_COUNT,
};

// What is to be said of one packet heard.
enum dns_mark {
	DNS_MARK_ID = 1,               // the message id is the one of its try
	DNS_MARK_QUESTION = 2,         // its question is ours, letter case apart
	DNS_MARK_CASE = 4,             // … and the letter case, too
	DNS_MARK_OTHER_SOURCE = 8,     // from another address than the one asked
	DNS_MARK_OTHER_PORT = 16,      // from another port than the one asked
	DNS_MARK_OPT = 32,             // carries an OPT record
	DNS_MARK_TRUNCATED = 64,       // TC set
	DNS_MARK_UNREADABLE = 128,     // no DNS message, or broken before its end
	DNS_MARK_LATE = 256,           // after its try had been given up
	DNS_MARK_NOT_RESPONSE = 512,   // QR clear: a question, or an echo of ours
	DNS_MARK_ICMP = 1024,          // an ICMP error quoting our question, not a DNS message
	DNS_MARK_CUT = 2048,           // its bytes are not all kept
	DNS_MARK_DONT_FRAGMENT = 4096, // DF set in its IPv4 header
	DNS_MARK_DIFFERS = 8192, // says something else than the answer that counts for its try
	DNS_MARK_AGAIN = 16384,  // the very same bytes as an earlier packet of its try
};

#define DNS_TRIES_MAX   255 // an index is one byte
#define DNS_ANSWERS_MAX 255
#define DNS_SOURCES_MAX 255
#define DNS_WIRES_MAX   (192 * 1024) // bytes of all messages of one pair: BATCH_RECORD_MAX holds
#define DNS_DOMAIN_MAX  1024         // bytes of presentation text, every byte as \ddd
#define DNS_DETAIL_MAX  64
#define DNS_SUBNET_SIZE 17 // prefix length and the longest address
#define DNS_HOPS_MAX    64 // highest IP TTL of a path
#define DNS_SIZE_LEAST  512
#define DNS_SIZE_MOST   4096 // of a UDP answer, as OPT asks for it

struct dns_pair_record {
	struct run_id scan;
	enum dns_kind kind;
	enum dns_state state;
	enum dns_profile profile;
	struct addr resolver, src;
	uint16_t port, sport;
	struct span domain;
	uint16_t qtype;
	uint32_t repetition;
	struct span control;
	struct wall start;
	uint32_t options; // enum dns_option, or-ed
	struct span subnet;
	struct span detail;
	uint32_t listen_ms;
	uint32_t size; // 0: no OPT

	size_t tries;
	struct span try_role, try_transport, try_outcome; // one byte per try
	struct span try_error;                            // per try, or empty
	struct span try_rcode;                            // per try: 1 + rcode, 0 none
	const uint32_t *try_sent_us;                      // per try
	struct span try_first;                            // per try: 1-based answer, 0 none
	struct span try_ttl;                              // per try, or empty
	const uint32_t *try_sport;                        // per try, or NULL: all SPORT
	const uint32_t *try_id;                           // per try

	size_t answers;
	struct span answer_try; // per answer: 1-based try, 0 cannot be told
	const uint32_t *answer_at_us;
	struct span answer_ref;       // per answer: 1-based into sources, 0 the resolver
	struct span sources;          // packed addresses of the resolver's family
	struct span answer_ttl;       // per answer
	const uint32_t *answer_ip_id; // per answer: 1 + IP ID, 0 not known
	const uint32_t *answer_flags;
	const uint32_t *answer_mark;
	const uint32_t *answer_length;
	struct span wires;
	uint32_t answers_lost;
};

const char *dns_kind_name(enum dns_kind k);           // "pair"
const char *dns_state_name(enum dns_state s);         // "answered", "timeout", "error" …
const char *dns_profile_name(enum dns_profile p);     // "v2.1"
const char *dns_transport_name(enum dns_transport t); // "udp", "tcp", "tls", "https"
const char *dns_outcome_name(enum dns_outcome o);
const char *dns_error_name(enum dns_error e); // as Satellite ends its error texts: "i/o timeout"
enum err dns_profile_read(struct span word, enum dns_profile *out) MUSTUSE;
enum err dns_transport_read(struct span word, enum dns_transport *out) MUSTUSE;

// A client subnet as it travels: prefix length, then the address; nothing for family 0. Host bits
// read are cleared. ERR_FORMAT when it is none.
enum err dns_pair_subnet_read(struct span in, struct prefix *out) MUSTUSE;
struct span dns_pair_subnet_write(const struct prefix *p, uint8_t out[static DNS_SUBNET_SIZE]);

// Lengths agree, indices lie in their arrays, the lengths of the answers add up to the wires, and
// what was never asked has no tries: what a reader may rely on.
enum err dns_pair_check(const struct dns_pair_record *p) MUSTUSE;

// The bytes of answer I, and where it came from. AT is the sum of the lengths before it: walk from
// 0 and let it move.
struct span dns_pair_wire(const struct dns_pair_record *p, size_t i, size_t *at);
struct addr dns_pair_source(const struct dns_pair_record *p, size_t i);
