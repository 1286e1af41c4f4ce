// SPDX-License-Identifier: Apache-2.0
//
// `waymark scan discover | start | keys | fetch | trace | end | list`.
#include "cli/scan.h"

#include <stdio.h>
#include <string.h>

#include "cli/operator.h"
#include "cli/verb.h"
#include "cli/withdraw.h"
#include "sys/clock.h"

#define AT(field)   .offset = offsetof(struct scan_options, field)
#define TEXT(field) .kind = CONF_TEXT, AT(field), .size = sizeof(((struct scan_options *)0)->field)
#define UINT(field) .kind = CONF_UINT, AT(field)
#define TIME(field) .kind = CONF_DURATION, AT(field)
#define FLAG(field) .kind = CONF_BOOL, AT(field)

// clang-format off
#define SHARED                                                                                     \
	CENTRAL_PLACE,                                                                             \
	{ .name = "operator-key", .kind = CONF_TEXT, AT(keys), .size = CLUSTER_PATH_MAX, .value = "DIR", .help = "where operator.key is ($WAYMARK_KEYS, else ~/.config/waymark)" }, \
	{ .name = "expires", TIME(expires), .min = 1, .max = 30 * 86400.0, .unset = "1h", .value = "DURATION", .help = "after this the node refuses the order" }, \
	{ .name = "rate", UINT(rate), .max = 1e6, .unset = "0", .value = "N", .help = "questions or connections a second; 0: what the node permits" }
#define NEW_OR_OLD                                                                                 \
	{ .name = "scan", TEXT(scan), .value = "SCAN", .help = "add to this scan (id, number or name) instead of beginning one" }, \
	{ .name = "name", TEXT(name), .value = "TEXT", .help = "what people call the new scan" },  \
	{ .name = "control", TEXT(control), .unset = "a.root-servers.net", .value = "NAME", .help = "control name" }

static const struct conf_option discover_options[] = {
	SHARED,
	NEW_OR_OLD,
	{ .name = "list", TEXT(list), .value = "FILE", .help = "addresses besides the prefixes, one a line, with an optional role: test, control, special" },
	{ .name = "right", .kind = CONF_LIST, AT(right), .value = "ADDRESS", .help = "a right address of the control name; repeatable; none: any public one" },
	{ .name = "whoami", TEXT(whoami), .value = "NAME", .help = "name that answers with the address of who asks; `*.` in front: a random label" },
	{ .name = "nothing", TEXT(nothing), .value = "NAME", .help = "zone in which a random label does not exist" },
	{ .name = "rounds", UINT(rounds), .min = 1, .max = RESOLVER_ROUNDS_MAX, .unset = "3", .value = "N", .help = "times the control name is asked" },
	{ .name = "every", TIME(every), .max = 86400, .unset = "1s", .value = "DURATION", .help = "from round to round" },
	{ .name = "wait", TIME(wait), .min = 0.01, .max = 60, .unset = "2s", .value = "DURATION", .help = "for one answer" },
	{ .name = "reserved", FLAG(reserved), .help = "ask reserved and test addresses, too: for labs" },
	{ .name = NULL },
};

