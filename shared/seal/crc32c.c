// SPDX-License-Identifier: Apache-2.0
#include "seal/crc32c_machine.h"
#include "seal/seal.h"

// Four bits at a time: the polynomial is 0x1edc6f41, reflected 0x82f63b78.
static uint32_t by_nibbles(uint32_t crc, struct span s)
{
	static const uint32_t of[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	for (; s.len > 0; s.at++, s.len--) {
		crc ^= *s.at;
		crc = crc >> 4 ^ of[crc & 15];
		crc = crc >> 4 ^ of[crc & 15];
	}
	return crc;
}

uint32_t seal_crc32c(uint32_t seed, struct span in)
{
	return ~(crc32c_machine_has() ? crc32c_machine(~seed, in) : by_nibbles(~seed, in));
}

uint32_t seal_crc32c_plain(uint32_t seed, struct span in)
{
	return ~by_nibbles(~seed, in);
}
