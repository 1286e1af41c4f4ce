// SPDX-License-Identifier: Apache-2.0
//
// `waymark anchors load | list | remove`: keys of zones that are believed without a parent.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/verb.h"
#include "cli/verdict.h"
#include "signed/signed.h"
#include "sys/file.h"

#define FILE_LIMIT  ((size_t)1 << 20)
#define RECORD_SIZE 2048

struct load_options {
	struct central central;
	char source[512];
};

// clang-format off
static const struct conf_option options[] = {
	CENTRAL_PLACE,
	{ .name = "source", .kind = CONF_TEXT, .offset = offsetof(struct load_options, source), .size = 512,
	  .value = "TEXT", .help = "who says that these are the keys; kept with them" },
	{ .name = NULL },
};
// clang-format on

static enum err put(struct pg *pg, const char *file, size_t number, struct span line,
		    const char *source, struct fault *f)
{
	char record[RECORD_SIZE];
	struct signed_anchor a;
	if (line.len >= sizeof(record))
		return fault_set(f, ERR_USAGE, 0, "%s:%zu: too long", file, number);
	memcpy(record, line.at, line.len);
	record[line.len] = '\0';
	if (signed_anchor_read(record, &a) != ERR_OK)
		return fault_set(f, ERR_USAGE, 0, "%s:%zu: no DS record", file, number);
	return pg_run(pg, "anchor_add",
		      PG_VALUES(pg_text(a.zone), pg_int(a.tag), pg_int(a.algorithm),
				pg_int(a.digest_type), pg_bytes(span_of(a.digest, a.digest_len)),
				pg_text(source)),
		      NULL, f);
}

static enum err put_all(struct pg *pg, const char *file, struct span text, const char *source,
			size_t *count, struct fault *f)
{
	enum err err = pg_begin(pg, f);
	for (size_t number = 1; err == ERR_OK && text.at != NULL; number++) {
		struct span line = text_cut(&text, '\n');
		line = text_trim(text_cut(&line, ';'));
		if (line.len == 0)
			continue;
		err = put(pg, file, number, line, source, f);
		*count += err == ERR_OK;
	}
	if (err == ERR_OK && *count == 0)
		err = fault_set(f, ERR_USAGE, 0, "%s: no DS records", file);
	return err == ERR_OK ? pg_commit(pg, f) : err;
}

static enum err load(const char *file, const struct load_options *o, struct fault *f)
{
	AUTO(pg_close) struct pg *pg = NULL;
	char *text = NULL;
	size_t len = 0, count = 0;
	enum err err = file_read(file, FILE_LIMIT, &text, &len, f);
	if (err == ERR_OK)
		err = central_open(&o->central, PG_OWNER, &pg, f);
	if (err == ERR_OK)
		err = put_all(pg, file, span_of(text, len), o->source[0] != '\0' ? o->source : file,
			      &count, f);
	if (err == ERR_OK)
		fprintf(stderr, "waymark anchors: %zu\n", count);
	free(text);
	return err;
}

static int anchors_load(int argc, char **argv)
{
	struct load_options o = { 0 };
	const char *word;
	struct fault f;
	const struct cli_usage usage = {
		.synopsis = "waymark anchors load FILE [--source TEXT]",
		.text = "Trust anchors: DS records as in a zone file, one a line, such as `keymgr "
			"ZONE ds`\nprints. Those of the root are there from the beginning. Judge "
			"scans again after it.",
		.examples = "  waymark anchors load lab.ds --source 'the lab'\n",
	};
	enum err err = central_read(argc, argv, options, &usage, &o, &word, &f);
	if (err == ERR_OK && word != NULL)
		err = load(word, &o, &f);
	return central_end("waymark anchors load", err, &f);
}

static int anchors_list(int argc, char **argv)
{
	static const char *const headings[] = { "zone",   "tag",  "algorithm", "digest type",
						"digest", "from", "source",    NULL };
	static const struct central_list list = { "waymark anchors list",
						  "waymark anchors list [--json | --csv]",
						  "anchor_list", headings };
	return central_list(argc, argv, &list);
}

static int anchors_remove(int argc, char **argv)
{
	static const struct central_change change = {
		.program = "waymark anchors remove",
		.synopsis = "waymark anchors remove ZONE TAG",
		.text = "Takes an anchor away: what rested on it is judged anew with the scan.",
		.statement = "anchor_remove",
		.words = 2,
		.missing = "no such anchor",
	};
	return central_change(argc, argv, &change);
}

static const struct verb verbs[] = {
	{ "load", anchors_load, "anchors from a file of DS records" },
	{ "list", anchors_list, "all of them" },
	{ "remove", anchors_remove, "one" },
	{ NULL, NULL, NULL },
};

int anchors_verb(int argc, char **argv)
{
	return verb_dispatch(verbs, "anchors", argc, argv);
}
