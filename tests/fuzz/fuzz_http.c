// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/http.h"
#include "wire/httpdns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void body(struct span in)
{
	struct rd r = rd_of(in);
	struct httpdns_domain d;
	struct addr a;
	size_t before = 0;
	while (httpdns_domain_next(&r, &d)) {
		assert(span_within(d.name, in) && span_within(d.inside, in) && r.pos > before);
		before = r.pos;
		struct rd inside = rd_of(d.inside);
		while (httpdns_addr_next(&inside, &a))
			assert(a.family == 4 || a.family == 6);
	}
	assert(r.pos >= before && r.pos <= in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct http_head head;
	(void)http_request_begins(in);
	(void)http_response_begins(in);
	enum err err = http_head_read(in, &head);
	assert(span_within(head.host, in) && span_within(head.type, in) && head.len <= size);
	(void)http_host_plain(head.host);
	body(err == ERR_OK ? span_cut(in, head.len, size) : in);
	(void)httpdns_begins(in);
	return 0;
}
