// SPDX-License-Identifier: Apache-2.0
#include "node/orders_file.h"

#include <stdlib.h>

#include "base/text.h"
#include "sys/file.h"

#define MAGIC     "waymark-orders-v1"
#define FILE_SIZE 8192

static enum err read_id(struct span word, struct run_id *out)
{
	return text_unhex(word, out->bytes, sizeof(out->bytes));
}

static enum err parse_line(struct span line, struct orders_file *out)
{
	struct span word = text_word(&line);
	if (text_is(word, "serial"))
		return text_u64(text_word(&line), 0, UINT64_MAX, &out->serial);
	bool stop = text_is(word, "stop"), begun = stop || text_is(word, "open");
	if ((!begun && !text_is(word, "wait")) || out->count == PLAN_SLOTS)
		return ERR_FORMAT;
	out->open[out->count].begun = begun;
	out->open[out->count].withdrawn = stop;
	enum err err = read_id(text_word(&line), &out->open[out->count].order);
	if (err == ERR_OK)
		err = read_id(text_word(&line), &out->open[out->count].run);
	out->count++;
	return err;
}

enum err orders_file_parse(struct span text, struct orders_file *out)
{
	*out = (struct orders_file){ 0 };
	if (!text_is(text_trim(text_cut(&text, '\n')), MAGIC))
		return ERR_FORMAT;
	while (text.at != NULL) {
		struct span line = text_trim(text_cut(&text, '\n'));
		enum err err = line.len > 0 ? parse_line(line, out) : ERR_OK;
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

void orders_file_print(const struct orders_file *in, struct wr *out)
{
	char order[2 * RUN_ID_SIZE + 1], run[2 * RUN_ID_SIZE + 1];
	wr_format(out, MAGIC "\nserial %llu\n", (unsigned long long)in->serial);
	for (size_t i = 0; i < in->count; i++) {
		text_hex(span_of(in->open[i].order.bytes, RUN_ID_SIZE), order);
		text_hex(span_of(in->open[i].run.bytes, RUN_ID_SIZE), run);
		wr_format(out, "%s %s %s\n",
			  in->open[i].withdrawn ? "stop"
			  : in->open[i].begun   ? "open"
						: "wait",
			  order, run);
	}
}

enum err orders_file_read(const char *path, struct orders_file *out, struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	*out = (struct orders_file){ 0 };
	enum err err = file_read(path, FILE_SIZE, &text, &len, f);
	if (err == ERR_MISSING)
		return ERR_OK;
	if (err == ERR_OK && orders_file_parse(span_of(text, len), out) != ERR_OK)
		err = fault_set(f, ERR_CORRUPT, 0,
				"%s cannot be understood; put it back from a copy, or write the "
				"last serial used into it",
				path);
	free(text);
	return err;
}

enum err orders_file_write(const char *path, const struct orders_file *in, struct fault *f)
{
	uint8_t text[FILE_SIZE];
	struct wr w = wr_of(text, sizeof(text));
	orders_file_print(in, &w);
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "%s: too many orders to note down", path);
	return file_write(path, 0600, wr_span(&w), f);
}
