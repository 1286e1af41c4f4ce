-- SPDX-License-Identifier: Apache-2.0
--
-- Resolvers of a scan with answers that were not looked at with what is told of keys now.
WITH k AS MATERIALIZED (SELECT judge.dns_chain($1) AS keys)
SELECT DISTINCT p.resolver, k.keys FROM raw.dns_pair AS p CROSS JOIN k
WHERE p.scan = $1 AND p.kind = 1 AND p.qtype NOT IN (43, 48) AND p.state = 1 AND p.options & 4 <> 0
	AND NOT EXISTS (SELECT FROM judge.dns_signature AS s WHERE s.node = p.node AND s.stream = p.stream AND s.seq = p.seq AND s.item = p.item
		AND s.keys = k.keys)
	AND NOT EXISTS (SELECT FROM judge.dns_again AS g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq
		AND g.item = p.item)
