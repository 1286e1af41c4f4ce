// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/central.h"
#include "cli/registry.h"
#include "cli/verb.h"
#include "keys/keys.h"

struct node_options {
	struct central central;
	char country[8], position[64], key[CLUSTER_PATH_MAX], role[16], note[512];
	struct addr address4, address6;
	int64_t overlap;
	bool clean;
};

#define AT(field) .offset = offsetof(struct node_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct node_options *)NULL)->field)

// clang-format off
static const struct conf_option add_options[] = {
	CENTRAL_OPTIONS,
	{ .name = "country", TEXT(country), .value = "CC", .help = "where it stands, ISO 3166-1 alpha-2" },
	{ .name = "position", TEXT(position), .value = "LAT,LON", .help = "degrees north, degrees east" },
	{ .name = "key", TEXT(key), .value = "FILE", .help = "its node.pub (waymark-agent keygen)" },
	{ .name = "role", TEXT(role), .unset = "vantage", .value = "ROLE", .help = "vantage: ends tunnels and traces; gateway: has phones" },
	{ .name = "address4", .kind = CONF_ADDR, AT(address4), .value = "ADDRESS", .help = "IPv4 address others trace to and tunnels end at; without any the node is behind NAT" },
	{ .name = "address6", .kind = CONF_ADDR, AT(address6), .value = "ADDRESS", .help = "IPv6 address" },
	{ .name = "clean", .kind = CONF_BOOL, AT(clean), .help = "nobody interferes on its network: scans fetch there what control resolvers gave (`waymark node clean` changes it)" },
	{ .name = "note", TEXT(note), .value = "TEXT", .help = "free text" },
	{ .name = NULL },
};
static const struct conf_option rotate_options[] = {
	CENTRAL_OPTIONS,
	{ .name = "key", TEXT(key), .value = "FILE", .help = "its new node.pub" },
	{ .name = "overlap", .kind = CONF_DURATION, AT(overlap), .min = 0, .max = 30 * 86400.0, .unset = "1h", .value = "DURATION", .help = "the old key is good for this much longer, so that what it signed arrives" },
	{ .name = NULL },
};
static const struct conf_option show_options[] = { CENTRAL_OPTIONS, { .name = NULL } };
// clang-format on

static enum err read_key(const char *path, struct seal_public *out, struct fault *f)
{
	if (path[0] == '\0')
		return fault_set(f, ERR_USAGE, 0, "--key FILE is wanted: the node's node.pub");
	return keys_load_public(path, "waymark-node-v1", out, f);
}

static enum err read_position(const char *text, struct pg_value out[2], struct fault *f)
{
	struct span rest = span_text(text);
	double latitude = 0, longitude = 0;
	out[0] = out[1] = pg_null();
	if (rest.len == 0)
		return ERR_OK;
	struct span first = text_cut(&rest, ',');
	if (text_f64(text_trim(first), -90, 90, &latitude) != ERR_OK ||
	    text_f64(text_trim(rest), -180, 180, &longitude) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0,
				 "--position %s: LAT,LON in degrees, e.g. 47.37,8.54", text);
	out[0] = pg_real(latitude);
	out[1] = pg_real(longitude);
	return ERR_OK;
}

