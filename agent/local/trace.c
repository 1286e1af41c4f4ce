// SPDX-License-Identifier: Apache-2.0
#include "local/trace.h"

#include <signal.h>
#include <unistd.h>

#include "cli/verb.h"
#include "local/live.h"
#include "local/trace_mda.h"
#include "local/trace_names.h"
#include "local/trace_print.h"
#include "local/trace_read.h"
#include "local/trace_settings.h"
#include "local/trace_status.h"
#include "local/trace_targets.h"
#include "sys/clock.h"
#include "trace/source_io.h"
#include "trace/trace_io.h"

#define OUTPUT_SIZE 65536

struct job {
	const struct trace_settings *settings;
	enum trace_format format;
	uint64_t seed[2];
	struct loop *loop;
	struct trace_io *io;
	struct trace_names *names; // NULL: none asked for
	struct pace *pace;
	struct loop_watch *input; // standard input, while a line is waited for
	struct loop_timer *second;
	struct trace_targets targets;
	struct trace_status status;
	struct trace_wish held; // taken, and its flow is busy
	bool holding, ended, interrupted;
	uint64_t done, refused, failed, unprinted;
	uint64_t stops[TRACE_STOP_COUNT];
};

static void feed(struct job *j);

static struct trace_figures figures(const struct job *j)
{
	struct trace_figures g = {
		.probes = trace_io_counts(j->io),
		.drops = trace_io_drops(j->io),
		.running = trace_io_count(j->io),
		.taken = j->targets.taken,
		.done = j->done,
		.refused = j->refused,
		.failed = j->failed,
		.bad = j->targets.bad,
		.all_known = j->ended,
	};
	for (int i = 0; i < TRACE_STOP_COUNT; i++)
		g.stops[i] = j->stops[i];
	return g;
}

// What came from the command line has its name there. The tag counts targets from 1.
static const char *name_of(const struct job *j, uint64_t tag, struct addr a,
			   char text[static ADDR_TEXT])
{
	addr_write(a, text);
	return j->targets.from_input ? text : j->targets.items[tag - 1].name;
}

static void stop_when_done(struct job *j)
{
	if (j->ended && !j->holding && j->done + j->failed == j->targets.taken)
		loop_stop(j->loop);
}

static void tell(void *self, const struct trace_record *r)
{
	struct job *j = self;
	char text[ADDR_TEXT];
	const char *name = name_of(j, r->id, r->dst, text);
	if (j->format == TRACE_FORMAT_JSON)
		trace_print_json(stdout, r, name, j->settings->share > 0, j->names);
	else if (trace_record_print(stdout, j->format, r, name, (unsigned)j->settings->max_ttl,
				    j->names) != ERR_OK)
		j->unprinted++;
	if (j->format == TRACE_FORMAT_TEXT || j->targets.count == 1)
		fflush(stdout);
	if (j->format == TRACE_FORMAT_TEXT && r->stop != TRACE_REACHED)
		fprintf(stderr, "waymark trace: %s: not reached: %s\n", name,
			trace_stop_name(r->stop));
	j->done++;
	j->stops[r->stop]++;
	j->refused += r->stop == TRACE_REFUSED;
	stop_when_done(j);
}

static void on_done(void *self, const struct trace_record *r)
{
	struct job *j = self;
	if (j->names != NULL)
		trace_names_put(j->names, r);
	else
		tell(j, r);
	if (!j->interrupted)
		feed(j);
	// The one being handed over still counts as running.
	stop_when_done(j);
}

// False when it has to wait: its flow is busy (a target named twice), or there is no room.
static bool begin(struct job *j, const struct trace_wish *w)
{
	char text[ADDR_TEXT];
	struct trace_target t = trace_settings_target(j->settings, w);
	t.tag = j->targets.taken;
	t.spread = j->targets.from_input ? TRACE_SPREAD : 1;
	enum err err = trace_io_put(j->io, &t);
	if ((err == ERR_EXISTS || err == ERR_FULL) && trace_io_count(j->io) > 0)
		return false;
	if (err != ERR_OK) {
		fprintf(stderr, "waymark trace: %s: cannot start (%s)\n",
			name_of(j, t.tag, t.dst, text), err_name(err));
		j->failed++;
	}
	return true;
}

static void wait_for_input(struct job *j, bool wait)
{
	struct fault f;
	if (j->input != NULL && loop_watch_events(j->input, wait ? EPOLLIN : 0, &f) != ERR_OK)
		(void)cli_fail("waymark trace", &f);
}

