// SPDX-License-Identifier: Apache-2.0
//
// Runs: ordering one, waiting for it, looking at it. `waymark run …` and `waymark order …`.
#pragma once

#include "pg/pg.h"
#include "schedule/schedule.h"
#include "seal/seal.h"

#define RUN_ID_TEXT 37 // a UUID as text with NUL

int run_verb(int argc, char **argv);
int order_verb(int argc, char **argv);
int scan_verb(int argc, char **argv);
int run_start(int argc, char **argv);
int run_campaign(int argc, char **argv);
int run_show(int argc, char **argv);

// What a person says about one run.
struct run_wish {
	const char *a, *b, *app;
	const char *idle; // of an empty run: the app that is open all the time; NULL or empty: none
	const char *phone_a, *phone_b; // NULL or empty: the first two phones there are
	double in_s, length_s;
	uint64_t messages;
	uint64_t mtu; // inside the tunnels; 0: the setting tunnel_mtu
};

struct run_made {
	char id[RUN_ID_TEXT];
	uint64_t serial;
	struct wall end; // start and length
};

// Files the run and its four orders in one transaction.
enum err run_make(struct pg *pg, const struct seal_secret *key, const struct run_wish *wish,
		  struct run_made *out, struct fault *f) MUSTUSE;

// How its four orders stand: answered finally, and how many of these are done or were refused.
struct run_state {
	size_t orders, ended, done, refused;
	char why[160]; // the first failure: "node: state: detail"
};
enum err run_look(struct pg *pg, const char *id, struct run_state *out, struct fault *f) MUSTUSE;

// Signs ORDER and files it for NODE; RUN may be NULL. Takes id, serial, not_before from here; the
// caller holds a transaction and the order lock (run_lock).
enum err run_lock(struct pg *pg, struct fault *f) MUSTUSE;
enum err run_file(struct pg *pg, const struct seal_secret *key, int64_t node, struct order *order,
		  struct fault *f) MUSTUSE;

void run_id_text(const uint8_t id[static 16], char out[static RUN_ID_TEXT]);
