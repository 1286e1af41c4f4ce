// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "msg/order.h"

#include "proto/order.pb-c.h"

#define TEXT(s)                                                                                    \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

static uint8_t room[ORDER_SIZE_MAX];

static struct target targets[] = {
	{ { 4, { 198, 18, 1, 1 } }, 443, TRACE_TCP_SYN, TEXT("") },
	{ { 6, { 0x20, 1, 0xd, 0xb8 } }, 0, TRACE_ICMP, TEXT("nyc-1") },
};

static struct fetch_order fetches[] = {
	{ { 4, { 198, 18, 1, 1 } }, TEXT("a.example"), PAGE_TEST },
	{ { 6, { 0x20, 1, 0xd, 0xb8 } }, TEXT("b.example"), PAGE_CONTROL },
};

static struct path_wish wishes[] = {
	{ { 4, { 198, 18, 1, 1 } }, TEXT("a.example") },
	{ { 6, { 0x20, 1, 0xd, 0xb8 } }, TEXT("b.example") },
};

static void make(struct order *o, enum order_kind kind)
{
	*o = (struct order){
		.id = { { 1 } },
		.serial = 70000,
		.audience = { TEXT("fra-1"), TEXT("fra-2") },
		.audience_count = 2,
		.not_before = { 5 },
		.expires = { 1795298400123456789 },
		.run = { { 2 } },
		.kind = kind,
		.side = 2,
		.app = TEXT("wechat"),
		.start = { 9 },
		.length_ms = 60000,
		.tunnel = { .peer_key = { 7, 7 },
			    .endpoint = { 4, { 198, 18, 0, 1 } },
			    .port = 52000,
			    .vantage4 = { 4, { 198, 19, 0, 1 } },
			    .gateway4 = { 4, { 198, 19, 0, 2 } },
			    .phone6 = { 6, { 0x20, 1, 0xd, 0xb8 } },
			    .mtu = 1420,
			    .other = TEXT("zurich"),
			    .meet = true },
		.phone = TEXT("pixel"),
		.account = TEXT("alice"),
		.peer_account = TEXT("bob"),
		.messages = { { TEXT("m1"), 1, 500, TEXT("hello") },
			      { TEXT("m2"), 2, 0, TEXT("") } },
		.message_count = 2,
		.targets = targets,
		.target_count = COUNT(targets),
		.limits = { .max_ttl = 40,
			    .attempts = 3,
			    .wait_ms = 2000,
			    .share_s = 60,
			    .again = 1,
			    .tos = 184,
			    .sport = 61007,
			    .flow_label = 0x100000,
			    .pmtu = true },
		.graph = { GRAPH_FULL, 990000, 5000 },
		.dns = { .resolvers4 = TEXT("\1\2\3\4\5\6\7\10"),
			 .resolvers6 = TEXT("0123456789abcdef"),
			 .domains = TEXT("a.example\nb.example"),
			 .types = { 1, 28 },
			 .type_count = 2,
			 .control = TEXT("c.example"),
			 .profile = DNS_V2_2,
			 .repetitions = 3,
			 .transport = DNS_TCP,
			 .options = DNS_RECURSE | DNS_EDNS | DNS_NSID | DNS_DO | DNS_SUBNET,
			 .kind = DNS_KIND_NOBODY,
			 .listen_ms = 3000,
			 .subnet = { { .family = 4, .bytes = { 198, 18, 1 } }, 24 },
			 .size = 4096,
			 .first_repetition = 6,
			 .reserved = true },
		.discover = { .prefixes4 = TEXT("\306\22\0\0\17"),
			      .addrs4 = TEXT("\306\22\0\1\2\306\22\0\2\0"),
			      .control = TEXT("c.example"),
			      .right4 = TEXT("\306\22\0\1"),
			      .whoami = TEXT("*.w.example"),
			      .nothing = TEXT("n.example"),
			      .rounds = 3,
			      .every_ms = 10000,
			      .wait_ms = 500,
			      .reserved = true },
		.fetches = fetches,
		.fetch_count = COUNT(fetches),
		.path = { .wishes = wishes,
			  .count = COUNT(wishes),
			  .control = TEXT("c.example"),
			  .type = 28,
			  .options = DNS_RECURSE,
			  .hops = 20,
			  .attempts = 3,
			  .wait_ms = 900,
			  .reserved = true },
		.body_limit = 4096,
		.rate = 77,
		.withdraw = TEXT("0123456789abcdef0123456789ABCDEF"),
	};
}