static const struct conf_option start_options[] = {
	SHARED,
	NEW_OR_OLD,
	{ .name = "resolvers", TEXT(resolvers), .value = "FILE", .help = "addresses, one a line; else what discovery found usable in --scan" },
	{ .name = "infrastructure", FLAG(infrastructure), .help = "of those only infrastructure (and control resolvers)" },
	{ .name = "domains", TEXT(domains), .value = "FILE", .help = "names, one a line" },
	{ .name = "types", TEXT(types), .unset = "A", .value = "LIST", .help = "record types, parted by commas: A, AAAA, … or numbers" },
	{ .name = "profile", TEXT(profile), .unset = "waymark", .value = "NAME", .help = "plain, v2.1, v2.2 or waymark" },
	{ .name = "transport", TEXT(transport), .unset = "udp", .value = "NAME", .help = "udp, tcp, tls or https" },
	{ .name = "repetitions", UINT(repetitions), .min = 1, .max = 1000, .unset = "1", .value = "N", .help = "of every pair, each on its own source port" },
	{ .name = "listen", TIME(listen), .max = 60, .unset = "0s", .value = "DURATION", .help = "on after the first answer; 0: as the profile says" },
	{ .name = "nobody", FLAG(nobody), .help = "the addresses run no resolver: any answer was made on the way" },
	{ .name = "mixed", FLAG(mixed), .help = "names in mixed letter case (0x20)" },
	{ .name = "dnssec", FLAG(dnssec), .help = "ask for signatures (DO), and control resolvers for what verifies them" },
	{ .name = "nsid", FLAG(nsid), .help = "ask for the server's identifier" },
	{ .name = "subnet", .kind = CONF_LIST, AT(subnets), .value = "PREFIX", .help = "ask as for a client there (RFC 7871); repeatable: every pair once for each" },
	{ .name = "size", UINT(size), .max = DNS_SIZE_MOST, .unset = "0", .value = "BYTES", .help = "largest UDP answer asked for, 512 to 4096; 0: 1232" },
	{ .name = "reserved", FLAG(reserved), .help = "ask reserved and test addresses, too: for labs" },
	{ .name = NULL },
};

static const struct conf_option trace_options[] = {
	SHARED,
	{ .name = "scan", TEXT(scan), .value = "SCAN", .help = "the scan: id, number or name" },
	{ .name = "control", TEXT(control), .value = "NAME", .help = "control name; unset: the scan's own" },
	{ .name = "all", FLAG(all), .help = "every pair judged unexpected, not only those answered on the way" },
	{ .name = "most", UINT(most), .min = 1, .max = 1e6, .unset = "1000", .value = "N", .help = "pairs at most, the surest first" },
	{ .name = "hops", UINT(hops), .min = 1, .max = DNS_HOPS_MAX, .unset = "24", .value = "TTL", .help = "last hop asked" },
	{ .name = "attempts", UINT(attempts), .min = 1, .max = 3, .unset = "2", .value = "N", .help = "questions to each hop" },
	{ .name = "wait", TIME(wait), .min = 0.01, .max = 60, .unset = "2s", .value = "TIME", .help = "for one answer" },
	{ .name = "reserved", FLAG(reserved), .help = "ask reserved and test addresses, too: for labs" },
	{ .name = NULL },
};

static const struct conf_option keys_options[] = {
	SHARED,
	{ .name = "scan", TEXT(scan), .value = "SCAN", .help = "the scan: id, number or name" },
	{ .name = "size", UINT(size), .max = DNS_SIZE_MOST, .unset = "0", .value = "BYTES", .help = "largest UDP answer asked for, 512 to 4096; 0: 1232" },
	{ .name = "reserved", FLAG(reserved), .help = "ask reserved and test addresses, too: for labs" },
	{ .name = NULL },
};

static const struct conf_option fetch_options[] = {
	SHARED,
	{ .name = "scan", TEXT(scan), .value = "SCAN", .help = "the scan: id, number or name" },
	{ .name = "clean", .kind = CONF_LIST, AT(clean), .value = "NODE", .help = "fetches what control resolvers gave; repeatable; none: all nodes admitted as clean" },
	{ .name = "body", .kind = CONF_SIZE, AT(body), .max = 256 << 20, .unset = "1M", .value = "SIZE", .help = "bytes of a body read and hashed" },
	{ .name = NULL },
};
// clang-format on

