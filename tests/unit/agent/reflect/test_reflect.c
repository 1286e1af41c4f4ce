// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reflect/reflect.h"
#include "wire/dns.h"
#include "wire/dns_query.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define ZONE "whoami.example"

static struct addr addr(const char *text)
{
	struct addr a;
	assert_int_equal(addr_read(span_text(text), &a), ERR_OK);
	return a;
}

static struct reflect *make(double rate_net)
{
	const struct reflect_config c = {
		.rate = 100000, .rate_net = rate_net, .zone = ZONE, .ttl = 64
	};
	struct reflect *r = reflect_new(&c);
	assert_non_null(r);
	return r;
}

static bool ask(struct reflect *r, struct mono now, const struct reflect_seen *seen,
		enum reflect_kind kind, uint8_t token, struct reflect_answer *out)
{
	struct reflect_ask a = { .kind = kind, .token = { token } };
	uint8_t in[REFLECT_SIZE], room[REFLECT_SIZE];
	struct wr q = wr_of(in, sizeof(in)), w = wr_of(room, sizeof(room));
	reflect_ask_write(&q, &a);
	if (!reflect_hear(r, now, seen, wr_span(&q), &w))
		return false;
	assert_true(w.len <= q.len);
	assert_int_equal(reflect_answer_read(wr_span(&w), out), ERR_OK);
	return true;
}

static bool ask_name(struct reflect *r, struct mono now, const char *from, enum reflect_kind kind,
		     uint8_t token)
{
	struct reflect_ask a = { .kind = kind, .token = { token } };
	uint8_t in[512], room[512];
	struct wr q = wr_of(in, sizeof(in)), w = wr_of(room, sizeof(room));
	reflect_query_write(&q, &a, ZONE);
	bool said = reflect_hear_name(r, now, addr(from), wr_span(&q), &w);
	assert_true(w.len <= q.len);
	return said;
}

// What who asks from FROM for NAME hears: the address or text of its only record, or "".
static void ask_who(const char *from, const char *name, uint16_t type, char out[static 64])
{
	struct reflect *r = make(1000);
	struct dns_wire_name n;
	struct dns_walk walk;
	struct dns_record record;
	uint8_t in[512], room[512];
	struct wr q = wr_of(in, sizeof(in)), w = wr_of(room, sizeof(room));
	assert_int_equal(dns_name_read(span_text(name), &n), ERR_OK);
	assert_int_equal(dns_query_write(&q, &(struct dns_query){ .id = 77,
								  .name = span_of(n.bytes, n.len),
								  .type = type }),
			 ERR_OK);
	assert_true(reflect_hear_name(r, (struct mono){ NS_PER_S }, addr(from), wr_span(&q), &w));
	assert_true(w.len <= q.len + REFLECT_TOLD);
	assert_int_equal(dns_walk_init(&walk, wr_span(&w)), ERR_OK);
	assert_int_equal(walk.head.id, 77);
	snprintf(out, 64, "%s", walk.head.rcode == 0 ? "" : "refused");
	while (dns_record_next(&walk, &record)) {
		assert_int_equal(record.type, type);
		assert_int_equal(record.ttl, 0);
		if (type == DNS_TXT)
			snprintf(out, 64, "%.*s", (int)record.data.at[0], record.data.at + 1);
		else
			addr_write(addr_of(record.data), out);
	}
	assert_int_equal(walk.r.err, ERR_OK);
	reflect_free(&r);
}

static void who_asks_for_a_name_of_the_zone_is_told_his_address(void **state)
{
	(void)state;
	static const struct {
		const char *from, *name, *says;
		uint16_t type;
	} rows[] = {
		{ "198.18.4.53", "abcdefghijkl." ZONE ".", "198.18.4.53", DNS_A },
		{ "198.18.4.53", "a.B.WhoAmI.example.", "198.18.4.53", DNS_A },
		{ "198.18.4.53", ZONE ".", "198.18.4.53", DNS_A },
		{ "198.18.4.53", "x." ZONE ".", "", DNS_AAAA },
		{ "198.18.4.53", "x." ZONE ".", "198.18.4.53", DNS_TXT },
		{ "198.18.4.53", "x." ZONE ".", "", 2 },
		{ "2001:db8::53", "x." ZONE ".", "2001:db8::53", DNS_AAAA },
		{ "2001:db8::53", "x." ZONE ".", "", DNS_A },
		{ "2001:db8::53", "x." ZONE ".", "2001:db8::53", DNS_TXT },
		{ "198.18.4.53", "x.not" ZONE ".", "refused", DNS_A },
		{ "198.18.4.53", "example.", "refused", DNS_A },
		{ "198.18.4.53", ".", "refused", DNS_A },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char says[64];
		ask_who(rows[i].from, rows[i].name, rows[i].type, says);
		assert_string_equal(says, rows[i].says);
	}
}

