// SPDX-License-Identifier: Apache-2.0
#include "local/trace.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "local/trace_print.h"
#include "local/trace_read.h"
#include "local/trace_targets.h"
#include "sys/clock.h"
#include "trace/trace_io.h"

struct settings {
	char method[16], format[8], read[256];
	uint64_t port, first, max_ttl, attempts, again, gap, window, parallel, sport;
	int64_t wait, deadline;
	double rate, target_rate, net_rate;
	struct conf_list deny;
	bool json, ipv6;
};

#define ROW(name, kind, min, max, unset, value, help)                                              \
	{                                                                                          \
#name, kind, offsetof(struct settings, name),                                      \
			sizeof(((struct settings *)0)->name), min, max, unset, value, help         \
	}

static const struct conf_option options[] = {
	ROW(method, CONF_TEXT, 0, 0, "udp", "METHOD", "udp, icmp or tcp-syn"),
	ROW(port, CONF_UINT, 0, 65535, "0", "PORT", "destination port; 0: 33434 udp, 443 tcp-syn"),
	ROW(first, CONF_UINT, 1, TRACE_HOPS_MAX, "1", "TTL", "first hop asked"),
	{ "max-ttl", CONF_UINT, offsetof(struct settings, max_ttl), sizeof(uint64_t), 1,
	  TRACE_HOPS_MAX, "32", "TTL", "last hop asked" },
	ROW(attempts, CONF_UINT, 1, TRACE_TRIES_MAX, "3", "N", "probes to each hop"),
	ROW(again, CONF_UINT, 0, TRACE_TRIES_MAX, "2", "N",
	    "more, slower, to a silent hop within the path"),
	ROW(wait, CONF_DURATION, 0.01, 60, "2s", "TIME", "longest wait for one answer"),
	ROW(gap, CONF_UINT, 1, TRACE_HOPS_MAX, "5", "N", "silent hops in a row that end a trace"),
	ROW(window, CONF_UINT, 1, 255, "8", "N", "probes of one trace in flight at once"),
	ROW(deadline, CONF_DURATION, 0, 86400, "0s", "TIME", "ends a trace after this; 0: never"),
	ROW(parallel, CONF_UINT, 1, 100000, "1000", "N", "traces at once"),
	ROW(rate, CONF_REAL, 0.1, 1e7, "1000", "PPS", "packets a second, all together"),
	{ "target-rate", CONF_REAL, offsetof(struct settings, target_rate), sizeof(double), 0.1,
	  1e7, "100", "PPS", "packets a second to one address" },
	{ "net-rate", CONF_REAL, offsetof(struct settings, net_rate), sizeof(double), 0.1, 1e7,
	  "500", "PPS", "packets a second to one /24 or /48" },
	ROW(deny, CONF_LIST, 0, 0, NULL, "PREFIX", "never probe these addresses; repeatable"),
	ROW(sport, CONF_UINT, 0, 65535, "0", "PORT", "source port (icmp: id); 0: chosen"),
	ROW(ipv6, CONF_BOOL, 0, 0, "no", NULL, "take the IPv6 address of a host name"),
	ROW(json, CONF_BOOL, 0, 0, "no", NULL, "the same as --format json"),
	ROW(format, CONF_TEXT, 0, 0, "text", "FORMAT", "text, json, atlas or warts"),
	ROW(read, CONF_TEXT, 0, 0, "", "FILE",
	    "print the traces in FILE (json, atlas or warts; - is standard input)"),
	{ .name = NULL },
};

static const struct cli_usage usage = {
	.synopsis = "waymark trace TARGET… [option …]",
	.text = "Forward path to each target with a constant flow id. Without targets they are\n"
		"read from standard input, one a line: ADDRESS [METHOD [PORT]]. Needs root or\n"
		"CAP_NET_RAW, but not to --read.",
	.examples = "  waymark trace 198.18.0.1 --method tcp-syn --port 443\n"
		    "  waymark trace --json < targets.txt > paths.jsonl\n"
		    "  waymark trace --read paths.jsonl --format warts > paths.warts\n",
};

struct job {
	const struct settings *settings;
	enum trace_format format;
	struct loop *loop;
	struct trace_io *io;
	struct trace_targets targets;
	size_t next; // first target not yet begun
	size_t done, refused, failed;
	bool interrupted;
};

static void feed(struct job *j);

static struct trace_target target_of(const struct settings *s, const struct trace_wish *w)
{
	struct trace_target t = TRACE_TARGET_DEFAULT;
	t.dst = w->addr;
	t.method = w->method;
	t.dport = w->port;
	t.sport = (uint16_t)s->sport;
	t.first_ttl = (uint8_t)s->first;
	t.max_ttl = (uint8_t)s->max_ttl;
	t.attempts = (uint8_t)s->attempts;
	t.again = (uint8_t)s->again;
	t.gap = (uint8_t)s->gap;
	t.window = (uint8_t)s->window;
	t.wait_ns = s->wait;
	t.deadline_ns = s->deadline;
	return t;
}

