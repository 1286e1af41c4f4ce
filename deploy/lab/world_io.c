// SPDX-License-Identifier: Apache-2.0
#include "lab/world_io.h"

#include <stdlib.h>

#include "sys/file.h"

enum err world_file(const char *path, char **text, size_t *len, struct fault *f)
{
	enum err err = file_read(path, WORLD_FILE_MAX, text, len, f);

	if (err == ERR_OK || err == ERR_MEMORY)
		return err;
	// A wrong file name is a wrong command line.
	f->err = ERR_USAGE;
	return ERR_USAGE;
}

enum err world_load(const char *path, struct world **out, struct fault *f)
{
	char *text = NULL;
	size_t len;
	enum err err = world_file(path, &text, &len, f);

	*out = NULL;
	if (err == ERR_OK)
		err = world_read(span_of(text, len), path, out, f);
	free(text);
	return err;
}
