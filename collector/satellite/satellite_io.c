// SPDX-License-Identifier: Apache-2.0
#include "satellite/satellite_io.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define PATH_SIZE 4096
#define CHUNK     65536
#define TAR_BLOCK 512
#define DEPTH_MAX 3 // folders below the one given: the scan itself, raw/

struct reading {
	const struct satellite_reader *told;
	gzFile gz;
	uint64_t left; // bytes of this file still to come
	size_t files;
	uint8_t *line; // owned
	size_t len, cap;
	uint8_t *chunk; // owned
	size_t at, end;
};

// 1 a byte, 0 the end, -1 broken.
static int fill(struct reading *r)
{
	size_t want = r->left < CHUNK ? (size_t)r->left : CHUNK;
	int n = want == 0 ? 0 : gzread(r->gz, r->chunk, (unsigned)want);
	if (n <= 0)
		return n < 0 ? -1 : 0;
	r->at = 0;
	r->end = (size_t)n;
	if (r->left != UINT64_MAX)
		r->left -= (uint64_t)n;
	return 1;
}

static enum err keep(struct reading *r, const uint8_t *from, size_t len, struct fault *f)
{
	if (len == 0)
		return ERR_OK;
	if (r->len + len > SATELLITE_LINE_MAX)
		return fault_set(f, ERR_FULL, 0, "a line of more than %zu MiB",
				 SATELLITE_LINE_MAX >> 20);
	if (r->len + len > r->cap) {
		size_t cap = (r->len + len) * 2;
		uint8_t *line = realloc(r->line, cap);
		if (line == NULL)
			return fault_set(f, ERR_MEMORY, 0, "no memory");
		r->line = line;
		r->cap = cap;
	}
	memcpy(r->line + r->len, from, len);
	r->len += len;
	return ERR_OK;
}

// ERR_MISSING at the end of the file.
static enum err next_line(struct reading *r, const char *path, struct fault *f)
{
	bool some = false;
	r->len = 0;
	for (;;) {
		int state = r->at < r->end ? 1 : fill(r);
		if (state < 0)
			return fault_set(f, ERR_IO, errno, "cannot read %s: damaged", path);
		if (state == 0)
			return some ? ERR_OK : ERR_MISSING;
		uint8_t *feed = memchr(r->chunk + r->at, '\n', r->end - r->at);
		size_t len = feed != NULL ? (size_t)(feed - r->chunk) - r->at : r->end - r->at;
		enum err err = keep(r, r->chunk + r->at, len, f);
		if (err != ERR_OK)
			return err;
		r->at += len + (feed != NULL);
		some = true;
		if (feed != NULL)
			return ERR_OK;
	}
}

static enum err read_lines(struct reading *r, const char *path, struct fault *f)
{
	struct satellite_line l = { 0 };
	char name[SATELLITE_NAME];
	enum satellite_file kind = satellite_file_find(path, name);
	enum err err = ERR_OK;
	bool some = false;
	l.file = name;
	r->at = r->end = 0;
	while (kind != SATELLITE_OTHER && (err = next_line(r, path, f)) == ERR_OK) {
		l.number++;
		l.text = span_of(r->line, r->len);
		if (r->len == 0 || (r->len == 1 && r->line[0] == '\r'))
			continue;
		if (kind == SATELLITE_MAYBE && !satellite_line_raw(l.text))
			break;
		kind = SATELLITE_KNOWN;
		r->files += !some;
		some = true;
		satellite_line_clean(r->line, r->len);
		err = r->told->line(r->told->self, &l, f);
		if (err != ERR_OK)
			return err;
	}
	if (kind != SATELLITE_KNOWN)
		r->told->skip(r->told->self, path, "nothing that is read");
	return err == ERR_MISSING ? ERR_OK : err;
}

// --- archives
// ----------------------------------------------------------------------------------------

static uint64_t octal(const char *at, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len && at[i] >= '0' && at[i] <= '7'; i++)
		v = v * 8 + (uint64_t)(at[i] - '0');
	return v;
}

