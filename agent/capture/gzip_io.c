// SPDX-License-Identifier: Apache-2.0
#include "capture/gzip_io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <zlib.h>

#define ROOM (128 << 10)

static ssize_t on_read(void *self, char *to, size_t len)
{
	return gzread(self, to, (unsigned)(len < ROOM ? len : ROOM));
}

static int on_seek(void *self, off_t *offset, int whence)
{
	z_off_t at = gzseek(self, *offset, whence);
	if (at < 0)
		return -1;
	*offset = at;
	return 0;
}

static int on_close(void *self)
{
	return gzclose(self) == Z_OK ? 0 : EOF;
}

static bool is_packed(FILE *file)
{
	uint8_t magic[2] = { 0 };
	if (fseek(file, 0, SEEK_SET) != 0)
		return false;
	size_t got = fread(magic, 1, sizeof(magic), file);
	rewind(file);
	return got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

FILE *gzip_open(FILE *file)
{
	const cookie_io_functions_t io = { .read = on_read, .seek = on_seek, .close = on_close };
	if (!is_packed(file))
		return file;
	int fd = dup(fileno(file));
	fclose(file);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	gzFile packed = fd >= 0 ? gzdopen(fd, "rb") : NULL;
	if (packed == NULL) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	gzbuffer(packed, ROOM);
	FILE *inside = fopencookie(packed, "r", io);
	if (inside == NULL)
		gzclose(packed);
	return inside;
}
