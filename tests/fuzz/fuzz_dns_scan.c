// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "dns/scan.h"
#include "msg/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Bytes as a sequence of: wait, ask, hear this of whom, hear an ICMP error. Whatever comes, each
// pair leaves once, as a record that keeps its rules.
static struct dns_list *servers, *names;
static struct pace *pace;

static void set_up(void)
{
	static const uint64_t seed[2] = { 1, 2 };
	static const char *const s[] = { "198.18.0.1", "2001:db8::1" }, *const n[] = { "a.b", "c" };
	const struct pace_limits limits = { .targets = 16 };
	servers = dns_list_new(8, seed);
	names = dns_list_new(8, seed);
	pace = pace_new(&limits);
	for (size_t i = 0; i < 2; i++) {
		struct dns_server at;
		assert(dns_server_read(span_text(s[i]), &at) == ERR_OK);
		assert(dns_list_put_server(servers, at) == ERR_OK);
		assert(dns_list_put_name(names, span_text(n[i])) == ERR_OK);
	}
}

static uint64_t ask(struct dns_scan *s, struct mono now, struct dns_want *last)
{
	static uint8_t room[BATCH_RECORD_MAX], question[DNS_QUERY_MAX];
	struct dns_want w;
	uint64_t records = 0;
	while (dns_scan_next(s, now, &w) != DNS_WANT_NOTHING) {
		if (w.kind != DNS_WANT_RECORD) {
			*last = w;
			memcpy(question, w.message.at, w.message.len);
			last->message.at = question;
			continue;
		}
		struct wr out = wr_of(room, sizeof(room));
		assert(dns_pair_check(w.record) == ERR_OK);
		assert(record_write_dns_pair(&out, w.record) == ERR_OK);
		records++;
	}
	return records;
}

// The first byte says how much of the question the packet repeats and from whom it comes.
static void hear(struct dns_scan *s, struct mono now, struct rd *r, const struct dns_want *last)
{
	uint8_t how = rd_u8(r), len = rd_u8(r);
	struct span rest = rd_span(r, len < rd_left(r) ? len : rd_left(r));
	uint8_t m[DNS_QUERY_MAX + 256];
	size_t copy = (how & 1) != 0 ? last->message.len : how & 2;
	if (copy > last->message.len)
		copy = last->message.len;
	if (copy > 0)
		memcpy(m, last->message.at, copy);
	if (copy > 3)
		m[2] |= 0x80;
	if (rest.len > 0)
		memcpy(m + copy, rest.at, rest.len);
	const struct dns_heard h = { .port_index = (how & 4) != 0 ? last->port_index : how >> 6,
				     .stream = last->kind == DNS_WANT_STREAM,
				     .handle = last->handle,
				     .from = (how & 8) != 0 ? addr_v4(0xc6120909) : last->to.addr,
				     .from_port = 53,
				     .ttl = how,
				     .ip_id = how,
				     .message = span_of(m, copy + rest.len) };
	dns_scan_hear(s, now, &h);
	if ((how & 16) == 0)
		return;
	const struct dns_icmp i = { .port_index = last->port_index,
				    .id = (uint16_t)(copy > 1 ? m[0] << 8 | m[1] : how),
				    .asked = last->to.addr,
				    .from = last->to.addr,
				    .error = (enum dns_error)(how % DNS_ERROR_COUNT),
				    .message = rest };
	dns_scan_icmp(s, now, &i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(span_of(data, size));
	struct dns_want last = { 0 };
	struct mono now = { NS_PER_S };
	uint64_t records = 0;
	struct fault f;
	if (servers == NULL)
		set_up();
	uint8_t first = rd_u8(&r);
	struct dns_scan_config c = { .kind = DNS_KIND_PAIR,
				     .rules = dns_rules_of((enum dns_profile)(1 + first % 4)),
				     .transport = DNS_UDP,
				     .fallback = (first & 16) != 0,
				     .options = DNS_RECURSE | (first & 32 ? DNS_CASE : 0u),
				     .control = span_text("k"),
				     .servers = servers,
				     .names = names,
				     .types = { DNS_A },
				     .type_count = 1,
				     .repetitions = 1 + (first >> 7),
				     .parallel = 4,
				     .patience = 2,
				     .returns = 1,
				     .slots = 3,
				     .ports = 3,
				     .streams = 1,
				     .pace = pace,
				     .now = now };
	struct dns_scan *s;
	assert(dns_scan_new(&c, &s, &f) == ERR_OK);
	while (rd_left(&r) > 0) {
		uint8_t op = rd_u8(&r);
		records += ask(s, now, &last);
		if ((op & 3) == 0) {
			now.ns += op * 20 * NS_PER_MS;
			dns_scan_tick(s, now);
		} else {
			hear(s, now, &r, &last);
		}
	}
	dns_scan_stop(s, now, true);
	for (int i = 0; i < 100 && !dns_scan_done(s); i++) {
		records += ask(s, now, &last);
		now.ns += NS_PER_S;
		dns_scan_tick(s, now);
	}
	assert(dns_scan_done(s));
	assert(records == dns_matrix_pairs(dns_scan_matrix(s)));
	dns_scan_free(&s);
	return 0;
}
