// SPDX-License-Identifier: Apache-2.0
//
// `waymark run campaign`: every pair of some nodes, for some apps, a few at a time. A plain loop
// in the foreground; first Ctrl-C lets what runs end, the second leaves at once.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/campaign.h"
#include "cli/central.h"
#include "cli/operator.h"
#include "cli/run.h"
#include "sys/clock.h"

#define STEP_MS         200
#define QUIET_REPORT_NS (10 * NS_PER_S)  // between progress lines when nobody watches
#define AWAY_NS         (120 * NS_PER_S) // how long the database may be away
#define LIST_MAX        4096

struct campaign_options {
	struct central central;
	char apps[LIST_MAX], nodes[LIST_MAX], pairs[16], phones[LIST_MAX], keys[CLUSTER_PATH_MAX];
	uint64_t parallel, messages, again;
	double in, length, patience;
	bool empty, idle;
};

#define AT(field) .offset = offsetof(struct campaign_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct campaign_options *)NULL)->field)

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "apps", TEXT(apps), .value = "A,B", .help = "messengers" },
	{ .name = "nodes", TEXT(nodes), .value = "N,M", .help = "vantage nodes (default all)" },
	{ .name = "pairs", TEXT(pairs), .unset = "all", .value = "WHICH", .help = "all, or region: only pairs within one M49 region" },
	{ .name = "phones", TEXT(phones), .value = "P:Q,R:S", .help = "pairs of phones (default the first two there are)" },
	{ .name = "parallel", .kind = CONF_UINT, AT(parallel), .min = 1, .max = CAMPAIGN_SLOTS_MAX, .unset = "64", .value = "COUNT", .help = "most runs at a time; never more than pairs of phones" },
	{ .name = "empty", .kind = CONF_BOOL, AT(empty), .help = "also an empty run of every pair with all apps closed: the background" },
	{ .name = "idle", .kind = CONF_BOOL, AT(idle), .help = "also, for each app, an empty run of every pair with the app open and idle" },
	{ .name = "operator-key", TEXT(keys), .value = "DIR", .help = "where operator.key is ($WAYMARK_KEYS, else ~/.config/waymark)" },
	{ .name = "in", .kind = CONF_REAL, AT(in), .min = 0, .max = 86400, .unset = "4", .value = "SECONDS", .help = "from ordering a run to its start" },
	{ .name = "length", .kind = CONF_REAL, AT(length), .min = 1, .max = 3600, .unset = "12", .value = "SECONDS", .help = "from start to the end of the capture" },
	{ .name = "messages", .kind = CONF_UINT, AT(messages), .min = 0, .max = ORDER_MESSAGES_MAX / 2.0, .unset = "2", .value = "COUNT", .help = "messages in each direction" },
	{ .name = "again", .kind = CONF_UINT, AT(again), .min = 0, .max = 100, .unset = "1", .value = "COUNT", .help = "how often a run that failed is made once more, after all others" },
	{ .name = "patience", .kind = CONF_REAL, AT(patience), .min = 1, .max = 86400, .unset = "60", .value = "SECONDS", .help = "a run not reported this long after its end has failed" },
	{ .name = NULL },
};
// clang-format on

struct slot {
	const char *phone_a, *phone_b; // NULL: the first two there are
	struct campaign_task *task;    // NULL: idle
	struct run_made run;
};

struct loop_state {
	const struct campaign_options *options;
	struct pg *pg;
	struct seal_secret key; // wiped at the end
	struct campaign campaign;
	const char *nodes[CAMPAIGN_NODES_MAX], *apps[CAMPAIGN_APPS_MAX];
	bool idle[CAMPAIGN_APPS_MAX]; // the app is open and no message is sent
	size_t node_count, app_count;
	struct slot slots[CAMPAIGN_SLOTS_MAX];
	size_t slot_count;
	size_t done, failed;
	int64_t serial_before; // runs after this one are ours
	struct mono began, reported;
};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal)
{
	(void)signal;
	if (++interrupts > 1)
		_exit(130);
}

