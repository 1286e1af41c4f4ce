// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/csv.h"
#include "satellite/satellite_io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A published scan of any bytes: as an archive, as a file, packed or not; its lines as they are
// made ready for the database; and the whole as CSV, as signatures and pairs are published.
static enum err on_line(void *self, const struct satellite_line *l, struct fault *f)
{
	size_t *count = self;
	(void)f;
	assert(l->number > 0 && l->file != NULL && strlen(l->file) < SATELLITE_NAME);
	assert(l->text.len <= SATELLITE_LINE_MAX);
	++*count;
	return ERR_OK;
}

static void on_skip(void *self, const char *path, const char *why)
{
	(void)self;
	assert(path != NULL && why != NULL);
}

// The reader goes by names: one folder, in which NAME is what the bytes are.
static void read_as(const char *name, const uint8_t *data, size_t size)
{
	char folder[] = "/dev/shm/fuzz-satellite-XXXXXX", path[128];
	size_t count = 0;
	struct satellite_reader reader = { on_line, on_skip, &count };
	struct fault f;
	assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *out = fopen(path, "wb");
	assert(out != NULL);
	if (size > 0)
		assert(fwrite(data, 1, size, out) == size);
	fclose(out);
	(void)!satellite_read(folder, &reader, &f);
	unlink(path);
	rmdir(folder);
}

static void lines(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), name[SATELLITE_NAME];
	assert(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	(void)satellite_file_find(copy, name);
	(void)satellite_line_raw(span_of(data, size));
	satellite_line_clean((uint8_t *)copy, size);
	assert(satellite_line_pack(copy, size) <= size);
	free(copy);
}

static void rows(const uint8_t *data, size_t size)
{
	static struct csv c;
	enum err err;
	csv_init(&c, span_of(data, size));
	while ((err = csv_next(&c)) == ERR_OK)
		assert(c.count <= CSV_FIELDS && c.line <= c.next);
	assert(err == ERR_MISSING || err == ERR_FORMAT || err == ERR_FULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "results.json", "a.tar", "results.json.gz",
					     "x.jsonl" };
	lines(data, size);
	rows(data, size);
	if (size > 0)
		read_as(names[data[0] % 4], data + 1, size - 1);
	return 0;
}
