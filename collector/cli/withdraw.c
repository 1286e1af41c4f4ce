// SPDX-License-Identifier: Apache-2.0
#include "cli/withdraw.h"

#include <stdio.h>
#include <string.h>

#include "cli/central.h"
#include "cli/operator.h"
#include "cli/run.h"
#include "sys/clock.h"

#define EXPIRES_NS (30 * 86400 * NS_PER_S) // a scan that was begun does not expire
#define IDS_MOST   8192                    // of one order

struct withdraw_options {
	struct central central;
	char keys[CLUSTER_PATH_MAX];
	bool leave;
};

#define AT(field) .offset = offsetof(struct withdraw_options, field)

// clang-format off
#define SHARED                                                                                     \
	CENTRAL_PLACE,                                                                             \
	{ .name = "operator-key", .kind = CONF_TEXT, AT(keys), .size = CLUSTER_PATH_MAX, .value = "DIR", .help = "where operator.key is ($WAYMARK_KEYS, else ~/.config/waymark)" }

static const struct conf_option orders_options[] = {
	SHARED,
	{ .name = NULL },
};
static const struct conf_option scan_options[] = {
	SHARED,
	{ .name = "leave", .kind = CONF_BOOL, AT(leave), .help = "let nodes finish what they were ordered; wants no key" },
	{ .name = NULL },
};
// clang-format on

// What one database is told: inside a transaction, with the order lock.
struct withdrawal {
	struct pg *pg;
	const char *keys;
	struct seal_secret key;
	bool has_key;
	size_t orders, nodes;
};

static enum err begin(struct withdrawal *w, struct fault *f)
{
	enum err err = pg_begin(w->pg, f);
	return err == ERR_OK ? run_lock(w->pg, f) : err;
}

static enum err take_key(struct withdrawal *w, struct fault *f)
{
	enum err err = w->has_key ? ERR_OK : operator_load(w->keys, &w->key, f);
	w->has_key = err == ERR_OK;
	return err;
}

// Rows FROM to FROM + COUNT are of one node and one scan, or none.
static enum err file(struct withdrawal *w, const struct pg_rows *rows, size_t from, size_t count,
		     struct fault *f)
{
	static uint8_t ids[IDS_MOST * RUN_ID_SIZE];
	static struct order order;
	order = (struct order){ .kind = ORDER_WITHDRAW, .audience_count = 1 };
	order.audience[0] = span_text(pg_rows_text(rows, from, 2));
	order.expires.ns = clock_wall().ns + EXPIRES_NS;
	order.withdraw = span_of(ids, count * RUN_ID_SIZE);
	if (!pg_rows_null(rows, from, 3))
		pg_rows_uuid(rows, from, 3, order.run.bytes);
	for (size_t i = 0; i < count; i++)
		pg_rows_uuid(rows, from + i, 0, ids + i * RUN_ID_SIZE);
	enum err err = take_key(w, f);
	if (err == ERR_OK)
		err = run_file(w->pg, &w->key, pg_rows_int(rows, from, 1), &order, f);
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = pg_run(w->pg, "withdraw_mark",
			     PG_VALUES(pg_uuid(ids + i * RUN_ID_SIZE), pg_uuid(order.id.bytes)),
			     NULL, f);
	w->orders += count;
	return err;
}

static bool together(const struct pg_rows *rows, size_t a, size_t b)
{
	const char *x = pg_rows_text(rows, a, 3), *y = pg_rows_text(rows, b, 3);
	return pg_rows_int(rows, a, 1) == pg_rows_int(rows, b, 1) &&
	       strcmp(x == NULL ? "" : x, y == NULL ? "" : y) == 0;
}

// All orders of OF that are not done: the id of one, of a run or of a scan.
static enum err take_back(struct withdrawal *w, const char *of, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(w->pg, "withdraw_open", PG_VALUES(pg_text(of)), &rows, f);
	size_t all = err == ERR_OK ? pg_rows_count(rows) : 0;
	for (size_t from = 0, count; err == ERR_OK && from < all; from += count) {
		count = 1;
		while (from + count < all && count < IDS_MOST && together(rows, from, from + count))
			count++;
		err = file(w, rows, from, count, f);
		w->nodes +=
			from == 0 || pg_rows_int(rows, from, 1) != pg_rows_int(rows, from - 1, 1);
	}
	return err;
}

