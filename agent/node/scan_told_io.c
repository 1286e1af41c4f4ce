// SPDX-License-Identifier: Apache-2.0
#include "node/scan_told_io.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/rd.h"
#include "base/table.h"
#include "sys/fd.h"
#include "sys/file.h"

#define LARGEST ((size_t)1 << 30)
#define MOST    (1u << 26)
#define ROOM    4096                 // bytes taken on the disk at once
#define NOTE    (SCAN_TOLD_KEY + 16) // the key, zeros, epoch and place
#define ENDING  ".noted"

static void note_write(struct wr *w, const void *key, size_t size, struct spool_place place)
{
	wr_bytes(w, span_of(key, size));
	wr_zero(w, SCAN_TOLD_KEY - size);
	wr_le64(w, place.epoch);
	wr_le64(w, place.records);
}

// Keys alone, without places, were noted once in a file of another name: their notes hold.
static enum err take_over(const struct scan_told *t, const char *old, struct fault *f)
{
	char *bytes = NULL;
	size_t len = 0;
	if (access(old, F_OK) != 0)
		return ERR_OK;
	enum err err = file_read(old, LARGEST, &bytes, &len, f);
	size_t count = len / t->size;
	uint8_t *notes = err == ERR_OK ? malloc(count * NOTE + 1) : NULL;
	struct wr w = wr_of(notes, count * NOTE);
	for (size_t i = 0; notes != NULL && i < count; i++)
		note_write(&w, bytes + i * t->size, t->size, (struct spool_place){ 0 });
	if (err == ERR_OK)
		err = notes == NULL ? fault_set(f, ERR_MEMORY, 0, "no memory")
				    : file_write(t->path, 0600, wr_span(&w), f);
	if (err == ERR_OK && unlink(old) != 0)
		err = fault_set(f, ERR_IO, errno, "%s", old);
	free(notes);
	free(bytes);
	return err;
}

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
	for (size_t at = 0; err == ERR_OK && at + NOTE <= len; at += NOTE)
		if (table_put(t->keys, bytes + at, NULL) == NULL)
			err = fault_set(f, ERR_FULL, 0, "%s: too much was told", t->path);
	free(bytes);
	t->length = t->room = (off_t)(len - len % NOTE);
	return err;
}

// How long the notes in FILE are that were told; -1: it cannot be read.
static off_t settled(int file, struct spool_place found)
{
	uint8_t place[NOTE - SCAN_TOLD_KEY];
	struct stat s;
	if (fstat(file, &s) != 0)
		return -1;
	off_t len = s.st_size - s.st_size % NOTE;
	for (; len > 0; len -= NOTE) {
		if (pread(file, place, sizeof(place), len - (off_t)sizeof(place)) != sizeof(place))
			return -1;
		struct rd r = rd_of(span_of(place, sizeof(place)));
		if (rd_le64(&r) != found.epoch || rd_le64(&r) < found.records)
			break;
	}
	return len;
}

static enum err settle(const char *path, struct spool_place found, struct fault *f)
{
	AUTO(fd_close) int file = open(path, O_RDWR | O_CLOEXEC);
	off_t len = file < 0 ? -1 : settled(file, found);
	if (len < 0 || ftruncate(file, len) != 0)
		return fault_set(f, ERR_IO, errno, "%s", path);
	return ERR_OK;
}

enum err scan_told_settle(const char *data, struct spool_place found, struct fault *f)
{
	char path[SCAN_FILE_PATH + 256];
	enum err err = ERR_OK;
	DIR *folder = opendir(data);
	if (folder == NULL)
		return fault_set(f, ERR_IO, errno, "%s", data);
	for (const struct dirent *e; err == ERR_OK && (e = readdir(folder)) != NULL;) {
		size_t len = strlen(e->d_name), end = strlen(ENDING);
		if (len < end || strcmp(e->d_name + len - end, ENDING) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", data, e->d_name);
		err = settle(path, found, f);
	}
	closedir(folder);
	return err;
}

// A file system that cannot promise room says so at the write.
static bool takes_room(struct scan_told *t)
{
	if (fallocate(t->file, FALLOC_FL_KEEP_SIZE, t->room, ROOM) != 0 && errno != EOPNOTSUPP)
		return false;
	t->room += ROOM;
	return true;
}

static bool has_room(struct scan_told *t)
{
	while (t->stop.err == ERR_OK && t->room - t->length < NOTE)
		if (!takes_room(t))
			fault_set(&t->stop, ERR_IO, errno, "%s", t->path);
	return t->stop.err == ERR_OK;
}

enum err scan_told_open(struct scan_told *t, const char *data, const struct run_id *order,
			size_t key_size, struct fault *f)
{
	char old[SCAN_FILE_PATH];
	assert(key_size <= SCAN_TOLD_KEY);
	*t = (struct scan_told){ .file = -1, .size = key_size };
	scan_file_name(data, order, "noted", t->path);
	scan_file_name(data, order, "told", old);
	enum err err = take_over(t, old, f);
	if (err == ERR_OK)
		err = read_keys(t, f);
	if (err != ERR_OK)
		return err;
	t->file = open(t->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (t->file < 0 || ftruncate(t->file, t->length) != 0)
		return fault_set(f, ERR_IO, errno, "%s", t->path);
	return has_room(t) ? ERR_OK : fault_set(f, ERR_AGAIN, 0, "%s", t->stop.what);
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

bool scan_told_begin(struct scan_told *t, const void *key, struct spool_place place)
{
	uint8_t note[NOTE];
	struct wr w = wr_of(note, sizeof(note));
	if (!has_room(t))
		return false;
	note_write(&w, key, t->size, place);
	if (write(t->file, note, sizeof(note)) == NOTE)
		t->length += NOTE;
	else
		fault_set(&t->stop, ERR_IO, errno, "%s", t->path);
	return t->stop.err == ERR_OK;
}

// A note that cannot be struck out now is when we come back: its place was not reached.
void scan_told_end(struct scan_told *t, bool stored)
{
	if (stored)
		return;
	t->length -= NOTE;
	if (ftruncate(t->file, t->length) != 0)
		fault_set(&t->stop, ERR_IO, errno, "%s", t->path);
	else
		fault_set(&t->stop, ERR_IO, 0, "a record of the scan cannot be stored");
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
