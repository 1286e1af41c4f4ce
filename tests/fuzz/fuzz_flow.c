// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rd.h"
#include "capture/tuple.h"
#include "wire/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t packets, bytes;

static void take(struct flow_table *t)
{
	struct flow_event e;
	static struct dns_answer answer;
	while (flow_next(t, &e)) {
		if (e.kind == FLOW_DONE) {
			packets += e.flow.ab.packets + e.flow.ba.packets;
			bytes += e.flow.ab.bytes + e.flow.ba.bytes;
			assert(e.flow.first.ns <= e.flow.last.ns && e.flow.ab.packets > 0);
		}
		if (e.kind == FLOW_ANSWER)
			(void)!dns_answer_read(e.message, &answer);
		if (e.kind == FLOW_HELLO) // a loan that ran out would be found here by ASan
			for (size_t i = 0; i < e.hello.sni.len; i++)
				bytes += e.hello.sni.at[i];
	}
}

// A packet: two bytes of length, one of link type and time step, then its bytes. Every packet that
// is heard must be counted in exactly one flow, or as one that is none.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t links[] = { LINK_RAW, LINK_ETHERNET, LINK_COOKED, LINK_PPP };
	const struct flow_config config = {
		.flows = 3,
		.targets = 4,
		.streams = 2,
		.names = 4,
		.name_text = 256,
		.idle_ns = 100,
	};
	static struct fragments kept;
	struct flow_key key;
	struct flow_table *t = flow_table_new(&config);
	struct rd r = rd_of(span_of(data, size));
	struct packet p = { 0 };
	assert(t != NULL);
	packets = bytes = 0;
	while (rd_left(&r) > 2) {
		uint16_t len = rd_u16(&r) & 0x7ff;
		uint8_t mode = rd_u8(&r);
		p.link = links[mode & 3];
		p.at.ns += (mode >> 2) - 8;
		p.bytes = rd_span(&r, len < rd_left(&r) ? len : rd_left(&r));
		p.wire_len = (uint32_t)p.bytes.len + (mode >> 6);
		assert(flow_hear(t, &p) == ERR_OK);
		if (tuple_read(&kept, &p, &key))
			assert(addr_bits(key.a) != 0 && key.a.family == key.b.family);
		take(t);
		if (mode & 0x80)
			while (!flow_tick(t, p.at))
				take(t);
		take(t);
	}
	flow_finish(t);
	take(t);
	struct flow_counters c = flow_counted(t);
	assert(packets + c.other + c.broken + c.unknown_link == c.packets);
	assert(flow_count(t) == 0);
	flow_table_free(&t);
	return 0;
}
