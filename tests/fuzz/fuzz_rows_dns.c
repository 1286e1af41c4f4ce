// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "store/rows_dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// One packet of a pair, whatever it is: what is read from it is bounded and of this packet.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rows_dns d;
	const uint32_t length = (uint32_t)size, mark = 0;
	const struct dns_pair_record p = { .answers = 1,
					   .answer_length = &length,
					   .answer_mark = &mark,
					   .wires = span_of(data, size) };
	if (size > DNS_WIRES_MAX)
		return 0;
	rows_dns_read(&p, &d);
	assert(d.packet_count == 1 && d.addr_count <= ROWS_DNS_ADDRS &&
	       d.cname_count <= ROWS_DNS_CNAMES);
	assert(d.packets[0].readable || (d.addr_count == 0 && d.cname_count == 0));
	for (size_t i = 0; i < d.addr_count; i++)
		assert(d.addr_packet[i] == 1 && (d.addrs[i].family == 4 || d.addrs[i].family == 6));
	return 0;
}
