// SPDX-License-Identifier: Apache-2.0
#include "node/scan_told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/table.h"
#include "sys/file.h"

#define LARGEST ((size_t)1 << 30)
#define MOST    (1u << 26)

static enum err read_keys(struct scan_told *t, struct fault *f)
{
	static const uint64_t seed[2];
	char *bytes = NULL;
	size_t len = 0;
	t->keys = table_new(t->size, 1, MOST, seed);
	if (t->keys == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	if (access(t->path, F_OK) != 0)
		return ERR_OK;
	enum err err = file_read(t->path, LARGEST, &bytes, &len, f);
	// A kill may have cut the last one short.
	for (size_t at = 0; err == ERR_OK && at + t->size <= len; at += t->size)
		if (table_put(t->keys, bytes + at, NULL) == NULL)
			err = fault_set(f, ERR_FULL, 0, "%s: too much was told", t->path);
	if (err == ERR_OK && len % t->size != 0 &&
	    truncate(t->path, (off_t)(len - len % t->size)) != 0)
		err = fault_set(f, ERR_IO, errno, "%s", t->path);
	free(bytes);
	return err;
}

enum err scan_told_open(struct scan_told *t, const char *data, const struct run_id *order,
			size_t key_size, struct fault *f)
{
	*t = (struct scan_told){ .file = -1, .size = key_size };
	scan_file_name(data, order, "told", t->path);
	enum err err = read_keys(t, f);
	if (err != ERR_OK)
		return err;
	t->file = open(t->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return t->file >= 0 ? ERR_OK : fault_set(f, ERR_IO, errno, "%s", t->path);
}

void scan_told_close(struct scan_told *t)
{
	if (t->file > 0)
		close(t->file);
	t->file = -1;
	table_free(&t->keys);
}

bool scan_told_has(const struct scan_told *t, const void *key)
{
	return table_find(t->keys, key) != NULL;
}

bool scan_told_take(struct scan_told *t, const void *key)
{
	return table_take(t->keys, key);
}

void scan_told_put(struct scan_told *t, const void *key)
{
	(void)!write(t->file, key, t->size);
}

size_t scan_told_count(const struct scan_told *t)
{
	return table_count(t->keys);
}

enum err scan_told_clear(struct scan_told *t, struct fault *f)
{
	if (ftruncate(t->file, 0) != 0)
		return fault_set(f, ERR_IO, errno, "%s", t->path);
	return ERR_OK;
}
