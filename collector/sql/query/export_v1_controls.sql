-- SPDX-License-Identifier: Apache-2.0
-- answers_control.json: $1 scan, $2 resolver.
SELECT json_build_object('answers', (SELECT json_agg(host(a)) FROM unnest(s.answers) AS a), 'query', s.domain, 'resolver', host(s.resolver), 'waymark', h.waymark)
FROM judge.dns_satellite AS s LEFT JOIN judge.dns_how($1, $2) AS h USING (node, domain, qtype, repetition)
WHERE s.scan = $1 AND s.resolver = $2 AND s.control AND s.answers <> '{}' ORDER BY s.domain, s.qtype, s.node, s.repetition
