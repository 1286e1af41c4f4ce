// SPDX-License-Identifier: Apache-2.0
//
// The DNS engine: asks every pair of a matrix inside its sandwich, on one 5-tuple each, and keeps
// every packet that comes back until its slot stops listening. Pure: it hears packets and the time
// and says what to send; one finished pair after another leaves as a plain record. It knows no
// socket, no clock, no output; source ports are numbers from 0 that the doing half has opened.
#pragma once

#include "dns/matrix.h"
#include "dns/names.h"
#include "msg/dns.h"
#include "pace/pace.h"

#define DNS_TRIES_ASKED 4  // most tries of the test
#define DNS_TRIES_KEPT  10 // tries of one pair: controls, tests, and those again over TCP
#define DNS_TYPES_MAX   16

enum dns_after {
	DNS_AFTER_NEVER,
	DNS_AFTER_NO_ADDRESS, // when the test has no address
	DNS_AFTER_FAILURE,    // when every try of the test failed
	DNS_AFTER_ALWAYS,
};

// What a profile means.
struct dns_rules {
	enum dns_profile profile;
	bool control;               // one before
	uint8_t tries;              // of the test, at most DNS_TRIES_ASKED
	uint8_t tries_after_failed; // of the test when the control failed; 0: stop there
	bool again_unusable;        // an unusable answer is a reason to try again
	enum dns_after after;
	int64_t timeout_ns, stream_timeout_ns; // of one question, by transport
	int64_t listen_ns;                     // after the last question has its answer
	bool bare; // as Satellite: no OPT where nothing in it is asked for, nothing again over TCP
};

struct dns_rules dns_rules_of(enum dns_profile profile);

struct dns_scan_config {
	struct run_id scan;
	enum dns_kind kind;
	struct dns_rules rules;
	enum dns_transport transport;
	bool fallback; // a truncated answer over UDP is asked for again over TCP
	uint32_t options;
	struct prefix subnet;
	uint16_t size;             // largest UDP answer asked for by OPT; 0: DNS_EDNS_SIZE
	uint32_t first_repetition; // number of the first, in records
	struct span control;       // presentation text; borrowed for the life of the scan
	const struct dns_list *servers, *names; // borrowed as well
	const struct dns_wanted *wanted;        // borrowed as well; NULL: each of each
	uint16_t types[DNS_TYPES_MAX];          // 0: dns_name_type's
	uint32_t type_count, repetitions;
	bool spread;
	uint32_t parallel, patience, returns;
	uint32_t slots, ports; // most pairs outstanding; source ports there are
	uint32_t streams;      // most questions under way over streams; 0: no bound
	struct pace *pace;     // borrowed
	uint64_t seed[2];
	struct mono now;
	struct wall wall; // of NOW
};

uint16_t dns_transport_port(enum dns_transport t); // of servers that name none: 53, 853, 443

struct dns_scan;

// ERR_USAGE: nothing to ask; ERR_RANGE: more questions or repetitions than can be numbered;
// ERR_STATE: a bound is 0. *OUT is NULL then.
enum err dns_scan_new(const struct dns_scan_config *c, struct dns_scan **out,
		      struct fault *f) MUSTUSE;
void dns_scan_free(struct dns_scan **s);

// How a doing half names a question of a pair; stale ones are recognised.
struct dns_handle {
	uint32_t slot, epoch;
	uint8_t attempt;
};

enum dns_want_kind {
	DNS_WANT_NOTHING, // until dns_scan_due, or until something is heard
	DNS_WANT_SEND,    // one UDP message
	DNS_WANT_STREAM,  // one message over TCP, TLS or HTTPS
	DNS_WANT_RECORD,  // a pair has ended
};

struct dns_want {
	enum dns_want_kind kind;
	enum dns_transport transport;
	uint32_t port_index;
	struct dns_server to; // port filled in
	struct dns_handle handle;
	uint8_t ttl;                          // IP TTL to leave with; 0: the usual one
	struct span message;                  // until the next call
	const struct dns_pair_record *record; // until the next call
	struct dns_pick pick;                 // of the record
	bool streamed; // some of the record's questions went over a stream; HANDLE tells whose
	uint32_t pair_differs; // with the last repetition: how many said something else than the
			       // first; UINT32_MAX before
};

// Called until it wants nothing; then not before dns_scan_due, or until something was heard.
enum dns_want_kind dns_scan_next(struct dns_scan *s, struct mono now, struct dns_want *out);

// What a socket has to say of a question: an error before any packet.
void dns_scan_fail(struct dns_scan *s, struct mono now, struct dns_handle h, enum dns_error e);
// The same, of an ICMP error that quotes our question.
struct dns_icmp {
	uint32_t port_index;
	uint16_t id; // of the quoted question
	struct addr asked, from;
	uint8_t ttl, type, code;
	enum dns_error error;
	struct span message; // the ICMP message
};
void dns_scan_icmp(struct dns_scan *s, struct mono at, const struct dns_icmp *i);

struct dns_heard {
	uint32_t port_index;
	bool stream;
	struct dns_handle handle; // of a stream
	struct addr from;
	uint16_t from_port;
	uint8_t ttl;    // 0: not known
	uint32_t ip_id; // 1 + id; 0: not known
	bool dont_fragment, cut;
	struct span message;
};
void dns_scan_hear(struct dns_scan *s, struct mono at, const struct dns_heard *h);

// Our address, of either family, for the records.
void dns_scan_source(struct dns_scan *s, struct addr src);

// The source port of a stream's question.
void dns_scan_sport(struct dns_scan *s, struct dns_handle h, uint16_t sport);

void dns_scan_tick(struct dns_scan *s, struct mono now);
struct mono dns_scan_due(const struct dns_scan *s); // INT64_MIN: at once
bool dns_scan_done(const struct dns_scan *s);       // every pair has left as a record

// No more questions; what is outstanding ends as soon as nothing is awaited. WRITE_OFF: pairs never
// asked leave as such; else they are left to whoever goes on later.
void dns_scan_stop(struct dns_scan *s, struct mono now, bool write_off);

struct dns_matrix *dns_scan_matrix(struct dns_scan *s);

// Of questions, packets and pairs since the scan was made; one gone on with begins at 0.
struct dns_counts {
	uint64_t sent, streams, again; // questions: all, over streams, once more as cut over UDP
	uint64_t heard, strange, lost; // messages: all, of no pair here, for which no room was left
	uint64_t icmp;                 // ICMP errors that quote a question; not among those heard
	// Of the messages of a pair: by what is said of them. Some are several of these.
	uint64_t usable, late, repeated, odd_source, odd_id, unreadable;
	uint64_t paths_compared, path_dependent; // pairs with repetitions: all done, some differ
	uint32_t outstanding, most_outstanding;  // pairs asking or listening: now, and at once
};
struct dns_counts dns_scan_counts(const struct dns_scan *s);

// The UDP source port behind a port index, for the records.
void dns_scan_port(struct dns_scan *s, uint32_t port_index, uint16_t port);
