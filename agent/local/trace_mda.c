// SPDX-License-Identifier: Apache-2.0
#include "local/trace_mda.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "local/trace_mda_print.h"
#include "local/trace_targets.h"
#include "sys/clock.h"

struct mda_settings {
	char method[16], mode[8];
	uint64_t port, first, max_ttl, attempts, gap, window, parallel, probes, sport, seed, tos;
	int64_t wait, deadline;
	double confidence, rate, target_rate, net_rate;
	struct conf_list deny;
	bool mda, json, ipv6;
};

#define ROW(name, kind, min, max, unset, value, help)                                              \
	{                                                                                          \
#name, kind, offsetof(struct mda_settings, name),                                  \
			sizeof(((struct mda_settings *)0)->name), min, max, unset, value, help     \
	}

static const struct conf_option options[] = {
	ROW(mda, CONF_BOOL, 0, 0, "no", NULL, "all paths that balancers have for the target"),
	ROW(confidence, CONF_REAL, 50, 99.99, "95", "PERCENT", "that the whole graph is found"),
	ROW(mode, CONF_TEXT, 0, 0, "lite", "MODE",
	    "lite, or full: each router of a wide hop for itself"),
	ROW(method, CONF_TEXT, 0, 0, "udp", "METHOD", "udp, icmp, tcp-syn, tcp-ack or quic"),
	ROW(port, CONF_UINT, 0, 65535, "0", "PORT", "destination port; 0: 33434 udp, 443 others"),
	ROW(first, CONF_UINT, 1, TRACE_HOPS_MAX - 1, "1", "TTL", "first hop asked"),
	{ "max-ttl", CONF_UINT, offsetof(struct mda_settings, max_ttl), sizeof(uint64_t), 1,
	  TRACE_HOPS_MAX - 1, "32", "TTL", "last hop asked" },
	ROW(attempts, CONF_UINT, 1, TRACE_TRIES_MAX, "3", "N", "probes to a hop that is silent"),
	ROW(wait, CONF_DURATION, 0.01, 60, "2s", "DURATION", "longest wait for one answer"),
	ROW(gap, CONF_UINT, 1, TRACE_HOPS_MAX, "5", "N", "silent hops in a row that end it"),
	ROW(window, CONF_UINT, 1, 255, "16", "N", "probes to one target in flight at once"),
	ROW(probes, CONF_UINT, 1, 59999, "30000", "N", "most probes to one target"),
	ROW(deadline, CONF_DURATION, 0, 86400, "0s", "DURATION",
	    "ends a target after this; 0: never"),
	ROW(parallel, CONF_UINT, 1, 256, "16", "N", "targets at once"),
	ROW(rate, CONF_REAL, 0.1, 1e7, "1000", "PPS", "packets a second, all together"),
	{ "target-rate", CONF_REAL, offsetof(struct mda_settings, target_rate), sizeof(double), 0.1,
	  1e7, "100", "PPS", "packets a second to one address" },
	{ "net-rate", CONF_REAL, offsetof(struct mda_settings, net_rate), sizeof(double), 0.1, 1e7,
	  "500", "PPS", "packets a second to one /24 or /48" },
	ROW(deny, CONF_LIST, 0, 0, NULL, "PREFIX", "never probe these addresses; repeatable"),
	ROW(sport, CONF_UINT, 0, 61000, "0", "PORT", "first of the source ports; 0: 61000"),
	ROW(tos, CONF_UINT, 0, 255, "0", "N", "TOS or traffic class"),
	ROW(seed, CONF_UINT, 0, UINT32_MAX, "0", "N", "of identifying fields; 0: random"),
	ROW(ipv6, CONF_BOOL, 0, 0, "no", NULL, "take the IPv6 address of a host name"),
	ROW(json, CONF_BOOL, 0, 0, "no", NULL, "one JSON document per target and line"),
	{ .name = NULL },
};

static const struct cli_usage usage = {
	.synopsis = "waymark trace --mda TARGET… [option …]",
	.text = "The graph of interfaces and links that balancers spread flows over, by many\n"
		"flows. Without targets they are read from standard input, one a line:\n"
		"ADDRESS [METHOD [PORT]]. Needs root or CAP_NET_RAW.",
	.examples = "  waymark trace --mda 198.18.0.1 --method tcp-syn --port 443\n"
		    "  waymark trace --mda --confidence 99 --json < targets.txt > graphs.jsonl\n",
};

