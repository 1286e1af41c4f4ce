// SPDX-License-Identifier: Apache-2.0
//
// A DNS question as the lab's answerers see it. In goes a message; out come its name in lower case
// and what its OPT record says. And the beginning of an answer to it. Messages are read and written
// by shared/wire, as by those who ask; what keeps that honest is tests/netns/resolvers_ask.py,
// which asks the same resolvers with code of its own.
#pragma once

#include "base/addr.h"
#include "base/wr.h"
#include "wire/dns_query.h"

#define ASK_UDP_MIN 512

struct ask {
	uint16_t id, flags;
	uint16_t type;
	char name[DNS_TEXT];  // lower case, without trailing dot
	struct span question; // name, type and class as they came, for the echo
	bool edns;            // OPT is there
	struct dns_opt opt;
	size_t room; // largest answer the asker takes over UDP
};

// ERR_MISSING: not one question of class IN.
enum err ask_read(struct span message, struct ask *out) MUSTUSE;

struct ask_head {
	uint16_t id;
	uint8_t rcode;
	bool authoritative, truncated, validated;
	uint16_t answers, authority, additional;
};

// Header and question. The answer's name is at offset ASK_NAME of the message.
#define ASK_NAME 0xc00c
void ask_head_write(struct wr *w, const struct ask *a, struct ask_head h);

// An address of the question's name, with its record's head.
void ask_addr_write(struct wr *w, struct addr a, uint32_t ttl);

// A domain name in wire form.
void ask_name_write(struct wr *w, const char *text);
