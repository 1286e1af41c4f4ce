-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/graph.sql, in its order.
SELECT
	started, node, stream, seq, item, id, run, purpose, method, stop, duration_us, src, dst,
	sport_first, dport, probes, kernel_drops, mode, confidence_ppm, reached_ppm, complete,
	flows, flow_label, first_ttl, width, mark, addr, rtt, answer, reply_ttl, quoted_ttl,
	seen, flow, links, link_to, link_flows, mpls_node, mpls_label,
	lost, reply_tos, extra
FROM raw.graph WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