static enum err take_back_words(struct withdrawal *w, const struct cli *cli, struct fault *f)
{
	enum err err = begin(w, f);
	for (size_t i = 0; err == ERR_OK && i < cli->count; i++) {
		size_t before = w->orders;
		err = take_back(w, cli->words[i], f);
		if (err == ERR_OK && w->orders == before)
			err = fault_set(f, ERR_MISSING, 0, "nothing of %s is still to be done",
					cli->words[i]);
	}
	return err == ERR_OK ? pg_commit(w->pg, f) : err;
}

static enum err end_scan(struct withdrawal *w, const char *which, bool leave, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *scan = NULL;
	uint64_t changed = 0;
	enum err err = begin(w, f);
	if (err == ERR_OK)
		err = pg_query(w->pg, "scan_find", PG_VALUES(pg_text(which)), &scan, f);
	if (err == ERR_OK)
		err = pg_run(w->pg, "scan_end", PG_VALUES(pg_text(which)), &changed, f);
	if (err == ERR_OK && changed == 0)
		err = fault_set(f, ERR_MISSING, 0, "no such scan, or it has ended already: %s",
				which);
	if (err == ERR_OK && !leave)
		err = take_back(w, pg_rows_text(scan, 0, 0), f);
	return err == ERR_OK ? pg_commit(w->pg, f) : err;
}

struct withdraw_form {
	const char *program;
	const struct conf_option *options;
	struct cli_usage usage;
	bool scan;
};

static enum err work(const struct withdraw_form *form, const struct withdraw_options *o,
		     const struct cli *cli, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	enum err err = central_open(&o->central, PG_OWNER, &pg, f);
	struct withdrawal w = { .pg = pg, .keys = o->keys };
	if (err == ERR_OK)
		err = form->scan ? end_scan(&w, cli->words[0], o->leave, f)
				 : take_back_words(&w, cli, f);
	if (w.has_key)
		seal_wipe(&w.key);
	if (err == ERR_OK && w.orders > 0)
		fprintf(stderr, "%s: %zu orders taken back, of %zu nodes\n", form->program,
			w.orders, w.nodes);
	return err;
}

static int run(int argc, char **argv, const struct withdraw_form *form)
{
	struct withdraw_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	enum err err = cli_read(argc, argv, form->options, &form->usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, form->scan ? 1 : CLI_WORDS, form->usage.synopsis, &f);
	if (err == ERR_OK)
		err = work(form, &o, &cli, &f);
	conf_wipe(form->options, &o);
	return central_end(form->program, err, &f);
}

int withdraw_verb(int argc, char **argv)
{
	static const struct withdraw_form form = {
		"waymark order withdraw",
		orders_options,
		{ .synopsis = "waymark order withdraw ORDER… [option …]",
		  .text = "Takes orders back: each by its id, or all of a run or a scan by the "
			  "id of that.\n"
			  "A node stops what it has of them as soon as it hears of it, and never "
			  "begins the\n"
			  "rest; of a scan it tells what was not asked as such. `order list` says "
			  "withdrawn then.",
		  .examples = "  waymark order withdraw 7d0c3f0e-5d0a-4a51-9d3c-0f6b1c3f2a11\n" },
		false,
	};
	return run(argc, argv, &form);
}

int withdraw_scan_end(int argc, char **argv)
{
	static const struct withdraw_form form = {
		"waymark scan end",
		scan_options,
		{ .synopsis = "waymark scan end SCAN [option …]",
		  .text = "Says that nothing more is to come: orders of the scan that are not "
			  "done are taken\n"
			  "back, which wants the operator's key, and nodes stop; the scan is "
			  "judged, and a late\n"
			  "record judged again." },
		true,
	};
	return run(argc, argv, &form);
}
