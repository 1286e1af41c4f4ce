// SPDX-License-Identifier: Apache-2.0
//
// waymark-collector: wires the rooms together. Frames come in at ingest_io, admitted batches go
// into a group of COPY rows, the store's writer makes groups durable, and only then ingest
// acknowledges. The registry's thread brings keys, orders and streams; the judge's thread gives
// verdicts on runs that ended.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/options.h"
#include "keys/keys.h"
#include "log/log.h"
#include "pg/migrate.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/notify.h"

#include "main_own.h"

#define PROGRAM      "waymark-collector"
#define READY_WITHIN (30 * NS_PER_S)
#define KEY_KIND     "waymark-collector-v1"
#define STOP_WITHIN  (10 * NS_PER_S) // to make durable what was taken
#define REPORT_EVERY NS_PER_S

// clang-format off
static const struct conf_option table[] = {
	{ .name = "data", .kind = CONF_TEXT, .offset = offsetof(struct options, data),
	  .size = CLUSTER_PATH_MAX, .value = "DIR",
	  .help = "keys and private database ($WAYMARK_DATA)" },
	{ .name = "db", .kind = CONF_TEXT, .offset = offsetof(struct options, db),
	  .size = PG_CONNINFO_MAX, .value = "CONNINFO",
	  .help = "your own PostgreSQL instead of a private one ($WAYMARK_DB)" },
	{ .name = "listen", .kind = CONF_TEXT, .offset = offsetof(struct options, listen),
	  .size = 128, .unset = "tcp://*:5757", .value = "ENDPOINT",
	  .help = "where agents connect" },
	{ .name = "credit", .kind = CONF_SIZE, .offset = offsetof(struct options, credit),
	  .min = 1 << 20, .max = 1LL << 32, .unset = "64M", .value = "BYTES",
	  .help = "bytes of batches under way, all agents together" },
	{ .name = "log-level", .kind = CONF_TEXT, .offset = offsetof(struct options, level),
	  .size = 8, .unset = "info", .value = "LEVEL", .help = "debug, info, warn or error" },
	{ .name = "config", .kind = CONF_TEXT, .offset = offsetof(struct options, config),
	  .size = CLUSTER_PATH_MAX, .value = "FILE",
	  .help = "lines `option = value`; the command line overrules it" },
	{ .name = "check-config", .kind = CONF_BOOL, .offset = offsetof(struct options, check),
	  .help = "read the configuration, print it, and end" },
	{ .name = NULL },
};
// clang-format on

// --- start and end -------------------------------------------------------------------------------

static enum err read_options(int argc, char **argv, struct options *o, bool *helped,
			     struct fault *f)
{
	static const struct cli_usage usage = {
		.synopsis = PROGRAM " [option …]",
		.text = "Admits agents, takes their results into PostgreSQL and hands out signed "
			"orders.",
	};
	struct conf_option bare[COUNT(table)];
	struct cli cli;
	enum err err = cli_read(argc, argv, table, &usage, o, &cli, f);
	*helped = cli.helped;
	if (err == ERR_OK && !cli.helped && cli.count > 0)
		return fault_set(f, ERR_USAGE, 0, "%s: not expected; --help lists the options",
				 cli.words[0]);
	if (err != ERR_OK || cli.helped || o->config[0] == '\0')
		return err;
	char *text = NULL;
	size_t len = 0;
	err = file_read(o->config, 1024 * 1024, &text, &len, f);
	if (err != ERR_OK)
		return fault_set(f, ERR_USAGE, f->sys, "cannot read %s", o->config);
	char name[CLUSTER_PATH_MAX];
	memcpy(name, o->config, sizeof(name));
	conf_defaults(table, o);
	err = conf_read(table, span_of(text, len), name, o, f);
	free(text);
	// The command line again, over the file, and without the defaults.
	memcpy(bare, table, sizeof(bare));
	for (size_t i = 0; i < COUNT(bare); i++)
		bare[i].unset = NULL;
	return err == ERR_OK ? cli_read(argc, argv, bare, &usage, o, &cli, f) : err;
}

// In the registry's thread: a private server that was killed is started again; one that was
// stopped in good order stays so.
static enum err revive(void *self, struct fault *f)
{
	const struct collector *c = self;
	struct cluster cluster = c->place.cluster;
	char pid[CLUSTER_PATH_MAX + 16];
	snprintf(pid, sizeof(pid), "%s/postmaster.pid", cluster.pg);
	if (c->place.given || access(pid, F_OK) != 0 || cluster_state(&cluster) != CLUSTER_STOPPED)
		return ERR_OK;
	return cluster_start(&cluster, f);
}

static void signalled(void *self, uint32_t number)
{
	struct collector *c = self;
	if (number == SIGCHLD)
		return;
	if (c->stopping)
		loop_stop(c->loop); // asked twice: at once
	else
		traffic_stop(c);
}

static enum err load_key(struct collector *c, struct fault *f)
{
	const char *dir = c->place.data;
	enum err err = keys_load(dir, "collector", KEY_KIND, &c->secret, f);
	if (err != ERR_MISSING)
		return err;
	struct seal_public public;
	seal_make(&c->secret, &public);
	err = keys_store(dir, "collector", KEY_KIND, &c->secret, f);
	if (err == ERR_OK)
		LOG(LOG_INFO, "main", "made_key", KT("dir", dir));
	return err;
}

