-- SPDX-License-Identifier: Apache-2.0
--
-- interference_err.json: $1 scan, $2 resolver; answers for domains that no control resolver answered.
SELECT json_build_object('resolver', host(s.resolver), 'query', s.domain, 'answers', (SELECT json_agg(host(a)) FROM unnest(s.answers) AS a), 'waymark', h.waymark)
FROM judge.dns_satellite AS s LEFT JOIN judge.dns_how($1, $2) AS h USING (node, domain, qtype, repetition)
WHERE s.scan = $1 AND s.resolver = $2 AND NOT s.control AND NOT s.in_control_group AND s.answers <> '{}'
ORDER BY s.domain, s.qtype, s.node, s.repetition
