// SPDX-License-Identifier: Apache-2.0
#include "discover/space.h"

#include <stdlib.h>

#include "base/table.h"

#define ROUNDS 6

// By address, the wider first: what follows a prefix and lies in it is inside it.
static int compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = addr_cmp(x->addr, y->addr);
	return order != 0 ? order : (int)x->bits - (int)y->bits;
}

enum err space_init(struct space *s, const struct prefix *p, size_t count, const uint64_t seed[2])
{
	*s = (struct space){ .seed = { seed[0], seed[1] } };
	if (count > SPACE_PREFIXES)
		return ERR_FULL;
	for (size_t i = 0; i < count; i++)
		s->prefixes[i] = p[i];
	qsort(s->prefixes, count, sizeof(*s->prefixes), compare);
	for (size_t i = 0; i < count; i++) {
		struct prefix x = s->prefixes[i];
		unsigned free_bits = addr_bits(x.addr) - x.bits;
		if (s->count > 0 && prefix_holds(s->prefixes[s->count - 1], x.addr))
			continue;
		if (free_bits > 40 || s->addrs + (1ULL << free_bits) > SPACE_ADDRS_MAX)
			return ERR_FULL;
		s->first[s->count] = s->addrs;
		s->prefixes[s->count++] = x;
		s->addrs += 1ULL << free_bits;
	}
	s->half_bits = 1;
	while (s->addrs > 1ULL << 2 * s->half_bits)
		s->half_bits++;
	return ERR_OK;
}

static uint64_t turn(const struct space *s, uint64_t v)
{
	uint64_t mask = (1ULL << s->half_bits) - 1;
	uint64_t left = v >> s->half_bits, right = v & mask;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t in[2] = { round, right };
		uint64_t next = left ^ (table_hash(s->seed, span_of(in, sizeof(in))) & mask);
		left = right;
		right = next;
	}
	return left << s->half_bits | right;
}

static struct addr address_in(struct prefix p, uint64_t offset)
{
	struct addr a = p.addr;
	for (unsigned byte = addr_bits(a) / 8; offset > 0; offset >>= 8) {
		byte--;
		a.bytes[byte] = (uint8_t)(a.bytes[byte] | (offset & 0xff));
	}
	return a;
}

struct addr space_at(const struct space *s, uint64_t i)
{
	size_t low = 0, high = s->count;
	do
		i = turn(s, i);
	while (i >= s->addrs);
	while (high - low > 1) {
		size_t mid = (low + high) / 2;
		if (s->first[mid] <= i)
			low = mid;
		else
			high = mid;
	}
	return address_in(s->prefixes[low], i - s->first[low]);
}
