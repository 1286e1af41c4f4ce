// SPDX-License-Identifier: Apache-2.0
#include "capture/fragments.h"

static size_t place(const struct ip_head *h)
{
	uint32_t x = h->id * 2654435761u ^ h->proto;
	for (size_t i = 0; i < sizeof(h->src.bytes); i++)
		x = (x ^ h->src.bytes[i] ^ (uint32_t)h->dst.bytes[i] << 8) * 16777619u;
	return (x >> 8) & (FRAGMENTS - 1);
}

void fragments_put(struct fragments *f, const struct ip_head *h, uint16_t sport, uint16_t dport)
{
	f->kept[place(h)] = (struct fragment){
		.src = h->src,
		.dst = h->dst,
		.id = h->id,
		.sport = sport,
		.dport = dport,
		.proto = h->proto,
	};
}

bool fragments_find(const struct fragments *f, const struct ip_head *h, uint16_t *sport,
		    uint16_t *dport)
{
	const struct fragment *k = &f->kept[place(h)];
	*sport = *dport = 0;
	if (k->id != h->id || k->proto != h->proto || !addr_eq(k->src, h->src) ||
	    !addr_eq(k->dst, h->dst))
		return false;
	*sport = k->sport;
	*dport = k->dport;
	return true;
}