// Parts TEXT at commas, in place.
static enum err part_list(char *text, const char **out, size_t most, size_t *count, struct fault *f)
{
	char *save = NULL;
	for (char *w = strtok_r(text, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
		if (*count == most)
			return fault_set(f, ERR_USAGE, 0, "a list is longer than %zu", most);
		out[(*count)++] = w;
	}
	return ERR_OK;
}

static enum err read_phones(struct campaign_options *o, struct loop_state *s, struct fault *f)
{
	const char *pairs[CAMPAIGN_SLOTS_MAX];
	size_t count = 0;
	enum err err = part_list(o->phones, pairs, COUNT(pairs), &count, f);
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		char *colon = o->phones + (pairs[i] - o->phones);
		colon = strchr(colon, ':');
		if (colon == NULL)
			return fault_set(f, ERR_USAGE, 0, "--phones: %s is no pair P:Q", pairs[i]);
		*colon = '\0';
		s->slots[i] = (struct slot){ .phone_a = pairs[i], .phone_b = colon + 1 };
	}
	s->slot_count = count > 0 ? count : 1;
	if (s->slot_count > o->parallel)
		s->slot_count = o->parallel;
	return err;
}

// All vantage nodes when none was named; REGIONS[i] is the M49 region of each.
static enum err read_nodes(struct loop_state *s, struct pg_rows *rows, int64_t *regions,
			   struct fault *f)
{
	bool all = s->node_count == 0;
	for (size_t i = 0; all && i < pg_rows_count(rows); i++) {
		if (s->node_count == CAMPAIGN_NODES_MAX)
			return fault_set(f, ERR_USAGE, 0, "more than %d nodes", CAMPAIGN_NODES_MAX);
		s->nodes[s->node_count++] = pg_rows_text(rows, i, 0);
	}
	for (size_t i = 0; i < s->node_count; i++) {
		size_t r = 0;
		while (r < pg_rows_count(rows) &&
		       strcmp(pg_rows_text(rows, r, 0), s->nodes[i]) != 0)
			r++;
		if (r == pg_rows_count(rows))
			return fault_set(f, ERR_MISSING, 0,
					 "no vantage node %s with a valid key (`waymark node "
					 "list`)",
					 s->nodes[i]);
		regions[i] = pg_rows_int(rows, r, 1);
	}
	return ERR_OK;
}

// --- one turn ---

static void print_failed(const struct loop_state *s, const struct slot *slot, bool again,
			 const char *why)
{
	const struct campaign_task *t = slot->task;
	fprintf(stderr, "%srun %s (%s - %s, %s) failed%s: %s\n",
		isatty(STDERR_FILENO) ? "\r\033[K" : "", slot->run.id, s->nodes[t->a],
		s->nodes[t->b], s->apps[t->app], again ? ", will be made again" : "", why);
}

static void finish(struct loop_state *s, struct slot *slot, bool good, const char *why)
{
	bool again = !good && interrupts == 0 && campaign_fail(&s->campaign, slot->task);
	s->done += good;
	s->failed += !good && !again;
	if (!good)
		print_failed(s, slot, again, why);
	slot->task = NULL;
}

static enum err look(struct loop_state *s, struct slot *slot, struct fault *f)
{
	struct run_state state;
	enum err err = run_look(s->pg, slot->run.id, &state, f);
	if (err != ERR_OK)
		return err;
	int64_t patience = (int64_t)(s->options->patience * (double)NS_PER_S);
	if (state.ended == state.orders)
		finish(s, slot, state.done == state.orders, state.why);
	else if (clock_wall().ns > slot->run.end.ns + patience)
		finish(s, slot, false, state.why[0] != '\0' ? state.why : "not all nodes reported");
	return ERR_OK;
}

