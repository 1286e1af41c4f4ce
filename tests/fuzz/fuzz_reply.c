// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/mend.h"
#include "trace/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct span packet)
{
	struct trace_reply r;
	if (trace_reply_read(packet, &r) != ERR_OK)
		return;
	assert(r.kind != TRACE_HEARD_OTHER);
	assert(r.from.family == 4 || r.from.family == 6);
	assert(r.src.family == r.dst.family && (r.src.family == 4 || r.src.family == 6));
	assert(r.mpls_count <= ICMP_MPLS_MAX);
	assert(r.quoted == (r.kind == TRACE_HEARD_EXPIRED || r.kind == TRACE_HEARD_UNREACHABLE));
}

// An IP packet as the trace engine hears it, as it came and undamaged: what is understood of it
// stays within its bounds.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t mended[2048];
	check(span_of(data, size));
	check(mend(span_of(data, size), mended, sizeof(mended)));
	return 0;
}
