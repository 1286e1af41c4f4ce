-- SPDX-License-Identifier: Apache-2.0
COPY raw.flow (
	started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab,
	bytes_ab, pkts_ba, bytes_ba, names, how, app, burst_us, burst_bytes, kernel_drops,
	interface_drops, outer_a, outer_aport, outer_b, outer_bport, outer_pkts_ab, outer_bytes_ab,
	outer_pkts_ba, outer_bytes_ba, outer_drops, mappings, fragments, tcp_flags_a, tcp_flags_b,
	again_a, again_b, late_a, late_b, rtt_a_us, rtt_b_us
) FROM STDIN (FORMAT binary)
