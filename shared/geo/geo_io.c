// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sys/fd.h"

struct geo_file {
	struct geo table;
	void *at; // mapped
	size_t len;
};

static enum err map(const char *path, struct geo_file *file, struct fault *f)
{
	struct stat st;
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_MISSING : ERR_IO, errno, "cannot open %s",
				 path);
	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return fault_set(f, ERR_CORRUPT, errno, "%s is empty; import the table again",
				 path);
	file->len = (size_t)st.st_size;
	file->at = mmap(NULL, file->len, PROT_READ, MAP_SHARED, fd, 0);
	if (file->at != MAP_FAILED)
		return ERR_OK;
	file->at = NULL;
	return fault_set(f, ERR_IO, errno, "cannot map %s", path);
}

enum err geo_file_open(const char *path, struct geo_file **out, struct fault *f)
{
	struct geo_file *file = calloc(1, sizeof(*file));
	if (file == NULL)
		return fault_set(f, ERR_MEMORY, 0, "no memory");
	enum err err = map(path, file, f);
	if (err == ERR_OK) {
		err = geo_read(span_of(file->at, file->len), &file->table);
		if (err != ERR_OK)
			err = fault_set(f, ERR_CORRUPT, 0,
					"%s is no compiled table or damaged (%s); import it again",
					path, err_name(err));
	}
	if (err != ERR_OK)
		geo_file_close(&file);
	*out = file;
	return err;
}

void geo_file_close(struct geo_file **file)
{
	if (*file == NULL)
		return;
	if ((*file)->at != NULL)
		munmap((*file)->at, (*file)->len);
	free(*file);
	*file = NULL;
}

const struct geo *geo_file_table(const struct geo_file *file)
{
	return &file->table;
}
