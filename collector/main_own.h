// SPDX-License-Identifier: Apache-2.0
//
// The collector as a whole: what main.c opens and closes, and traffic.c keeps going between the
// rooms. Only these two files see more than one room.
#pragma once

#include "correlate/correlate_io.h"
#include "ingest/ingest_io.h"
#include "pg/place.h"
#include "schedule/schedule_io.h"
#include "seal/seal.h"
#include "store/store_io.h"

struct options {
	char data[CLUSTER_PATH_MAX], db[PG_CONNINFO_MAX], config[CLUSTER_PATH_MAX];
	char listen[128], level[8];
	uint64_t credit;
	bool check;
};

struct collector {
	struct options options;
	struct place place;
	struct seal_secret secret;
	struct loop *loop;
	struct loop_timer *flush, *report;
	struct ingest *ingest;
	struct ingest_io *link;
	struct store *store;
	struct schedule_io *registry;
	struct correlate_io *judge;
	struct book *orders;
	struct group *filling;
	struct mono due; // when FILLING must go
	struct mono stop_by;
	bool stopping, has_keys, store_up;
	struct ingest_counts told; // as last logged
	uint64_t spoiled;
	enum err failed;
};

// What the rooms call; SELF is the collector.
void traffic_wanted(void *self, const struct ingest_want *w);
void traffic_stored(void *self, const struct group *g);
void traffic_store_state(void *self, bool up, const char *what);
void traffic_registry_state(void *self, bool up, const char *what);
void traffic_keys(void *self, const struct schedule_keys *keys);
void traffic_orders(void *self, struct book **orders);
void traffic_stream(void *self, int32_t node, uint64_t epoch, int32_t id, uint64_t last_seq);
void traffic_flush(void *self, struct mono now);  // a group has waited long enough
void traffic_report(void *self, struct mono now); // once a second
void traffic_rest(void *self, struct mono now);   // at the end of each turn
void traffic_stop(struct collector *c);