static void check_dns(const struct dns_order *a, const struct dns_order *b)
{
	assert_true(span_eq(a->resolvers4, b->resolvers4));
	assert_true(span_eq(a->resolvers6, b->resolvers6));
	assert_true(span_eq(a->domains, b->domains));
	assert_int_equal(a->type_count, b->type_count);
	assert_memory_equal(a->types, b->types, sizeof(a->types));
	assert_true(span_eq(a->control, b->control));
	assert_int_equal(a->profile, b->profile);
	assert_int_equal(a->repetitions, b->repetitions);
	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->options, b->options);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->listen_ms, b->listen_ms);
	assert_true(addr_eq(a->subnet.addr, b->subnet.addr));
	assert_int_equal(a->subnet.bits, b->subnet.bits);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->first_repetition, b->first_repetition);
	assert_int_equal(a->reserved, b->reserved);
}

static void check_path(const struct path_order *a, const struct path_order *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_true(addr_eq(a->wishes[i].addr, b->wishes[i].addr));
		assert_true(span_eq(a->wishes[i].domain, b->wishes[i].domain));
	}
	assert_true(span_eq(a->control, b->control));
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->options, b->options);
	assert_int_equal(a->hops, b->hops);
	assert_int_equal(a->attempts, b->attempts);
	assert_int_equal(a->reserved, b->reserved);
	assert_int_equal(a->wait_ms, b->wait_ms);
}

static void check_discover(const struct discover_order *a, const struct discover_order *b)
{
	assert_true(span_eq(a->prefixes4, b->prefixes4));
	assert_true(span_eq(a->addrs4, b->addrs4));
	assert_true(span_eq(a->control, b->control));
	assert_true(span_eq(a->right4, b->right4));
	assert_true(span_eq(a->whoami, b->whoami));
	assert_true(span_eq(a->nothing, b->nothing));
	assert_int_equal(a->rounds, b->rounds);
	assert_int_equal(a->every_ms, b->every_ms);
	assert_int_equal(a->wait_ms, b->wait_ms);
	assert_int_equal(a->reserved, b->reserved);
}

static void check_scan(const struct order *a, const struct order *b)
{
	assert_int_equal(a->rate, 77);
	if (a->kind == ORDER_DNS)
		check_dns(&a->dns, &b->dns);
	if (a->kind == ORDER_DISCOVER)
		check_discover(&a->discover, &b->discover);
	if (a->kind == ORDER_PATH)
		check_path(&a->path, &b->path);
	if (a->kind != ORDER_FETCH)
		return;
	assert_int_equal(a->body_limit, 4096);
	assert_int_equal(a->fetch_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(addr_eq(a->fetches[i].addr, b->fetches[i].addr));
		assert_true(span_eq(a->fetches[i].domain, b->fetches[i].domain));
		assert_int_equal(a->fetches[i].role, b->fetches[i].role);
	}
}

static void orders_of_every_kind_come_back(void **state)
{
	(void)state;
	static uint8_t again[ORDER_SIZE_MAX];
	static struct order o, got;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	for (enum order_kind kind = ORDER_NONE; kind <= ORDER_WITHDRAW; kind++) {
		struct wr w = wr_of(room, sizeof(room));
		make(&o, kind);
		assert_int_equal(order_write(&w, &o), ERR_OK);
		Waymark__Order *pb = waymark__order__unpack(NULL, w.len, room);
		assert_non_null(pb);
		assert_int_equal(waymark__order__pack(pb, again), w.len);
		assert_memory_equal(again, room, w.len);
		waymark__order__free_unpacked(pb, NULL);
		assert_int_equal(order_read(wr_span(&w), &arena, &got), ERR_OK);
		assert_int_equal(got.kind, kind);
		assert_int_equal(got.serial, o.serial);
		assert_int_equal(got.audience_count, 2);
		assert_true(span_eq(got.audience[1], o.audience[1]));
		if (kind >= ORDER_DNS && kind <= ORDER_PATH)
			check_scan(&got, &o);
		if (kind == ORDER_WITHDRAW)
			assert_true(span_eq(got.withdraw, o.withdraw));
		if (kind == ORDER_VANTAGE || kind == ORDER_GATEWAY) {
			assert_true(span_eq(got.tunnel.other, o.tunnel.other));
			got.tunnel.other = o.tunnel.other;
			assert_memory_equal(&got.tunnel, &o.tunnel, sizeof(o.tunnel));
			assert_true(span_eq(got.app, o.app));
			assert_int_equal(got.start.ns, 9);
		}
		if (kind == ORDER_GATEWAY) {
			assert_int_equal(got.message_count, 2);
			assert_true(span_eq(got.messages[0].text, o.messages[0].text));
			assert_true(span_eq(got.peer_account, o.peer_account));
		}
		if (kind == ORDER_VANTAGE || kind == ORDER_TRACE || kind == ORDER_GRAPH) {
			assert_int_equal(got.target_count, 2);
			assert_true(span_eq(got.targets[1].peer, targets[1].peer));
			assert_int_equal(got.limits.max_ttl, 40);
			assert_int_equal(got.limits.share_s, 60);
			assert_int_equal(got.limits.again, 1);
			assert_int_equal(got.limits.tos, 184);
			assert_int_equal(got.limits.sport, 61007);
			assert_int_equal(got.limits.flow_label, 0x100000);
			assert_true(got.limits.pmtu);
		}
		if (kind == ORDER_GRAPH)
			assert_memory_equal(&got.graph, &o.graph, sizeof(o.graph));
	}
	arena_wipe(&arena);
}