static enum err find_scan(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(j->pg, "scan_find", PG_VALUES(pg_text(o->scan)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		return fault_set(f, ERR_MISSING, 0, "no scan %s", o->scan);
	if (err == ERR_OK)
		pg_rows_uuid(rows, 0, 0, j->scan);
	return err;
}

static enum err take_scan(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	const char *control = o->control[0] != '\0' ? o->control : NULL;
	if (o->scan[0] == '\0') {
		random_bytes(j->scan, sizeof(j->scan));
		return pg_run(j->pg, "scan_add",
			      PG_VALUES(pg_uuid(j->scan),
					pg_text(o->name[0] != '\0' ? o->name : "scan"),
					pg_text(control)),
			      NULL, f);
	}
	enum err err = find_scan(j, o, f);
	if (err == ERR_OK)
		err = pg_run(j->pg, "scan_control", PG_VALUES(pg_uuid(j->scan), pg_text(control)),
			     NULL, f);
	return err;
}

static enum err find_node(struct pg *pg, const char *name, int64_t *out, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err = pg_query(pg, "node_find", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		return fault_set(f, ERR_MISSING, 0, "no node %s, or it is revoked", name);
	if (err == ERR_OK)
		*out = pg_rows_int(rows, 0, 0);
	return err;
}

static enum err find_nodes(struct scan_job *j, const struct scan_options *o, struct fault *f)
{
	int64_t clean;
	enum err err = find_node(j->pg, j->node_name, &j->node, f);
	for (size_t i = 0; err == ERR_OK && i < o->clean.count; i++)
		err = find_node(j->pg, o->clean.items[i], &clean, f);
	return err;
}

enum scan_kind { SCAN_DISCOVER, SCAN_START, SCAN_KEYS, SCAN_FETCH, SCAN_TRACE };

static enum err file_all(struct scan_job *j, enum scan_kind kind, const struct scan_options *o,
			 const struct cli *cli, struct fault *f)
{
	enum err err = find_nodes(j, o, f);
	if (err == ERR_OK)
		err = pg_begin(j->pg, f);
	if (err == ERR_OK)
		err = run_lock(j->pg, f);
	if (err == ERR_OK)
		err = take_scan(j, o, f);
	if (err == ERR_OK && kind == SCAN_DISCOVER)
		err = scan_file_discover(j, o, cli->words + 1, cli->count - 1, f);
	else if (err == ERR_OK && kind == SCAN_START)
		err = scan_file_dns(j, o, f);
	else if (err == ERR_OK && kind == SCAN_KEYS)
		err = scan_file_keys(j, o, NULL, f);
	else if (err == ERR_OK && kind == SCAN_TRACE)
		err = scan_file_path(j, o, f);
	else if (err == ERR_OK)
		err = scan_file_fetch(j, o, f);
	return err == ERR_OK ? pg_commit(j->pg, f) : err;
}

static enum err work(enum scan_kind kind, const struct scan_options *o, const struct cli *cli,
		     struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct seal_secret key;
	char id[RUN_ID_TEXT];
	enum err err = operator_load(o->keys, &key, f);
	if (err != ERR_OK)
		return err;
	struct scan_job j = { .key = &key, .node_name = cli->words[0] };
	err = central_open(&o->central, PG_OWNER, &pg, f);
	j.pg = pg;
	if (err == ERR_OK)
		err = file_all(&j, kind, o, cli, f);
	seal_wipe(&key);
	if (err != ERR_OK)
		return err;
	run_id_text(j.scan, id);
	puts(id);
	fprintf(stderr, "waymark scan: %zu orders for %s\n", j.orders, j.node_name);
	if (j.clean_orders > 0)
		fprintf(stderr, "waymark scan: %zu orders for clean nodes\n", j.clean_orders);
	return ERR_OK;
}

struct scan_form {
	const char *program;
	enum scan_kind kind;
	const struct conf_option *options;
	struct cli_usage usage;
};

static enum err check(enum scan_kind kind, const struct scan_options *o, const struct cli *cli,
		      struct fault *f)
{
	if (kind == SCAN_DISCOVER && cli->count == 1 && o->list[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "prefixes or --list FILE are wanted");
	if (kind == SCAN_START && o->domains[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "--domains FILE is wanted");
	if (kind <= SCAN_KEYS && o->size != 0 && o->size < DNS_SIZE_LEAST)
		return fault_set(f, ERR_USAGE, 0, "--size: less than %d bytes", DNS_SIZE_LEAST);
	if (kind >= SCAN_KEYS && o->scan[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "--scan SCAN is wanted");
	return ERR_OK;
}

static int scan_order(int argc, char **argv, const struct scan_form *form)
{
	struct scan_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	enum err err = cli_read(argc, argv, form->options, &form->usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, form->kind == SCAN_DISCOVER ? CLI_WORDS : 1,
				    form->usage.synopsis, &f);
	if (err == ERR_OK)
		err = check(form->kind, &o, &cli, &f);
	if (err == ERR_OK)
		err = work(form->kind, &o, &cli, &f);
	conf_wipe(form->options, &o);
	return central_end(form->program, err, &f);
}

static int discover(int argc, char **argv)
{
	static const struct scan_form form = {
		"waymark scan discover",
		SCAN_DISCOVER,
		discover_options,
		{ .synopsis = "waymark scan discover NODE [PREFIX…] [--list FILE] [option …]",
		  .text = "Orders a node to find resolvers. Prints the scan's id.",
		  .examples = "  waymark scan discover zurich 198.51.100.0/24 --list known.txt\n" },
	};
	return scan_order(argc, argv, &form);
}

static int start(int argc, char **argv)
{
	static const struct scan_form form = {
		"waymark scan start",
		SCAN_START,
		start_options,
		{ .synopsis = "waymark scan start NODE --domains FILE [option …]",
		  .text = "Orders a node to ask every resolver for every domain inside a control\n"
			  "sandwich. Prints the scan's id.",
		  .examples = "  waymark scan start zurich --resolvers r.txt --domains d.txt\n"
			      "  waymark scan start zurich --scan 7 --domains d.txt "
			      "--infrastructure\n" },
	};
	return scan_order(argc, argv, &form);
}

static int keys(int argc, char **argv)
{
	static const struct scan_form form = {
		"waymark scan keys",
		SCAN_KEYS,
		keys_options,
		{ .synopsis = "waymark scan keys NODE --scan SCAN [option …]",
		  .text = "Orders a node to ask the scan's control resolvers for keys of zones "
			  "that "
			  "are\n"
			  "still missing: of names that answers led to, and what went without an "
			  "answer.\n"
			  "scan start --dnssec has asked for those of its names already.",
		  .examples = "  waymark scan keys zurich --scan 7\n" },
	};
	return scan_order(argc, argv, &form);
}

static int fetch(int argc, char **argv)
{
	static const struct scan_form form = {
		"waymark scan fetch",
		SCAN_FETCH,
		fetch_options,
		{ .synopsis = "waymark scan fetch NODE --scan SCAN [option …]",
		  .text = "Orders a node to fetch what the answers of a scan serve: the addresses "
			  "of\n"
			  "control resolvers, and those only others gave; and clean nodes, on "
			  "whose\n"
			  "networks nobody interferes, to fetch the former: what the sites serve "
			  "is\n"
			  "what these saw. What a node fetched for the scan already is left out.",
		  .examples = "  waymark scan fetch zurich --scan 7\n"
			      "  waymark scan fetch zurich --scan 7 --clean berlin\n" },
	};
	return scan_order(argc, argv, &form);
}

static int trace(int argc, char **argv)
{
	static const struct scan_form form = {
		"waymark scan trace",
		SCAN_TRACE,
		trace_options,
		{ .synopsis = "waymark scan trace NODE --scan SCAN [option …]",
		  .text = "Orders a node to find the hop that answers in place of a resolver: for\n"
			  "each disputed pair of the scan that this node asked, control and test\n"
			  "question with rising IP TTL on one flow. The view v1.dns_path has what\n"
			  "was found. Pairs that were traced already are left out; judge the scan\n"
			  "first.",
		  .examples = "  waymark scan trace zurich --scan 7\n" },
	};
	return scan_order(argc, argv, &form);
}

static int list(int argc, char **argv)
{
	static const char *const headings[] = { "scan",    "serial", "name",    "origin", "format",
						"started", "ended",  "control", "orders", NULL };
	static const struct central_list all = { "waymark scan list",
						 "waymark scan list [--json | --csv]", "scan_list",
						 headings };
	return central_list(argc, argv, &all);
}

static const struct verb verbs[] = {
	{ "discover", discover, "order a node to find resolvers" },
	{ "start", start, "order a node to ask resolvers" },
	{ "keys", keys, "order a node to ask for keys of zones" },
	{ "fetch", fetch, "order a node to fetch what answers serve" },
	{ "trace", trace, "order a node to find who answers on the way" },
	{ "end", withdraw_scan_end, "stop what is under way, and judge it" },
	{ "list", list, "all scans" },
	{ "show", scan_show, "one scan: orders and what has come" },
	{ NULL, NULL, NULL },
};

int scan_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "scan", argc, argv);
}