// Begins as many as may run at once.
static void feed(struct job *j)
{
	enum trace_supply supply = TRACE_SUPPLY_ONE;
	while (!j->ended && trace_io_count(j->io) < j->settings->parallel) {
		if (!j->holding)
			supply = trace_targets_take(&j->targets, &j->held);
		if (supply != TRACE_SUPPLY_ONE)
			break;
		j->holding = !begin(j, &j->held);
		if (j->holding)
			break;
	}
	j->ended = j->ended || supply == TRACE_SUPPLY_END;
	wait_for_input(j, supply == TRACE_SUPPLY_LATER);
}

static void on_input(void *self, uint32_t events)
{
	struct job *j = self;
	(void)events;
	trace_targets_hear(&j->targets);
	feed(j);
	stop_when_done(j);
}

static void on_second(void *self, struct mono now)
{
	struct job *j = self;
	const struct trace_figures g = figures(j);
	trace_status_tick(&j->status, now, clock_wall(), &g);
	fflush(stdout); // who reads along should not wait for a buffer to fill
	loop_timer_at(j->second, mono_add(now, NS_PER_S));
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	j->interrupted = true;
	trace_io_stop(j->io);
	if (j->names != NULL)
		trace_names_stop(j->names);
	loop_stop(j->loop);
}

static enum err open_loop(struct job *j, struct loop *l, struct fault *f)
{
	enum err err = loop_signals(l, on_signal, j, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_second, j, &j->second, f);
	if (err == ERR_OK && j->targets.from_input && !j->targets.file)
		err = loop_watch(l, STDIN_FILENO, 0, on_input, j, &j->input, f);
	if (err == ERR_OK)
		loop_timer_at(j->second, mono_add(clock_mono(), NS_PER_S));
	return err;
}

static enum err open_engine(struct job *j, struct loop *l, struct trace_io **io, struct fault *f)
{
	const struct trace_settings *s = j->settings;
	struct trace_io_config c = TRACE_IO_DEFAULT;
	c.traces = (size_t)s->parallel + 1; // the one being handed over still has its place
	c.done = on_done;
	c.self = j;
	c.pace = j->pace;
	c.share = s->share > 0;
	c.seed[0] = j->seed[0];
	c.seed[1] = j->seed[1];
	if (s->sport != 0) {
		c.sport_first = (uint16_t)s->sport;
		c.sport_count = 1;
	}
	return trace_io_open(l, &c, io, f);
}

static enum err run_loop(struct job *j, char **argv, struct fault *f)
{
	bool many = j->targets.from_input || j->targets.count > 1;
	enum err err =
		trace_status_open(&j->status, j->settings, many, clock_mono(), clock_wall(), f);
	if (err != ERR_OK)
		return err;
	// A line is a kilobyte: many go out in one call.
	static char output[OUTPUT_SIZE];
	(void)setvbuf(stdout, output, _IOFBF, sizeof(output));
	feed(j);
	if (!j->ended || trace_io_count(j->io) > 0 || trace_names_count(j->names) > 0)
		err = loop_run(j->loop, f);
	const struct trace_figures g = figures(j);
	fflush(stdout);
	if (err == ERR_OK)
		err = trace_status_close(&j->status, argv, j->seed, j->interrupted, &g,
					 clock_mono(), clock_wall(), f);
	if (err == ERR_OK && j->targets.taken == 0 && !j->interrupted)
		return fault_set(f, ERR_USAGE, 0,
				 "no targets on standard input; --help tells more");
	return err;
}

static enum err measure(struct job *j, char **argv, struct fault *f)
{
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(trace_names_close) struct trace_names *names = NULL;
	AUTO(trace_io_close) struct trace_io *io = NULL;
	enum err err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = open_loop(j, loop, f);
	if (err == ERR_OK)
		err = open_engine(j, loop, &io, f);
	if (err == ERR_OK && j->settings->names)
		err = trace_names_open(loop, tell, j, &names, f);
	if (err != ERR_OK)
		return err;
	j->loop = loop;
	j->io = io;
	j->names = names;
	return run_loop(j, argv, f);
}

// Says what would be sent. Waits for standard input: nothing else is to be done.
static enum err rehearse(struct job *j)
{
	struct trace_source source = TRACE_SOURCE_NONE;
	struct trace_wish w;
	enum trace_supply supply;
	uint64_t probes = 0;
	while ((supply = trace_targets_take(&j->targets, &w)) != TRACE_SUPPLY_END) {
		if (supply == TRACE_SUPPLY_LATER) {
			trace_targets_hear(&j->targets);
			continue;
		}
		struct trace_target t = trace_settings_target(j->settings, &w);
		char text[ADDR_TEXT];
		const struct prefix *denied = pace_denied(j->pace, t.dst);
		t.src = trace_source_find(&source, t.dst);
		trace_print_plan(stdout, j->format == TRACE_FORMAT_JSON, &t, denied,
				 name_of(j, j->targets.taken, t.dst, text));
		j->refused += denied != NULL;
		j->done++;
		probes += denied != NULL ? 0 : trace_most_probes(&t);
	}
	trace_source_wipe(&source);
	fprintf(stderr,
		"waymark trace: dry run: %llu targets, %llu denied, at most %llu probes, at least "
		"%.1f s for those\n",
		(unsigned long long)j->done, (unsigned long long)j->refused,
		(unsigned long long)probes, (double)probes / j->settings->rate);
	return ERR_OK;
}

