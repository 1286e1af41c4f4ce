// SPDX-License-Identifier: Apache-2.0
//
// A compiled table in a file: mapped, checked once, then read in place.
#pragma once

#include "geo/geo.h"

struct geo_file;

enum err geo_file_open(const char *path, struct geo_file **out, struct fault *f) MUSTUSE;
void geo_file_close(struct geo_file **file);
const struct geo *geo_file_table(const struct geo_file *file);
