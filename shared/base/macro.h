// SPDX-License-Identifier: Apache-2.0
//
// The few words every file may use. No code, no state.
#pragma once

#include <stddef.h>

// The result of the call must be looked at.
#define MUSTUSE __attribute__((warn_unused_result))

// printf-like: argument F is the format, V the first variable argument.
#define PRINTF(f, v) __attribute__((format(printf, f, v)))

// A local that owns: AUTO(spool_close) struct spool *s = NULL;
// FREE takes a pointer to the local, as every x_free and x_close does.
#define AUTO(free)   __attribute__((cleanup(free)))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
