// SPDX-License-Identifier: Apache-2.0
#include "capture/fragments.h"

// Where those begin that have one place in common with H.
static size_t place(const struct ip_head *h)
{
	uint32_t x = h->id * 2654435761u ^ h->proto;
	for (size_t i = 0; i < sizeof(h->src.bytes); i++)
		x = (x ^ h->src.bytes[i] ^ (uint32_t)h->dst.bytes[i] << 8) * 16777619u;
	return (x >> 8) & (FRAGMENTS - FRAGMENT_WAYS);
}

static bool is_of(const struct fragment *k, const struct ip_head *h)
{
	return k->turn != 0 && k->id == h->id && k->proto == h->proto && addr_eq(k->src, h->src) &&
	       addr_eq(k->dst, h->dst);
}

void fragments_put(struct fragments *f, const struct ip_head *h, uint16_t sport, uint16_t dport)
{
	struct fragment *ways = &f->kept[place(h)], *oldest = ways;
	for (size_t i = 0; i < FRAGMENT_WAYS; i++) {
		if (is_of(&ways[i], h)) {
			oldest = &ways[i];
			break;
		}
		if (ways[i].turn < oldest->turn)
			oldest = &ways[i];
	}
	*oldest = (struct fragment){
		.src = h->src,
		.dst = h->dst,
		.id = h->id,
		.sport = sport,
		.dport = dport,
		.proto = h->proto,
		.turn = ++f->turn,
	};
}

bool fragments_find(const struct fragments *f, const struct ip_head *h, uint16_t *sport,
		    uint16_t *dport)
{
	const struct fragment *ways = &f->kept[place(h)];
	*sport = *dport = 0;
	for (size_t i = 0; i < FRAGMENT_WAYS; i++) {
		if (!is_of(&ways[i], h))
			continue;
		*sport = ways[i].sport;
		*dport = ways[i].dport;
		return true;
	}
	return false;
}
