// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <string.h>

static void help(const struct conf_option *options, const struct cli_usage *u)
{
	printf("usage: %s\n", u->synopsis);
	if (u->text != NULL)
		printf("\n%s\n", u->text);
	printf("\nOptions:\n");
	for (const struct conf_option *o = options; o->name != NULL; o++) {
		char left[80];
		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->kind == CONF_BOOL ? "" : " ",
			 o->kind == CONF_BOOL ? ""
			 : o->value != NULL   ? o->value
					      : "VALUE");
		printf("  %-26s %s", left, o->help);
		if (o->unset != NULL && o->unset[0] != '\0' && o->kind != CONF_BOOL)
			printf(" (default %s)", o->unset);
		putchar('\n');
	}
	printf("  %-26s %s\n", "--help", "this text");
	if (u->examples != NULL)
		printf("\nExamples:\n%s", u->examples);
}

// One `--name…` at ARGV[*I]; moves *I past a value taken from the next word.
static enum err one_option(int argc, char **argv, int *i, const struct conf_option *options,
			   void *into, struct fault *f)
{
	struct span name = span_text(argv[*i] + 2);
	struct span value = { NULL, 0 };
	const uint8_t *eq = memchr(name.at, '=', name.len);
	if (eq != NULL) {
		value = span_of(eq + 1, name.len - (size_t)(eq - name.at) - 1);
		name.len = (size_t)(eq - name.at);
	}
	const struct conf_option *o = conf_find(options, name);
	if (o == NULL)
		return fault_set(f, ERR_USAGE, 0, "unknown option %s; --help lists them", argv[*i]);
	if (value.at == NULL && o->kind == CONF_BOOL)
		value = span_text("yes");
	if (value.at == NULL) {
		if (*i + 1 >= argc)
			return fault_set(f, ERR_USAGE, 0, "--%s wants a value", o->name);
		value = span_text(argv[++*i]);
	}
	return conf_set(o, value, into, f);
}

enum err cli_read(int argc, char **argv, const struct conf_option *options,
		  const struct cli_usage *usage, void *into, struct cli *out, struct fault *f)
{
	*out = (struct cli){ .words = argv + 1 };
	conf_defaults(options, into);
	bool plain = false;
	for (int i = 1; i < argc; i++) {
		char *word = argv[i];
		if (!plain && strcmp(word, "--") == 0) {
			plain = true;
		} else if (!plain && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
			help(options, usage);
			out->helped = true;
			return ERR_OK;
		} else if (!plain && strncmp(word, "--", 2) == 0) {
			enum err err = one_option(argc, argv, &i, options, into, f);
			if (err != ERR_OK)
				return err;
		} else if (!plain && word[0] == '-' && word[1] != '\0') {
			return fault_set(f, ERR_USAGE, 0, "unknown option %s; --help lists them",
					 word);
		} else {
			out->words[out->count++] = word;
		}
	}
	return ERR_OK;
}

int cli_fail(const char *program, const struct fault *f)
{
	fprintf(stderr, "%s: %s\n", program, f->what);
	return err_exit(f->err);
}
