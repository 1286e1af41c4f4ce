// SPDX-License-Identifier: Apache-2.0
#include "cli/campaign.h"

#include <stdlib.h>

enum err campaign_new(size_t nodes, size_t apps, const int64_t *regions, struct campaign *out)
{
	size_t most = apps * (nodes * (nodes + 1) / 2);
	*out = (struct campaign){ .tasks = calloc(most > 0 ? most : 1, sizeof(*out->tasks)) };
	if (out->tasks == NULL)
		return ERR_MEMORY;
	for (size_t a = 0; a < nodes; a++)
		for (size_t b = a; b < nodes; b++)
			for (size_t app = 0; app < apps; app++) {
				if (regions != NULL && regions[a] != regions[b])
					continue;
				out->tasks[out->count++] = (struct campaign_task){
					.a = (uint16_t)a, .b = (uint16_t)b, .app = (uint16_t)app
				};
			}
	return ERR_OK;
}

void campaign_wipe(struct campaign *c)
{
	free(c->tasks);
	*c = (struct campaign){ 0 };
}

static bool shares_node(const struct campaign_task *t, struct campaign_task *const *running,
			size_t slots)
{
	for (size_t i = 0; i < slots; i++) {
		const struct campaign_task *r = running[i];
		if (r != NULL && (r->a == t->a || r->a == t->b || r->b == t->a || r->b == t->b))
			return true;
	}
	return false;
}

struct campaign_task *campaign_next(struct campaign *c, struct campaign_task *const *running,
				    size_t slots)
{
	struct campaign_task *first = NULL;
	for (size_t i = 0; i < c->count; i++) {
		struct campaign_task *t = &c->tasks[i];
		if (t->begun)
			continue;
		if (first == NULL)
			first = t;
		if (!shares_node(t, running, slots))
			return t;
	}
	return first;
}