// A private database is made, started and migrated; of a given one only the schema is checked.
static enum err open_database(struct collector *c, bool *keep, struct fault *f)
{
	struct pg *pg = NULL;
	enum err err = c->place.given ? ERR_OK : place_up(&c->place, f);
	if (err == ERR_OK)
		err = pg_open(c->place.conninfo, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = migrate_check(pg, f);
	struct pg_rows *rows = NULL;
	if (err == ERR_OK)
		err = pg_query(pg, "body_keep", PG_NO_VALUES, &rows, f);
	*keep = err == ERR_OK && pg_rows_int(rows, 0, 0) > 0;
	pg_rows_free(&rows);
	pg_close(&pg);
	return err;
}

static enum err open_rooms(struct collector *c, bool keep, struct fault *f)
{
	struct ingest_config config = { .digest = seal_digest,
					.verify = seal_verify_digest,
					.domain = SEAL_BATCH,
					.budget = c->options.credit };
	random_bytes(config.seed, sizeof(config.seed));
	c->ingest = ingest_new(&config);
	if (c->ingest == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	ingest_pause(c->ingest, true);
	const struct store_config store = { .conninfo = c->place.conninfo,
					    .keep_bodies = keep,
					    .done = traffic_stored,
					    .state = traffic_store_state,
					    .self = c };
	enum err err = store_open(&store, c->loop, &c->store, f);
	const struct schedule_events events = { .keys = traffic_keys,
						.orders = traffic_orders,
						.opened = traffic_stream,
						.state = traffic_registry_state,
						.revive = revive,
						.self = c };
	if (err == ERR_OK)
		err = schedule_io_open(c->place.conninfo, &events, c->loop, &c->registry, f);
	if (err == ERR_OK)
		err = correlate_io_open(c->place.conninfo, c->place.data, &c->judge, f);
	return err;
}

// Listens only when keys are known and the database takes rows: an agent that is refused once does
// not come back until its watchdog makes a new socket.
static enum err open_link(struct collector *c, struct fault *f)
{
	struct mono until = mono_add(clock_mono(), READY_WITHIN);
	enum err err = ERR_OK;
	while (err == ERR_OK && !(c->has_keys && c->store_up) && !c->stopping) {
		if (!mono_before(clock_mono(), until))
			return fault_set(f, ERR_UNREACHABLE, 0, "the database does not answer");
		err = loop_turn(c->loop, until, f);
	}
	const struct ingest_io_config link = { .listen = c->options.listen,
					       .curve_secret = c->secret.curve,
					       .zap_domain = "waymark",
					       .want = traffic_wanted,
					       .self = c };
	if (err == ERR_OK)
		err = ingest_io_open(&link, c->ingest, c->loop, &c->link, f);
	if (err != ERR_OK)
		return err;
	notify_send("READY=1");
	LOG(LOG_INFO, "main", "ready", KT("listen", ingest_io_endpoint(c->link)),
	    KU("keys", roll_count(ingest_roll_now(c->ingest))));
	return ERR_OK;
}

static enum err start(struct collector *c, struct fault *f)
{
	bool keep = true;
	enum log_level level;
	enum err err = log_level_read(span_text(c->options.level), &level);
	if (err != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "log-level is debug, info, warn or error");
	log_threshold(level);
	err = seal_start(f);
	if (err == ERR_OK)
		err = place_find(c->options.data, c->options.db, &c->place, f);
	if (err == ERR_OK)
		err = dir_make(c->place.data, 0755, f);
	if (err == ERR_OK)
		err = load_key(c, f);
	if (err == ERR_OK)
		err = open_database(c, &keep, f);
	if (err == ERR_OK)
		err = loop_new(&c->loop, f);
	if (err == ERR_OK)
		err = loop_signals(c->loop, signalled, c, f);
	if (err == ERR_OK)
		err = loop_timer(c->loop, traffic_flush, c, &c->flush, f);
	if (err == ERR_OK)
		err = loop_timer(c->loop, traffic_report, c, &c->report, f);
	if (err == ERR_OK)
		err = open_rooms(c, keep, f);
	if (err == ERR_OK)
		err = open_link(c, f);
	if (err == ERR_OK)
		err = loop_hook(c->loop, traffic_rest, c, f);
	if (err == ERR_OK)
		loop_timer_at(c->report, clock_mono());
	return err;
}

static void end(struct collector *c)
{
	correlate_io_close(&c->judge);
	ingest_io_close(&c->link);
	schedule_io_close(&c->registry);
	store_close(&c->store);
	ingest_free(&c->ingest);
	group_free(&c->filling);
	book_free(&c->orders);
	loop_free(&c->loop);
	seal_wipe(&c->secret);
}

int main(int argc, char **argv)
{
	static struct collector c;
	struct fault f = { 0 };
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf(PROGRAM " %s\n", waymark_version);
		return 0;
	}
	bool helped = false;
	enum err err = read_options(argc, argv, &c.options, &helped, &f);
	if (err != ERR_OK)
		return cli_fail(PROGRAM, &f);
	if (helped)
		return 0;
	if (c.options.check) {
		conf_print(table, &c.options, stdout);
		return 0;
	}
	err = start(&c, &f);
	if (err == ERR_OK)
		err = loop_run(c.loop, &f);
	end(&c);
	if (err != ERR_OK)
		return cli_fail(PROGRAM, &f);
	return err_exit(c.failed);
}
