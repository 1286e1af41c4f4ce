// SPDX-License-Identifier: Apache-2.0
#include "keys/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/fd.h"
#include "sys/file.h"

#define KEYS_FILE_MAX 4096 // bytes of a key file

static enum err path_of(const char *dir, const char *name, const char *end,
			char out[static PATH_MAX], struct fault *f)
{
	int n = snprintf(out, PATH_MAX, "%s/%s.%s", dir, name, end);
	if (n < 0 || n >= PATH_MAX)
		return fault_set(f, ERR_RANGE, 0, "path too long: %.100s", dir);
	return ERR_OK;
}

// O_EXCL, not a rename: an existing secret must survive every mistake.
static enum err create(const char *path, mode_t mode, const char *text, struct fault *f)
{
	AUTO(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 && errno == EEXIST)
		return fault_set(f, ERR_EXISTS, 0,
				 "%s exists already; move it away to make new keys", path);
	if (fd < 0)
		return fault_set(f, errno == EACCES ? ERR_PERMIT : ERR_IO, errno,
				 "cannot create %s", path);
	enum err err = ERR_OK;
	if (fchmod(fd, mode) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot set the mode of %s", path);
	if (err == ERR_OK)
		err = fd_write_all(fd, span_text(text), f);
	if (err == ERR_OK && fsync(fd) != 0)
		err = fault_set(f, ERR_IO, errno, "cannot sync %s", path);
	if (err != ERR_OK)
		(void)unlink(path);
	return err;
}

enum err keys_store(const char *dir, const char *name, const char *kind,
		    const struct seal_secret *secret, struct fault *f)
{
	char path[PATH_MAX], text[SEAL_SECRET_TEXT];
	struct seal_public public;
	enum err err = dir_make(dir, 0700, f);
	if (err == ERR_OK)
		err = path_of(dir, name, "key", path, f);
	if (err != ERR_OK)
		return err;
	seal_secret_write(secret, kind, text);
	err = create(path, 0600, text, f);
	seal_wipe_bytes(text, sizeof(text));
	if (err == ERR_OK)
		err = path_of(dir, name, "pub", path, f);
	if (err != ERR_OK)
		return err;
	seal_public_of(secret, &public);
	char shown[SEAL_PUBLIC_TEXT];
	seal_public_write(&public, kind, shown);
	// A public file without its secret is of no use to anybody: replace it.
	return file_write(path, 0644, span_text(shown), f);
}

static enum err check_mode(int fd, const char *path, struct fault *f)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return fault_set(f, ERR_IO, errno, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
		return fault_set(f, ERR_PERMIT, 0, "%s may be read by others: chmod 600 it", path);
	return ERR_OK;
}

static enum err read_secret(int fd, const char *path, const char *kind, struct seal_secret *out,
			    struct fault *f)
{
	char text[KEYS_FILE_MAX];
	ssize_t n = read(fd, text, sizeof(text));
	enum err err = ERR_OK;
	if (n < 0)
		err = fault_set(f, ERR_IO, errno, "cannot read %s", path);
	else if (seal_secret_read(span_of(text, (size_t)n), kind, out) != ERR_OK)
		err = fault_set(f, ERR_FORMAT, 0, "%s is not a %s secret key file", path, kind);
	seal_wipe_bytes(text, sizeof(text));
	return err;
}

enum err keys_load(const char *dir, const char *name, const char *kind, struct seal_secret *out,
		   struct fault *f)
{
	char path[PATH_MAX];
	enum err err = path_of(dir, name, "key", path, f);
	if (err != ERR_OK)
		return err;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fault_set(f,
				 errno == ENOENT   ? ERR_MISSING
				 : errno == EACCES ? ERR_PERMIT
						   : ERR_IO,
				 errno, "cannot open %s", path);
	err = check_mode(fd, path, f);
	return err != ERR_OK ? err : read_secret(fd, path, kind, out, f);
}

enum err keys_load_public(const char *path, const char *kind, struct seal_public *out,
			  struct fault *f)
{
	char *text = NULL;
	size_t len = 0;
	enum err err = file_read(path, KEYS_FILE_MAX, &text, &len, f);
	if (err != ERR_OK)
		return err;
	if (seal_public_read(span_of(text, len), kind, out) != ERR_OK)
		err = fault_set(f, ERR_FORMAT, 0, "%s is not a %s public key file", path, kind);
	free(text);
	return err;
}
