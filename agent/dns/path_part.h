// SPDX-License-Identifier: Apache-2.0
//
// The inside of DNS path tracing, shared by its files only.
#pragma once

#include "dns/path.h"

#define WIRES_MAX 32768
#define ANSWERS   DNS_ANSWERS_MAX

struct dns_path {
	bool busy;
	uint32_t resolver, name, epoch;
	uint16_t salt;
	int64_t start, quiet; // it listens on until then, once nothing is under way
	uint32_t under_way, tries, answers, lost;
	uint8_t end; // TTL past which nothing is asked
	uint8_t role[DNS_TRIES_MAX], transport[DNS_TRIES_MAX], outcome[DNS_TRIES_MAX];
	uint8_t error[DNS_TRIES_MAX], rcode[DNS_TRIES_MAX], first[DNS_TRIES_MAX];
	uint8_t ttl[DNS_TRIES_MAX];
	uint32_t sent_us[DNS_TRIES_MAX], id[DNS_TRIES_MAX];
	uint8_t of[ANSWERS], ref[ANSWERS], answer_ttl[ANSWERS], sources[ANSWERS * 16];
	size_t source_count, wires_len;
	uint32_t at_us[ANSWERS], ip_id[ANSWERS], flags[ANSWERS], mark[ANSWERS], length[ANSWERS];
	uint8_t wires[WIRES_MAX];
};

struct dns_paths {
	struct dns_path_config c;
	struct dns_wire_name control;
	struct dns_path *paths; // one to a port
	uint16_t *ports;
	struct addr source4, source6;
	uint64_t next, count; // pairs begun, pairs in all
	uint32_t turn;
	struct mono wait;
	bool stopping;
	uint8_t message[DNS_QUERY_MAX];
	char text[DNS_TEXT];
	struct dns_pair_record record;
};

static inline uint32_t dns_path_us(const struct dns_path *h, struct mono at)
{
	int64_t us = (at.ns - h->start) / NS_PER_US;
	return us < 0 ? 0 : (uint32_t)us;
}

// Writes the question of try I into p->message; its length.
size_t dns_path_question(struct dns_paths *p, const struct dns_path *h, uint32_t i);

// Try I has come to its end, unless it had.
void dns_path_settle(struct dns_paths *p, struct dns_path *h, uint32_t i, enum dns_outcome outcome,
		     enum dns_error e);
