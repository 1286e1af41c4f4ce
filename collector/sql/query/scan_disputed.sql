-- SPDX-License-Identifier: Apache-2.0
-- Pairs of a scan of which this node is to find out who answers: those answered on the way, or with $3 all that are unexpected; the
-- surest first, at most $4. What was traced already is left out.
WITH disputed AS (
	SELECT v.resolver, v.domain, v.qtype, max(v.blocked) AS blocked FROM judge.dns_verdict AS v
	WHERE v.scan = $1::text::uuid AND v.node = $2 AND v.word = 'unexpected' AND ($3 OR v.injected OR v.kind = 2)
		AND NOT EXISTS (SELECT FROM raw.dns_pair AS p WHERE p.scan = v.scan AND p.node = v.node AND p.kind = 3 AND p.resolver = v.resolver
			AND p.domain = v.domain AND p.qtype = v.qtype)
	GROUP BY v.resolver, v.domain, v.qtype ORDER BY blocked DESC, v.domain, v.resolver LIMIT $4)
SELECT d.resolver, d.domain, d.qtype, s.control FROM disputed AS d, raw.scan AS s WHERE s.id = $1::text::uuid ORDER BY d.qtype, d.blocked DESC, d.domain, d.resolver
