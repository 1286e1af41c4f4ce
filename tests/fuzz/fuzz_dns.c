// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct dns_walk w;
	struct dns_question q;
	struct dns_record r;
	char text[DNS_TEXT];
	if (dns_walk_init(&w, in) != ERR_OK)
		return 0;
	while (dns_question_next(&w, &q))
		if (dns_name_write(q.name, text) == ERR_OK)
			assert(strlen(text) > 0 && dns_name_eq(q.name, q.name));
	while (dns_record_next(&w, &r)) {
		assert(span_within(r.data, in));
		if (dns_name_write(r.name, text) == ERR_OK)
			assert(strlen(text) < DNS_TEXT);
		if (r.type == DNS_CNAME)
			(void)!dns_name_write(r.target, text);
	}
	static struct dns_answer answer;
	if (dns_answer_read(in, &answer) == ERR_OK)
		assert(answer.chain_count <= DNS_CHAIN && answer.addr_count <= DNS_ADDRS);
	return 0;
}
