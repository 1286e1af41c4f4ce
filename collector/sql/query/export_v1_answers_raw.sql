-- SPDX-License-Identifier: Apache-2.0
-- answers_raw.json: $1 scan, $2 resolver; every packet of the test.
SELECT json_build_object('resolver', host(p.resolver), 'query', p.domain, 'data', encode(p.answer_wire[i], 'hex'), 'waymark', json_build_object('qtype', p.qtype,
	'repetition', p.repetition, 'node', n.name, 'transport', (ARRAY['udp', 'tcp', 'tls', 'https'])[nullif(p.try_transport[p.answer_try[i]], 0)]))
FROM raw.dns_pair AS p JOIN registry.node AS n ON n.id = p.node, generate_subscripts(p.answer_try, 1) AS i
WHERE p.scan = $1 AND p.resolver = $2 AND p.kind = 1 AND p.qtype NOT IN (43, 48) AND p.answer_wire[i] IS NOT NULL AND p.try_role[p.answer_try[i]] = 2
	AND NOT EXISTS (SELECT FROM judge.dns_again AS g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item)
ORDER BY p.domain, p.qtype, p.repetition, i
