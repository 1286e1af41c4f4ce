// SPDX-License-Identifier: Apache-2.0
//
// One row per option: from the table come the parser, the defaults, --help, the print-back and the
// table in the man page. The same rows serve a configuration file (`name = value`, `#` starts a
// comment) and a command line (`--name value`). This room does not know what an option is for.
#pragma once

#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/span.h"

enum conf_kind {
	CONF_BOOL,     // bool; yes/no, true/false, on/off, 1/0; on a command line alone means yes
	CONF_UINT,     // uint64_t, MIN..MAX
	CONF_REAL,     // double, MIN..MAX
	CONF_TEXT,     // char[SIZE]
	CONF_DURATION, // int64_t nanoseconds; 500ms, 10s, 5m, 2h, 7d; MIN..MAX in seconds
	CONF_SIZE,     // uint64_t bytes; 64K, 16M, 2G (powers of 1024); MIN..MAX in bytes
	CONF_ADDR,     // struct addr
	CONF_PREFIX,   // struct prefix
	CONF_LIST,     // struct conf_list: may be given several times, each adds an item
};

struct conf_list {
	char **items; // owned
	size_t count;
};

struct conf_option {
	const char *name; // NULL ends a table
	enum conf_kind kind;
	size_t offset; // into the caller's struct
	size_t size;   // of a CONF_TEXT field
	double min, max;
	const char *unset; // default as text, or NULL: field stays zero
	const char *value; // what help calls the value, e.g. "ADDRESS"
	const char *help;  // one sentence
};

#define CONF_ITEM_MAX 4096 // bytes of one value

// Sets every field of INTO to its default.
void conf_defaults(const struct conf_option *options, void *into);
void conf_wipe(const struct conf_option *options, void *into); // frees lists

// Sets one option from text. The fault names the option, the value and the range.
enum err conf_set(const struct conf_option *o, struct span value, void *into,
		  struct fault *f) MUSTUSE;

const struct conf_option *conf_find(const struct conf_option *options, struct span name);

// Reads a configuration text; faults say NAME:LINE. Unknown names are errors.
enum err conf_read(const struct conf_option *options, struct span text, const char *name,
		   void *into, struct fault *f) MUSTUSE;

// Prints every option with its present value; the output reads back to the same values.
void conf_print(const struct conf_option *options, const void *from, FILE *out);
