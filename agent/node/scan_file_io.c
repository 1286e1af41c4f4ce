// SPDX-License-Identifier: Apache-2.0
#include "node/scan_file_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rd.h"
#include "base/text.h"
#include "seal/seal.h"
#include "sys/file.h"

#define MAGIC   "waymark-scan-v1\n"
#define LARGEST ((size_t)1 << 30)

_Static_assert(sizeof(MAGIC) - 1 == SCAN_FILE_HEAD, "the head is the magic word");

void scan_file_name(const char *data, const struct run_id *order, const char *what,
		    char out[static SCAN_FILE_PATH])
{
	char hex[2 * RUN_ID_SIZE + 1];
	text_hex(span_of(order->bytes, sizeof(order->bytes)), hex);
	snprintf(out, SCAN_FILE_PATH, "%s/scan-%s.%s", data, hex, what);
}

enum err scan_file_put(const char *data, const struct order *o, struct fault *f)
{
	char path[SCAN_FILE_PATH];
	uint8_t *room = malloc(ORDER_SIZE_MAX);
	if (room == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	struct wr w = wr_of(room, ORDER_SIZE_MAX);
	enum err err = order_write(&w, o);
	scan_file_name(data, &o->id, "order", path);
	err = err == ERR_OK ? file_write(path, 0600, wr_span(&w), f)
			    : fault_set(f, err, 0, "the order cannot be noted down");
	free(room);
	return err;
}

enum err scan_file_take(const char *data, const struct run_id *order, char **out, size_t *len,
			struct fault *f)
{
	char path[SCAN_FILE_PATH];
	*out = NULL;
	*len = 0;
	scan_file_name(data, order, "order", path);
	if (access(path, F_OK) != 0)
		return ERR_MISSING;
	return file_read(path, ORDER_SIZE_MAX, out, len, f);
}

bool scan_file_begun(const char *data, const struct run_id *order)
{
	static const char *const parts[] = { "state", "noted", "told" };
	char path[SCAN_FILE_PATH];
	struct stat s;
	for (size_t i = 0; i < COUNT(parts); i++) {
		scan_file_name(data, order, parts[i], path);
		if (stat(path, &s) == 0 && s.st_size > 0)
			return true;
	}
	return false;
}

struct wr scan_file_begin(uint8_t *room, size_t size)
{
	struct wr w = wr_of(room, size);
	wr_bytes(&w, span_text(MAGIC));
	return w;
}

enum err scan_file_save(const char *path, struct wr *w, struct fault *f)
{
	wr_le32(w, seal_crc32c(0, wr_span(w)));
	if (w->err != ERR_OK)
		return fault_set(f, w->err, 0, "a checkpoint that does not fit");
	return file_write(path, 0600, wr_span(w), f);
}

enum err scan_file_load(const char *path, char **out, struct span *state, struct fault *f)
{
	size_t len = 0;
	*out = NULL;
	if (access(path, F_OK) != 0)
		return ERR_MISSING;
	enum err err = file_read(path, LARGEST, out, &len, f);
	if (err != ERR_OK)
		return err;
	size_t frame = SCAN_FILE_HEAD + SCAN_FILE_TAIL;
	struct rd r = rd_of(span_of(*out, len));
	struct span magic = rd_span(&r, SCAN_FILE_HEAD);
	*state = rd_span(&r, len < frame ? 0 : len - frame);
	uint32_t sum = seal_crc32c(0, span_of(*out, r.pos));
	if (rd_le32(&r) == sum && r.err == ERR_OK && text_is(magic, MAGIC))
		return ERR_OK;
	free(*out);
	*out = NULL;
	return fault_set(f, ERR_CORRUPT, 0, "%s: no whole checkpoint", path);
}

void scan_file_remove(const char *data, const struct run_id *order)
{
	static const char *const parts[] = { "order", "state", "noted", "told" };
	char path[SCAN_FILE_PATH];
	for (size_t i = 0; i < COUNT(parts); i++) {
		scan_file_name(data, order, parts[i], path);
		(void)unlink(path);
	}
}
