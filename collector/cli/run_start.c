// SPDX-License-Identifier: Apache-2.0
//
// `waymark run start`: one run, and with --wait what came of it.
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/central.h"
#include "cli/operator.h"
#include "cli/run.h"
#include "sys/clock.h"

#define WAIT_STEP_MS 200

struct start_options {
	struct central central;
	char app[64], idle[64], phone_a[SCHEDULE_TEXT_MAX], phone_b[SCHEDULE_TEXT_MAX];
	char keys[CLUSTER_PATH_MAX];
	double in, length, patience;
	uint64_t messages, mtu;
	bool wait;
};

#define AT(field) .offset = offsetof(struct start_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct start_options *)NULL)->field)

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "app", TEXT(app), .value = "APP", .help = "messenger; none is the empty run that shows the background" },
	{ .name = "idle", TEXT(idle), .value = "APP", .help = "with --app none: this messenger is open and idle; else all are closed" },
	{ .name = "phone-a", TEXT(phone_a), .value = "PHONE", .help = "phone of side 1 (default the first there is)" },
	{ .name = "phone-b", TEXT(phone_b), .value = "PHONE", .help = "phone of side 2 (default the next)" },
	{ .name = "operator-key", TEXT(keys), .value = "DIR", .help = "where operator.key is ($WAYMARK_KEYS, else ~/.config/waymark)" },
	{ .name = "in", .kind = CONF_REAL, AT(in), .min = 0, .max = 86400, .unset = "4", .value = "SECONDS", .help = "from now to the common start" },
	{ .name = "length", .kind = CONF_REAL, AT(length), .min = 1, .max = 3600, .unset = "12", .value = "SECONDS", .help = "from start to the end of the capture" },
	{ .name = "messages", .kind = CONF_UINT, AT(messages), .min = 0, .max = ORDER_MESSAGES_MAX / 2.0, .unset = "2", .value = "COUNT", .help = "messages in each direction" },
	{ .name = "mtu", .kind = CONF_UINT, AT(mtu), .min = SCHEDULE_MTU_MIN, .max = SCHEDULE_MTU_MAX, .value = "BYTES", .help = "largest packet inside the tunnels: 1420, or 1500 with outer packets in fragments (default the setting tunnel_mtu)" },
	{ .name = "wait", .kind = CONF_BOOL, AT(wait), .help = "until all four nodes reported; a line per step" },
	{ .name = "patience", .kind = CONF_REAL, AT(patience), .min = 1, .max = 86400, .unset = "60", .value = "SECONDS", .help = "with --wait: how long after the end" },
	{ .name = NULL },
};
// clang-format on

static enum err print_steps(struct pg *pg, const char *id, struct fault *f)
{
	static const char *const headings[] = { "begun",  "node",    "side",   "step",
						"took_s", "outcome", "detail", NULL };
	struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "run_steps", PG_VALUES(pg_text(id)), &rows, f);
	if (err == ERR_OK)
		central_print(&(struct central){ .csv = false }, rows, headings);
	pg_rows_free(&rows);
	return err;
}

// What the four outcomes mean for the exit status.
static enum err verdict(const struct run_state *s, struct fault *f)
{
	if (s->done == s->orders)
		return ERR_OK;
	enum err err = s->refused > 0 && s->done == 0 ? ERR_REFUSED : ERR_IO;
	return fault_set(f, err, 0, "%zu of %zu nodes did their part; %s", s->done, s->orders,
			 s->why);
}

static enum err wait_for(struct pg *pg, const struct run_made *run, double patience,
			 struct run_state *state, struct fault *f)
{
	for (;;) {
		enum err err = run_look(pg, run->id, state, f);
		if (err != ERR_OK || state->ended == state->orders)
			return err;
		if (clock_wall().ns > run->end.ns + (int64_t)(patience * (double)NS_PER_S))
			return fault_set(
				f, ERR_TIMEOUT, 0,
				"%zu of %zu nodes reported within %.0f s after the end%s%s",
				state->ended, state->orders, patience,
				state->why[0] != '\0' ? "; " : "", state->why);
		(void)poll(NULL, 0, WAIT_STEP_MS);
	}
}

static int start(const struct run_wish *wish, const struct start_options *o)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct seal_secret key;
	struct run_made run;
	struct run_state state = { 0 };
	struct fault f, ignored;
	enum err err = operator_load(o->keys, &key, &f);
	if (err != ERR_OK)
		return cli_fail("waymark run start", &f);
	err = central_open(&o->central, PG_OWNER, &pg, &f);
	if (err == ERR_OK)
		err = run_make(pg, &key, wish, &run, &f);
	seal_wipe(&key);
	if (err != ERR_OK)
		return cli_fail("waymark run start", &f);
	puts(run.id);
	fflush(stdout);
	if (!o->wait)
		return 0;
	err = wait_for(pg, &run, o->patience, &state, &f);
	if (err == ERR_OK || err == ERR_TIMEOUT) {
		enum err shown = print_steps(pg, run.id, &ignored);
		if (err == ERR_OK)
			err = shown != ERR_OK ? (f = ignored, shown) : verdict(&state, &f);
	}
	if (err == ERR_OK)
		return 0;
	int status = cli_fail("waymark run start", &f);
	return err == ERR_IO && state.done > 0 ? 3 : status;
}

int run_start(int argc, char **argv)
{
	struct start_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark run start A B --app APP [option …]",
		.text = "Orders one run: phone 1 through node A, phone 2 through node B, which may "
			"be the\nsame. Prints the run's id.",
		.examples = "  waymark run start zurich boston --app threema --wait\n",
	};
	enum err err = cli_read(argc, argv, options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 2, 2, usage.synopsis, &f);
	if (err == ERR_OK && o.app[0] == '\0')
		err = fault_set(&f, ERR_USAGE, 0, "--app APP is wanted; none is the empty run");
	if (err == ERR_OK && o.idle[0] != '\0' && strcmp(o.app, "none") != 0)
		err = fault_set(&f, ERR_USAGE, 0,
				"--idle goes with --app none: no messages are sent");
	if (err != ERR_OK)
		return cli_fail("waymark run start", &f);
	const struct run_wish wish = { .a = cli.words[0],
				       .b = cli.words[1],
				       .app = o.app,
				       .idle = o.idle,
				       .phone_a = o.phone_a,
				       .phone_b = o.phone_b,
				       .in_s = o.in,
				       .length_s = o.length,
				       .messages = o.messages,
				       .mtu = o.mtu };
	return start(&wish, &o);
}
