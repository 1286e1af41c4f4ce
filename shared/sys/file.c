// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

#define FILE_STEP 65536 // first size of the buffer that file_read grows

static enum err slurp(int fd, const char *path, size_t limit, char **out, size_t *len,
		      struct fault *f)
{
	size_t cap = FILE_STEP;
	char *buf = malloc(cap + 1);
	size_t used = 0;
	enum err err = buf == NULL ? fault_set(f, ERR_MEMORY, 0, "%s: no memory", path) : ERR_OK;
	while (err == ERR_OK) {
		ssize_t n = read(fd, buf + used, cap - used);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = fault_set(f, ERR_IO, errno, "cannot read %s", path);
			break;
		}
		used += (size_t)n;
		if (used > limit) {
			err = fault_set(f, ERR_FULL, 0, "%s is larger than %zu bytes", path, limit);
			break;
		}
		if (used < cap)
			continue;
		char *more = realloc(buf, 2 * cap + 1);
		if (more == NULL) {
			err = fault_set(f, ERR_MEMORY, 0, "%s: no memory", path);
			break;
		}
		buf = more;
		cap *= 2;
	}
	if (err != ERR_OK) {
		free(buf);
		return err;
	}
	buf[used] = '\0';
	*out = buf;
	*len = used;
	return ERR_OK;
}

enum err file_read(const char *path, size_t limit, char **out, size_t *len, struct fault *f)
{
	if (strcmp(path, "-") == 0)
		return slurp(STDIN_FILENO, "standard input", limit, out, len, f);
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f,
				 errno == ENOENT   ? ERR_MISSING
				 : errno == EACCES ? ERR_PERMIT
						   : ERR_IO,
				 errno, "cannot open %s", path);
	return slurp(fd, path, limit, out, len, f);
}

enum err dir_sync(const char *path, struct fault *f)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return fault_set(f, ERR_IO, errno, "cannot sync folder %s", path);
	return ERR_OK;
}

static enum err sync_parent(const char *path, struct fault *f)
{
	char dir[4096];
	snprintf(dir, sizeof(dir), "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash == NULL)
		return dir_sync(".", f);
	*(slash == dir ? slash + 1 : slash) = '\0';
	return dir_sync(dir, f);
}

static enum err write_temp(const char *temp, mode_t mode, struct span s, struct fault *f)
{
	AUTO(fd_close) int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0)
		return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno,
				 "cannot create %s", temp);
	if (fchmod(fd, mode) != 0)
		return fault_set(f, ERR_IO, errno, "cannot set the mode of %s", temp);
	enum err err = fd_write_all(fd, s, f);
	if (err == ERR_OK && fsync(fd) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot sync %s", temp);
	return err;
}

enum err file_write(const char *path, mode_t mode, struct span s, struct fault *f)
{
	char temp[4096];
	int n = snprintf(temp, sizeof(temp), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(temp))
		return fault_set(f, ERR_RANGE, 0, "path too long: %s", path);
	enum err err = write_temp(temp, mode, s, f);
	if (err == ERR_OK && rename(temp, path) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot rename %s to %s", temp, path);
	if (err != ERR_OK) {
		(void)unlink(temp);
		return err;
	}
	return sync_parent(path, f);
}

enum err dir_make(const char *path, mode_t mode, struct fault *f)
{
	char part[4096];
	int n = snprintf(part, sizeof(part), "%s", path);
	if (n <= 0 || (size_t)n >= sizeof(part))
		return fault_set(f, ERR_RANGE, 0, "bad folder path: %s", path);
	for (char *p = part + 1;; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char end = *p;
		*p = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno,
					 "cannot make folder %s", part);
		*p = end;
		if (end == '\0')
			return ERR_OK;
	}
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

enum err dir_remove(const char *path, struct fault *f)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		return fault_set(f, ERR_IO, errno, "cannot remove %s", path);
	return ERR_OK;
}
