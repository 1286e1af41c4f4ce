// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the schema cannot do from a shell.
//   sql_driver prepare CONNINFO                   PREPAREs every statement, begins every COPY
//   sql_driver keygen DIR KIND                    what `waymark-agent keygen` does
//   sql_driver store CONNINFO NODE KEYS SEQ N     stores batch SEQ of NODE with N traces and one
//                                                 record of every other kind, as the store does
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys.h"
#include "pg/pg.h"
#include "pg/sql_files.h"
#include "store/group.h"
#include "sys/clock.h"

#include "../msg/sample.h"

#define EPOCH 0x00c0ffee00c0ffeeu

static void die(const struct fault *f)
{
	fprintf(stderr, "sql_driver: %s\n", f->what);
	exit(1);
}

// --- every statement fits the schema ---

static int prepare_one(struct pg *pg, const char *path)
{
	struct fault f;
	char kind[16], name[64];
	if (sscanf(path, "%15[a-z]/%63[a-z0-9_].sql", kind, name) != 2)
		return 0;
	enum err err = ERR_OK;
	if (strcmp(kind, "query") == 0)
		err = pg_prepare(pg, name, &f);
	else if (strcmp(kind, "copy") == 0 && (err = pg_begin(pg, &f)) == ERR_OK) {
		err = pg_copy_begin(pg, name, &f);
		if (err == ERR_OK)
			pg_copy_abort(pg, "only a test");
		pg_rollback(pg);
	} else
		return 0;
	printf("%s %s%s%s\n", err == ERR_OK ? "ok" : "FAIL", path, err == ERR_OK ? "" : ": ",
	       err == ERR_OK ? "" : f.what);
	return err != ERR_OK;
}

static int prepare(const char *conninfo)
{
	struct fault f;
	struct pg *pg = NULL;
	int bad = 0;
	if (pg_open(conninfo, PG_OWNER, &pg, &f) != ERR_OK)
		die(&f);
	for (const struct sql_file *s = sql_files; s->path != NULL; s++)
		bad += prepare_one(pg, s->path);
	pg_close(&pg);
	return bad > 0;
}

// --- one batch, as a node makes it ---

static enum err write_records(struct wr *w, size_t traces, struct wall now)
{
	struct trace_record t;
	static const struct run_id run = { { 9, 9, 9 } };
	const struct step_record step = { .run = run,
					  .side = 1,
					  .name = span_text("tunnel"),
					  .begin = now,
					  .end = { now.ns + 5000000 },
					  .outcome = STEP_DONE };
	const struct message_record message = { .run = run,
						.side = 2,
						.id = span_text("r1-m1"),
						.from_side = 1,
						.received = now,
						.status = MESSAGE_RECEIVED };
	const struct outcome_record outcome = {
		.order = { { 5 } }, .run = run, .state = ORDER_DONE, .at = now
	};
	const struct name_record name = { .addr = addr_v4(0xc6120001),
					  .name = span_text("r1.example"),
					  .at = now };
	const struct gap_record gap = { .reason = GAP_TORN, .records = 3, .bytes = 99, .at = now };
	const struct flow_record flow = { .run = run,
					  .side = 1,
					  .first = now,
					  .last = { now.ns + 1000000 },
					  .proto = 6,
					  .a = addr_v4(0xc6120001),
					  .b = addr_v4(0xc6120101),
					  .aport = 5000,
					  .bport = 443,
					  .pkts_ab = 3,
					  .bytes_ab = 300,
					  .names = { { span_text("chat.example"), NAME_SNI } },
					  .name_count = 1 };
	enum err err = ERR_OK;
	for (size_t i = 0; i < traces && err == ERR_OK; i++) {
		sample_trace(&t, 12, 3);
		t.run = run;
		t.id += i;
		t.start.ns = now.ns + (int64_t)i * 1000;
		err = record_write_trace(w, &t);
	}
	if (err == ERR_OK)
		err = record_write_flow(w, &flow);
	if (err == ERR_OK)
		err = record_write_step(w, &step);
	if (err == ERR_OK)
		err = record_write_message(w, &message);
	if (err == ERR_OK)
		err = record_write_outcome(w, &outcome);
	if (err == ERR_OK)
		err = record_write_name(w, &name);
	return err == ERR_OK ? record_write_gap(w, &gap) : err;
}

static void copy_tables(struct pg *pg, const struct group *g)
{
	struct fault f;
	for (enum rows_table t = 0; t < ROWS_TABLES; t++) {
		uint8_t ends[COPY_HEADER_SIZE];
		struct wr head = wr_of(ends, sizeof(ends));
		if (g->tables[t].len == 0)
			continue;
		copy_header(&head);
		enum err err = pg_copy_begin(pg, rows_table_name(t), &f);
		if (err == ERR_OK)
			err = pg_copy_put(pg, wr_span(&head), &f);
		if (err == ERR_OK)
			err = pg_copy_put(pg, wr_span(&g->tables[t]), &f);
		head = wr_of(ends, sizeof(ends));
		copy_trailer(&head);
		if (err == ERR_OK)
			err = pg_copy_put(pg, wr_span(&head), &f);
		if (err == ERR_OK)
			err = pg_copy_end(pg, &f);
		if (err != ERR_OK)
			die(&f);
	}
}