static enum err launch(struct loop_state *s, struct slot *slot, struct fault *f)
{
	struct campaign_task *running[CAMPAIGN_SLOTS_MAX];
	for (size_t i = 0; i < s->slot_count; i++)
		running[i] = s->slots[i].task;
	struct campaign_task *t = campaign_next(&s->campaign, running, s->slot_count);
	if (t == NULL)
		return ERR_OK;
	const struct run_wish wish = { .a = s->nodes[t->a],
				       .b = s->nodes[t->b],
				       .app = s->idle[t->app] ? "none" : s->apps[t->app],
				       .idle = s->idle[t->app] ? s->apps[t->app] : NULL,
				       .phone_a = slot->phone_a,
				       .phone_b = slot->phone_b,
				       .in_s = s->options->in,
				       .length_s = s->options->length,
				       .messages = s->options->messages };
	enum err err = run_make(s->pg, &s->key, &wish, &slot->run, f);
	if (err != ERR_OK)
		return err;
	campaign_begin(&s->campaign, t);
	slot->task = t;
	return ERR_OK;
}

static void print_left(int64_t seconds)
{
	if (seconds >= 60)
		fprintf(stderr, " (%lldm%02llds left)", (long long)(seconds / 60),
			(long long)(seconds % 60));
	else
		fprintf(stderr, " (%llds left)", (long long)seconds);
}

static enum err report(struct loop_state *s, bool last, struct fault *f)
{
	bool tty = isatty(STDERR_FILENO);
	struct mono now = clock_mono();
	if (!last && mono_since(now, s->reported) < (tty ? NS_PER_S : QUIET_REPORT_NS))
		return ERR_OK;
	struct pg_rows *rows = NULL;
	enum err err =
		pg_query(s->pg, "run_progress", PG_VALUES(pg_int(s->serial_before)), &rows, f);
	if (err != ERR_OK)
		return err;
	size_t ended = s->done + s->failed, count = s->campaign.count;
	int64_t passed = mono_since(now, s->began), traces = pg_rows_int(rows, 0, 2);
	fprintf(stderr, "%s%zu%%", tty ? "\r\033[K" : "", count > 0 ? 100 * ended / count : 100);
	// Before the first run has ended nobody knows.
	if (ended > 0)
		print_left(passed / (int64_t)ended * (int64_t)(count - ended) / NS_PER_S);
	fprintf(stderr,
		"; runs %zu/%zu; messages %lld sent %lld received; traces %lld (%.1f/s); failed "
		"%zu%s",
		ended, count, (long long)pg_rows_int(rows, 0, 0),
		(long long)pg_rows_int(rows, 0, 1), (long long)traces,
		(double)traces * (double)NS_PER_S / (double)(passed > 0 ? passed : 1), s->failed,
		tty && !last ? "" : "\n");
	s->reported = now;
	pg_rows_free(&rows);
	return ERR_OK;
}

static size_t busy(const struct loop_state *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->slot_count; i++)
		n += s->slots[i].task != NULL;
	return n;
}

static enum err turn(struct loop_state *s, struct fault *f)
{
	enum err err = ERR_OK;
	for (size_t i = 0; err == ERR_OK && i < s->slot_count; i++) {
		struct slot *slot = &s->slots[i];
		if (slot->task != NULL)
			err = look(s, slot, f);
		if (err == ERR_OK && slot->task == NULL && interrupts == 0)
			err = launch(s, slot, f);
	}
	return err == ERR_OK && busy(s) > 0 ? report(s, false, f) : err;
}

// The database went away: runs under way do not mind, so neither do we, for a while.
static enum err reopen(struct loop_state *s, struct fault *f)
{
	struct mono until = mono_add(clock_mono(), AWAY_NS);
	enum err err;
	do {
		(void)poll(NULL, 0, STEP_MS);
		pg_close(&s->pg);
		err = central_open(&s->options->central, PG_OWNER, &s->pg, f);
	} while (err == ERR_UNREACHABLE && interrupts == 0 && mono_before(clock_mono(), until));
	return err;
}

static enum err run_all(struct loop_state *s, struct fault *f)
{
	enum err err;
	do {
		err = turn(s, f);
		if (err == ERR_UNREACHABLE)
			err = reopen(s, f);
		(void)poll(NULL, 0, STEP_MS);
	} while (err == ERR_OK &&
		 (busy(s) > 0 || (interrupts == 0 && s->campaign.begun < s->campaign.count)));
	return err == ERR_OK ? report(s, true, f) : err;
}