static enum err read_back(const struct order *o, struct arena *arena)
{
	static struct order got;
	struct wr w = wr_of(room, sizeof(room));
	assert_int_equal(order_write(&w, o), ERR_OK);
	return order_read(wr_span(&w), arena, &got);
}

static void ranges_are_checked(void **state)
{
	(void)state;
	static struct order o;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	make(&o, ORDER_VANTAGE);
	o.side = 3;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_VANTAGE);
	o.limits.max_ttl = 200;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_VANTAGE);
	o.tunnel.vantage4 = o.tunnel.phone6;
	assert_int_equal(read_back(&o, &arena), ERR_FORMAT);
	make(&o, ORDER_VANTAGE);
	o.tunnel.mtu = 100;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_GATEWAY);
	o.messages[0].from_side = 0;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_TRACE);
	memset(&o.id, 0, sizeof(o.id));
	assert_int_equal(read_back(&o, &arena), ERR_FORMAT);
	make(&o, ORDER_GRAPH);
	o.graph.confidence_ppm = 1000000;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_GRAPH);
	o.graph.mode = GRAPH_MODE_COUNT;
	assert_int_equal(read_back(&o, &arena), ERR_UNSUPPORTED);
	make(&o, ORDER_GRAPH);
	o.limits.max_ttl = 64;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_TRACE);
	o.limits.again = TRACE_TRIES_MAX + 2;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_TRACE);
	o.limits.flow_label = TRACE_LABEL_MAX + 2;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_DNS);
	o.dns.resolvers4.len = 7;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_DNS);
	o.dns.profile = DNS_PROFILE_COUNT;
	assert_int_equal(read_back(&o, &arena), ERR_UNSUPPORTED);
	make(&o, ORDER_DNS);
	o.dns.options = DNS_RECURSE | DNS_DO; // DO without OPT
	o.dns.subnet.addr.family = 0;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_DNS);
	o.dns.options &= ~(uint32_t)DNS_SUBNET;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_DNS);
	o.dns.subnet.bits = 33;
	assert_int_equal(read_back(&o, &arena), ERR_FORMAT);
	make(&o, ORDER_DNS);
	o.dns.options |= 128;
	assert_int_equal(read_back(&o, &arena), ERR_UNSUPPORTED);
	make(&o, ORDER_DNS);
	o.dns.size = 511;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_PATH);
	o.path.hops = 65;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_PATH);
	o.path.options = DNS_DO;
	assert_int_equal(read_back(&o, &arena), ERR_UNSUPPORTED);
	make(&o, ORDER_DISCOVER);
	o.discover.prefixes4 = span_text("\306\22\1\1\41"); // 33 bits
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_FETCH);
	o.body_limit = UINT32_MAX;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_WITHDRAW);
	o.withdraw.len = 31;
	assert_int_equal(read_back(&o, &arena), ERR_RANGE);
	make(&o, ORDER_TRACE);
	arena_wipe(&arena);
	arena_init(&arena, 64);
	assert_int_equal(read_back(&o, &arena), ERR_FULL);
	arena_wipe(&arena);
}

static void a_signed_order_keeps_its_bytes(void **state)
{
	(void)state;
	static const uint8_t key[32] = { 1 }, signature[64] = { 2 };
	struct signed_order s = { span_text("body"), span_of(key, 32), span_of(signature, 64) },
			    got;
	struct wr w = wr_of(room, sizeof(room));
	struct arena arena;
	arena_init(&arena, 1 << 20);
	assert_int_equal(signed_order_write(&w, &s), ERR_OK);
	assert_int_equal(signed_order_read(wr_span(&w), &arena, &got), ERR_OK);
	assert_true(span_eq(got.body, s.body) && span_eq(got.key, s.key) &&
		    span_eq(got.signature, s.signature));
	for (size_t i = 0; i < w.len; i++)
		assert_int_not_equal(signed_order_read(span_of(room, i), &arena, &got), ERR_OK);
	arena_wipe(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_of_every_kind_come_back),
		cmocka_unit_test(ranges_are_checked),
		cmocka_unit_test(a_signed_order_keeps_its_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
