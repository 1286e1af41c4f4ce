// SPDX-License-Identifier: Apache-2.0
#include "tunnel/record_io.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

#define RECORD_FOLDER "/run/waymark/tunnel" // below it one folder for each network namespace
#define RECORD_PATH   128

// /run is shared between namespaces, so the namespace's own number parts them.
static enum err folder(char out[static RECORD_PATH], struct fault *f)
{
	struct stat st;
	if (stat("/proc/thread-self/ns/net", &st) != 0)
		return fault_set(f, ERR_IO, errno, "cannot see this network namespace in /proc");
	snprintf(out, RECORD_PATH, RECORD_FOLDER "/%llu", (unsigned long long)st.st_ino);
	return ERR_OK;
}

static enum err path_of(const char *name, char out[static RECORD_PATH], struct fault *f)
{
	enum err err = folder(out, f);
	size_t used = err == ERR_OK ? strlen(out) : 0;
	if (err == ERR_OK)
		snprintf(out + used, RECORD_PATH - used, "/%s", name);
	return err;
}

static uint64_t start_of(int64_t pid)
{
	char path[64];
	char *text = NULL;
	size_t len;
	uint64_t start = 0;
	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (file_read(path, RECORD_TEXT, &text, &len, NULL) != ERR_OK)
		return 0;
	if (record_stat_read(span_of(text, len), &start) != ERR_OK)
		start = 0;
	free(text);
	return start;
}

bool record_alive(struct record_process p)
{
	return p.pid > 0 && p.start != 0 && start_of(p.pid) == p.start;
}

enum err record_put(const struct tunnel_config *c, int64_t daemon, struct fault *f)
{
	char path[RECORD_PATH];
	uint8_t text[RECORD_TEXT];
	struct wr w = wr_of(text, sizeof(text));
	struct record r = {
		.owner = { .pid = getpid(), .start = start_of(getpid()) },
		.daemon = { .pid = daemon, .start = daemon > 0 ? start_of(daemon) : 0 },
	};
	enum err err = folder(path, f);
	if (err == ERR_OK)
		err = dir_make(path, 0700, f);
	if (err == ERR_OK)
		err = path_of(c->name, path, f);
	if (err != ERR_OK)
		return err;
	record_write(&w, c, &r);
	if (w.err != ERR_OK)
		return fault_set(f, w.err, 0, "tunnel %s: record too long", c->name);
	return file_write(path, 0600, wr_span(&w), f);
}

void record_take(const char *name)
{
	char path[RECORD_PATH];
	if (path_of(name, path, NULL) == ERR_OK)
		(void)unlink(path);
	// The last one leaves no empty folder behind.
	if (folder(path, NULL) == ERR_OK)
		(void)rmdir(path);
}

enum err record_find(const char *name, struct record *out, uint8_t *text, size_t *len,
		     struct fault *f)
{
	char path[RECORD_PATH];
	char *found = NULL;
	enum err err = path_of(name, path, f);
	if (err == ERR_OK)
		err = file_read(path, RECORD_TEXT - 1, &found, len, f);
	if (err != ERR_OK)
		return err;
	memcpy(text, found, *len);
	free(found);
	if (record_read(span_of(text, *len), out) != ERR_OK)
		return fault_set(f, ERR_FORMAT, 0, "%s is no record of a tunnel", path);
	return ERR_OK;
}

enum err record_each(record_fn *fn, void *self, struct fault *f)
{
	char path[RECORD_PATH];
	enum err err = folder(path, f);
	if (err != ERR_OK)
		return err;
	DIR *d = opendir(path);
	if (d == NULL)
		return errno == ENOENT
			       ? ERR_OK
			       : fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno,
					   "%s is not ours: run as root, or as the user with "
					   "CAP_NET_ADMIN who made it",
					   path);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.')
			fn(self, e->d_name);
	closedir(d);
	return ERR_OK;
}
