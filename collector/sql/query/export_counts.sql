-- SPDX-License-Identifier: Apache-2.0
-- Pairs of a scan that go out, and those that the published form has no place for: no resolver's, never asked, or about keys of zones.
SELECT count(*) FILTER (WHERE x.goes), count(*) FILTER (WHERE NOT x.goes)
FROM raw.dns_pair AS p CROSS JOIN LATERAL (SELECT p.kind = 1 AND p.state IN (1, 2, 3) AND p.qtype NOT IN (43, 48) AND NOT EXISTS (SELECT FROM judge.dns_again AS g
	WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item) AS goes) AS x
WHERE p.scan = $1
