// SPDX-License-Identifier: Apache-2.0
//
// A finished trace as the field sees them, for tests and benchmarks: HOPS × TRIES probes, one
// answer in nine missing, some addresses seen twice, two label stack entries. And a graph: one
// router, two behind it of which one is silent, the target.
#pragma once

#include <string.h>

#include "msg/graph.h"

static inline void sample_trace(struct trace_record *t, size_t hops, size_t tries)
{
	static uint8_t each[TRACE_HOPS_MAX], addrs[4 * TRACE_ADDRS_MAX], ref[TRACE_PROBES_MAX];
	static uint8_t answer[TRACE_PROBES_MAX], ttl[TRACE_PROBES_MAX], quoted[TRACE_PROBES_MAX];
	static uint8_t ids[2 * TRACE_PROBES_MAX];
	static const uint8_t extra[] = { 0, 0, TRACE_SEEN_TOS, 1, 8, 0, 1, TRACE_TOLD_MTU, 4, 0, 0,
					 5, 0 };
	static uint32_t rtt[TRACE_PROBES_MAX];
	static const uint32_t answers[] = { ANSWER(ANSWER_ICMP, 11, 0),
					    ANSWER(ANSWER_TCP, 0, 0x12) };
	static const uint32_t mpls_probe[] = { 4, 5 }, mpls_label[] = { 0x12345140, 0x54321140 };
	static const uint32_t borrowed_probe[] = { 0, 1 }, borrowed_age[] = { 0, 4000000000 };
	static const uint64_t borrowed_from[] = { 1, 0xfedcba9876543210 };
	size_t probes = hops * tries;
	memset(each, (int)tries, hops);
	for (size_t i = 0; i < probes; i++) {
		size_t hop = i / tries;
		bool lost = i % 9 == 7;
		addrs[4 * hop] = 198;
		addrs[4 * hop + 1] = 18;
		addrs[4 * hop + 2] = (uint8_t)(hop * 7);
		addrs[4 * hop + 3] = (uint8_t)(hop * 31 + 1);
		ref[i] = lost ? 0 : (uint8_t)(hop + 1);
		answer[i] = lost ? 0 : hop + 1 == hops ? 2 : 1;
		rtt[i] = lost ? 0 : (uint32_t)(500 + hop * 9000 + i * 37);
		ttl[i] = lost ? 0 : (uint8_t)(255 - hop);
		quoted[i] = lost ? 0 : 1;
		ids[2 * i] = (uint8_t)i;
	}
	*t = (struct trace_record){
		.run = { { 1, 2, 3 } },
		.id = 0x0123456789abcdef,
		.start = { 1795298400123456789 },
		.duration_us = 2345678,
		.purpose = TRACE_TARGET,
		.side = 1,
		.src = addr_v4(0xc6120001),
		.dst = addr_v4(0xc6130203),
		.method = TRACE_TCP_SYN,
		.sport = 33434,
		.dport = 443,
		.stop = TRACE_REACHED,
		.probes_sent = (uint32_t)probes,
		.first_ttl = 1,
		.tries = span_of(each, hops),
		.addrs = span_of(addrs, 4 * hops),
		.ref = span_of(ref, probes),
		.rtt_us = rtt,
		.probes = probes,
		.answers = answers,
		.answer_count = 2,
		.answer = span_of(answer, probes),
		.reply_ttl = span_of(ttl, probes),
		.quoted_ttl = span_of(quoted, probes),
		.mpls_probe = mpls_probe,
		.mpls_label = mpls_label,
		.mpls_count = 2,
		.borrowed_probe = borrowed_probe,
		.borrowed_from = borrowed_from,
		.borrowed_age_ms = borrowed_age,
		.borrowed_count = 2,
		.reply_id = span_of(ids, 2 * probes),
		.reply_tos = span_of(ttl, probes),
		.extra = span_of(extra, sizeof(extra)),
		.proto = 17,
		.peer = span_text("nyc-1"),
	};
}

static inline void sample_graph(struct graph_record *g)
{
	static const uint8_t width[] = { 1, 2, 1 }, mark[] = { GRAPH_MESHED, GRAPH_CHANGED, 0 };
	static const uint8_t addrs[] = { 198, 18, 0, 1, 198, 18, 0, 2, 0, 0, 0, 0, 198, 19, 2, 3 };
	static const uint32_t rtt[] = { 1500, 250, 0, 4000000000 };
	static const uint32_t answer[] = { ANSWER(ANSWER_ICMP, 11, 0), ANSWER(ANSWER_ICMP, 11, 0),
					   0, ANSWER(ANSWER_ICMP, 3, 3) };
	static const uint8_t reply[] = { 64, 63, 0, 255 }, quoted[] = { 1, 2, 0, 1 };
	static const uint32_t seen[] = { 3, 2, 1, 1 }, flow[] = { 0, 1, 299, 0, 299, 1, 0 };
	static const uint8_t out[] = { 2, 1, 0, 0 }, to[] = { 0, 1, 0 };
	static const uint32_t links[] = { 2, 1, 300 };
	static const uint32_t mpls_node[] = { 1, 1 }, mpls_label[] = { 0x12345140, 4294967295 };
	static const uint32_t lost[] = { 0, 0, 1, 0 };
	static const uint8_t service[] = { 0, 0xc0, 0, 0 };
	static const uint8_t extra[] = { 0, 1, TRACE_SEEN_TOS, 1, 0x28 };
	*g = (struct graph_record){
		.run = { { 1, 2, 3 } },
		.id = 0xfedcba9876543210,
		.start = { 1795298400123456789 },
		.duration_us = 1234567,
		.purpose = TRACE_ADHOC,
		.src = addr_v4(0xc6120063),
		.dst = addr_v4(0xc6130203),
		.method = TRACE_UDP,
		.sport_first = 61000,
		.dport = 33434,
		.stop = TRACE_REACHED,
		.probes_sent = 700,
		.kernel_drops = 1,
		.mode = GRAPH_LITE,
		.confidence_ppm = 950000,
		.reached_ppm = 961234,
		.complete = true,
		.flows = 300,
		.first_ttl = 2,
		.width = span_of(width, sizeof(width)),
		.mark = span_of(mark, sizeof(mark)),
		.nodes = 4,
		.addrs = span_of(addrs, sizeof(addrs)),
		.rtt_us = rtt,
		.answer = answer,
		.reply_ttl = span_of(reply, sizeof(reply)),
		.quoted_ttl = span_of(quoted, sizeof(quoted)),
		.seen = seen,
		.flow = flow,
		.sightings = 7,
		.out = span_of(out, sizeof(out)),
		.to = span_of(to, sizeof(to)),
		.link_flows = links,
		.mpls_node = mpls_node,
		.mpls_label = mpls_label,
		.mpls_count = 2,
		.lost = lost,
		.lost_count = 4,
		.reply_tos = span_of(service, sizeof(service)),
		.extra = span_of(extra, sizeof(extra)),
	};
}
