// SPDX-License-Identifier: Apache-2.0
#include "cli/route.h"

#include <math.h>
#include <string.h>

#define NONE    SIZE_MAX
#define UNKNOWN ((double)NAN)

// Columns of path_traces and path_hops.
enum { T_PATH, T_SIDE, T_NODE, T_STREAM, T_SEQ, T_ITEM, T_DST, T_REACHED, T_FAMILY, T_PORT };
enum { T_COUNTRY = 10, T_ASN, T_AS_NAME };
enum { H_PATH, H_SIDE, H_NODE, H_STREAM, H_SEQ, H_ITEM, H_TTL, H_ADDR, H_NAME, H_ASN };
enum { H_AS_NAME = 10, H_COUNTRY, H_SOURCE, H_RTT };

// How sure a country is: a person said so; one table said so and nothing was checked.
#define BY_PERSON 1.0
#define BY_TABLE  0.5

static bool is_network(const struct pg_rows *traces, size_t t)
{
	return strcmp(pg_rows_text(traces, t, T_PATH), "network") == 0;
}

// The first trace of that kind and side; DST and FAMILY if given.
static size_t trace_find(const struct pg_rows *traces, bool network, int side,
			 const struct addr *dst, int family)
{
	for (size_t t = 0; t < pg_rows_count(traces); t++) {
		if (is_network(traces, t) != network || pg_rows_int(traces, t, T_SIDE) != side)
			continue;
		if (dst != NULL && !addr_eq(pg_rows_addr(traces, t, T_DST), *dst))
			continue;
		if (family == 0 || pg_rows_int(traces, t, T_FAMILY) == family)
			return t;
	}
	return NONE;
}

static void hop_put(struct route *r, const struct route_hop *hop)
{
	if (r->count < ROUTE_HOPS)
		r->hop[r->count++] = *hop;
}

static struct route_hop hop_of(const struct pg_rows *hops, size_t h)
{
	const char *source = pg_rows_text(hops, h, H_SOURCE);
	return (struct route_hop){
		.side = (int)pg_rows_int(hops, h, H_SIDE),
		.ttl = (int)pg_rows_int(hops, h, H_TTL),
		.addr = pg_rows_addr(hops, h, H_ADDR),
		.name = pg_rows_text(hops, h, H_NAME),
		.asn = pg_rows_text(hops, h, H_ASN),
		.as_name = pg_rows_text(hops, h, H_AS_NAME),
		.country = pg_rows_text(hops, h, H_COUNTRY),
		.confidence = source == NULL                    ? UNKNOWN
			      : strcmp(source, "override") == 0 ? BY_PERSON
								: BY_TABLE,
		.rtt_ms = pg_rows_null(hops, h, H_RTT) ? UNKNOWN : pg_rows_real(hops, h, H_RTT),
	};
}

static bool same_trace(const struct pg_rows *traces, size_t t, const struct pg_rows *hops, size_t h)
{
	for (int i = T_NODE; i <= T_ITEM; i++)
		if (pg_rows_int(traces, t, (size_t)i) != pg_rows_int(hops, h, (size_t)i))
			return false;
	return true;
}

// The hops of one trace in order.
static void leg_read(const struct pg_rows *traces, size_t t, const struct pg_rows *hops,
		     struct route *out)
{
	out->count = 0;
	for (size_t h = 0; t != NONE && h < pg_rows_count(hops); h++) {
		if (!same_trace(traces, t, hops, h))
			continue;
		struct route_hop hop = hop_of(hops, h);
		hop_put(out, &hop);
	}
}

// A trace that did not reach the server leaves a gap; that the server stands at its end is known.
static void leg_finish(const struct pg_rows *traces, size_t t, struct route *leg)
{
	if (t == NONE || pg_rows_bool(traces, t, T_REACHED))
		return;
	int side = (int)pg_rows_int(traces, t, T_SIDE);
	struct route_hop gap = { .side = side, .confidence = UNKNOWN, .rtt_ms = UNKNOWN };
	struct route_hop server = { .side = side,
				    .addr = pg_rows_addr(traces, t, T_DST),
				    .country = pg_rows_text(traces, t, T_COUNTRY),
				    .asn = pg_rows_text(traces, t, T_ASN),
				    .as_name = pg_rows_text(traces, t, T_AS_NAME),
				    .rtt_ms = UNKNOWN };
	server.confidence = server.country != NULL ? BY_TABLE : UNKNOWN;
	if (leg->count == 0 || leg->hop[leg->count - 1].addr.family != 0)
		hop_put(leg, &gap);
	hop_put(leg, &server);
}

// The server that both sides use, if there is one; else each side's strongest.
static void choose(const struct routes *r, const struct pg_rows *traces, size_t *a, size_t *b)
{
	*a = trace_find(traces, false, r->side_a, NULL, 0);
	*b = trace_find(traces, false, r->side_b, NULL, 0);
	for (size_t t = 0; t < pg_rows_count(traces); t++) {
		if (is_network(traces, t) || pg_rows_int(traces, t, T_SIDE) != r->side_a)
			continue;
		struct addr dst = pg_rows_addr(traces, t, T_DST);
		size_t other = trace_find(traces, false, r->side_b, &dst, 0);
		if (other == NONE)
			continue;
		*a = t;
		*b = other;
		return;
	}
}

// Sender to server, then back along the receiver's own path: assumed symmetric.
static void join(struct routes *r, const struct pg_rows *traces, const struct pg_rows *hops,
		 size_t a, size_t b)
{
	struct route back;
	leg_read(traces, a, hops, &r->application);
	leg_finish(traces, a, &r->application);
	leg_read(traces, b, hops, &back);
	leg_finish(traces, b, &back);
	bool met = r->server_a.family != 0 && addr_eq(r->server_a, r->server_b);
	for (size_t i = back.count; i-- > 0;)
		if (!(met && addr_eq(back.hop[i].addr, r->server_b)))
			hop_put(&r->application, &back.hop[i]);
}

void route_join(struct routes *r, struct pg_rows *traces, const struct pg_rows *hops)
{
	size_t a, b;
	choose(r, traces, &a, &b);
	r->server_a = a != NONE ? pg_rows_addr(traces, a, T_DST) : (struct addr){ 0 };
	r->server_b = b != NONE ? pg_rows_addr(traces, b, T_DST) : (struct addr){ 0 };
	r->one_side = (a == NONE) != (b == NONE);
	join(r, traces, hops, a, b);
	int family = r->server_a.family != 0 ? r->server_a.family : r->server_b.family;
	size_t ab = trace_find(traces, true, r->side_a, NULL, family);
	size_t ba = trace_find(traces, true, r->side_b, NULL, family);
	ab = ab != NONE ? ab : trace_find(traces, true, r->side_a, NULL, 0);
	ba = ba != NONE ? ba : trace_find(traces, true, r->side_b, NULL, 0);
	leg_read(traces, ab, hops, &r->direct_ab);
	leg_read(traces, ba, hops, &r->direct_ba);
}
