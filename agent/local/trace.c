// SPDX-License-Identifier: Apache-2.0
#include "local/trace.h"

#include "cli/options.h"
#include "local/live.h"
#include "local/trace_feed.h"
#include "local/trace_mda.h"
#include "local/trace_names.h"
#include "local/trace_print.h"
#include "local/trace_read.h"
#include "local/trace_settings.h"
#include "local/trace_status.h"
#include "sys/clock.h"
#include "trace/source_io.h"
#include "trace/trace_io.h"

#define OUTPUT_SIZE 65536

struct job {
	const struct trace_settings *settings;
	enum trace_format format;
	uint64_t seed[2];
	struct trace_io *io;
	struct trace_names *names; // NULL: none asked for
	struct pace *pace;
	struct loop_timer *second;
	struct trace_feed feed;
	struct trace_status status;
	size_t partly; // told, and not whole
	uint64_t stops[TRACE_STOP_COUNT];
};

static struct trace_figures figures(const struct job *j)
{
	struct trace_figures g = {
		.probes = trace_io_counts(j->io),
		.drops = trace_io_drops(j->io),
		.running = trace_io_count(j->io),
		.taken = j->feed.targets.taken,
		.done = j->feed.done,
		.refused = j->feed.refused,
		.failed = j->feed.failed,
		.bad = j->feed.targets.bad,
		.all_known = j->feed.ended,
	};
	for (int i = 0; i < TRACE_STOP_COUNT; i++)
		g.stops[i] = j->stops[i];
	return g;
}

static void tell(void *self, const struct trace_record *r)
{
	struct job *j = self;
	char text[ADDR_TEXT];
	const char *name = trace_feed_name(&j->feed, r->id, r->dst, text);
	if (j->format == TRACE_FORMAT_JSON)
		trace_print_json(stdout, r, name, j->settings->share > 0, j->names);
	else if (trace_record_print(stdout, j->format, r, name, (unsigned)j->settings->max_ttl,
				    j->names) != ERR_OK)
		j->partly++;
	if (j->format == TRACE_FORMAT_TEXT || j->feed.targets.count == 1)
		fflush(stdout);
	if (j->format == TRACE_FORMAT_TEXT && r->stop != TRACE_REACHED)
		fprintf(stderr, "waymark trace: %s: not reached: %s\n", name,
			trace_stop_name(r->stop));
	j->stops[r->stop]++;
	trace_feed_told(&j->feed, r->stop == TRACE_REFUSED);
}

static void on_done(void *self, const struct trace_record *r)
{
	struct job *j = self;
	if (j->names != NULL)
		trace_names_put(j->names, r);
	else
		tell(j, r);
	trace_feed_more(&j->feed);
}

static enum err put(void *self, const struct trace_wish *w, uint64_t tag)
{
	struct job *j = self;
	struct trace_target t = trace_settings_target(j->settings, w);
	t.tag = tag;
	t.spread = j->feed.targets.from_input ? TRACE_SPREAD : 1;
	return trace_io_put(j->io, &t);
}

static size_t count(const void *self)
{
	return trace_io_count(((const struct job *)self)->io);
}

static size_t kept(const void *self)
{
	return trace_names_count(((const struct job *)self)->names);
}

static void stop(void *self)
{
	struct job *j = self;
	trace_io_stop(j->io);
	if (j->names != NULL)
		trace_names_stop(j->names);
}

static void on_second(void *self, struct mono now)
{
	struct job *j = self;
	const struct trace_figures g = figures(j);
	trace_status_tick(&j->status, now, clock_wall(), &g);
	fflush(stdout); // who reads along should not wait for a buffer to fill
	loop_timer_at(j->second, mono_add(now, NS_PER_S));
}

static enum err open_loop(struct job *j, struct loop *l, struct fault *f)
{
	enum err err = trace_feed_open(&j->feed, l, f);
	if (err == ERR_OK)
		err = loop_timer(l, on_second, j, &j->second, f);
	if (err == ERR_OK)
		loop_timer_at(j->second, mono_add(clock_mono(), NS_PER_S));
	return err;
}

static enum err open_engine(struct job *j, struct loop *l, struct trace_io **io, struct fault *f)
{
	const struct trace_settings *s = j->settings;
	struct trace_io_config c = TRACE_IO_DEFAULT;
	c.traces = (size_t)s->parallel;
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
	bool many = j->feed.targets.from_input || j->feed.targets.count > 1;
	enum err err =
		trace_status_open(&j->status, j->settings, many, clock_mono(), clock_wall(), f);
	if (err != ERR_OK)
		return err;
	// A line is a kilobyte: many go out in one call.
	static char output[OUTPUT_SIZE];
	(void)setvbuf(stdout, output, _IOFBF, sizeof(output));
	err = trace_feed_run(&j->feed, f);
	const struct trace_figures g = figures(j);
	fflush(stdout);
	if (err == ERR_OK)
		err = trace_status_close(&j->status, argv, j->seed, j->feed.interrupted, &g,
					 clock_mono(), clock_wall(), f);
	return err;
}

