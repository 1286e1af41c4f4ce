// SPDX-License-Identifier: Apache-2.0
//
// `waymark order trace | list`: a person asks one node to trace. Taking orders back is withdraw.c.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/central.h"
#include "cli/operator.h"
#include "cli/run.h"
#include "cli/trace_rows.h"
#include "cli/verb.h"
#include "cli/withdraw.h"
#include "sys/clock.h"

struct order_options {
	struct central central;
	char keys[CLUSTER_PATH_MAX];
	struct conf_list targets;
	uint64_t first, max_ttl, attempts, again, gap, sport, tos, probes;
	int64_t expires, share, wait;
	char mode[8], flow_label[TRACE_LABEL_TEXT];
	double confidence;
	bool mda, pmtu;
};

#define AT(field) .offset = offsetof(struct order_options, field)

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "targets", .kind = CONF_LIST, AT(targets), .value = "LIST", .help = "ADDRESS[/METHOD[/PORT]], parted by commas; repeatable" },
	{ .name = "operator-key", .kind = CONF_TEXT, AT(keys), .size = CLUSTER_PATH_MAX, .value = "DIR", .help = "where operator.key is ($WAYMARK_KEYS, else ~/.config/waymark)" },
	{ .name = "expires", .kind = CONF_DURATION, AT(expires), .min = 1, .max = 30 * 86400.0, .unset = "10m", .value = "DURATION", .help = "after this the node refuses it" },
	TRACE_ROWS_HOPS(struct order_options),
	TRACE_ROWS_FLOW(struct order_options),
	TRACE_ROWS_PROBE(struct order_options),
	{ .name = "share", .kind = CONF_DURATION, AT(share), .max = 86400, .unset = "0s", .value = "DURATION", .help = "near hops may be borrowed from traces of the node not older; 0: each asks its own" },
	{ .name = "mda", .kind = CONF_BOOL, AT(mda), .size = sizeof(bool), .unset = "no", .help = "graphs of all paths that balancers have (v1.graph), not traces" },
	{ .name = "confidence", .kind = CONF_REAL, AT(confidence), .min = 50, .max = 99.99, .unset = "95", .value = "PERCENT", .help = "with --mda: that the whole graph is found" },
	{ .name = "mode", .kind = CONF_TEXT, AT(mode), .size = 8, .unset = "lite", .value = "MODE", .help = "with --mda: lite, or full: each router of a wide hop for itself" },
	{ .name = "probes", .kind = CONF_UINT, AT(probes), .min = 1, .max = 59999, .unset = "30000", .value = "N", .help = "with --mda: most probes to one target" },
	{ .name = NULL },
};
// clang-format on

// "198.18.0.1", "198.18.0.1/tcp-syn/443"
static enum err read_target(struct span word, struct target *out, struct fault *f)
{
	struct span rest = word;
	uint64_t port = 0;
	struct span addr = text_cut(&rest, '/');
	enum err err = addr_read(addr, &out->addr);
	out->method = TRACE_ICMP;
	if (err == ERR_OK && rest.at != NULL)
		err = trace_method_read(text_cut(&rest, '/'), &out->method);
	if (err == ERR_OK && rest.at != NULL)
		err = text_u64(rest, 0, UINT16_MAX, &port);
	out->port = (uint16_t)port;
	if (err == ERR_OK)
		return ERR_OK;
	return fault_set(f, ERR_USAGE, 0, "%.*s is no target: ADDRESS[/METHOD[/PORT]]",
			 (int)word.len, (const char *)word.at);
}

static enum err read_targets(const struct conf_list *list, struct target *out, size_t *count,
			     struct fault *f)
{
	*count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct span rest = span_text(list->items[i]);
		while (rest.at != NULL && rest.len > 0) {
			struct span one = text_trim(text_cut(&rest, ','));
			if (*count == ORDER_TARGETS_MAX)
				return fault_set(f, ERR_USAGE, 0, "more than %d targets",
						 ORDER_TARGETS_MAX);
			enum err err = read_target(one, &out[*count], f);
			if (err != ERR_OK)
				return err;
			(*count)++;
		}
	}
	return *count > 0 ? ERR_OK : fault_set(f, ERR_USAGE, 0, "--targets LIST is wanted");
}