static void a_phone_is_told_how_it_and_its_node_look(void **state)
{
	struct reflect *r = make(1000);
	struct mono now = { NS_PER_S };
	struct reflect_answer a;
	struct reflect_seen node = { addr("198.18.3.2"), 52000, 61, IP_UDP, { 0 } };
	struct reflect_seen phone = { addr("198.18.3.2"), 40000, 61, IP_UDP, { 0 } };
	(void)state;
	assert_true(ask(r, now, &phone, REFLECT_PHONE, 7, &a));
	assert_int_equal(a.node4.addr.family, 0); // not seen yet
	assert_true(ask(r, now, &node, REFLECT_NODE, 7, &a));
	node.from = addr("2001:db8:3::2");
	assert_true(ask(r, now, &node, REFLECT_NODE, 7, &a));
	assert_true(ask_name(r, now, "198.18.4.53", REFLECT_NODE, 7));
	assert_true(ask_name(r, now, "198.18.4.54", REFLECT_PHONE, 7));
	assert_true(ask(r, now, &phone, REFLECT_PHONE, 7, &a));
	assert_true(addr_eq(a.you.addr, phone.from));
	assert_int_equal(a.you.port, 40000);
	assert_int_equal(a.you.ttl, 61);
	assert_int_equal(a.node4.ttl, 61);
	assert_true(addr_eq(a.node6.addr, addr("2001:db8:3::2")));
	assert_true(addr_eq(a.resolver_node, addr("198.18.4.53")));
	assert_true(addr_eq(a.resolver_phone, addr("198.18.4.54")));
	// Another token's owner learns nothing of it, nor does a plain question.
	assert_true(ask(r, now, &phone, REFLECT_PHONE, 8, &a));
	assert_int_equal(a.node4.addr.family, 0);
	assert_true(ask(r, now, &phone, REFLECT_PLAIN, 7, &a));
	assert_int_equal(a.node4.addr.family, 0);
	now.ns += REFLECT_KEPT;
	assert_true(ask(r, now, &phone, REFLECT_PHONE, 7, &a));
	assert_int_equal(a.node4.addr.family, 0); // forgotten
	reflect_free(&r);
}

static void a_syn_comes_back_as_it_came(void **state)
{
	static const uint8_t options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
					   0, 1, 0, 0,   0, 0, 1, 3,  3, 7 };
	struct reflect *r = make(1000);
	struct reflect_answer a;
	struct reflect_seen seen = { addr("198.18.3.2"), 40000, 0, IP_TCP, { 0 } };
	struct addr to = addr("198.18.4.2");
	struct tcp_head tcp = { .sport = 40000,
				.dport = 5766,
				.flags = TCP_SYN,
				.window = 64240,
				.options = span_of(options, sizeof(options)) };
	struct ip_head ip = { .src = seen.from, .dst = to, .proto = IP_TCP, .ttl = 57 };
	uint8_t room[256];
	struct wr w = wr_of(room, sizeof(room));
	(void)state;
	assert_int_equal(ip_write(&w, &ip, TCP_HEAD + sizeof(options)), ERR_OK);
	assert_int_equal(tcp_write(&w, &ip.src, &ip.dst, &tcp), ERR_OK);
	seen.syn = wr_span(&w);
	assert_true(ask(r, (struct mono){ 1 }, &seen, REFLECT_PHONE, 1, &a));
	assert_int_equal(a.you.ttl, 57);
	assert_int_equal(a.window, 64240);
	assert_int_equal(a.syn_len, sizeof(options));
	assert_memory_equal(a.syn, options, sizeof(options));
	reflect_free(&r);
}

static void who_asks_too_much_is_not_answered(void **state)
{
	struct reflect *r = make(100);
	struct reflect_seen seen = { addr("198.18.3.2"), 40000, 61, IP_UDP, { 0 } };
	struct reflect_seen other = { addr("198.18.9.2"), 40000, 61, IP_UDP, { 0 } };
	struct mono now = { NS_PER_S };
	struct reflect_answer a;
	size_t said = 0;
	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		seen.from.bytes[3] = (uint8_t)(i % 250 + 1); // the whole /24 is one asker
		now.ns += NS_PER_MS;                         // ten seconds in all
		said += ask(r, now, &seen, REFLECT_PLAIN, 0, &a);
	}
	assert_in_range(said, 1000, 1110);
	assert_int_equal(reflect_count(r).refused, 10000 - said);
	assert_true(ask(r, now, &other, REFLECT_PLAIN, 0, &a));
	assert_false(ask_name(r, now, "198.18.3.9", REFLECT_NODE, 1) &&
		     ask_name(r, now, "198.18.3.9", REFLECT_NODE, 1));
	reflect_free(&r);
}

static void rubbish_is_not_answered(void **state)
{
	struct reflect *r = make(100);
	struct reflect_seen seen = { addr("198.18.3.2"), 40000, 61, IP_UDP, { 0 } };
	uint8_t in[REFLECT_SIZE] = "WMR0", room[512];
	struct wr w = wr_of(room, sizeof(room));
	(void)state;
	assert_false(reflect_hear(r, (struct mono){ 1 }, &seen, span_of(in, sizeof(in)), &w));
	assert_false(reflect_hear(r, (struct mono){ 1 }, &seen, span_of(in, 0), &w));
	assert_false(reflect_hear_name(r, (struct mono){ 1 }, seen.from, span_of(in, 20), &w));
	assert_int_equal(w.len, 0);
	assert_int_equal(reflect_count(r).strange, 3);
	reflect_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phone_is_told_how_it_and_its_node_look),
		cmocka_unit_test(who_asks_for_a_name_of_the_zone_is_told_his_address),
		cmocka_unit_test(a_syn_comes_back_as_it_came),
		cmocka_unit_test(who_asks_too_much_is_not_answered),
		cmocka_unit_test(rubbish_is_not_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
