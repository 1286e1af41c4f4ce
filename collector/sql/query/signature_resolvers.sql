-- SPDX-License-Identifier: Apache-2.0
--
-- Resolvers of a scan with answers that were not looked at with the keys there are now.
WITH k AS MATERIALIZED (SELECT sha256(string_agg(w, ''::bytea ORDER BY w)) AS keys FROM judge.dns_keys($1) AS w)
SELECT DISTINCT p.resolver, k.keys FROM raw.dns_pair AS p CROSS JOIN k
WHERE p.scan = $1 AND p.kind = 1 AND p.qtype <> 48 AND p.state = 1 AND true = ANY (p.answer_signed)
	AND NOT EXISTS (SELECT FROM judge.dns_signature AS s WHERE s.node = p.node AND s.stream = p.stream AND s.seq = p.seq AND s.item = p.item
		AND s.keys = k.keys)
	AND NOT EXISTS (SELECT FROM judge.dns_again AS g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq
		AND g.item = p.item)
