// SPDX-License-Identifier: Apache-2.0
#include "node/bursts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"

struct history {
	size_t count;
	struct {
		struct wall at;
		uint64_t so_far;
	} items[FLOW_BURSTS_MAX];
};

struct bursts {
	struct table *flows; // flow, as table_key has it -> struct history
};

// No padding, so that equal flows are equal bytes; the same whichever side spoke first.
struct table_key {
	uint8_t low[17], high[17], proto, spare;
	uint16_t low_port, high_port;
};

static_assert(sizeof(struct table_key) == 40, "no padding in a key");

static void put_side(uint8_t to[static 17], struct addr a)
{
	to[0] = a.family;
	memcpy(to + 1, a.bytes, 16);
}

static struct table_key key_of(const struct flow_key *k)
{
	struct table_key key = { .proto = k->proto };
	int order = addr_cmp(k->a, k->b);
	bool swap = order > 0 || (order == 0 && k->aport > k->bport);
	put_side(key.low, swap ? k->b : k->a);
	put_side(key.high, swap ? k->a : k->b);
	key.low_port = swap ? k->bport : k->aport;
	key.high_port = swap ? k->aport : k->bport;
	return key;
}

struct bursts *bursts_new(size_t flows, const uint64_t seed[2])
{
	struct bursts *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return NULL;
	b->flows = table_new(sizeof(struct table_key), sizeof(struct history), flows, seed);
	if (b->flows == NULL)
		bursts_free(&b);
	return b;
}

void bursts_free(struct bursts **b)
{
	if (*b == NULL)
		return;
	table_free(&(*b)->flows);
	free(*b);
	*b = NULL;
}

void bursts_hear(struct bursts *b, const struct flow_key *flow, struct wall at, uint64_t so_far)
{
	struct table_key key = key_of(flow);
	struct history *h = table_put(b->flows, &key, NULL);
	if (h == NULL || h->count == FLOW_BURSTS_MAX)
		return;
	h->items[h->count].at = at;
	h->items[h->count++].so_far = so_far;
}

size_t bursts_find(const struct bursts *b, const struct flow_key *flow, struct wall first,
		   uint64_t total, struct flow_burst out[static FLOW_BURSTS_MAX])
{
	struct table_key key = key_of(flow);
	const struct history *h = table_find(b->flows, &key);
	if (h == NULL)
		return 0;
	for (size_t i = 0; i < h->count; i++) {
		uint64_t end = i + 1 < h->count ? h->items[i + 1].so_far : total;
		uint64_t bytes = end > h->items[i].so_far ? end - h->items[i].so_far : 0;
		out[i].after_ns = h->items[i].at.ns - first.ns;
		out[i].bytes = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
	}
	return h->count;
}
