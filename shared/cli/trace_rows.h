// SPDX-License-Identifier: Apache-2.0
//
// Options that `waymark trace` and the order for a node's traces have in common: rows of both
// tables, of one name, range, default and sentence. S is the struct they are read into, whose
// fields have these names: uint64_t first, max_ttl, attempts, again, gap, sport, tos; int64_t wait;
// bool pmtu; char flow_label[TRACE_LABEL_TEXT].
#pragma once

#include <stddef.h>

#include "conf/conf.h"
#include "msg/trace.h"

#define TRACE_LABEL_TEXT 16

#define TRACE_ROW(S, name, field, kind, min, max, unset, value, help)                              \
	{                                                                                          \
		name, kind, offsetof(S, field), sizeof(((S *)0)->field), min, max, unset, value,   \
			help                                                                       \
	}

// clang-format off
#define TRACE_ROWS_HOPS(S) \
	TRACE_ROW(S, "first", first, CONF_UINT, 1, TRACE_HOPS_MAX, "1", "TTL", "first hop asked"), \
	TRACE_ROW(S, "max-ttl", max_ttl, CONF_UINT, 1, TRACE_HOPS_MAX, "32", "TTL", "last hop asked"), \
	TRACE_ROW(S, "attempts", attempts, CONF_UINT, 1, TRACE_TRIES_MAX, "3", "N", "probes to each hop; with --mda: to one that is silent"), \
	TRACE_ROW(S, "again", again, CONF_UINT, 0, TRACE_TRIES_MAX, "2", "N", "more, slower, to a silent hop within the path"), \
	TRACE_ROW(S, "wait", wait, CONF_DURATION, 0.01, 60, "2s", "DURATION", "longest wait for one answer"), \
	TRACE_ROW(S, "gap", gap, CONF_UINT, 1, TRACE_HOPS_MAX, "5", "N", "silent hops in a row that end a trace")

#define TRACE_ROWS_FLOW(S) \
	TRACE_ROW(S, "sport", sport, CONF_UINT, 0, 65535, "0", "PORT", "source port (icmp: id), with --mda the first; 0: chosen"), \
	TRACE_ROW(S, "flow-label", flow_label, CONF_TEXT, 0, 0, "auto", "LABEL", "IPv6 flow label, 0 to 1048575; auto: one for each flow")

#define TRACE_ROWS_PROBE(S) \
	TRACE_ROW(S, "pmtu", pmtu, CONF_BOOL, 0, 0, "no", NULL, "largest packet of the path and where it falls (udp, icmp)"), \
	TRACE_ROW(S, "tos", tos, CONF_UINT, 0, 255, "0", "N", "TOS or traffic class; what routers made of it is told")
// clang-format on

// TRACE_LABEL_AUTO for "auto". The fault names the option.
enum err trace_label_read(const char *text, uint32_t *out, struct fault *f) MUSTUSE;
