// SPDX-License-Identifier: Apache-2.0
#include "local/trace_settings.h"

#include <string.h>

#include "base/text.h"
#include "cli/trace_rows.h"

#define GRAPHS_MOST 256 // at once
#define AGAIN_USUAL 2
#define SPORT_MOST  61000 // of the first: the others follow

#define ROW(name, kind, min, max, unset, value, help)                                              \
	{                                                                                          \
#name, kind, offsetof(struct trace_settings, name),                                \
			sizeof(((struct trace_settings *)0)->name), min, max, unset, value, help   \
	}

const struct conf_option trace_options[] = {
	ROW(method, CONF_TEXT, 0, 0, "udp", "METHOD", "udp, icmp, tcp-syn, tcp-ack or quic"),
	ROW(port, CONF_UINT, 0, 65535, "0", "PORT", "destination port; 0: 33434 udp, else 443"),
	TRACE_ROWS_HOPS(struct trace_settings),
	ROW(window, CONF_UINT, 0, 255, "0", "N",
	    "probes of one trace in flight at once; 0: 8, with --mda 16"),
	ROW(deadline, CONF_DURATION, 0, 86400, "0s", "DURATION",
	    "ends a trace after this; 0: never"),
	ROW(parallel, CONF_UINT, 0, 100000, "0", "N",
	    "traces at once; 0: 1000, with --mda 16, there at most 256"),
	ROW(rate, CONF_REAL, 0.1, 1e7, "1000", "PPS", "packets a second, all together"),
	{ "target-rate", CONF_REAL, offsetof(struct trace_settings, target_rate), sizeof(double),
	  0.1, 1e7, "100", "PPS", "packets a second to one address" },
	{ "net-rate", CONF_REAL, offsetof(struct trace_settings, net_rate), sizeof(double), 0.1,
	  1e7, "500", "PPS", "packets a second to one /24 or /48" },
	{ "first-rate", CONF_REAL, offsetof(struct trace_settings, first_rate), sizeof(double), 0,
	  1e7, "0", "PPS", "packets a second that expire at the first hop; 0: half of --rate" },
	ROW(deny, CONF_LIST, 0, 0, NULL, "PREFIX", "never probe these addresses; repeatable"),
	ROW(share, CONF_DURATION, 0, 86400, "0s", "DURATION",
	    "borrow near hops that another trace of this run found so long ago at most; 0: never"),
	ROW(own, CONF_LIST, 0, 0, NULL, "PREFIX",
	    "with --share: targets that are asked for every hop themselves; repeatable"),
	TRACE_ROWS_FLOW(struct trace_settings),
	ROW(names, CONF_BOOL, 0, 0, "no", NULL,
	    "DNS names of hops; a trace waits for them before it is told"),
	TRACE_ROWS_PROBE(struct trace_settings),
	ROW(ipv6, CONF_BOOL, 0, 0, "no", NULL, "take the IPv6 address of a host name"),
	ROW(json, CONF_BOOL, 0, 0, "no", NULL, "the same as --format json"),
	ROW(format, CONF_TEXT, 0, 0, "text", "FORMAT", "text, json, atlas or warts"),
	ROW(read, CONF_TEXT, 0, 0, "", "FILE",
	    "print the traces in FILE (what traceroutes write; - is standard input)"),
	ROW(seed, CONF_UINT, 0, UINT32_MAX, "0", "N", "of ports and identifying fields; 0: random"),
	{ "dry-run", CONF_BOOL, offsetof(struct trace_settings, dry_run), sizeof(bool), 0, 0, "no",
	  NULL, "say what would be sent, send nothing; needs no root" },
	ROW(metadata, CONF_TEXT, 0, 0, "", "FILE", "a JSON document on the whole run, at its end"),
	{ "status-file", CONF_TEXT, offsetof(struct trace_settings, status_file),
	  sizeof(((struct trace_settings *)0)->status_file), 0, 0, "", "FILE",
	  "counts and rates once a second, as CSV" },
	ROW(quiet, CONF_BOOL, 0, 0, "no", NULL, "no progress line on standard error"),
	ROW(mda, CONF_BOOL, 0, 0, "no", NULL,
	    "the graph of all paths that balancers have, by many flows"),
	ROW(confidence, CONF_REAL, 50, 99.99, "95", "PERCENT",
	    "with --mda: that the whole graph is found"),
	ROW(mode, CONF_TEXT, 0, 0, "lite", "MODE",
	    "with --mda: lite, or full: each router of a wide hop for itself"),
	ROW(probes, CONF_UINT, 1, 59999, "30000", "N", "with --mda: most probes to one target"),
	ROW(live, CONF_TEXT, 0, 0, "", "IF",
	    "trace the flows seen on an uplink, each inside itself"),
	{ "for", CONF_DURATION, offsetof(struct trace_settings, span), sizeof(int64_t), 0, 86400,
	  "0s", "DURATION", "with --live: how long; 0: until interrupted" },
	{ .name = NULL },
};

