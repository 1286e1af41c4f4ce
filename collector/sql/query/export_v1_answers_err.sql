-- SPDX-License-Identifier: Apache-2.0
--
-- answers_err.json: $1 scan, $2 resolver; questions that gave no address.
WITH asked AS MATERIALIZED ( -- once, not once a pair
	SELECT node, stream, seq, item, domain, qtype, repetition FROM judge.dns_asked WHERE scan = $1 AND resolver = $2),
said AS MATERIALIZED (
	SELECT a.node, a.domain, a.qtype, a.repetition, (SELECT v1.error_text(CASE WHEN p.try_outcome[i] = 4 THEN nullif(p.try_error[i], 9) ELSE p.try_error[i] END, p.try_text[i], p.try_transport[i], p.src,
		coalesce(p.try_sport[i], p.sport), p.resolver, p.port) FROM generate_subscripts(p.try_role, 1) AS i WHERE p.try_role[i] = 2 ORDER BY i DESC LIMIT 1) AS error
	FROM raw.dns_pair AS p JOIN asked AS a USING (node, stream, seq, item) WHERE p.scan = $1 AND p.resolver = $2)
SELECT json_build_object('resolver', host(s.resolver), 'query', s.domain, 'error', coalesce(e.error, 'no_answer'), 'waymark', h.waymark)
FROM judge.dns_satellite AS s JOIN said AS e USING (node, domain, qtype, repetition)
LEFT JOIN judge.dns_how($1, $2) AS h USING (node, domain, qtype, repetition)
WHERE s.scan = $1 AND s.resolver = $2 AND s.answers = '{}' AND s.qtype NOT IN (43, 48) ORDER BY s.domain, s.qtype, s.node, s.repetition
