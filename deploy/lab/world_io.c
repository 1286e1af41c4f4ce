// SPDX-License-Identifier: Apache-2.0
#include "lab/world_io.h"

#include <stdlib.h>

#include "sys/file.h"

enum err world_load(const char *path, struct world **out, struct fault *f)
{
	char *text = NULL;
	size_t len;
	enum err err = file_read(path, WORLD_FILE_MAX, &text, &len, f);

	*out = NULL;
	if (err != ERR_OK) {
		// A wrong file name is a wrong command line.
		return err == ERR_MEMORY ? err : ERR_USAGE;
	}
	err = world_read(span_of(text, len), path, out, f);
	free(text);
	return err;
}
