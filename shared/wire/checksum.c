// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.h"

#include "wire/be.h"

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint32_t checksum_add(uint32_t sum, struct span s)
{
	uint64_t wide = sum;
	size_t i = 0;
	for (; i + 2 <= s.len; i += 2)
		wide += be16_at(s.at + i);
	if (i < s.len)
		wide += (uint32_t)s.at[i] << 8;
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return fold((uint32_t)wide);
}

uint32_t checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto,
			 uint32_t len)
{
	uint32_t sum = checksum_add(0, addr_span(src));
	sum = checksum_add(sum, addr_span(dst));
	return sum + proto + (len >> 16) + (len & 0xffff);
}

uint16_t checksum_end(uint32_t sum)
{
	return (uint16_t)~fold(sum);
}

uint16_t checksum_swap(uint16_t check, uint16_t old, uint16_t new)
{
	return checksum_end((uint32_t)(uint16_t)~check + (uint16_t)~old + new);
}

uint16_t checksum_balance(uint16_t have, uint16_t want)
{
	return fold((uint32_t)(uint16_t)~want + have);
}
