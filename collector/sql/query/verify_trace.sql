-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/trace.sql, in its order.
SELECT
	started, node, stream, seq, item, id, run, side, purpose, method, stop, duration_us,
	src, dst, sport, dport, flow_label, probes, kernel_drops, first_ttl, peer, tries, addr,
	ref, rtt, answers, answer, reply_ttl, quoted_ttl, mark, mpls_probe, mpls_label,
	borrowed_probe, borrowed_from, borrowed_age_ms, reply_id, reply_tos, extra, proto
FROM raw.trace WHERE node = $1 AND stream = $2 AND seq = $3
	AND started BETWEEN coalesce($4::timestamptz, '-infinity') AND coalesce($5::timestamptz, 'infinity')
ORDER BY item
