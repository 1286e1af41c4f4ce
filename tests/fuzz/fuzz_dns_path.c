// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "dns/path.h"
#include "msg/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Bytes as a sequence of: wait, hear this, hear an ICMP error, hear of a socket's error. Whatever
// comes, each path leaves once, as a record that keeps its rules and can be read.
static struct dns_list *servers, *names;
static struct pace *pace;

static void set_up(void)
{
	static const uint64_t seed[2] = { 1, 2 };
	static const char *const s[] = { "198.18.0.1", "2001:db8::1" };
	const struct pace_limits limits = { .targets = 16 };
	servers = dns_list_new(8, seed);
	names = dns_list_new(8, seed);
	pace = pace_new(&limits);
	for (size_t i = 0; i < 2; i++) {
		struct dns_server server;
		assert(dns_server_read(span_text(s[i]), &server) == ERR_OK);
		assert(dns_list_put_server(servers, server) == ERR_OK);
	}
	assert(dns_list_put_name(names, span_text("a.b")) == ERR_OK);
}

static void look_at(const struct dns_pair_record *r)
{
	static uint8_t room[BATCH_RECORD_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct dns_path_finding f;
	assert(dns_pair_check(r) == ERR_OK);
	assert(record_write_dns_pair(&out, r) == ERR_OK);
	dns_path_read(r, &f);
	assert(f.reached <= DNS_PATH_FULL && f.injector <= DNS_PATH_FULL);
	assert(f.control_hop <= f.reached && f.test_hop <= f.reached);
	assert(!f.injected || f.test_hop > 0);
}

struct last {
	struct dns_want want;
	uint8_t question[DNS_QUERY_MAX];
};

static uint64_t ask(struct dns_paths *p, struct mono now, struct last *last)
{
	struct dns_want w;
	uint64_t records = 0;
	while (dns_paths_next(p, now, &w) != DNS_WANT_NOTHING) {
		if (w.kind == DNS_WANT_RECORD) {
			look_at(w.record);
			records++;
			continue;
		}
		assert(w.ttl > 0 && w.message.len <= sizeof(last->question));
		last->want = w;
		memcpy(last->question, w.message.at, w.message.len);
		last->want.message.at = last->question;
	}
	return records;
}

// The first byte says how much of the question the packet repeats, which of the tries it is for,
// and from whom it comes.
static void hear(struct dns_paths *p, struct mono now, struct rd *r, const struct last *last)
{
	uint8_t how = rd_u8(r), len = rd_u8(r), m[DNS_QUERY_MAX + 256];
	struct span rest = rd_span(r, len < rd_left(r) ? len : rd_left(r));
	size_t copy = (how & 1) != 0 ? last->want.message.len : how & 2;
	const struct addr to = last->want.to.addr;
	if (copy > last->want.message.len)
		copy = last->want.message.len;
	memcpy(m, last->question, copy);
	if (copy > 3)
		m[2] |= 0x80;
	if (copy > 1)
		m[1] ^= how >> 5; // of a try before, or after
	if (rest.len > 0)
		memcpy(m + copy, rest.at, rest.len);
	const struct addr from = (how & 8) != 0 && to.family == 4 ? addr_v4(0xc6120909) : to;
	const struct dns_heard h = { .port_index = last->want.port_index + ((how & 4u) >> 2),
				     .from = from,
				     .from_port = 53,
				     .ttl = how,
				     .ip_id = how,
				     .message = span_of(m, copy + rest.len) };
	const struct dns_icmp i = { .port_index = h.port_index,
				    .id = (uint16_t)(copy > 1 ? m[0] << 8 | m[1] : how),
				    .asked = to,
				    .from = from,
				    .ttl = how,
				    .error = (enum dns_error)(len % DNS_ERROR_COUNT),
				    .message = rest };
	if ((how & 16) == 0)
		dns_paths_hear(p, now, &h);
	else
		dns_paths_icmp(p, now, &i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	struct last last = { 0 };
	struct mono now = { NS_PER_S };
	uint64_t records = 0;
	struct fault f;
	if (servers == NULL)
		set_up();
	uint8_t first = rd_u8(&r);
	const struct dns_path_config c = { .servers = servers,
					   .names = names,
					   .type = DNS_A,
					   .control = span_text("k"),
					   .options = DNS_RECURSE | (first & 1 ? DNS_EDNS : 0u),
					   .hops = (uint8_t)(1 + (first >> 2)),
					   .attempts = 1 + (first >> 1 & 1),
					   .ports = 1 + (first & 1),
					   .timeout_ns = NS_PER_S,
					   .listen_ns = NS_PER_S,
					   .pace = pace,
					   .seed = first,
					   .now = now };
	struct dns_paths *p;
	assert(dns_paths_new(&c, &p, &f) == ERR_OK);
	records += ask(p, now, &last);
	while (rd_left(&r) > 0) {
		uint8_t op = rd_u8(&r);
		if ((op & 3) == 0) {
			now.ns += op * 10 * NS_PER_MS;
			dns_paths_tick(p, now);
		} else if ((op & 3) == 1) {
			dns_paths_fail(p, last.want.handle, (enum dns_error)(op % DNS_ERROR_COUNT));
		} else {
			hear(p, now, &r, &last);
		}
		records += ask(p, now, &last);
	}
	for (int i = 0; i < 1000 && !dns_paths_done(p); i++) {
		now.ns += NS_PER_S;
		dns_paths_tick(p, now);
		records += ask(p, now, &last);
	}
	assert(dns_paths_done(p) && records == 2);
	dns_paths_free(&p);
	return 0;
}