static void find_node(struct pg *pg, const char *node, struct rows_batch *told)
{
	struct fault f;
	struct pg_rows *rows = NULL;
	if (pg_query(pg, "node_find", PG_VALUES(pg_text(node)), &rows, &f) != ERR_OK)
		die(&f);
	told->key.node = (int32_t)pg_rows_int(rows, 0, 0);
	pg_rows_free(&rows);
	if (pg_query(pg, "node_show", PG_VALUES(pg_text(node)), &rows, &f) != ERR_OK)
		die(&f);
	told->sign_key = (int32_t)pg_rows_int(rows, 0, 10);
	pg_rows_free(&rows);
	if (pg_query(pg, "stream_open", PG_VALUES(pg_int(told->key.node), pg_int(EPOCH)), &rows,
		     &f) != ERR_OK)
		die(&f);
	told->key.stream = (int32_t)pg_rows_int(rows, 0, 0);
	pg_rows_free(&rows);
}

static void move_cursor(struct pg *pg, const struct rows_batch *told)
{
	struct fault f;
	char id[32], was[32], to[32];
	uint64_t changed = 0;
	snprintf(id, sizeof(id), "{%d}", told->key.stream);
	snprintf(was, sizeof(was), "{%llu}", (unsigned long long)told->key.seq - 1);
	snprintf(to, sizeof(to), "{%llu}", (unsigned long long)told->key.seq);
	if (pg_run(pg, "stream_move", PG_VALUES(pg_text(id), pg_text(was), pg_text(to)), &changed,
		   &f) != ERR_OK ||
	    changed != 1)
		die(&f);
}

static int store(const char *conninfo, const char *node, const char *keys, uint64_t seq,
		 size_t traces)
{
	static uint8_t body[BATCH_SIZE_MAX];
	uint8_t digest[SEAL_DIGEST_SIZE], signature[SEAL_SIGNATURE_SIZE];
	struct wr w = wr_of(body, sizeof(body));
	struct fault f = { .what = "the batch does not fit" };
	struct seal_secret secret;
	struct pg *pg = NULL;
	struct arena arena;
	struct batch *batch = NULL;
	struct wall now = clock_wall();
	if (seal_start(&f) != ERR_OK ||
	    keys_load(keys, "node", "waymark-node-v1", &secret, &f) != ERR_OK ||
	    pg_open(conninfo, PG_STORE, &pg, &f) != ERR_OK)
		die(&f);
	const struct batch_head head = { .node = span_text(node),
					 .epoch = EPOCH,
					 .seq = seq,
					 .sealed = now,
					 .records = (uint32_t)traces + 6 };
	if (batch_head_write(&w, &head) != ERR_OK || write_records(&w, traces, now) != ERR_OK)
		die(&f);
	seal_digest(wr_span(&w), digest);
	seal_sign(SEAL_BATCH, wr_span(&w), &secret, signature);
	seal_wipe(&secret);
	struct rows_batch told = { .key.seq = seq,
				   .received = now,
				   .body = wr_span(&w),
				   .digest = digest,
				   .signature = signature };
	arena_init(&arena, 64u << 20);
	struct group *g = group_new();
	find_node(pg, node, &told);
	if (g == NULL || batch_read(wr_span(&w), &arena, &batch) != ERR_OK ||
	    group_put(g, 0, &told, batch, ERR_OK, NULL) != ERR_OK || pg_begin(pg, &f) != ERR_OK)
		die(&f);
	move_cursor(pg, &told);
	copy_tables(pg, g);
	if (pg_commit(pg, &f) != ERR_OK)
		die(&f);
	group_free(&g);
	arena_wipe(&arena);
	pg_close(&pg);
	return 0;
}

static int keygen(const char *dir, const char *kind)
{
	struct seal_secret secret;
	struct seal_public public;
	struct fault f;
	if (seal_start(&f) != ERR_OK)
		die(&f);
	seal_make(&secret, &public);
	if (keys_store(dir, "node", kind, &secret, &f) != ERR_OK)
		die(&f);
	seal_wipe(&secret);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "prepare") == 0)
		return prepare(argv[2]);
	if (argc == 7 && strcmp(argv[1], "store") == 0)
		return store(argv[2], argv[3], argv[4], strtoull(argv[5], NULL, 10),
			     strtoull(argv[6], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "keygen") == 0)
		return keygen(argv[2], argv[3]);
	return 2;
}
