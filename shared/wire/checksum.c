// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.h"

#include <endian.h>
#include <string.h>

#include "wire/be.h"

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

// Summed as the machine reads words, turned round once at the end (RFC 1071, 2 B).
uint32_t checksum_add(uint32_t sum, struct span s)
{
	uint64_t wide = 0, word;
	uint32_t half;
	size_t i = 0;
	for (; i + 8 <= s.len; i += 8) {
		memcpy(&word, s.at + i, 8);
		wide += word;
		wide += wide < word;
	}
	if (i + 4 <= s.len) {
		memcpy(&half, s.at + i, 4);
		wide += half;
		wide += wide < half;
		i += 4;
	}
	if (i < s.len) {
		half = 0;
		memcpy(&half, s.at + i, s.len - i);
		wide += half;
		wide += wide < half;
	}
	wide = (wide & 0xffffffff) + (wide >> 32);
	wide = (wide & 0xffffffff) + (wide >> 32);
	return fold((uint32_t)be16toh(fold((uint32_t)wide)) + fold(sum));
}

static uint32_t words4(const uint8_t *p)
{
	return (uint32_t)be16_at(p) + be16_at(p + 2);
}

uint32_t checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto,
			 uint32_t len)
{
	uint32_t sum;
	if (src->family == 4)
		sum = words4(src->bytes) + words4(dst->bytes);
	else
		sum = checksum_add(checksum_add(0, addr_span(src)), addr_span(dst));
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
