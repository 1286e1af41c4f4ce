// SPDX-License-Identifier: Apache-2.0
//
// The inside of the DNS engine, shared by its files only.
//
// Message ids: on each source port the 65,536 ids are cut into blocks of 16. A slot holds one block
// of its port; the low four bits are the try's number, turned by a mask of the slot's own. So an id
// leads to its slot and try by one look, and two tries never share an id.
#pragma once

#include "base/heap.h"
#include "base/table.h"
#include "dns/cells.h"
#include "dns/scan.h"

#define BLOCKS  4096
#define NO_SLOT UINT32_MAX

// A slot is in exactly one of these, or in the heap of those that manners hold back.
enum dns_line {
	LINE_FREE,
	LINE_SEND,   // has a question to send
	LINE_WAIT,   // UDP question under way
	LINE_STREAM, // question under way on a stream
	LINE_LISTEN,
	LINE_DONE, // to be handed over
	LINE_COUNT,
	LINE_HELD = LINE_COUNT,
};

// What is known of one try, packed: the outcome, error and transport. When it was sent stands in
// the slot.
struct dns_attempt {
	uint8_t role : 2, outcome : 3, stream : 1, address : 1, refused : 1;
	uint8_t error;
	uint8_t first; // 1-based answer that counts
};

struct dns_slot {
	uint32_t prev, next;
	uint32_t resolver, domain;
	int64_t start; // mono; 0 while nothing was sent
	uint32_t due_us, epoch;
	struct dns_string heard;
	uint32_t salt; // of letter case and ids
	uint32_t sent_us[DNS_TRIES_KEPT];
	uint16_t port, block, repetition, stream_port;
	uint8_t line, type, tries, answers, tests, state, detail, lost;
	uint8_t role : 2;
	bool stream : 1, asking : 1, cut_off : 1;
	struct dns_attempt attempts[DNS_TRIES_KEPT];
};
// With its packets it is what a pair outstanding costs.
_Static_assert(sizeof(struct dns_slot) <= 136, "a slot is small");

struct dns_lane {
	uint32_t first, last;
};

struct dns_rep {
	uint32_t first; // fingerprint of the first repetition
	uint16_t seen, differing;
	bool unasked; // one of them: nothing to compare
};

// Where a record is put together; its arrays are borrowed until the next.
struct dns_scratch {
	struct dns_pair_record record;
	uint8_t heard[DNS_WIRES_MAX + 32 * 256];
	uint8_t wires[DNS_WIRES_MAX];
	uint8_t role[DNS_TRIES_KEPT], transport[DNS_TRIES_KEPT], outcome[DNS_TRIES_KEPT];
	uint8_t error[DNS_TRIES_KEPT], rcode[DNS_TRIES_KEPT], first[DNS_TRIES_KEPT];
	uint32_t sent_us[DNS_TRIES_KEPT], id[DNS_TRIES_KEPT], sport[DNS_TRIES_KEPT];
	uint8_t answer_try[DNS_ANSWERS_MAX], ref[DNS_ANSWERS_MAX], ttl[DNS_ANSWERS_MAX];
	uint8_t sources[DNS_SOURCES_MAX * 16];
	uint32_t at_us[DNS_ANSWERS_MAX], ip_id[DNS_ANSWERS_MAX], flags[DNS_ANSWERS_MAX];
	uint32_t mark[DNS_ANSWERS_MAX], length[DNS_ANSWERS_MAX];
	char domain[DNS_TEXT];
	uint8_t subnet[DNS_SUBNET_SIZE];
};

struct dns_scan {
	struct dns_scan_config c;
	struct dns_wire_name control;
	struct dns_matrix *matrix;
	struct dns_cells *cells;
	struct dns_slot *slots;
	uint32_t touched, used;
	struct dns_lane lanes[LINE_COUNT];
	struct heap held;
	uint32_t *blocks;             // [port][block] → slot + 1
	uint16_t *load;               // blocks in use, by port
	uint16_t *ports;              // port numbers
	uint16_t *stream_ports;       // [slot][try]
	uint32_t streaming;           // slots in LINE_STREAM
	struct addr source4, source6; // ours
	struct table *reps;
	uint32_t starts, odd_looks;
	struct mono all_until, odd_since;
	struct dns_counts counts;
	bool stopping, write_off;
	uint8_t message[DNS_QUERY_MAX];
	struct dns_scratch out;
};

// lines.c
void dns_line_put(struct dns_scan *s, uint32_t slot, enum dns_line line);
void dns_line_take(struct dns_scan *s, uint32_t slot);
uint32_t dns_slot_new(struct dns_scan *s, const struct dns_pick *p);
void dns_slot_drop(struct dns_scan *s, uint32_t slot);
struct dns_slot *dns_slot_of(struct dns_scan *s, struct dns_handle h);
uint32_t dns_slot_find(const struct dns_scan *s, uint32_t port, uint16_t id);
uint16_t dns_slot_id(const struct dns_slot *t, unsigned attempt);
unsigned dns_slot_attempt(const struct dns_slot *t, uint16_t id);
static inline uint32_t dns_slot_us(const struct dns_slot *t, struct mono at)
{
	int64_t us = t->start == 0 ? 0 : (at.ns - t->start) / NS_PER_US;
	return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

// question.c
struct span dns_question_name(const struct dns_scan *s, const struct dns_slot *t,
			      enum dns_role role);
uint16_t dns_question_type(const struct dns_scan *s, struct span name, uint32_t type);
// Of its question: name in the letters sent, type and class.
size_t dns_question_asked(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			  uint8_t out[static DNS_NAME + 4]);
size_t dns_question_put(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			uint8_t out[static DNS_QUERY_MAX]);
uint32_t dns_question_check(const struct dns_scan *s, const struct dns_slot *t, unsigned attempt,
			    struct span message);

static inline const uint16_t *dns_slot_ports(const struct dns_scan *s, const struct dns_slot *t)
{
	return s->stream_ports + (size_t)(t - s->slots) * DNS_TRIES_KEPT;
}

// step.c: what follows when a try has come to its end
void dns_step_begin(struct dns_scan *s, uint32_t slot);
void dns_step_ended(struct dns_scan *s, uint32_t slot, struct mono now);
void dns_step_cut(struct dns_scan *s, uint32_t slot, struct mono now);

// record.c
const struct dns_pair_record *dns_record_of(struct dns_scan *s, const struct dns_slot *t,
					    uint32_t *fingerprint);
const struct dns_pair_record *dns_record_unasked(struct dns_scan *s, const struct dns_pick *p,
						 enum dns_fate fate);
// What a slot keeps of a packet, before its bytes.
#define DNS_KEPT_HEAD   14
#define DNS_KEPT_SHORT  0x8000u // id, flags and question are not kept: they are those of the try
#define DNS_KEPT_COUNTS 3       // of a short one, after its head: records by section, a byte each
// It ended in an OPT record without options: of that only the flags' first byte and the size are
// kept. A mark that only the record knows shares the bit.
#define DNS_KEPT_OPT      DNS_MARK_AGAIN
#define DNS_KEPT_OPT_SIZE 3
