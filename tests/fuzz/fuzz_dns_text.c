// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "dns/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Lists as people write them, a line each: names, servers, types. What is taken can be written and
// read back to the same.
static void name(struct span line)
{
	struct dns_wire_name n, back;
	char text[DNS_TEXT];
	if (dns_name_read(line, &n) != ERR_OK)
		return;
	const struct dns_name in = { .message = span_of(n.bytes, n.len) };
	assert(n.len > 0 && n.bytes[n.len - 1] == 0);
	assert(dns_name_write(in, text) == ERR_OK);
	assert(dns_name_read(span_text(text), &back) == ERR_OK);
	assert(back.len == n.len && memcmp(back.bytes, n.bytes, n.len) == 0);
}

static void server(struct span line)
{
	struct dns_server s, back;
	char text[ADDR_TEXT + 8];
	if (dns_server_read(line, &s) != ERR_OK)
		return;
	addr_write(s.addr, text);
	assert(dns_server_read(span_text(text), &back) == ERR_OK);
	assert(addr_eq(s.addr, back.addr) && back.port == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = { 3, 4 };
	struct span rest = span_of(data, size);
	struct dns_list *names = dns_list_new(16, seed), *servers = dns_list_new(16, seed);
	assert(names != NULL && servers != NULL);
	while (rest.at != NULL) {
		struct span line = text_cut(&rest, '\n');
		struct dns_server s;
		uint16_t type;
		name(line);
		server(line);
		(void)!dns_type_read(line, &type);
		(void)!dns_list_put_name(names, line);
		if (dns_server_read(line, &s) == ERR_OK)
			(void)!dns_list_put_server(servers, s);
	}
	dns_list_end(names);
	dns_list_end(servers);
	assert(dns_list_count(names) <= 16 && dns_list_count(servers) <= 16);
	for (size_t i = 0; i < dns_list_count(names); i++)
		assert(dns_list_name(names, i).len > 0);
	for (size_t i = 0; i < dns_list_count(servers); i++)
		assert(dns_list_server(servers, i).addr.family != 0);
	dns_list_free(&names);
	dns_list_free(&servers);
	return 0;
}
