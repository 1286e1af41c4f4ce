// SPDX-License-Identifier: Apache-2.0
//
// What the two sides of the store, loop and writer thread, say to each other.
#pragma once

#include "pg/pg.h"
#include "store/group.h"

enum store_kind {
	STORE_GROUP, // to the writer: write it; back: it is durable
	STORE_UP,
	STORE_DOWN,
	STORE_STOP,
};

struct store_word {
	enum store_kind kind;
	struct group *group;
	char what[FAULT_TEXT];
};

struct writer {
	int fd, halt; // halt: readable when the program ends
	const char *conninfo;
	bool keep_bodies;
	struct pg *pg;
	bool told_down, told_up;
	unsigned tries;
	struct group *scratch;
};

void *writer_run(void *writer);
