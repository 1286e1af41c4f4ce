// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/dns_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// As text, where there is room for it and where there is none.
static void write_data(const struct dns_record *r)
{
	static char room[8192];
	const size_t sizes[] = { sizeof(room), r->data.len, 0 };
	struct dns_opt opt;
	for (size_t i = 0; i < 3; i++) {
		struct wr w = wr_of(room, sizes[i] < sizeof(room) ? sizes[i] : sizeof(room));
		dns_data_write(r, &w);
		assert(w.len <= sizes[i]);
	}
	if (r->type != DNS_OPT)
		return;
	dns_opt_read(r, &opt);
	assert(opt.error_count <= DNS_EDE_MAX && span_within(opt.nsid, r->data));
}

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
		write_data(&r);
		if (r.type == DNS_CNAME)
			(void)!dns_name_write(r.target, text);
	}
	static struct dns_answer answer;
	if (dns_answer_read(in, &answer) == ERR_OK)
		assert(answer.chain_count <= DNS_CHAIN && answer.addr_count <= DNS_ADDRS);
	return 0;
}
