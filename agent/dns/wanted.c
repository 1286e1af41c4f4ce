// SPDX-License-Identifier: Apache-2.0
#include "dns/wanted.h"

#include <stdlib.h>

#include "base/table.h"

struct dns_wanted {
	uint64_t *put;                   // server, name; until the end
	uint32_t *names, *first, *asked; // ASKED: how many servers each name
	size_t count, cap;
	uint32_t servers;
};

struct dns_wanted *dns_wanted_new(void)
{
	return calloc(1, sizeof(struct dns_wanted));
}

void dns_wanted_free(struct dns_wanted **out)
{
	struct dns_wanted *w = *out;
	if (w == NULL)
		return;
	free(w->put);
	free(w->names);
	free(w->first);
	free(w->asked);
	free(w);
	*out = NULL;
}

enum err dns_wanted_put(struct dns_wanted *w, uint32_t server, uint32_t name)
{
	if (w->count == UINT32_MAX)
		return ERR_FULL;
	if (w->count == w->cap) {
		size_t want = w->cap == 0 ? 1024 : w->cap + w->cap / 2;
		uint64_t *more = realloc(w->put, want * sizeof(*more));
		if (more == NULL)
			return ERR_MEMORY;
		w->put = more;
		w->cap = want;
	}
	w->put[w->count++] = (uint64_t)server << 32 | name;
	return ERR_OK;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

enum err dns_wanted_end(struct dns_wanted *w, uint32_t servers, uint32_t names, size_t *doubles)
{
	size_t put = w->count;
	w->names = calloc(put + 1, sizeof(*w->names));
	w->first = calloc((size_t)servers + 1, sizeof(*w->first));
	w->asked = calloc((size_t)names + 1, sizeof(*w->asked));
	if (w->names == NULL || w->first == NULL || w->asked == NULL)
		return ERR_MEMORY;
	if (put > 0)
		qsort(w->put, put, sizeof(*w->put), compare);
	w->count = 0;
	w->servers = servers;
	for (size_t i = 0; i < put; i++) {
		if (i > 0 && w->put[i] == w->put[i - 1])
			continue;
		w->names[w->count++] = (uint32_t)w->put[i];
		w->asked[(uint32_t)w->put[i]]++;
		w->first[(w->put[i] >> 32) + 1] = (uint32_t)w->count;
	}
	for (uint32_t s = 0; s < servers; s++)
		if (w->first[s + 1] == 0)
			w->first[s + 1] = w->first[s];
	*doubles = put - w->count;
	free(w->put);
	w->put = NULL;
	return ERR_OK;
}

size_t dns_wanted_count(const struct dns_wanted *w)
{
	return w->count;
}

uint32_t dns_wanted_first(const struct dns_wanted *w, uint32_t server)
{
	return w->first[server];
}

uint32_t dns_wanted_name(const struct dns_wanted *w, uint32_t pair)
{
	return w->names[pair];
}

uint32_t dns_wanted_servers(const struct dns_wanted *w, uint32_t name)
{
	return w->asked[name];
}

uint32_t dns_wanted_find(const struct dns_wanted *w, uint32_t server, uint32_t name)
{
	uint32_t low = w->first[server], high = w->first[server + 1];
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (w->names[middle] <= name)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t dns_wanted_hash(const struct dns_wanted *w)
{
	static const uint64_t seed[2] = { 9, 10 };
	const struct span names = span_of((const uint8_t *)w->names, w->count * sizeof(*w->names));
	const struct span first =
		span_of((const uint8_t *)w->first, ((size_t)w->servers + 1) * sizeof(*w->first));
	return table_hash(seed, names) ^ table_hash(seed, first) * 3;
}
