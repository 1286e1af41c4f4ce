// SPDX-License-Identifier: Apache-2.0
//
// waymark-agent: on a vantage node or a phone gateway. Options, keys, and the loop.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cli/options.h"
#include "keys/keys.h"
#include "log/log.h"
#include "node/node.h"
#include "sys/file.h"
#include "tunnel/tunnel_io.h"

#include "reflector.h"

#define PROGRAM     "waymark-agent"
#define PATIENCE_NS (5 * NS_PER_S) // for the last acknowledgements when asked to end

struct arguments {
	char config[NODE_PATH], keys[NODE_PATH];
};

#define AT(field) offsetof(struct arguments, field), sizeof(((struct arguments *)0)->field)

// clang-format off
static const struct conf_option run_options[] = {
	{ "config", CONF_TEXT, AT(config), 0, 0, "/etc/waymark/agent.conf", "FILE", "the configuration" },
	{ NULL, CONF_BOOL, 0, 0, 0, 0, NULL, NULL, NULL },
};
static const struct conf_option keygen_options[] = {
	{ "keys", CONF_TEXT, AT(keys), 0, 0, "/etc/waymark/keys", "DIR", "where node.key and node.pub go" },
	{ NULL, CONF_BOOL, 0, 0, 0, 0, NULL, NULL, NULL },
};
// clang-format on

static const struct cli_usage run_usage = {
	.synopsis = PROGRAM " [run | check | print] --config FILE\n       " PROGRAM
			    " keygen --keys DIR\n       " PROGRAM " reflector [--zone NAME]",
	.text = "The agent of a vantage node or a phone gateway. `run` (or nothing) works until it "
		"is\n"
		"told to end; `check` says whether the configuration is right; `print` prints it "
		"with\n"
		"every default, as a file that reads back the same; `keygen` makes this node's "
		"keys;\n"
		"`reflector` tells others how they look from here (see its --help).",
	.examples = "  " PROGRAM " keygen --keys /etc/waymark/keys\n"
		    "  " PROGRAM " check --config /etc/waymark/agent.conf\n"
		    "  " PROGRAM " --config /etc/waymark/agent.conf\n",
};

static const struct cli_usage keygen_usage = {
	.synopsis = PROGRAM " keygen --keys DIR",
	.text = "Makes node.key (readable by its owner alone) and node.pub, which the operator\n"
		"admits with `waymark node add NAME --key node.pub …`. Never overwrites.",
};

static void help_config(void)
{
	puts("\nOptions in the configuration file:");
	for (const struct conf_option *o = node_options; o->name != NULL; o++)
		printf("  %-14s = %-34s %s%s%s%s\n", o->name, o->value, o->help,
		       o->unset != NULL ? " (default " : "", o->unset != NULL ? o->unset : "",
		       o->unset != NULL ? ")" : "");
}

static int keygen(int argc, char **argv)
{
	struct arguments a = { 0 };
	struct cli words;
	struct fault f;
	struct seal_secret secret;
	struct seal_public public;
	enum err err = cli_read(argc, argv, keygen_options, &keygen_usage, &a, &words, &f);
	if (err == ERR_OK && words.helped)
		return 0;
	if (err == ERR_OK)
		err = seal_start(&f);
	if (err == ERR_OK) {
		seal_make(&secret, &public);
		err = keys_store(a.keys, "node", "waymark-node-v1", &secret, &f);
		seal_wipe(&secret);
	}
	if (err != ERR_OK)
		return cli_fail(PROGRAM " keygen", &f);
	printf("%s/node.pub\n", a.keys);
	return 0;
}

static enum err load(const struct arguments *a, struct node_config *config, struct fault *f)
{
	struct fault why = { 0 };
	enum err err = node_config_load(a->config, config, f);
	if (err == ERR_OK && (err = node_config_check(config, &why)) != ERR_OK)
		fault_set(f, why.err, 0, "%s: %s", a->config, why.what);
	return err;
}

