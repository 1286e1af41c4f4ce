// SPDX-License-Identifier: Apache-2.0
#include "cli/operator.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/central.h"
#include "cli/registry.h"
#include "cli/verb.h"
#include "keys/keys.h"

struct operator_options {
	struct central central;
	char keys[CLUSTER_PATH_MAX], key[CLUSTER_PATH_MAX];
};

#define AT(field) .offset = offsetof(struct operator_options, field)
#define TEXT(field)                                                                                \
	.kind = CONF_TEXT, AT(field), .size = sizeof(((struct operator_options *)NULL)->field)

// clang-format off
static const struct conf_option keygen_options[] = {
	{ .name = "keys", TEXT(keys), .value = "DIR", .help = "where to ($WAYMARK_KEYS, else ~/.config/waymark)" },
	{ .name = NULL },
};
static const struct conf_option add_options[] = {
	CENTRAL_OPTIONS,
	{ .name = "key", TEXT(key), .value = "FILE", .help = "the operator.pub" },
	{ .name = NULL },
};
// clang-format on

enum err operator_dir(const char *given, char out[static CLUSTER_PATH_MAX], struct fault *f)
{
	const char *env = getenv("WAYMARK_KEYS");
	const char *home = getenv("HOME");
	int n = -1;
	if (given != NULL && given[0] != '\0')
		n = snprintf(out, CLUSTER_PATH_MAX, "%s", given);
	else if (env != NULL && env[0] != '\0')
		n = snprintf(out, CLUSTER_PATH_MAX, "%s", env);
	else if (home != NULL)
		n = snprintf(out, CLUSTER_PATH_MAX, "%s/.config/waymark", home);
	if (n < 0 || n >= CLUSTER_PATH_MAX)
		return fault_set(f, ERR_USAGE, 0, "say where the operator's key is: --keys DIR");
	return ERR_OK;
}

enum err operator_load(const char *given, struct seal_secret *out, struct fault *f)
{
	char dir[CLUSTER_PATH_MAX];
	enum err err = operator_dir(given, dir, f);
	if (err == ERR_OK)
		err = seal_start(f);
	return err == ERR_OK ? keys_load(dir, OPERATOR_NAME, OPERATOR_KIND, out, f) : err;
}

static enum err keygen(const char *given, struct fault *f)
{
	char dir[CLUSTER_PATH_MAX];
	struct seal_secret secret;
	struct seal_public public;
	enum err err = operator_dir(given, dir, f);
	if (err == ERR_OK)
		err = seal_start(f);
	if (err != ERR_OK)
		return err;
	seal_make(&secret, &public);
	err = keys_store(dir, OPERATOR_NAME, OPERATOR_KIND, &secret, f);
	seal_wipe(&secret);
	if (err == ERR_OK)
		printf("%s/%s.pub\n", dir, OPERATOR_NAME);
	return err;
}

static int operator_keygen(int argc, char **argv)
{
	struct operator_options o = { 0 };
	struct cli cli = { 0 };
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark operator keygen [--keys DIR]",
		.text = "Makes operator.key and operator.pub, and prints where the latter is.",
	};
	enum err err = cli_read(argc, argv, keygen_options, &usage, &o, &cli, &f);
	if (err == ERR_OK && cli.helped)
		return 0;
	if (err == ERR_OK)
		err = central_words(&cli, 0, 0, usage.synopsis, &f);
	if (err == ERR_OK)
		err = keygen(o.keys, &f);
	return central_end("waymark operator keygen", err, &f);
}

static enum err add(const char *name, const struct operator_options *o, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	struct seal_public key;
	enum err err = seal_start(f);
	if (err == ERR_OK && o->key[0] == '\0')
		err = fault_set(f, ERR_USAGE, 0, "--key FILE is wanted: the operator.pub");
	if (err == ERR_OK)
		err = keys_load_public(o->key, OPERATOR_KIND, &key, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = pg_run(pg, "operator_add",
			     PG_VALUES(pg_bytes(span_of(key.sign, SEAL_KEY_SIZE)), pg_text(name)),
			     NULL, f);
	return err == ERR_EXISTS ? fault_set(f, err, 0, "that key is known already") : err;
}

static int operator_add(int argc, char **argv)
{
	struct operator_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark operator add NAME --key FILE",
		.text = "Lets the collector relay this operator's orders. Agents have a list of "
			"their own.",
		.examples = "  waymark operator add alice --key operator.pub\n",
	};
	enum err err = central_read(argc, argv, add_options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = add(word, &o, &f);
	return central_end("waymark operator add", err, &f);
}

static int operator_list(int argc, char **argv)
{
	static const char *const headings[] = { "name", "sign", "added", "revoked", NULL };
	static const struct central_list list = { "waymark operator list",
						  "waymark operator list [--json | --csv]",
						  "operator_list", headings };
	return central_list(argc, argv, &list);
}

static int operator_revoke(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark operator revoke",
		.synopsis = "waymark operator revoke NAME",
		.text = "Its orders are relayed no more. Agents must be told by their own list.",
		.statement = "operator_revoke",
		.words = 1,
		.missing = "no such operator, or revoked already",
	};
	return central_change(argc, argv, &change);
}

static const struct verb verbs[] = {
	{ "keygen", operator_keygen, "make a key to sign orders with" },
	{ "add", operator_add, "let its orders be relayed" },
	{ "list", operator_list, "all operators" },
	{ "revoke", operator_revoke, "relay its orders no more" },
	{ NULL, NULL, NULL },
};

int registry_operator(int argc, char **argv)
{
	return verb_dispatch(verbs, "operator", argc, argv);
}