const struct cli_usage trace_usage = {
	.synopsis = "waymark trace TARGET… [option …]",
	.text = "Forward path to each target with a constant flow id. Without targets they are\n"
		"read from standard input as they come, one a line: ADDRESS [METHOD [PORT]].\n"
		"Needs root or CAP_NET_RAW, but not to --read or to --dry-run.",
	.examples = "  waymark trace 198.18.0.1 --method tcp-syn --port 443\n"
		    "  waymark trace --json < targets.txt > paths.jsonl\n"
		    "  waymark trace --json --rate 50000 --parallel 10000 --attempts 1 \\\n"
		    "    --metadata run.json --status-file run.csv < many.txt > paths.jsonl\n"
		    "  waymark trace --share 60s --json < many.txt > paths.jsonl\n"
		    "  waymark trace --mda 198.18.0.1 --method tcp-syn --port 443\n"
		    "  waymark trace --mda --confidence 99 --json < targets.txt > graphs.jsonl\n"
		    "  waymark trace --live eth0 --for 60s --json > flows.jsonl\n"
		    "  waymark trace --read paths.jsonl --format warts > paths.warts\n",
};

// An address is no server's name (RFC 6066 3), nor is one with a zone (fe80::1%eth0).
static const char *server_name(const struct trace_wish *w)
{
	struct addr addr;
	bool name = w->name != NULL && strchr(w->name, ':') == NULL &&
		    addr_read(span_text(w->name), &addr) != ERR_OK;
	return name ? w->name : NULL;
}

struct trace_target trace_settings_target(const struct trace_settings *s,
					  const struct trace_wish *w)
{
	struct trace_target t = TRACE_TARGET_DEFAULT;
	t.dst = w->addr;
	t.method = w->method;
	t.dport = w->port;
	t.sport = (uint16_t)s->sport;
	t.tos = (uint8_t)s->tos;
	t.name = server_name(w);
	t.flow_label = s->label;
	// Other methods have no place for a payload.
	t.size = s->pmtu && t.method <= TRACE_UDP ? TRACE_SIZE_MAX : 0;
	t.first_ttl = (uint8_t)s->first;
	t.max_ttl = (uint8_t)s->max_ttl;
	t.attempts = (uint8_t)s->attempts;
	t.again = (uint8_t)s->again;
	t.gap = (uint8_t)s->gap;
	t.window = (uint8_t)s->window;
	t.wait_ns = s->wait;
	t.deadline_ns = s->deadline;
	t.share_ns = s->share;
	for (size_t i = 0; i < s->own.count; i++)
		if (prefix_holds(s->owns[i], t.dst))
			t.share_ns = 0;
	return t;
}

struct mda_target trace_settings_graph(const struct trace_settings *s, const struct trace_wish *w)
{
	struct mda_target t = MDA_TARGET_DEFAULT;
	t.dst = w->addr;
	t.method = w->method;
	t.dport = w->port;
	t.first_ttl = (uint8_t)s->first;
	t.max_ttl = (uint8_t)s->max_ttl;
	t.attempts = (uint8_t)s->attempts;
	t.tos = (uint8_t)s->tos;
	t.flow_label = s->label;
	t.gap = (uint8_t)s->gap;
	t.window = (uint8_t)s->window;
	t.probes_max = (uint16_t)s->probes;
	t.wait_ns = s->wait;
	t.deadline_ns = s->deadline;
	t.risk = 1 - s->confidence / 100;
	t.mode = strcmp(s->mode, "full") == 0 ? MDA_FULL : MDA_LITE;
	t.name = server_name(w);
	return t;
}

struct given {
	const char *name;
	bool given;
};

static enum err refuse(const struct given *rows, size_t count, const char *with, struct fault *f)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].given)
			return fault_set(f, ERR_USAGE, 0, "--%s does not go with --%s",
					 rows[i].name, with);
	return ERR_OK;
}

