// SPDX-License-Identifier: Apache-2.0
#include "cli/campaign.h"

#include <stdlib.h>

enum err campaign_new(size_t nodes, size_t apps, const int64_t *regions, uint64_t again,
		      struct campaign *out)
{
	size_t most = apps * (nodes * (nodes + 1) / 2);
	*out = (struct campaign){ .tasks = calloc(most > 0 ? most : 1, sizeof(*out->tasks)),
				  .again = again };
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
	bool first_free = false;
	for (size_t i = 0; i < c->count; i++) {
		struct campaign_task *t = &c->tasks[i];
		if (t->begun || (first != NULL && t->failures > first->failures))
			continue;
		bool fresher = first == NULL || t->failures < first->failures;
		bool free = (fresher || !first_free) && !shares_node(t, running, slots);
		if (!fresher && !free)
			continue;
		first = t;
		first_free = free;
	}
	return first;
}

void campaign_begin(struct campaign *c, struct campaign_task *t)
{
	t->begun = true;
	c->begun++;
}

bool campaign_fail(struct campaign *c, struct campaign_task *t)
{
	if (++t->failures > c->again)
		return false;
	t->begun = false;
	c->begun--;
	return true;
}
