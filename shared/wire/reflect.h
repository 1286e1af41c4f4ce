// SPDX-License-Identifier: Apache-2.0
//
// The question "how do you see me?" and its answer, between whoever stands before a network and a
// reflector outside it. What enters and leaves are bytes; this room knows no socket. A question is
// as long as its answer, so a reflector can never be made to send more than it was sent (but for
// one record, below):
//
//     0 "WMR1"  4 kind  5 ttl_sent  6 proto  7 zero  8 token[16]  24 nonce[8]
//    32 you     52 node4     72 node6       a view: family, address[16], port, ttl
//    92 resolver_node       109 resolver_phone  a family and address[16] each
//   126 window 128 syn_len 129 syn[40] 169 zeros 192
//
// A token is shared by the two ends of one tunnel. What the vantage node itself looked like under
// that token (kind NODE) is told to whoever asks with it (kind PHONE), so that what a phone in the
// tunnel looks like can be held against it. The resolvers' names, asked of the same reflector as
// DNS, are "n-TOKEN.ZONE" and "p-TOKEN.ZONE". Any other name of the zone tells who asks for it his
// address, by A, AAAA or TXT as the question wants: a zone to find out whom a resolver asks.
#pragma once

#include "base/addr.h"
#include "base/rd.h"
#include "base/wr.h"

#define REFLECT_SIZE  192
#define REFLECT_TOKEN 16
#define REFLECT_NONCE 8
#define REFLECT_SYN   40 // bytes of TCP options at most
#define REFLECT_NAME  300
#define REFLECT_TOLD  64   // bytes a reply may be longer than a query, for the asker's address
#define REFLECT_PORT  5766 // UDP and TCP; UDP on the next one too

enum reflect_kind {
	REFLECT_PLAIN = 'o', // nothing is remembered or told but the asker
	REFLECT_NODE = 'n',
	REFLECT_PHONE = 'p',
};

struct reflect_ask {
	enum reflect_kind kind;
	uint8_t token[REFLECT_TOKEN], nonce[REFLECT_NONCE];
};

struct reflect_view {
	struct addr addr; // family 0: not known
	uint16_t port;
	uint8_t ttl; // as received; 0: not known
};

struct reflect_answer {
	struct reflect_ask ask;
	uint8_t ttl_sent; // that the answer set out with
	uint8_t proto;    // 6 or 17
	struct reflect_view you, node4, node6;
	struct addr resolver_node, resolver_phone;
	uint16_t window; // of the SYN
	uint8_t syn_len;
	uint8_t syn[REFLECT_SYN]; // TCP options in their order, as received
};

void reflect_ask_write(struct wr *w, const struct reflect_ask *in);
enum err reflect_ask_read(struct span in, struct reflect_ask *out) MUSTUSE;
void reflect_answer_write(struct wr *w, const struct reflect_answer *in);
enum err reflect_answer_read(struct span in, struct reflect_answer *out) MUSTUSE;

// A query for "p-TOKEN.ZONE" (or n-), as a stub resolver sends it.
void reflect_query_write(struct wr *w, const struct reflect_ask *in, const char *zone);

// The asker and token in a query for a name in ZONE. ERR_MISSING: a query for something else.
enum err reflect_query_read(struct span in, const char *zone, struct reflect_ask *out) MUSTUSE;

// The reply that says "there is no such record" (FOUND) or "not mine": never longer than the query.
// ERR_FORMAT: not a query of one question.
enum err reflect_reply_write(struct wr *w, struct span query, bool found) MUSTUSE;
// The reply to a query for another name in ZONE: the address it came FROM, in one record of the
// type asked for if that can hold it. ERR_MISSING: not in ZONE.
enum err reflect_told_write(struct wr *w, struct span query, const char *zone,
			    struct addr from) MUSTUSE;