static enum err check_graph(const struct trace_settings *s, struct fault *f)
{
	const struct given alien[] = {
		{ "again", s->again != AGAIN_USUAL },
		{ "share", s->share > 0 },
		{ "own", s->own.count > 0 },
		{ "names", s->names },
		{ "pmtu", s->pmtu },
		{ "dry-run", s->dry_run },
		{ "metadata", s->metadata[0] != '\0' },
		{ "status-file", s->status_file[0] != '\0' },
		{ "live", s->live[0] != '\0' },
		{ "for", s->span > 0 },
		{ "read", s->read[0] != '\0' },
	};
	if (refuse(alien, COUNT(alien), "mda", f) != ERR_OK)
		return f->err;
	if (strcmp(s->mode, "lite") != 0 && strcmp(s->mode, "full") != 0)
		return fault_set(f, ERR_USAGE, 0, "--mode: \"%s\" is not lite or full", s->mode);
	if (s->max_ttl >= TRACE_HOPS_MAX || s->parallel > GRAPHS_MOST || s->sport > SPORT_MOST)
		return fault_set(f, ERR_USAGE, 0,
				 "with --mda: --max-ttl is at most %d, --parallel %d, --sport %d",
				 TRACE_HOPS_MAX - 1, GRAPHS_MOST, SPORT_MOST);
	return ERR_OK;
}

// What a flow that is seen decides itself, and what needs a list of targets.
static enum err check_live(const struct trace_settings *s, struct fault *f)
{
	const struct given alien[] = {
		{ "dry-run", s->dry_run },
		{ "method", strcmp(s->method, "udp") != 0 },
		{ "port", s->port != 0 },
		{ "first", s->first != 1 },
		{ "again", s->again != AGAIN_USUAL },
		{ "window", s->window != 0 },
		{ "deadline", s->deadline > 0 },
		{ "parallel", s->parallel != 0 },
		{ "share", s->share > 0 },
		{ "own", s->own.count > 0 },
		{ "sport", s->sport != 0 },
		{ "flow-label", strcmp(s->flow_label, "auto") != 0 },
		{ "seed", s->seed != 0 },
		{ "names", s->names },
		{ "pmtu", s->pmtu },
		{ "tos", s->tos != 0 },
		{ "ipv6", s->ipv6 },
		{ "read", s->read[0] != '\0' },
		{ "metadata", s->metadata[0] != '\0' },
		{ "status-file", s->status_file[0] != '\0' },
	};
	return refuse(alien, COUNT(alien), "live", f);
}

enum err trace_settings_check(struct trace_settings *s, struct fault *f)
{
	bool graph = strcmp(s->mode, "lite") != 0 || s->confidence != 95 || s->probes != 30000;
	if (s->first > s->max_ttl)
		return fault_set(f, ERR_USAGE, 0, "--first lies past --max-ttl");
	if (graph && !s->mda)
		return fault_set(f, ERR_USAGE, 0,
				 "--confidence, --mode and --probes go with --mda only");
	if (trace_label_read(s->flow_label, &s->label, f) != ERR_OK ||
	    (s->mda && check_graph(s, f) != ERR_OK) ||
	    (s->live[0] != '\0' && check_live(s, f) != ERR_OK))
		return f->err;
	if (s->span > 0 && s->live[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "--for goes with --live only");
	if (s->window == 0)
		s->window = s->mda ? 16 : 8;
	if (s->parallel == 0)
		s->parallel = s->mda ? 16 : 1000;
	if (s->own.count > TRACE_OWN_MAX)
		return fault_set(f, ERR_USAGE, 0, "own: more than %d prefixes", TRACE_OWN_MAX);
	for (size_t i = 0; i < s->own.count; i++)
		if (prefix_read(span_text(s->own.items[i]), &s->owns[i]) != ERR_OK)
			return fault_set(f, ERR_USAGE, 0, "own: \"%s\" is no address and no prefix",
					 s->own.items[i]);
	return ERR_OK;
}

enum err trace_settings_pace(const struct trace_settings *s, const uint64_t seed[2],
			     struct pace **out, struct fault *f)
{
	const struct pace_limits limits = {
		.all = s->rate,
		.target = s->target_rate,
		.net = s->net_rate,
		.first = s->first_rate > 0 ? s->first_rate : s->rate / 2,
		.burst_s = 0.004, // more at once is more than a router answers
		.targets = 65536,
		.seed = { seed[0], seed[1] },
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
