-- SPDX-License-Identifier: Apache-2.0
-- The traces that make the paths of run $1, the strongest server first on each side.
SELECT p.path, p.side, p.node, p.stream, p.seq, p.item, p.dst, p.stop = 1, family(p.dst),
	coalesce(s.port, 0), s.country, s.asn, s.as_name
FROM v1.path_trace AS p
LEFT JOIN LATERAL (SELECT v.port, v.score, v.bytes, v.country, v.asn, v.as_name FROM v1.server AS v
	WHERE v.run = p.run AND v.side = p.side AND v.addr = p.dst AND v.decision = 'backend'
	ORDER BY v.score DESC, v.bytes DESC LIMIT 1) AS s ON true
WHERE p.run = $1
ORDER BY p.path, p.side, s.score DESC NULLS LAST, s.bytes DESC NULLS LAST, family(p.dst), p.dst
