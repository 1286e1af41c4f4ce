// SPDX-License-Identifier: Apache-2.0
#include "pg/sql_files.h"

#include <stddef.h>
#include <string.h>

const char *sql_file_find(const char *path)
{
	for (const struct sql_file *f = sql_files; f->path != NULL; f++)
		if (strcmp(f->path, path) == 0)
			return f->text;
	return NULL;
}
