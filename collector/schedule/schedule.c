// SPDX-License-Identifier: Apache-2.0
#include "schedule/schedule.h"

#include <stdio.h>
#include <string.h>

// Messages are spread over this part of the run, per cent: the apps open before, receipts and
// traces come after.
#define MESSAGES_FROM 20
#define MESSAGES_TO   75

// BASE + N, as one big number; what overflows is lost.
static struct addr addr_plus(struct addr base, uint64_t n)
{
	size_t len = base.family == 4 ? 4 : 16;
	for (size_t i = len; i-- > 0 && n > 0;) {
		n += base.bytes[i];
		base.bytes[i] = (uint8_t)n;
		n >>= 8;
	}
	return base;
}

// Blocks of four addresses that POOL holds, at most 2^32.
static uint64_t blocks(struct prefix pool)
{
	int bits = addr_bits(pool.addr) - pool.bits - 2;
	return bits < 0 ? 0 : bits > 32 ? 1ull << 32 : 1ull << bits;
}

enum err schedule_tunnel(const struct schedule_pool *pool, uint64_t serial, int side,
			 struct tunnel_order *out)
{
	uint64_t n = serial * 2 + (uint64_t)(side - 1);
	uint64_t have4 = blocks(pool->tunnel4), have6 = blocks(pool->tunnel6);
	if (pool->tunnel4.addr.family != 4 || pool->tunnel6.addr.family != 6 || have4 == 0 ||
	    have6 == 0 || pool->port_first == 0 || pool->port_first > UINT16_MAX - SCHEDULE_PORTS)
		return ERR_RANGE;
	struct addr four = addr_plus(pool->tunnel4.addr, n % have4 * 4);
	struct addr six = addr_plus(pool->tunnel6.addr, n % have6 * 4);
	memset(out, 0, sizeof(*out));
	out->vantage4 = addr_plus(four, 1);
	out->gateway4 = addr_plus(four, 2);
	out->vantage6 = addr_plus(six, 1);
	out->gateway6 = addr_plus(six, 2);
	out->port = (uint16_t)(pool->port_first + n % SCHEDULE_PORTS);
	out->mtu = pool->mtu;
	return ERR_OK;
}

static size_t side_of(enum schedule_part part)
{
	return part == SCHEDULE_VANTAGE_1 || part == SCHEDULE_GATEWAY_1 ? 0 : 1;
}

static bool is_vantage(enum schedule_part part)
{
	return part == SCHEDULE_VANTAGE_1 || part == SCHEDULE_VANTAGE_2;
}

const struct schedule_node *schedule_node_of(const struct schedule_run *run,
					     enum schedule_part part)
{
	const struct schedule_side *side = &run->side[side_of(part)];
	return is_vantage(part) ? &side->vantage : &side->phone.gateway;
}

// ICMP to each address of the other node; a self pair has no direct path.
static enum err direct(const struct schedule_run *run, size_t side, struct arena *arena,
		       struct order *out)
{
	const struct schedule_node *other = &run->side[1 - side].vantage;
	const struct addr addrs[] = { other->address4, other->address6 };
	if (other->id == run->side[side].vantage.id)
		return ERR_OK;
	out->targets = arena_take(arena, COUNT(addrs) * sizeof(*out->targets));
	if (out->targets == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < COUNT(addrs); i++)
		if (addrs[i].family != 0)
			out->targets[out->target_count++] =
				(struct target){ .addr = addrs[i],
						 .method = TRACE_ICMP,
						 .peer = span_text(other->name) };
	return ERR_OK;
}

// "r12-m3", and with APP the whole text "r12-m3 via threema".
static struct span text(struct arena *arena, uint64_t serial, size_t number, const char *app)
{
	char buf[SCHEDULE_TEXT_MAX * 2];
	int n = snprintf(buf, sizeof(buf), "r%llu-m%zu%s%s", (unsigned long long)serial, number,
			 app != NULL ? " via " : "", app != NULL ? app : "");
	char *kept = n < 0 || (size_t)n >= sizeof(buf) ? NULL
						       : arena_text(arena, span_of(buf, (size_t)n));
	return kept == NULL ? (struct span){ 0 } : span_text(kept);
}

// Both gateways get the whole list: each knows what to send and what to wait for.
static enum err messages(const struct schedule_run *run, struct arena *arena, struct order *out)
{
	size_t count = strcmp(run->app, "none") == 0 ? 0 : 2 * (size_t)run->messages;
	if (count > ORDER_MESSAGES_MAX)
		return ERR_FULL;
	uint64_t from = (uint64_t)run->length_ms * MESSAGES_FROM / 100;
	uint64_t wide = (uint64_t)run->length_ms * (MESSAGES_TO - MESSAGES_FROM) / 100;
	for (size_t i = 0; i < count; i++) {
		struct planned_message *m = &out->messages[i];
		m->id = text(arena, run->serial, i + 1, NULL);
		m->text = text(arena, run->serial, i + 1, run->app);
		m->from_side = i % 2 == 0 ? 1 : 2;
		m->offset_ms = (uint32_t)(from + wide * i / (count > 1 ? count - 1 : 1));
		if (m->id.at == NULL || m->text.at == NULL)
			return ERR_MEMORY;
	}
	out->message_count = count;
	return ERR_OK;
}

// A vantage node without an address is behind NAT, as gateways are.
static struct addr endpoint_of(const struct schedule_node *v)
{
	return v->address4.family != 0 ? v->address4 : v->address6;
}

static void vantage_part(const struct schedule_side *side, struct order *out)
{
	out->kind = ORDER_VANTAGE;
	out->tunnel.other = span_text(side->phone.gateway.name);
	out->tunnel.meet = endpoint_of(&side->vantage).family == 0;
	memcpy(out->tunnel.peer_key, side->phone.gateway.wireguard, sizeof(out->tunnel.peer_key));
}

static void gateway_part(const struct schedule_run *run, size_t s, struct order *out)
{
	const struct schedule_side *side = &run->side[s];
	const struct schedule_node *v = &side->vantage;
	out->kind = ORDER_GATEWAY;
	memcpy(out->tunnel.peer_key, v->wireguard, sizeof(out->tunnel.peer_key));
	out->tunnel.endpoint = endpoint_of(v);
	out->tunnel.other = span_text(v->name);
	out->tunnel.meet = out->tunnel.endpoint.family == 0;
	out->phone = span_text(side->phone.name);
	out->account = span_text(side->phone.account);
	out->peer_account = span_text(run->side[1 - s].phone.account);
}

enum err schedule_order(const struct schedule_run *run, enum schedule_part part,
			struct arena *arena, struct order *out)
{
	size_t s = side_of(part);
	const struct schedule_side *side = &run->side[s];
	memset(out, 0, sizeof(*out));
	out->run = run->id;
	out->side = (uint8_t)(s + 1);
	out->app = span_text(run->app);
	out->start = run->start;
	out->length_ms = run->length_ms;
	out->audience[0] = span_text(schedule_node_of(run, part)->name);
	out->audience_count = 1;
	enum err err = schedule_tunnel(&run->pool, run->serial, (int)s + 1, &out->tunnel);
	if (err != ERR_OK)
		return err;
	out->tunnel.phone4 = side->phone.address4;
	out->tunnel.phone6 = side->phone.address6;
	if (is_vantage(part)) {
		vantage_part(side, out);
		return direct(run, s, arena, out);
	}
	gateway_part(run, s, out);
	return messages(run, arena, out);
}