// Empty runs stand among the others, in each pair's turn: what a phone does by itself changes with
// the hour.
static enum err read_apps(struct campaign_options *o, struct loop_state *s, struct fault *f)
{
	const char *apps[CAMPAIGN_APPS_MAX / 2];
	size_t count = 0;
	enum err err = part_list(o->apps, apps, COUNT(apps) - 1, &count, f);
	if (o->empty)
		s->apps[s->app_count++] = "none";
	for (size_t i = 0; err == ERR_OK && i < count; i++) {
		s->apps[s->app_count++] = apps[i];
		if (!o->idle)
			continue;
		s->idle[s->app_count] = true;
		s->apps[s->app_count++] = apps[i];
	}
	return err;
}

static enum err prepare(struct campaign_options *o, struct loop_state *s, struct pg_rows **nodes,
			struct fault *f)
{
	int64_t regions[CAMPAIGN_NODES_MAX];
	bool region = strcmp(o->pairs, "region") == 0;
	if (!region && strcmp(o->pairs, "all") != 0)
		return fault_set(f, ERR_USAGE, 0, "--pairs is all or region, not %s", o->pairs);
	enum err err = read_apps(o, s, f);
	if (err == ERR_OK && s->app_count == 0)
		err = fault_set(f, ERR_USAGE, 0, "--apps A,B is wanted, or --empty");
	if (err == ERR_OK)
		err = part_list(o->nodes, s->nodes, COUNT(s->nodes), &s->node_count, f);
	if (err == ERR_OK)
		err = read_phones(o, s, f);
	if (err == ERR_OK)
		err = operator_load(o->keys, &s->key, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &s->pg, f);
	if (err == ERR_OK)
		err = pg_query(s->pg, "campaign_nodes", PG_NO_VALUES, nodes, f);
	if (err == ERR_OK)
		err = read_nodes(s, *nodes, regions, f);
	if (err != ERR_OK)
		return err;
	err = campaign_new(s->node_count, s->app_count, region ? regions : NULL, o->again,
			   &s->campaign);
	return err == ERR_OK ? ERR_OK : fault_set(f, err, 0, "no memory for the campaign");
}

static enum err last_serial(struct loop_state *s, struct fault *f)
{
	struct pg_rows *rows = NULL;
	enum err err = pg_query(s->pg, "run_last", PG_NO_VALUES, &rows, f);
	s->serial_before = err == ERR_OK ? pg_rows_int(rows, 0, 0) : 0;
	pg_rows_free(&rows);
	return err;
}

static int campaign(struct campaign_options *o)
{
	static struct loop_state s;
	struct pg_rows *nodes = NULL;
	struct fault f;
	s.options = o;
	s.began = s.reported = clock_mono();
	enum err err = prepare(o, &s, &nodes, &f);
	const struct sigaction on = { .sa_handler = on_interrupt };
	if (err == ERR_OK && sigaction(SIGINT, &on, NULL) == 0)
		err = last_serial(&s, &f);
	if (err == ERR_OK)
		err = run_all(&s, &f);
	size_t ended = s.done + s.failed;
	seal_wipe(&s.key);
	campaign_wipe(&s.campaign);
	pg_rows_free(&nodes);
	pg_close(&s.pg);
	if (err != ERR_OK) {
		int status = cli_fail("waymark run campaign", &f);
		return ended > 0 ? 3 : status;
	}
	if (interrupts > 0)
		return err_exit(ERR_CANCELED);
	return s.failed == 0 ? 0 : s.done == 0 ? 1 : 3;
}

int run_campaign(int argc, char **argv)
{
	static struct campaign_options o; // large: four lists
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark run campaign --apps A,B [option …]",
		.text = "Runs every unordered pair of the nodes, self pairs included, for each "
			"app, "
			"as many at\na time as there are pairs of phones. Exit status 3 when some "
			"failed.",
		.examples = "  waymark run campaign --apps threema,wechat --empty --idle --phones "
			    "p1:p2,p3:p4\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 0, 0, usage.synopsis, &f);
	return err == ERR_OK ? campaign(&o) : cli_fail("waymark run campaign", &f);
}
