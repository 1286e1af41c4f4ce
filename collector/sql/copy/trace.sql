-- SPDX-License-Identifier: Apache-2.0
COPY raw.trace (
	started, node, stream, seq, item, id, run, side, purpose, method, stop, duration_us,
	src, dst, sport, dport, flow_label, probes, kernel_drops, first_ttl, peer, tries, addr,
	ref, rtt, answers, answer, reply_ttl, quoted_ttl, mark, mpls_probe, mpls_label,
	borrowed_probe, borrowed_from, borrowed_age_ms, reply_id, reply_tos, extra, proto
) FROM STDIN (FORMAT binary)