struct job {
	const struct mda_settings *settings;
	struct loop *loop;
	struct mda_io *io;
	struct loop_watch *input; // standard input, while a line is waited for
	struct trace_targets targets;
	struct trace_wish held; // taken, and busy
	bool holding, ended, interrupted;
	size_t done, refused, partly, failed;
};

bool trace_mda_asked(int argc, char *const *argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--mda") == 0)
			return true;
	return false;
}

static struct mda_target target_of(const struct mda_settings *s, const struct trace_wish *w)
{
	struct mda_target t = MDA_TARGET_DEFAULT;
	t.dst = w->addr;
	t.method = w->method;
	t.dport = w->port;
	t.first_ttl = (uint8_t)s->first;
	t.max_ttl = (uint8_t)s->max_ttl;
	t.attempts = (uint8_t)s->attempts;
	t.tos = (uint8_t)s->tos;
	t.gap = (uint8_t)s->gap;
	t.window = (uint8_t)s->window;
	t.probes_max = (uint16_t)s->probes;
	t.wait_ns = s->wait;
	t.deadline_ns = s->deadline;
	t.risk = 1 - s->confidence / 100;
	t.mode = strcmp(s->mode, "full") == 0 ? MDA_FULL : MDA_LITE;
	return t;
}

static void feed(struct job *j);

// What came from the command line has its name there; the tag says where.
static const char *name_of(const struct job *j, uint64_t tag, struct addr a,
			   char text[static ADDR_TEXT])
{
	addr_write(a, text);
	return tag == 0 ? text : j->targets.items[tag - 1].name;
}

static void stop_when_done(struct job *j)
{
	if (j->ended && !j->holding && j->done + j->failed == j->targets.taken)
		loop_stop(j->loop);
}

static void on_done(void *self, const struct mda_done *d)
{
	struct job *j = self;
	char text[ADDR_TEXT];
	const char *name = name_of(j, d->tag, d->target->dst, text);
	struct mda_result r;
	mda_result(d->mda, &r);
	if (j->settings->json)
		trace_mda_json(stdout, d, name);
	else
		trace_mda_text(stdout, d, name);
	fflush(stdout);
	j->done++;
	j->refused += r.stop == TRACE_REFUSED;
	j->partly += !r.complete && r.stop != TRACE_REFUSED;
	if (!j->interrupted)
		feed(j);
	stop_when_done(j);
}

// False when it has to wait: the target is busy (named twice), or there is no room.
static bool begin(struct job *j, const struct trace_wish *w)
{
	char text[ADDR_TEXT];
	struct mda_target t = target_of(j->settings, w);
	uint64_t tag = w->name == NULL ? 0 : j->targets.next;
	enum err err = mda_io_put(j->io, tag, &t);
	if ((err == ERR_EXISTS || err == ERR_FULL) && mda_io_count(j->io) > 0)
		return false;
	if (err != ERR_OK) {
		fprintf(stderr, "waymark trace: %s: cannot start (%s)\n",
			name_of(j, tag, t.dst, text), err_name(err));
		j->failed++;
	}
	return true;
}

// Begins as many as may run at once.
static void feed(struct job *j)
{
	struct fault f;
	enum trace_supply supply = TRACE_SUPPLY_ONE;
	while (!j->ended && supply == TRACE_SUPPLY_ONE) {
		if (!j->holding)
			supply = trace_targets_take(&j->targets, &j->held);
		if (supply != TRACE_SUPPLY_ONE)
			break;
		j->holding = !begin(j, &j->held);
		if (j->holding)
			break;
	}
	j->ended = j->ended || supply == TRACE_SUPPLY_END;
	bool wait = supply == TRACE_SUPPLY_LATER;
	if (j->input != NULL && loop_watch_events(j->input, wait ? EPOLLIN : 0, &f) != ERR_OK)
		(void)cli_fail("waymark trace", &f);
}

static void on_input(void *self, uint32_t events)
{
	struct job *j = self;
	(void)events;
	trace_targets_hear(&j->targets);
	feed(j);
	stop_when_done(j);
}

