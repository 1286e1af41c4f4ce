// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "lab/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = NULL;
	struct fault f = { 0 };

	if (world_read(span_of(data, size), "f", &w, &f) != ERR_OK) {
		assert(!w && strncmp(f.what, "f:", 2) == 0);
		return 0;
	}
	for (int i = 0; i < w->host_count; i++) {
		const struct world_host *h = &w->hosts[i];
		assert(h->router >= 0 && h->router < w->router_count && h->v4.family &&
		       h->v6.family);
		assert(world_host_find(w, h->name) == h);
		int host = h->gateway == WORLD_NONE ? i : h->gateway;
		assert(world_place_find(w, h->v6).host == host);
	}
	world_free(&w);
	return 0;
}
