// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

#include <string.h>

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool span_within(struct span inner, struct span outer)
{
	if (inner.len == 0)
		return true;
	uintptr_t a = (uintptr_t)inner.at;
	uintptr_t b = (uintptr_t)outer.at;
	return a >= b && inner.len <= outer.len && a - b <= outer.len - inner.len;
}
