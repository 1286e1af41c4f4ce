// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "lab/edge.h"
#include "lab/sim.h"
#include "wire/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "world w\nas 1 one\n"
			   "router a as=1 country=DE at=1,1\nrouter b as=1 country=DE at=1,1\n"
			   "link a b mtu=1280\n"
			   "host x kind=v router=a\nhost y kind=v router=b\n";

// A frame as host 0 would send it. Whatever comes out is whole and for a host.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *w;
	static struct sim *s;
	static int64_t now;
	struct edge_answer answer;
	struct sim_packet got;
	struct ip_head ip;
	struct span in = span_of(data, size), packet = in;

	if (!w && world_read(span_of(text, sizeof(text) - 1), "t", &w, NULL) != ERR_OK)
		return 0;
	if (!s)
		s = sim_new(w, 1);
	struct edge e = edge_of(0, w->routers[0].v4, w->routers[0].v6);
	enum edge_kind kind = edge_hear(&e, in, &packet, &answer);
	assert(kind != EDGE_ANSWER || answer.len <= sizeof(answer.bytes));
	assert(span_within(packet, in));
	sim_hear(s, 0, packet, (struct mono){ now += NS_PER_MS });
	sim_tick(s, (struct mono){ now + NS_PER_S });
	while (sim_next(s, &got))
		assert(got.host < w->host_count && ip_read(got.bytes, &ip) == ERR_OK);
	return 0;
}
