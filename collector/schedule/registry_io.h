// SPDX-License-Identifier: Apache-2.0
//
// What the loop's side and the registry's thread say to each other.
#pragma once

#include "pg/pg.h"
#include "schedule/schedule_io.h"

enum word_kind {
	WORD_OPEN, // to the thread: node, epoch; back: id and last_seq too
	WORD_KEYS,
	WORD_ORDERS,
	WORD_UP,
	WORD_DOWN,
};

struct schedule_word {
	enum word_kind kind;
	int32_t node, id;
	uint64_t epoch, last_seq;
	struct schedule_keys *keys;
	struct book *orders;
	char what[FAULT_TEXT];
};

struct registry {
	int fd;
	const char *conninfo;
	struct schedule_events events; // only revive and its self
	unsigned failures;
	struct pg *pg;
	struct schedule_word waiting; // a stream that could not be opened yet
	bool has_waiting, told_down, told_up;
	bool keys_stale, orders_stale;
	struct mono read_at, tidy_at; // when to do it again
};

void *registry_run(void *registry);