static void on_done(void *self, const struct trace_record *r)
{
	struct job *j = self;
	const struct trace_wish *w = &j->targets.items[r->id];
	if (j->format == TRACE_FORMAT_JSON)
		trace_print_json(stdout, r, w->name);
	else if (trace_record_print(stdout, j->format, r, w->name,
				    (unsigned)j->settings->max_ttl) != ERR_OK)
		j->failed++;
	if (j->format == TRACE_FORMAT_TEXT || j->targets.count == 1)
		fflush(stdout);
	if (j->format == TRACE_FORMAT_TEXT && r->stop != TRACE_REACHED)
		fprintf(stderr, "waymark trace: %s: not reached: %s\n", w->name,
			trace_stop_name(r->stop));
	j->done++;
	j->refused += r->stop == TRACE_REFUSED;
	if (!j->interrupted)
		feed(j);
	// The one being handed over still counts as running.
	if (j->done + j->failed == j->targets.count)
		loop_stop(j->loop);
}

// Begins as many as may run at once. A flow that is busy (a target named twice) waits for its turn.
static void feed(struct job *j)
{
	while (j->next < j->targets.count && trace_io_count(j->io) < j->settings->parallel) {
		const struct trace_wish *w = &j->targets.items[j->next];
		struct trace_target t = target_of(j->settings, w);
		t.tag = j->next;
		enum err err = trace_io_put(j->io, &t);
		bool busy = err == ERR_EXISTS || err == ERR_FULL;
		if (busy && trace_io_count(j->io) > 0)
			return;
		j->next++;
		if (err == ERR_OK)
			continue;
		fprintf(stderr, "waymark trace: %s: cannot start (%s)\n", w->name, err_name(err));
		j->failed++;
	}
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	j->interrupted = true;
	trace_io_stop(j->io);
	loop_stop(j->loop);
}

static enum err make_pace(const struct settings *s, struct pace **out, struct fault *f)
{
	const struct pace_limits limits = {
		.all = s->rate,
		.target = s->target_rate,
		.net = s->net_rate,
		.burst_s = 0.004,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	*out = pace_new(&limits);
	if (*out == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (size_t i = 0; i < s->deny.count; i++) {
		struct prefix p;
		if (prefix_read(span_text(s->deny.items[i]), &p) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0,
					 "deny: \"%s\" is not a prefix like 198.18.0.0/15 without "
					 "host bits",
					 s->deny.items[i]);
		if (pace_put(*out, p) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "deny: more than %d prefixes",
					 PACE_DENY_MAX);
	}
	return ERR_OK;
}

static enum err measure(struct job *j, struct fault *f)
{
	const struct settings *s = j->settings;
	AUTO(pace_free) struct pace *pace = NULL;
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(trace_io_close) struct trace_io *io = NULL;
	struct trace_io_config c = TRACE_IO_DEFAULT;
	c.traces = (size_t)s->parallel + 1; // the one being handed over still has its place
	c.done = on_done;
	c.self = j;
	if (s->sport != 0) {
		c.sport_first = (uint16_t)s->sport;
		c.sport_count = 1;
	}
	enum err err = make_pace(s, &pace, f);
	c.pace = pace;
	if (err == ERR_OK)
		err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = loop_signals(loop, on_signal, j, f);
	if (err == ERR_OK)
		err = trace_io_open(loop, &c, &io, f);
	if (err != ERR_OK)
		return err;
	j->loop = loop;
	j->io = io;
	feed(j);
	if (trace_io_count(io) > 0)
		err = loop_run(loop, f);
	return err;
}

static int status(const struct job *j)
{
	size_t bad = j->refused + j->failed + j->targets.bad;
	if (j->interrupted)
		return err_exit(ERR_CANCELED);
	if (bad == 0)
		return 0;
	if (j->refused > 0 && j->refused == j->targets.count + j->targets.bad)
		return err_exit(ERR_REFUSED);
	return j->done > j->refused ? 3 : 1;
}

static enum err run(int argc, char **argv, struct settings *s, struct job *j, struct fault *f)
{
	struct cli cli;
	struct trace_wish unset = { 0 };
	enum err err = cli_read(argc, argv, options, &usage, s, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	if (trace_format_read(span_text(s->format), &j->format) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--format: \"%s\" is not text, json, atlas or warts", s->format);
	if (s->json)
		j->format = TRACE_FORMAT_JSON;
	if (s->read[0] != '\0')
		return trace_read_print(s->read, j->format, (unsigned)s->max_ttl, &j->targets.bad,
					f);
	if (s->first > s->max_ttl)
		return fault_set(f, ERR_USAGE, 0, "--first lies past --max-ttl");
	if (trace_method_read(span_text(s->method), &unset.method) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "--method: \"%s\" is not udp, icmp or tcp-syn",
				 s->method);
	unset.port = (uint16_t)s->port;
	err = trace_targets_read(&j->targets, cli.words, cli.count, &unset, s->ipv6, f);
	if (err == ERR_OK)
		err = measure(j, f);
	return err;
}

int trace_run(int argc, char **argv)
{
	struct settings s = { 0 };
	struct job j = { .settings = &s };
	struct fault f = { 0 };
	enum err err = run(argc, argv, &s, &j, &f);
	int exit = err == ERR_OK ? status(&j) : cli_fail("waymark trace", &f);
	trace_targets_wipe(&j.targets);
	conf_wipe(options, &s);
	if (fflush(stdout) != 0 && exit == 0)
		exit = 1;
	return exit;
}