static enum err check_country(struct pg *pg, const struct node_options *o, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	if (o->country[0] == '\0')
		return ERR_OK;
	enum err err = pg_query(pg, "country_find", PG_VALUES(pg_text(o->country)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_USAGE, 0,
				"--country %s: no such country in ISO 3166-1 (two capitals)",
				o->country);
	return err;
}

static enum err check_options(const struct node_options *o, struct fault *f)
{
	bool vantage = strcmp(o->role, "vantage") == 0;
	if (!vantage && strcmp(o->role, "gateway") != 0)
		return fault_set(f, ERR_USAGE, 0, "--role is vantage or gateway, not %s", o->role);
	if (vantage && (o->country[0] == '\0' || o->position[0] == '\0'))
		return fault_set(f, ERR_USAGE, 0,
				 "a vantage node wants --country CC and --position LAT,LON");
	if (o->address4.family == 6)
		return fault_set(f, ERR_USAGE, 0, "--address4 wants an IPv4 address");
	if (o->address6.family == 4)
		return fault_set(f, ERR_USAGE, 0, "--address6 wants an IPv6 address");
	return ERR_OK;
}

static enum err put_key(struct pg *pg, int64_t node, const struct seal_public *key, struct fault *f)
{
	enum err err = pg_run(pg, "node_key_add",
			      PG_VALUES(pg_int(node), pg_bytes(span_of(key->curve, SEAL_KEY_SIZE)),
					pg_bytes(span_of(key->sign, SEAL_KEY_SIZE)),
					pg_bytes(span_of(key->wireguard, SEAL_KEY_SIZE))),
			      NULL, f);
	return err == ERR_EXISTS ? fault_set(f, err, 0, "that key is another node's already") : err;
}

static enum err put_node(struct pg *pg, const char *name, const struct node_options *o,
			 const struct pg_value position[2], int64_t *id, struct fault *f)
{
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	enum err err =
		pg_query(pg, "node_add",
			 PG_VALUES(pg_text(name), pg_text(o->role),
				   pg_text(o->country[0] != '\0' ? o->country : NULL), position[0],
				   position[1], pg_addr(o->address4), pg_addr(o->address6),
				   pg_text(o->note[0] != '\0' ? o->note : NULL), pg_bool(o->clean)),
			 &rows, f);
	if (err == ERR_EXISTS)
		return fault_set(f, err, 0,
				 "there is a node %s already; names are given once, `waymark node "
				 "rotate` gives it a new key",
				 name);
	if (err == ERR_RANGE)
		return fault_set(f, ERR_USAGE, 0,
				 "%s is no host-name label: a-z, 0-9 and -, at most 63", name);
	if (err == ERR_OK)
		*id = pg_rows_int(rows, 0, 0);
	return err;
}

static enum err add(const char *name, const struct node_options *o, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct seal_public key;
	struct pg_value position[2];
	int64_t id = 0;
	enum err err = check_options(o, f);
	if (err == ERR_OK)
		err = read_position(o->position, position, f);
	if (err == ERR_OK)
		err = seal_start(f);
	if (err == ERR_OK)
		err = read_key(o->key, &key, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = check_country(pg, o, f);
	if (err == ERR_OK)
		err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = put_node(pg, name, o, position, &id, f);
	if (err == ERR_OK)
		err = put_key(pg, id, &key, f);
	return err == ERR_OK ? pg_commit(pg, f) : err;
}

static int node_add(int argc, char **argv)
{
	struct node_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark node add NAME --country CC --position LAT,LON --key FILE",
		.text = "Admits a node: from now on its results are taken.",
		.examples = "  waymark node add zurich --country CH --position 47.37,8.54 \\\n"
			    "          --address4 198.18.3.1 --key zurich/node.pub\n",
	};
	enum err err = central_read(argc, argv, add_options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = add(word, &o, &f);
	return central_end("waymark node add", err, &f);
}

static enum err rotate(const char *name, const struct node_options *o, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	struct seal_public key;
	enum err err = seal_start(f);
	if (err == ERR_OK)
		err = read_key(o->key, &key, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_begin(pg, f);
	if (err == ERR_OK)
		err = pg_query(pg, "node_find", PG_VALUES(pg_text(name)), &rows, f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(f, ERR_MISSING, 0, "no node %s, or it is revoked", name);
	if (err != ERR_OK)
		return err;
	int64_t id = pg_rows_int(rows, 0, 0);
	err = pg_run(pg, "node_key_end",
		     PG_VALUES(pg_int(id), pg_real((double)o->overlap / (double)NS_PER_S)), NULL,
		     f);
	if (err == ERR_OK)
		err = put_key(pg, id, &key, f);
	return err == ERR_OK ? pg_commit(pg, f) : err;
}

static int node_rotate(int argc, char **argv)
{
	struct node_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark node rotate NAME --key FILE [--overlap DURATION]",
		.text = "Gives a node new keys. The old ones end after the overlap; 0s ends them "
			"at once.",
		.examples = "  waymark node rotate zurich --key zurich.new/node.pub --overlap 1h\n",
	};
	enum err err = central_read(argc, argv, rotate_options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = rotate(word, &o, &f);
	return central_end("waymark node rotate", err, &f);
}

static int node_show(int argc, char **argv)
{
	static const char *const headings[] = { "name",      "role",     "country",  "latitude",
						"longitude", "address4", "address6", "admitted",
						"revoked",   "note",     "key",      "valid_from",
						"valid_to",  "sign",     "curve",    "wireguard",
						"streams",   "batches",  "last",     "clean",
						NULL };
	struct central c = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	AUTO(pg_close) struct pg *pg = NULL;
	AUTO(pg_rows_free) struct pg_rows *rows = NULL;
	const struct cli_usage usage = {
		.synopsis = "waymark node show NAME [--json | --csv]",
		.text = "One line per key the node has or had; the newest first.",
	};
	enum err err = cli_read(argc, argv, show_options, &usage, &c, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 1, 1, usage.synopsis, &f);
	if (err == ERR_OK)
		err = central_open(&c, PG_OWNER, &pg, &f);
	if (err == ERR_OK)
		err = pg_query(pg, "node_show", PG_VALUES(pg_text(cli.words[0])), &rows, &f);
	if (err == ERR_OK && pg_rows_count(rows) == 0)
		err = fault_set(&f, ERR_MISSING, 0, "no node %s", cli.words[0]);
	if (err == ERR_OK)
		central_print(&c, rows, headings);
	return central_end("waymark node show", err, &f);
}

static int node_list(int argc, char **argv)
{
	static const char *const headings[] = { "name",      "role",     "country",  "latitude",
						"longitude", "address4", "address6", "state",
						"batches",   "last",     "clean",    NULL };
	static const struct central_list list = { "waymark node list",
						  "waymark node list [--json | --csv]", "node_list",
						  headings };
	return central_list(argc, argv, &list);
}

static int node_revoke(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark node revoke",
		.synopsis = "waymark node revoke NAME",
		.text = "From now on nothing is taken from the node, its open connection included.",
		.statement = "node_revoke",
		.words = 1,
		.missing = "no such node, or it is revoked already",
	};
	return central_change(argc, argv, &change);
}

static enum err check_clean(char *const *words, struct fault *f)
{
	static const struct conf_option option = { .name = "clean", .kind = CONF_BOOL };
	bool clean;
	return conf_set(&option, span_text(words[1]), &clean, f);
}

static int node_clean(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark node clean",
		.synopsis = "waymark node clean NAME yes|no",
		.text = "Whether nobody interferes on the node's network. What clean nodes fetch "
			"of a\n"
			"scan's control addresses is what the sites are held to serve.",
		.statement = "node_clean",
		.words = 2,
		.check = check_clean,
		.missing = "no such node, or it is revoked",
	};
	return central_change(argc, argv, &change);
}

static const struct verb verbs[] = {
	{ "add", node_add, "admit a node" },
	{ "list", node_list, "all nodes" },
	{ "show", node_show, "one node with its keys" },
	{ "revoke", node_revoke, "take nothing from it any more" },
	{ "rotate", node_rotate, "give it new keys" },
	{ "clean", node_clean, "nobody interferes on its network, or no longer so" },
	{ NULL, NULL, NULL },
};

int registry_node(int argc, char **argv)
{
	return verb_dispatch(verbs, "node", argc, argv);
}