static enum err file_order(struct pg *pg, const char *node, const struct seal_secret *key,
			   struct order *order, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "node_find", PG_VALUES(pg_text(node)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no node %s, or it is revoked", node);
	if (err == ERR_OK)
		err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = run_lock(pg, f);
	if (err == ERR_OK)
		err = run_file(pg, key, pg_rows_int(rows, 0, 0), order, f);
	return err == ERR_OK ? pg_commit(pg, f) : err;
}

static enum err read_graph(const struct order_options *o, struct order *order, struct fault *f)
{
	order->kind = ORDER_GRAPH;
	order->graph.probes = (uint32_t)o->probes;
	order->limits.again = 0;
	order->graph.confidence_ppm = (uint32_t)(o->confidence * 1e4 + 0.5);
	if (graph_mode_read(span_text(o->mode), &order->graph.mode) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "--mode: \"%s\" is not lite or full", o->mode);
	if (o->share > 0)
		return fault_set(f, ERR_USAGE, 0, "--share: graphs borrow no hops");
	if (o->pmtu)
		return fault_set(f, ERR_USAGE, 0, "--pmtu does not go with --mda");
	if (o->max_ttl >= TRACE_HOPS_MAX)
		return fault_set(f, ERR_USAGE, 0, "with --mda: --max-ttl is at most %d",
				 TRACE_HOPS_MAX - 1);
	return ERR_OK;
}

static enum err read_limits(const struct order_options *o, struct trace_limits *l, struct fault *f)
{
	uint32_t label;
	if (o->first > o->max_ttl)
		return fault_set(f, ERR_USAGE, 0, "--first lies past --max-ttl");
	if (trace_label_read(o->flow_label, &label, f) != ERR_OK)
		return f->err;
	*l = (struct trace_limits){
		.first_ttl = (uint8_t)o->first,
		.max_ttl = (uint8_t)o->max_ttl,
		.attempts = (uint8_t)o->attempts,
		.gap = (uint8_t)o->gap,
		.wait_ms = (uint32_t)(o->wait / NS_PER_MS),
		.share_s = (uint32_t)(o->share / NS_PER_S),
		.again = (uint8_t)(o->again + 1),
		.tos = (uint8_t)o->tos,
		.sport = (uint16_t)o->sport,
		.flow_label = label == TRACE_LABEL_AUTO ? 0 : label + 1,
		.pmtu = o->pmtu,
	};
	return ERR_OK;
}

static enum err trace(const char *node, const struct order_options *o, struct fault *f)
{
	static struct target targets[ORDER_TARGETS_MAX];
	static struct order order;
	AUTO(pg_close) struct pg *pg = NULL;
	struct seal_secret key;
	char id[RUN_ID_TEXT];
	order.kind = ORDER_TRACE;
	order.audience[0] = span_text(node);
	order.audience_count = 1;
	order.targets = targets;
	order.expires.ns = clock_wall().ns + o->expires;
	enum err err = read_limits(o, &order.limits, f);
	if (err == ERR_OK)
		err = read_targets(&o->targets, targets, &order.target_count, f);
	if (err == ERR_OK && o->mda)
		err = read_graph(o, &order, f);
	if (err == ERR_OK)
		err = operator_load(o->keys, &key, f);
	if (err != ERR_OK)
		return err;
	err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = file_order(pg, node, &key, &order, f);
	seal_wipe(&key);
	if (err != ERR_OK)
		return err;
	run_id_text(order.id.bytes, id);
	puts(id);
	return ERR_OK;
}

static int order_trace(int argc, char **argv)
{
	struct order_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark order trace NODE --targets LIST [option …]",
		.text = "Orders traces from one node, or graphs of all paths. Prints the order's "
			"id.",
		.examples = "  waymark order trace zurich --targets "
			    "198.18.4.1/tcp-syn/443,2001:db8::1\n"
			    "  waymark order trace zurich --sport 61007 --tos 184 --pmtu --targets "
			    "198.18.4.1/udp/33434\n"
			    "  waymark order trace zurich --mda --confidence 99 --targets "
			    "198.18.4.1/udp/33434\n",
	};
	enum err err = central_read(argc, argv, options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = trace(word, &o, &f);
	conf_wipe(options, &o);
	return central_end("waymark order trace", err, &f);
}

static int order_list(int argc, char **argv)
{
	static const char *const headings[] = { "order",   "node",  "serial", "run", "created",
						"expires", "state", "detail", NULL };
	static const struct central_list list = { "waymark order list",
						  "waymark order list [--json | --csv]",
						  "order_list", headings };
	return central_list(argc, argv, &list);
}

static const struct verb verbs[] = {
	{ "trace", order_trace, "ask a node to trace" },
	{ "withdraw", withdraw_verb, "take orders back" },
	{ "list", order_list, "orders and what became of them" },
	{ NULL, NULL, NULL },
};

int order_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "order", argc, argv);
}