static void on_signal(void *self, uint32_t number)
{
	struct job *j = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	j->interrupted = true;
	mda_io_stop(j->io);
	loop_stop(j->loop);
}

static enum err make_pace(const struct mda_settings *s, struct pace **out, struct fault *f)
{
	const struct pace_limits limits = {
		.all = s->rate,
		.target = s->target_rate,
		.net = s->net_rate,
		.first = s->rate / 2,
		.burst_s = 0.01,
		.targets = 65536,
		.seed = { random_u64(), random_u64() },
	};
	*out = pace_new(&limits);
	if (*out == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	for (size_t i = 0; i < s->deny.count; i++) {
		struct prefix p;
		if (prefix_read(span_text(s->deny.items[i]), &p) != ERR_OK ||
		    pace_put(*out, p) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0,
					 "deny: \"%s\" is not a prefix like 198.18.0.0/15 without "
					 "host bits, or one too many",
					 s->deny.items[i]);
	}
	return ERR_OK;
}

static enum err measure(struct job *j, struct fault *f)
{
	const struct mda_settings *s = j->settings;
	AUTO(pace_free) struct pace *pace = NULL;
	AUTO(loop_free) struct loop *loop = NULL;
	AUTO(mda_io_close) struct mda_io *io = NULL;
	struct mda_io_config c = MDA_IO_DEFAULT;
	c.traces = (size_t)s->parallel + 1; // the one being handed over still has its place
	c.done = on_done;
	c.seed = s->seed;
	if (s->sport != 0)
		c.sport_first = (uint16_t)s->sport;
	c.self = j;
	enum err err = make_pace(s, &pace, f);
	c.pace = pace;
	if (err == ERR_OK)
		err = loop_new(&loop, f);
	if (err == ERR_OK)
		err = loop_signals(loop, on_signal, j, f);
	if (err == ERR_OK && j->targets.from_input && !j->targets.file)
		err = loop_watch(loop, STDIN_FILENO, 0, on_input, j, &j->input, f);
	if (err == ERR_OK)
		err = mda_io_open(loop, &c, &io, f);
	if (err != ERR_OK)
		return err;
	j->loop = loop;
	j->io = io;
	feed(j);
	if (!j->ended || mda_io_count(io) > 0)
		err = loop_run(loop, f);
	loop_watch_drop(&j->input);
	if (err == ERR_OK && j->targets.taken == 0 && !j->interrupted)
		return fault_set(f, ERR_USAGE, 0,
				 "no targets on standard input; --help tells more");
	return err;
}

static int status(const struct job *j)
{
	size_t bad = j->refused + j->partly + j->failed + j->targets.bad;
	if (j->interrupted)
		return err_exit(ERR_CANCELED);
	if (bad == 0)
		return 0;
	if (j->refused > 0 && j->refused == j->targets.taken + j->targets.bad)
		return err_exit(ERR_REFUSED);
	return j->done > j->refused ? 3 : 1;
}

static enum err run(int argc, char **argv, struct mda_settings *s, struct job *j, struct fault *f)
{
	struct cli cli;
	struct trace_wish unset = { 0 };
	enum err err = cli_read(argc, argv, options, &usage, s, &cli, f);
	if (err != ERR_OK || cli.helped)
		return err;
	if (s->first > s->max_ttl)
		return fault_set(f, ERR_USAGE, 0, "--first lies past --max-ttl");
	if (strcmp(s->mode, "lite") != 0 && strcmp(s->mode, "full") != 0)
		return fault_set(f, ERR_USAGE, 0, "--mode: \"%s\" is not lite or full", s->mode);
	if (trace_method_read(span_text(s->method), &unset.method) != ERR_OK ||
	    unset.method > TRACE_QUIC)
		return fault_set(f, ERR_USAGE, 0,
				 "--method: \"%s\" is not udp, icmp, tcp-syn, tcp-ack or quic",
				 s->method);
	unset.port = (uint16_t)s->port;
	err = trace_targets_open(&j->targets, cli.words, cli.count, &unset, s->ipv6, f);
	if (err == ERR_OK)
		err = measure(j, f);
	return err;
}

int trace_mda_run(int argc, char **argv)
{
	struct mda_settings s = { 0 };
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
