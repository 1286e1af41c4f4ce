// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int status;
} errs[] = {
	[ERR_OK] = { "ok", 0 },
	[ERR_SHORT] = { "short", 1 },
	[ERR_FORMAT] = { "format", 1 },
	[ERR_RANGE] = { "range", 2 },
	[ERR_FULL] = { "full", 1 },
	[ERR_STATE] = { "state", 1 },
	[ERR_IO] = { "io", 1 },
	[ERR_MEMORY] = { "memory", 1 },
	[ERR_MISSING] = { "missing", 4 },
	[ERR_EXISTS] = { "exists", 1 },
	[ERR_AGAIN] = { "again", 1 },
	[ERR_TIMEOUT] = { "timeout", 6 },
	[ERR_REFUSED] = { "refused", 7 },
	[ERR_AUTH] = { "auth", 1 },
	[ERR_PERMIT] = { "permit", 1 },
	[ERR_USAGE] = { "usage", 2 },
	[ERR_UNREACHABLE] = { "unreachable", 5 },
	[ERR_UNSUPPORTED] = { "unsupported", 1 },
	[ERR_CORRUPT] = { "corrupt", 1 },
	[ERR_CANCELED] = { "canceled", 130 },
};

static_assert(COUNT(errs) == ERR_COUNT_, "every error has a name and an exit status");

const char *err_name(enum err err)
{
	return (size_t)err < COUNT(errs) ? errs[err].name : "unknown";
}

int err_exit(enum err err)
{
	return (size_t)err < COUNT(errs) ? errs[err].status : 1;
}

enum err fault_set(struct fault *f, enum err err, int sys, const char *format, ...)
{
	if (f == NULL)
		return err;
	f->err = err;
	f->sys = sys;
	va_list args;
	va_start(args, format);
	vsnprintf(f->what, sizeof(f->what), format, args);
	va_end(args);
	if (sys != 0) {
		size_t len = strlen(f->what);
		char text[96];
		snprintf(f->what + len, sizeof(f->what) - len, ": %s",
			 strerror_r(sys, text, sizeof(text)));
	}
	return err;
}
