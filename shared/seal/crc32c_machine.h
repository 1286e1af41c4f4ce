// SPDX-License-Identifier: Apache-2.0
//
// CRC32C by the machine's own instruction, where there is one. Takes and gives the register, not
// the complemented value.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

#if defined(__x86_64__)

static inline bool crc32c_machine_has(void)
{
	return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) static inline uint32_t crc32c_machine(uint32_t crc, struct span s)
{
	uint64_t wide = crc;
	for (; s.len >= 8; s.at += 8, s.len -= 8) {
		uint64_t v;
		memcpy(&v, s.at, sizeof(v));
		wide = __builtin_ia32_crc32di(wide, v);
	}
	crc = (uint32_t)wide;
	for (; s.len > 0; s.at++, s.len--)
		crc = __builtin_ia32_crc32qi(crc, *s.at);
	return crc;
}

#else

static inline bool crc32c_machine_has(void)
{
	return false;
}

static inline uint32_t crc32c_machine(uint32_t crc, struct span s)
{
	(void)s;
	return crc;
}

#endif