static enum err watch(struct job *j, struct fault *f)
{
	const struct trace_settings *s = j->settings;
	struct live_counts counts = { 0 };
	struct live_config c = { .interface = s->live,
				 .for_ns = s->span,
				 .format = j->format,
				 .max_ttl = (unsigned)s->max_ttl,
				 .flows = INFLOW_DEFAULT };
	c.flows.attempts = (uint8_t)s->attempts;
	c.flows.gap = (uint8_t)s->gap;
	c.flows.max_ttl = (uint8_t)(s->max_ttl > INFLOW_FAR ? INFLOW_FAR : s->max_ttl);
	c.flows.wait_ns = s->wait;
	c.flows.pace = j->pace;
	enum err err = live_measure(&c, &counts, f);
	j->done = counts.inside + counts.beside;
	j->failed = counts.refused;
	j->interrupted = counts.interrupted;
	return err;
}

static int status(const struct job *j)
{
	size_t bad = j->refused + j->failed + j->unprinted + j->targets.bad;
	if (j->interrupted)
		return err_exit(ERR_CANCELED);
	if (bad == 0)
		return 0;
	if (j->refused > 0 && j->refused == j->targets.taken + j->targets.bad)
		return err_exit(ERR_REFUSED);
	return j->done > j->refused ? 3 : 1;
}

// And does the whole work when traces are only read.
static enum err choose_format(struct trace_settings *s, struct job *j, struct fault *f)
{
	if (trace_format_read(span_text(s->format), &j->format) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--format: \"%s\" is not text, json, atlas or warts", s->format);
	if (s->json)
		j->format = TRACE_FORMAT_JSON;
	if (s->read[0] != '\0')
		return trace_read_print(s->read, j->format, (unsigned)s->max_ttl, &j->targets.bad,
					f);
	return ERR_OK;
}

static enum err run(int argc, char **argv, struct trace_settings *s, struct job *j, struct fault *f)
{
	struct cli cli;
	struct trace_wish unset = { 0 };
	enum err err = cli_read(argc, argv, trace_options, &trace_usage, s, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	err = choose_format(s, j, f);
	if (err != ERR_OK || s->read[0] != '\0')
		return err;
	if (s->first > s->max_ttl)
		return fault_set(f, ERR_USAGE, 0, "--first lies past --max-ttl");
	if (trace_method_read(span_text(s->method), &unset.method) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--method: \"%s\" is not udp, icmp, tcp-syn, tcp-ack or quic",
				 s->method);
	unset.port = (uint16_t)s->port;
	err = trace_settings_check(s, f);
	if (err != ERR_OK)
		return err;
	j->seed[0] = s->seed != 0 ? s->seed : random_u64();
	j->seed[1] = s->seed != 0 ? ~s->seed : random_u64();
	if (s->live[0] != '\0') {
		if (cli.count > 0)
			return fault_set(f, ERR_USAGE, 0, "--live takes no targets");
		err = trace_settings_pace(s, j->seed, &j->pace, f);
		return err == ERR_OK ? watch(j, f) : err;
	}
	err = trace_targets_open(&j->targets, cli.words, cli.count, &unset, s->ipv6, f);
	if (err == ERR_OK)
		err = trace_settings_pace(s, j->seed, &j->pace, f);
	if (err != ERR_OK)
		return err;
	return s->dry_run ? rehearse(j) : measure(j, argv, f);
}

int trace_run(int argc, char **argv)
{
	if (trace_mda_asked(argc, argv))
		return trace_mda_run(argc, argv);
	struct trace_settings s = { 0 };
	struct job j = { .settings = &s };
	struct fault f = { 0 };
	enum err err = run(argc, argv, &s, &j, &f);
	int exit = err == ERR_OK ? status(&j) : cli_fail("waymark trace", &f);
	trace_targets_wipe(&j.targets);
	pace_free(&j.pace);
	conf_wipe(trace_options, &s);
	if (fflush(stdout) != 0 && exit == 0)
		exit = 1;
	return exit;
}
