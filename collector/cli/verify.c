// SPDX-License-Identifier: Apache-2.0
#include "cli/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/central.h"
#include "seal/seal.h"

struct verify_options {
	struct central central;
	char batch[128], run[64];
	bool all;
};

#define AT(field) .offset = offsetof(struct verify_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct verify_options *)NULL)->field)

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "batch", TEXT(batch), .value = "NODE/EPOCH/SEQ", .help = "one batch, as this verb prints it" },
	{ .name = "run", TEXT(run), .value = "ID", .help = "every batch with a record of this run" },
	{ .name = "all", .kind = CONF_BOOL, AT(all), .help = "everything that is stored" },
	{ .name = "json", .kind = CONF_BOOL, .offset = offsetof(struct central, json), .help = "JSON lines" },
	{ .name = NULL },
};
// clang-format on

struct verifying {
	struct pg *pg;
	bool json;
	struct pg_value node, epoch, seq, run; // null: any
	size_t good, bad, bare;                // bare: the bytes are kept no more
	uint64_t traces;
};

static void print(const struct verifying *v, struct pg_rows *rows, size_t row,
		  const struct proof *p)
{
	char id[128];
	snprintf(id, sizeof(id), "%s/%016" PRIx64 "/%s", pg_rows_text(rows, row, VERIFY_NAME),
		 (uint64_t)pg_rows_int(rows, row, VERIFY_EPOCH),
		 pg_rows_text(rows, row, VERIFY_SEQ));
	if (!v->json) {
		printf("%-4s  %s  ", p->good ? "ok" : "FAIL", id);
		if (!p->good)
			printf("%s\n", p->why);
		else if (!p->bytes)
			printf("signature; the bytes are kept no more\n");
		else
			printf("signature, bytes, %zu rows\n", p->count);
		return;
	}
	struct json j = json_of(stdout);
	json_object(&j, NULL);
	json_text(&j, "batch", id);
	json_bool(&j, "ok", p->good);
	json_bool(&j, "signature", p->signature);
	json_bool(&j, "bytes", p->bytes);
	json_bool(&j, "rows", p->rows);
	json_int(&j, "count", (int64_t)p->count);
	json_text(&j, "reason", p->good ? NULL : p->why);
	json_end_object(&j);
}

// A page of batches after (NODE, STREAM, SEQ), which move on. Returns how many there were.
static enum err page(struct verifying *v, int64_t after[3], size_t *count, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(v->pg, "verify_batch",
				PG_VALUES(pg_int(after[0]), pg_int(after[1]), pg_int(after[2]),
					  v->node, v->epoch, v->seq, v->run),
				&rows, f);
	*count = err == ERR_OK ? pg_rows_count(rows) : 0;
	for (size_t r = 0; err == ERR_OK && r < *count; r++) {
		struct proof p;
		err = verify_batch(v->pg, rows, r, &p, f);
		if (err != ERR_OK)
			break;
		print(v, rows, r, &p);
		v->good += p.good;
		v->bad += !p.good;
		v->bare += p.good && !p.bytes;
		v->traces += p.traces;
		for (size_t i = 0; i < 3; i++)
			after[i] = pg_rows_int(rows, r, i);
	}
	return err;
}

// Rows that no batch accounts for show only in the whole.
static enum err check_total(struct verifying *v, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(v->pg, "verify_total", PG_NO_VALUES, &rows, f);
	if (err != ERR_OK || v->bare > 0 || v->bad > 0)
		return err;
	uint64_t stored = (uint64_t)pg_rows_int(rows, 0, 0);
	if (stored == v->traces)
		return ERR_OK;
	v->bad++;
	fprintf(stderr, "waymark verify: %" PRIu64 " traces are stored, %" PRIu64 " were signed\n",
		stored, v->traces);
	return ERR_OK;
}

// All of it as the database was at one moment: what comes in meanwhile is in no batch looked at.
static enum err verify(struct verifying *v, bool all, struct fault *f)
{
	int64_t after[3] = { -1, -1, -1 };
	size_t count = 1;
	enum err err = pg_script(v->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", f);
	while (err == ERR_OK && count > 0)
		err = page(v, after, &count, f);
	if (err == ERR_OK && all)
		err = check_total(v, f);
	if (err == ERR_OK && !all && v->good + v->bad == 0)
		return fault_set(f, ERR_MISSING, 0, "no such batch is stored");
	if (err == ERR_OK)
		fprintf(stderr, "waymark verify: %zu batches good, %zu bad%s\n", v->good, v->bad,
			v->bare > 0 ? "; of some only the signature, their bytes are kept no more"
				    : "");
	return err;
}

// "zurich/00c0ffee00c0ffee/12"
static enum err read_batch(const char *text, struct verifying *v, struct fault *f)
{
	struct span rest = span_text(text);
	struct span node = text_cut(&rest, '/');
	struct span epoch = rest.at != NULL ? text_cut(&rest, '/') : rest;
	uint8_t bytes[8];
	uint64_t seq = 0, e = 0;
	if (node.len == 0 || epoch.len != 16 || text_unhex(epoch, bytes, 8) != ERR_OK ||
	    rest.at == NULL || text_u64(rest, 1, INT64_MAX, &seq) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--batch %s: NODE/EPOCH/SEQ, the epoch as 16 hex digits", text);
	for (size_t i = 0; i < sizeof(bytes); i++)
		e = e << 8 | bytes[i];
	v->node = pg_span(node);
	v->epoch = pg_int((int64_t)e);
	v->seq = pg_int((int64_t)seq);
	return ERR_OK;
}

int verify_verb(int argc, char **argv)
{
	struct verify_options o = { 0 };
	struct verifying v = {
		.node = pg_null(), .epoch = pg_null(), .seq = pg_null(), .run = pg_null()
	};
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark verify --all | --run ID | --batch NODE/EPOCH/SEQ [--json]",
		.text = "Proves stored batches against the public keys of their nodes: the "
			"signature over the\ndigest, and while the bytes are kept their digest and "
			"that every stored row is what\nthey say. Exit status 1 when one is not.",
		.examples = "  waymark verify --all\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK && cli.count + (o.batch[0] != '\0') + (o.run[0] != '\0') + o.all != 1)
		err = fault_set(&f, ERR_USAGE, 0, "usage: %s", usage.synopsis);
	if (err == ERR_OK && o.batch[0] != '\0')
		err = read_batch(o.batch, &v, &f);
	if (err == ERR_OK && o.run[0] != '\0')
		v.run = pg_text(o.run);
	if (err == ERR_OK)
		err = seal_start(&f);
	v.json = o.central.json;
	if (err == ERR_OK)
		err = central_open(&o.central, PG_OWNER, &v.pg, &f);
	if (err == ERR_OK)
		err = verify(&v, o.all, &f);
	pg_close(&v.pg);
	if (err != ERR_OK)
		return cli_fail("waymark verify", &f);
	return v.bad > 0 ? 1 : 0;
}
