-- SPDX-License-Identifier: Apache-2.0
-- What is to be fetched of a scan by a node: each (address, domain) that was answered. Control answers come first; an address that
-- only test resolvers gave is disputed. What the node has fetched already is left out. $3: only what controls gave.
WITH control AS (SELECT judge.dns_controls($1::text::uuid) AS addr), answer AS (
	SELECT a.domain, u.addr, a.resolver IN (SELECT c.addr FROM control AS c) AS control
	FROM judge.dns_asked AS a CROSS JOIN LATERAL unnest(a.answers) AS u (addr) WHERE a.scan = $1::text::uuid)
SELECT a.addr, a.domain, CASE WHEN bool_or(a.control) THEN 2 ELSE 1 END FROM answer AS a
WHERE NOT EXISTS (SELECT FROM raw.page AS p WHERE p.scan = $1::text::uuid AND p.domain = a.domain AND p.addr = a.addr AND p.node = $2
	AND NOT (p.http_state = 5 AND p.https_state = 5))
GROUP BY a.addr, a.domain HAVING NOT $3 OR bool_or(a.control) ORDER BY 3 DESC, a.domain, a.addr
