// SPDX-License-Identifier: Apache-2.0
//
// A world as text on standard output: the true paths, the geolocation table, the names. Reads
// nothing but the world.
#pragma once

#include <stdio.h>

#include "lab/world.h"

// Every equal path from A to B: a table, or with JSON one line per alternative.
enum err show_path(const struct world *w, const char *a, const char *b, bool json, FILE *to,
		   struct fault *f) MUSTUSE;

// first,last,country,asn,as_name,latitude,longitude
enum err show_geo(const struct world *w, FILE *to) MUSTUSE;

// address,name
enum err show_names(const struct world *w, FILE *to) MUSTUSE;

// name,kind,country,v4,v6,at,app: which hosts there are; `at` is the router or the gateway
enum err show_hosts(const struct world *w, FILE *to) MUSTUSE;
