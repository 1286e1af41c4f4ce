// SPDX-License-Identifier: Apache-2.0
//
// Two bytes of message type, then a message; what can be read is heard at both places.
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nat/nat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nat *table(void)
{
	static const uint64_t seed[2] = { 0 };
	static struct nat *n;
	if (n == NULL)
		n = nat_new(addr_v4(0xc6120001), (struct addr){ 0 }, seed);
	assert(n != NULL);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t type;
	struct nat_event e;
	struct nat_mapping m;
	if (size < sizeof(type))
		return 0;
	memcpy(&type, data, sizeof(type));
	if (nat_event_read(type, span_of(data + 2, size - 2), &e) != ERR_OK)
		return 0;
	assert(e.asked.a.family == e.asked.b.family && addr_bits(e.asked.a) != 0);
	assert(e.answered.a.family == e.answered.b.family && addr_bits(e.answered.a) != 0);
	nat_hear(table(), NAT_SPACE, &e, (struct wall){ 0 });
	nat_hear(table(), NAT_NODE, &e, (struct wall){ 0 });
	while (nat_next(table(), &m))
		assert(nat_ours(table(), &m.outer) && nat_find(table(), &m.inner, &m, 1) > 0);
	return 0;
}
