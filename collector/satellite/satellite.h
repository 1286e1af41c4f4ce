// SPDX-License-Identifier: Apache-2.0
//
// Published Satellite scans as files: what enters is a name or a line as it stands; what leaves is
// the name it is known by, and a line that PostgreSQL takes as JSON. Pure; it knows no JSON beyond
// escapes, and not what the lines mean (that is SQL, migrate/0016_satellite_read.sql).
#pragma once

#include "base/err.h"
#include "base/span.h"

#define SATELLITE_NAME 64 // bytes of a file's name, NUL included

enum satellite_file {
	SATELLITE_OTHER, // nothing we read
	SATELLITE_KNOWN, // by its name
	SATELLITE_MAYBE, // JSON lines of another name: the raw form, if its first line says so
};

// PATH as it lies in a folder or in an archive. OUT is the name by which its lines are read:
// results.json; of the raw form, which has a file per country, the name without .json.
enum satellite_file satellite_file_find(const char *path, char out[static SATELLITE_NAME]);

// True for a line of the raw form.
bool satellite_line_raw(struct span line);

// In place and of the same length: escapes of U+0000 and of half surrogate pairs, which JSON allows
// and no database can hold, become U+FFFD.
void satellite_line_clean(uint8_t *line, size_t len);

// JSON without the blanks between its parts, in place; returns the new length.
size_t satellite_line_pack(char *line, size_t len);