static enum err measure(struct job *j, char **argv, struct fault *f)
{
	static const struct trace_feed_engine engine = { put, count, kept, stop };
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
	j->io = io;
	j->names = names;
	j->feed.engine = &engine;
	j->feed.self = j;
	j->feed.most = (size_t)j->settings->parallel;
	return run_loop(j, argv, f);
}

// Says what would be sent. Waits for standard input: nothing else is to be done.
static enum err rehearse(struct job *j)
{
	struct trace_source source = TRACE_SOURCE_NONE;
	struct trace_wish w;
	enum trace_supply supply;
	uint64_t probes = 0;
	while ((supply = trace_targets_take(&j->feed.targets, &w)) != TRACE_SUPPLY_END) {
		if (supply == TRACE_SUPPLY_LATER) {
			trace_targets_hear(&j->feed.targets);
			continue;
		}
		struct trace_target t = trace_settings_target(j->settings, &w);
		char text[ADDR_TEXT];
		const struct prefix *denied = pace_denied(j->pace, t.dst);
		t.src = trace_source_find(&source, t.dst);
		trace_print_plan(stdout, j->format == TRACE_FORMAT_JSON, &t, denied,
				 trace_feed_name(&j->feed, j->feed.targets.taken, t.dst, text));
		j->feed.refused += denied != NULL;
		j->feed.done++;
		probes += denied != NULL ? 0 : trace_most_probes(&t);
	}
	trace_source_wipe(&source);
	fprintf(stderr,
		"waymark trace: dry run: %llu targets, %llu denied, at most %llu probes, at least "
		"%.1f s for those\n",
		(unsigned long long)j->feed.done, (unsigned long long)j->feed.refused,
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
	j->feed.done = counts.inside + counts.beside;
	j->feed.failed = counts.refused;
	j->feed.interrupted = counts.interrupted;
	return err;
}

static enum err choose(struct job *j, const struct trace_settings *s, struct trace_wish *unset,
		       struct fault *f)
{
	if (trace_format_read(span_text(s->format), &j->format) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--format: \"%s\" is not text, json, atlas or warts", s->format);
	if (s->json)
		j->format = TRACE_FORMAT_JSON;
	if (s->mda && j->format != TRACE_FORMAT_JSON && j->format != TRACE_FORMAT_TEXT)
		return fault_set(f, ERR_USAGE, 0, "--format: graphs are told as text or json");
	if (trace_method_read(span_text(s->method), &unset->method) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--method: \"%s\" is not udp, icmp, tcp-syn, tcp-ack or quic",
				 s->method);
	unset->port = (uint16_t)s->port;
	j->seed[0] = s->seed != 0 ? s->seed : random_u64();
	j->seed[1] = s->seed != 0 ? ~s->seed : random_u64();
	return ERR_OK;
}

static enum err trace_all(struct job *j, char **argv, struct fault *f)
{
	const struct trace_settings *s = j->settings;
	enum err err = s->mda ? trace_mda_measure(&j->feed, s, j->format == TRACE_FORMAT_JSON,
						  j->pace, &j->partly, f)
			      : measure(j, argv, f);
	if (err == ERR_OK && j->feed.targets.taken == 0 && !j->feed.interrupted)
		return fault_set(f, ERR_USAGE, 0,
				 "no targets on standard input; --help tells more");
	return err;
}

static enum err run(int argc, char **argv, struct trace_settings *s, struct job *j, struct fault *f)
{
	struct cli cli;
	struct trace_wish unset = { 0 };
	enum err err = cli_read(argc, argv, trace_options, &trace_usage, s, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	err = trace_settings_check(s, f);
	if (err == ERR_OK)
		err = choose(j, s, &unset, f);
	if (err == ERR_OK && s->read[0] != '\0')
		return trace_read_print(s->read, j->format, (unsigned)s->max_ttl,
					&j->feed.targets.bad, f);
	if (err == ERR_OK && s->live[0] != '\0' && cli.count > 0)
		return fault_set(f, ERR_USAGE, 0, "--live takes no targets");
	if (err == ERR_OK)
		err = trace_settings_pace(s, j->seed, &j->pace, f);
	if (err == ERR_OK && s->live[0] != '\0')
		return watch(j, f);
	if (err == ERR_OK)
		err = trace_targets_open(&j->feed.targets, cli.words, cli.count, &unset, s->ipv6,
					 f);
	if (err != ERR_OK)
		return err;
	return s->dry_run ? rehearse(j) : trace_all(j, argv, f);
}

int trace_run(int argc, char **argv)
{
	struct trace_settings s = { 0 };
	struct job j = { .settings = &s };
	struct fault f = { 0 };
	enum err err = run(argc, argv, &s, &j, &f);
	int exit = err == ERR_OK ? trace_feed_status(&j.feed, j.partly)
				 : cli_fail("waymark trace", &f);
	trace_targets_wipe(&j.feed.targets);
	pace_free(&j.pace);
	conf_wipe(trace_options, &s);
	// An earlier flush may have failed, and what it had is gone.
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && exit == 0) {
		fputs("waymark trace: standard output: not all could be written\n", stderr);
		exit = 1;
	}
	return exit;
}
