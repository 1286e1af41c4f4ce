// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "lab/crowd_part.h"
#include "lab/names.h"

#define NAMES_MAX 65536

static const uint64_t seed[2] = { 0x6e616d65, 0x73 };

struct holder {
	struct addr v4, v6;
};

struct crowd_names {
	const struct world *w;
	struct table *forward; // hash of a name -> struct holder
	struct table *back;    // struct addr -> hash of where its name begins, see name_of
};

// Whose name an address has: one host, router, or member of a crowd.
struct owner {
	int kind; // 0 router, 1 host, 2 crowd
	int at, member;
};

static bool forward_put(struct crowd_names *n, const char *name, struct addr a)
{
	uint64_t hash = table_hash(seed, span_text(name));
	struct holder *h = table_put(n->forward, &hash, NULL);

	if (h && a.family == 4)
		h->v4 = a;
	if (h && a.family == 6)
		h->v6 = a;
	return h != NULL;
}

static bool name_put(struct crowd_names *n, const char *name, struct addr a, struct owner o,
		     bool confirmed)
{
	struct owner *back = a.family ? table_put(n->back, &a, NULL) : NULL;

	if (!a.family || !name[0])
		return true;
	if (back)
		*back = o;
	return back && (!confirmed || forward_put(n, name, a));
}

static bool places_put(struct crowd_names *n)
{
	const struct world *w = n->w;
	char name[NAMES_NAME_MAX];
	bool good = true;

	for (int i = 0; i < w->router_count; i++) {
		struct owner o = { 0, i, 0 };
		names_host(w->routers[i].name, name);
		good &= name_put(n, name, w->routers[i].v4, o, true);
		good &= name_put(n, name, w->routers[i].v6, o, true);
	}
	for (int i = 0; i < w->host_count; i++) {
		struct owner o = { 1, i, 0 };
		names_host(w->hosts[i].name, name);
		good &= name_put(n, name, w->hosts[i].v4, o, true);
		good &= name_put(n, name, w->hosts[i].v6, o, true);
	}
	return good;
}

static bool crowds_put(struct crowd_names *n)
{
	bool good = true;

	for (int i = 0; i < n->w->crowd_count; i++) {
		const struct world_crowd *c = &n->w->crowds[i];
		for (int k = 0; k < c->count && good; k++) {
			char name[WORLD_PTR_MAX];
			struct owner o = { 2, i, k };
			world_crowd_ptr(c, k, name);
			good = name_put(n, name, world_crowd_addr(c, k), o, !c->unconfirmed);
		}
	}
	return good;
}

struct crowd_names *crowd_names_new(const struct world *w)
{
	struct crowd_names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->w = w;
	n->forward = table_new(sizeof(uint64_t), sizeof(struct holder), NAMES_MAX, seed);
	n->back = table_new(sizeof(struct addr), sizeof(struct owner), NAMES_MAX, seed);
	if (!n->forward || !n->back || !places_put(n) || !crowds_put(n))
		crowd_names_free(&n);
	return n;
}

void crowd_names_free(struct crowd_names **n)
{
	if (!*n)
		return;
	table_free(&(*n)->forward);
	table_free(&(*n)->back);
	free(*n);
	*n = NULL;
}

static bool reverse4(struct span rest, struct addr *out)
{
	uint32_t v4 = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t byte;
		if (text_u64(text_cut(&rest, '.'), 0, 255, &byte) != ERR_OK)
			return false;
		v4 |= (uint32_t)byte << (8 * i);
	}
	*out = addr_v4(v4);
	return !rest.at;
}

static bool reverse6(struct span rest, struct addr *out)
{
	uint8_t bytes[16] = { 0 };

	for (int i = 0; i < 32; i++) {
		static const char digits[] = "0123456789abcdef";
		struct span one = text_cut(&rest, '.');
		const char *digit = one.len == 1 ? strchr(digits, one.at[0]) : NULL;
		if (!digit || !*digit)
			return false;
		bytes[15 - i / 2] |= (uint8_t)((digit - digits) << (i % 2 ? 4 : 0));
	}
	*out = addr_of(span_of(bytes, sizeof(bytes)));
	return !rest.at;
}

// The address that a name below in-addr.arpa or ip6.arpa is about.
static bool read_reverse(const char *name, struct addr *out)
{
	static const struct {
		const char *end;
		bool (*read)(struct span, struct addr *);
	} trees[] = { { ".in-addr.arpa", reverse4 }, { ".ip6.arpa", reverse6 } };
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(trees); i++) {
		size_t end = strlen(trees[i].end);
		if (len > end && strcmp(name + len - end, trees[i].end) == 0)
			return trees[i].read(span_of(name, len - end), out);
	}
	return false;
}

static void owner_name(const struct crowd_names *n, const struct owner *o,
		       char out[static WORLD_PTR_MAX])
{
	if (o->kind == 2)
		world_crowd_ptr(&n->w->crowds[o->at], o->member, out);
	else
		names_host(o->kind ? n->w->hosts[o->at].name : n->w->routers[o->at].name, out);
}

static int ptr_write(const struct crowd_names *n, const struct ask *a, struct addr of, uint32_t ttl,
		     struct wr *records)
{
	const struct owner *o = table_find(n->back, &of);
	uint8_t room[DNS_NAME + 1];
	struct wr data = wr_of(room, sizeof(room));
	char name[WORLD_PTR_MAX];

	if (!o)
		return -1;
	if (a->type != DNS_PTR && a->type != CROWD_ANY)
		return 0;
	owner_name(n, o, name);
	ask_name_write(&data, name);
	wr_u16(records, ASK_NAME);
	wr_u16(records, DNS_PTR);
	wr_u16(records, 1);
	wr_u32(records, ttl);
	wr_u16(records, (uint16_t)data.len);
	wr_bytes(records, wr_span(&data));
	return 1;
}

int crowd_names_write(const struct crowd_names *n, const struct ask *a, uint32_t ttl,
		      struct wr *records)
{
	uint64_t hash = table_hash(seed, span_text(a->name));
	const struct holder *h = table_find(n->forward, &hash);
	struct addr of;
	int count = 0;

	if (read_reverse(a->name, &of))
		return ptr_write(n, a, of, ttl, records);
	if (!h)
		return -1;
	if (h->v4.family && (a->type == DNS_A || a->type == CROWD_ANY)) {
		ask_addr_write(records, h->v4, ttl);
		count++;
	}
	if (h->v6.family && (a->type == DNS_AAAA || a->type == CROWD_ANY)) {
		ask_addr_write(records, h->v6, ttl);
		count++;
	}
	return count;
}
