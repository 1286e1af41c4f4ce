// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <string.h>

#include "fuzz/mend.h"
#include "trace/inflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Packets as they pass, each behind two bytes: length, and direction with the time until it. A
// length of 3: probes do not leave; of 5: packets are lost here. The engine stays whole, and no
// probe goes without a guard or is larger than its bound.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inflow_config c = INFLOW_DEFAULT;
	struct mono now = { 0 };
	uint64_t drops = 0;
	c.all = true;
	c.flows = 4;
	c.tag = 7;
	struct inflow *e = inflow_new(&c);
	assert(e != NULL);
	while (size >= 2) {
		uint8_t packet[256];
		size_t len = data[0] < size - 2 ? data[0] : size - 2;
		const struct inflow_packet p = { .at = now,
						 .outgoing = (data[1] & 1) != 0,
						 .ip = mend(span_of(data + 2, len), packet,
							    sizeof(packet)) };
		inflow_hear(e, &p, (struct wall){ 0 });
		now = mono_add(now, (data[1] >> 1) * 10 * NS_PER_MS);
		data += 2 + len;
		size -= 2 + len;
		inflow_tick(e, now);
		inflow_hear_drops(e, drops += len == 5);
		for (int i = 0; i < 8; i++) {
			struct inflow_probe probe;
			struct inflow_result r;
			enum inflow_step step = inflow_next(e, &probe, &r);
			if (step == INFLOW_GUARD)
				inflow_hear_guard(e, (i & 1) == 0);
			if (step == INFLOW_SEND)
				assert(probe.frame.len <= INFLOW_PROBE_MAX);
			if (step == INFLOW_SEND && len == 3)
				inflow_hear_failed(e);
			if (step == INFLOW_FINISHED)
				assert(trace_check(&r.record) == ERR_OK);
			if (step == INFLOW_NOTHING)
				break;
		}
	}
	inflow_free(&e);
	return 0;
}