static enum err load_keys(const char *dir, struct seal_secret *out, struct fault *f)
{
	enum err err = keys_load(dir, "node", "waymark-node-v1", out, f);
	if (err == ERR_MISSING)
		fault_set(f, err, 0, "no keys in %s: make them with `" PROGRAM " keygen --keys %s`",
			  dir, dir);
	return err;
}

struct running {
	struct loop *loop;
	struct node *node;
	int signals;
};

static void on_signal(void *self, uint32_t number)
{
	struct running *r = self;
	if (number != SIGINT && number != SIGTERM)
		return;
	// The second time at once.
	if (r->signals++ == 0)
		node_leave(r->node, PATIENCE_NS);
	else
		loop_stop(r->loop);
}

// No phone may speak past its tunnel, from before the first one is up.
static enum err guard_phones(const struct node_config *c, struct fault *f)
{
	const char *interfaces[NODE_PHONES];
	size_t count = 0;
	enum err err = tunnel_sweep(NULL, f);
	for (size_t i = 0; i < c->phone_count; i++) {
		bool known = false;
		for (size_t j = 0; j < count; j++)
			known |= strcmp(interfaces[j], c->phone_list[i].interface) == 0;
		if (!known)
			interfaces[count++] = c->phone_list[i].interface;
	}
	return err == ERR_OK && count > 0 ? tunnel_lockdown(interfaces, count, f) : err;
}

static enum err work(const struct node_config *config, const struct seal_secret *secret,
		     struct fault *f)
{
	struct running r = { 0 };
	enum err err = guard_phones(config, f);
	if (err == ERR_OK)
		err = loop_new(&r.loop, f);
	if (err == ERR_OK)
		err = loop_signals(r.loop, on_signal, &r, f);
	if (err == ERR_OK)
		err = node_open(r.loop, config, secret, &r.node, f);
	if (err == ERR_OK) {
		LOG(LOG_INFO, "agent", "ready", KT("node", config->name), KT("role", config->role),
		    KT("version", waymark_version));
		err = loop_run(r.loop, f);
	}
	node_close(&r.node);
	loop_free(&r.loop);
	return err;
}

static enum err run(const struct node_config *config, struct fault *f)
{
	struct seal_secret secret;
	enum err err = seal_start(f);
	if (err == ERR_OK)
		err = load_keys(config->keys, &secret, f);
	if (err != ERR_OK)
		return err;
	err = dir_make(config->data, 0700, f);
	if (err == ERR_OK)
		err = work(config, &secret, f);
	seal_wipe(&secret);
	return err;
}

static enum err do_verb(const char *verb, const struct node_config *config, struct fault *f)
{
	if (strcmp(verb, "run") == 0)
		return run(config, f);
	if (strcmp(verb, "print") == 0)
		conf_print(node_options, config, stdout);
	else if (strcmp(verb, "check") == 0)
		puts("ok");
	else
		return fault_set(f, ERR_USAGE, 0, "unknown verb \"%s\"; --help lists them", verb);
	return ERR_OK;
}

int main(int argc, char **argv)
{
	static struct node_config config;
	struct arguments a = { 0 };
	struct cli words;
	struct fault f;
	signal(SIGPIPE, SIG_IGN);
	if (argc >= 2 && strcmp(argv[1], "keygen") == 0)
		return keygen(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "reflector") == 0)
		return reflector_main(argc - 1, argv + 1);
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf(PROGRAM " %s\n", waymark_version);
		return 0;
	}
	enum err err = cli_read(argc, argv, run_options, &run_usage, &a, &words, &f);
	if (err == ERR_OK && words.helped) {
		help_config();
		return 0;
	}
	if (err == ERR_OK)
		err = load(&a, &config, &f);
	if (err == ERR_OK)
		err = do_verb(words.count > 0 ? words.words[0] : "run", &config, &f);
	node_config_wipe(&config);
	return err == ERR_OK ? 0 : cli_fail(PROGRAM, &f);
}
