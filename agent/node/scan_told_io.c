// SPDX-License-Identifier: Apache-2.0
#include "node/scan_told_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/table.h"
#include "sys/file.h"

#define LARGEST ((size_t)1 << 30)
#define MOST    (1u << 26)
#define ROOM    4096 // bytes taken on the disk at once

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
	t->length = t->room = (off_t)(len - len % t->size);
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
	if (t->file < 0)
		return fault_set(f, ERR_IO, errno, "%s", t->path);
	return scan_told_ready(t) ? ERR_OK : fault_set(f, ERR_AGAIN, 0, "%s", t->stop.what);
}

void scan_told_close(struct scan_told *t)
{
	if (t->file > 0) // 0: never opened
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

// A file system that cannot promise room says so at the write.
static bool takes_room(struct scan_told *t)
{
	if (fallocate(t->file, FALLOC_FL_KEEP_SIZE, t->room, ROOM) != 0 && errno != EOPNOTSUPP)
		return false;
	t->room += ROOM;
	return true;
}

bool scan_told_ready(struct scan_told *t)
{
	while (t->stop.err == ERR_OK && t->room - t->length < (off_t)t->size)
		if (!takes_room(t))
			fault_set(&t->stop, ERR_IO, errno, "%s", t->path);
	return t->stop.err == ERR_OK;
}

void scan_told_put(struct scan_told *t, const void *key, bool stored)
{
	ssize_t size = (ssize_t)t->size;
	if (!stored)
		fault_set(&t->stop, ERR_IO, 0, "a record of the scan cannot be stored");
	else if (write(t->file, key, t->size) != size)
		fault_set(&t->stop, ERR_IO, errno, "%s", t->path);
	else
		t->length += size;
}

bool scan_told_stopped(const struct scan_told *t)
{
	return t->stop.err != ERR_OK;
}

size_t scan_told_count(const struct scan_told *t)
{
	return table_count(t->keys);
}

enum err scan_told_clear(struct scan_told *t, struct fault *f)
{
	if (ftruncate(t->file, 0) != 0)
		return fault_set(f, ERR_IO, errno, "%s", t->path);
	t->length = t->room = 0; // its room went with it
	return ERR_OK;
}
