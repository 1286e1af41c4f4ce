// SPDX-License-Identifier: Apache-2.0
//
// DNS messages (RFC 1035): header, questions and records in order, names that may be compressed.
// What leaves borrows from the message. Compression pointers must lead strictly backwards, so a
// walk along a name ends. Knows no transport: over TCP the two length bytes are the caller's.
#pragma once

#include "base/addr.h"
#include "base/rd.h"

#define DNS_HEAD    12
#define DNS_NAME    255  // longest name on the wire
#define DNS_TEXT    1025 // room for the longest presentation text with NUL (every byte as \ddd)
#define DNS_CHAIN   16   // longest CNAME chain followed
#define DNS_RECORDS 256  // records of an answer looked at
#define DNS_ADDRS   128  // addresses of one answer kept; dns_answer.lost counts the rest

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_RRSIG = 46,
	DNS_HTTPS = 65,
};

struct dns_head {
	uint16_t id;
	uint16_t flags; // the whole second word
	bool response, truncated;
	uint8_t opcode, rcode;
	uint16_t count[4]; // questions, answers, authority, additional: as stated
};

// A name somewhere in a message; good as long as the message.
struct dns_name {
	struct span message;
	size_t at;
};

struct dns_question {
	struct dns_name name;
	uint16_t type, class;
};

enum dns_section {
	DNS_ANSWER = 1, // as in dns_head.count
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
};

struct dns_record {
	enum dns_section section;
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	struct span data;
	struct dns_name target; // where DATA starts: the name in CNAME, NS and PTR
};

struct dns_walk {
	struct rd r;
	struct dns_head head;
	uint32_t done[4]; // questions and records passed, by section
};

// Reads the header and stands before the first question.
enum err dns_walk_init(struct dns_walk *w, struct span message) MUSTUSE;

// False when there are no more, or when the message is broken: w->r.err tells apart.
bool dns_question_next(struct dns_walk *w, struct dns_question *out);

// Passes over questions not yet taken. False as above.
bool dns_record_next(struct dns_walk *w, struct dns_record *out);

// Presentation text without trailing dot ("." for the root); `\.`, `\\` and `\ddd` escapes. OUT is
// empty when the name is broken.
enum err dns_name_write(struct dns_name n, char out[static DNS_TEXT]) MUSTUSE;

// Without regard to case; broken names equal nothing.
bool dns_name_eq(struct dns_name a, struct dns_name b);

// What one response says about its question: the CNAME chain followed through the answer section in
// whatever order its records come, and the addresses at the names of the chain.
struct dns_answer {
	struct dns_head head;
	struct dns_question question;
	size_t chain_count, addr_count, lost;
	struct dns_name chain[DNS_CHAIN]; // without the question's name
	struct addr addrs[DNS_ADDRS];
};

// ERR_MISSING: not a response to one question. A message cut after the question yields what is
// there of its answers.
enum err dns_answer_read(struct span message, struct dns_answer *out) MUSTUSE;

// NAME is what was asked for, or on the chain from there.
bool dns_answer_holds(const struct dns_answer *a, struct dns_name name);

// "A", "AAAA", …; NULL when it has no name here.
const char *dns_type_name(uint16_t type);