static bool pass_over(struct reading *r, uint64_t len)
{
	while (len > 0) {
		int n = gzread(r->gz, r->chunk, (unsigned)(len < CHUNK ? len : CHUNK));
		if (n <= 0)
			return false;
		len -= (uint64_t)n;
	}
	return true;
}

static enum err read_member(struct reading *r, const char *head, struct fault *f)
{
	char name[101];
	uint64_t size = octal(head + 124, 12);
	enum err err = ERR_OK;
	snprintf(name, sizeof(name), "%.100s", head);
	r->left = size;
	if (head[156] == '0' || head[156] == '\0')
		err = read_lines(r, name, f);
	uint64_t rest = r->left + (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
	r->left = UINT64_MAX;
	if (err == ERR_OK && !pass_over(r, rest))
		return fault_set(f, ERR_IO, 0, "the archive ends within %s", name);
	return err;
}

static enum err read_archive(struct reading *r, const char *path, struct fault *f)
{
	char head[TAR_BLOCK];
	enum err err = ERR_OK;
	int n = 0;
	while (err == ERR_OK && (n = gzread(r->gz, head, TAR_BLOCK)) == TAR_BLOCK &&
	       head[0] != '\0') {
		if (memcmp(head + 257, "ustar", 5) != 0)
			return fault_set(f, ERR_FORMAT, 0, "%s is no tar archive", path);
		err = read_member(r, head, f);
	}
	if (err == ERR_OK && n != TAR_BLOCK && n != 0)
		return fault_set(f, ERR_IO, 0, "%s is damaged", path);
	return err;
}

// --- files and folders
// -------------------------------------------------------------------------------

static bool is_archive(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	return strstr(name, ".tar") != NULL || strstr(name, ".tgz") != NULL;
}

static enum err read_file(struct reading *r, const char *path, struct fault *f)
{
	r->gz = gzopen(path, "rbe");
	if (r->gz == NULL)
		return fault_set(f, ERR_IO, errno, "cannot open %s", path);
	r->left = UINT64_MAX;
	enum err err = is_archive(path) ? read_archive(r, path, f) : read_lines(r, path, f);
	// Of a packed file that was cut nothing else tells: what there is of it reads well.
	bool cut = gzclose_r(r->gz) == Z_BUF_ERROR;
	return err == ERR_OK && cut ? fault_set(f, ERR_IO, 0, "%s is damaged: cut", path) : err;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum err read_any(struct reading *r, const char *path, int depth, struct fault *f);

static enum err read_folder(struct reading *r, const char *path, int depth, struct fault *f)
{
	struct dirent **list = NULL;
	char below[PATH_SIZE];
	int n = scandir(path, &list, NULL, by_name);
	enum err err = ERR_OK;
	if (n < 0)
		return fault_set(f, ERR_IO, errno, "cannot read the folder %s", path);
	for (int i = 0; i < n; i++) {
		bool dots = list[i]->d_name[0] == '.';
		int len = snprintf(below, sizeof(below), "%s/%s", path, list[i]->d_name);
		if (err == ERR_OK && !dots && len > 0 && (size_t)len < sizeof(below))
			err = read_any(r, below, depth + 1, f);
		free(list[i]);
	}
	free(list);
	return err;
}

static enum err read_any(struct reading *r, const char *path, int depth, struct fault *f)
{
	struct stat s;
	if (stat(path, &s) != 0)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "cannot open %s",
				 path);
	if (!S_ISDIR(s.st_mode))
		return read_file(r, path, f);
	return depth < DEPTH_MAX ? read_folder(r, path, depth, f) : ERR_OK;
}

enum err satellite_read(const char *path, const struct satellite_reader *told, struct fault *f)
{
	struct reading r = { .told = told, .chunk = malloc(CHUNK) };
	if (r.chunk == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = read_any(&r, path, 0, f);
	free(r.chunk);
	free(r.line);
	if (err == ERR_OK && r.files == 0)
		return fault_set(f, ERR_MISSING, 0, "%s holds no file of a published scan", path);
	return err;
}
