// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong. Thought returns `enum err`; deed returns the same and fills a `struct fault`
// with errno and one sentence that says what, where and what to do. Packets, disks, databases and
// people cause errors; only our own contradictions cause `assert`.
#pragma once

#include "base/macro.h"

enum err {
	ERR_OK = 0,
	ERR_SHORT,       // more bytes could cure it
	ERR_FORMAT,      // no more bytes could cure it
	ERR_RANGE,       // a value outside its stated bounds
	ERR_FULL,        // a named limit is reached
	ERR_STATE,       // the caller broke the contract
	ERR_IO,          // the system refused; see fault.sys
	ERR_MEMORY,      // no memory
	ERR_MISSING,     // not found
	ERR_EXISTS,      // there already
	ERR_AGAIN,       // nothing now, ask later
	ERR_TIMEOUT,     // the deadline passed
	ERR_REFUSED,     // policy says no
	ERR_AUTH,        // signature, key or identity is wrong
	ERR_PERMIT,      // the operating system does not permit it: capability or file mode
	ERR_USAGE,       // the command line or the configuration is wrong
	ERR_UNREACHABLE, // collector or database cannot be reached
	ERR_UNSUPPORTED, // valid, but not something this build or machine can do
	ERR_CORRUPT,     // stored bytes fail their check
	ERR_CANCELED,    // interrupted by a person
	ERR_COUNT_,
};

// A short constant name, e.g. "short". Never NULL.
const char *err_name(enum err err);

#define FAULT_TEXT 240 // one sentence; longer ones are cut

struct fault {
	enum err err;
	int sys; // errno, or 0
	char what[FAULT_TEXT];
};

// Fills F (which may be NULL) and returns ERR, so that a caller can write `return fault_set(...)`.
enum err fault_set(struct fault *f, enum err err, int sys, const char *format, ...) PRINTF(4, 5);

// Process exit status for an error (docs: waymark(1), EXIT STATUS).
int err_exit(enum err err);
