-- SPDX-License-Identifier: Apache-2.0
--
-- results.json of v2.2: $1 scan, $2 resolver. Keys in the order of published data; what is ours stands
-- under waymark. Answers stand at the try that counts alone, as often as matches has numbers: readers pair
-- the two. A packet that is no answer is no error of the socket: error null, rcode -1.
WITH asked AS MATERIALIZED ( -- once, not once a pair
	SELECT node, stream, seq, item, packet FROM judge.dns_asked WHERE scan = $1 AND resolver = $2),
pair AS MATERIALIZED (
	SELECT p.*, s.passed_liveness, s.connect_error, s.in_control_group, s.anomaly, s.excluded, s.exclude_reason, s.average, s.matches,
		s.untagged_controls, s.untagged_response, s.answers, s.matched, v.word, v.rule, v.why, v.blocked, v.down, v.ok, v.injected, v.injected_addrs,
		v.ede, v.tls, v.signed_missing, v.udp_tcp, a.packet AS counts
	FROM raw.dns_pair AS p
	JOIN asked AS a USING (node, stream, seq, item)
	JOIN judge.dns_satellite AS s USING (scan, node, resolver, domain, qtype, repetition)
	LEFT JOIN judge.dns_verdict AS v USING (scan, node, resolver, domain, qtype, repetition)
	WHERE p.scan = $1 AND p.resolver = $2 AND p.qtype NOT IN (43, 48)),
place AS (
	SELECT coalesce(c.iso2, r.told_country, '') AS code, coalesce(r.told_country_name, c.name, '') AS name
	FROM (SELECT 1) AS one
	LEFT JOIN (SELECT told_country, told_country_name FROM raw.resolver WHERE scan = $1 AND addr = $2 ORDER BY told_country LIMIT 1) AS r ON true
	LEFT JOIN judge.location AS l ON l.addr = $2
	LEFT JOIN ref.country AS c ON c.iso2 = coalesce(r.told_country, l.country)),
answer AS ( -- each address once
	SELECT p.node, p.domain, p.qtype, p.repetition, u.addr, min(u.i) AS i
	FROM pair AS p, unnest(p.answers) WITH ORDINALITY AS u (addr, i) GROUP BY 1, 2, 3, 4, 5),
said AS MATERIALIZED (
	SELECT w.node, w.domain, w.qtype, w.repetition, json_object_agg(host(w.addr), json_build_object('http', coalesce(t.http, ''), 'cert', coalesce(t.cert, ''),
			'asnum', coalesce(t.asnum, 0), 'asname', coalesce(t.asname, ''), 'matched', string_to_array(p.matched[w.i], ',')) ORDER BY w.i) AS answers,
		array_agg(p.matches[w.i] ORDER BY w.i) AS matches, bool_or(family(w.addr) = 4) AS type_a
	FROM answer AS w JOIN pair AS p USING (node, domain, qtype, repetition)
	LEFT JOIN judge.dns_tag AS t ON t.scan = $1 AND t.domain = w.domain AND t.addr = w.addr GROUP BY 1, 2, 3, 4),
trip AS MATERIALIZED (
	SELECT p.node, p.domain, p.qtype, p.repetition, json_agg(json_build_object(
			'url', CASE WHEN p.try_role[i] = 2 THEN p.domain ELSE coalesce(p.control, 'a.root-servers.net') END,
			'has_type_a', x.has AND coalesce(s.type_a, false), 'response', CASE WHEN x.has THEN coalesce(s.answers, '{}') ELSE '{}' END,
			'error', coalesce(v1.error_text(CASE WHEN p.try_outcome[i] = 4 THEN nullif(p.try_error[i], 9) ELSE p.try_error[i] END, p.try_text[i], p.try_transport[i], p.src, coalesce(p.try_sport[i], p.sport), p.resolver, p.port), 'null'),
			'rcode', CASE WHEN p.try_outcome[i] = 1 THEN coalesce(p.try_rcode[i], -1) ELSE -1 END) ORDER BY i) AS trips
	FROM pair AS p CROSS JOIN generate_subscripts(p.try_role, 1) AS i
	CROSS JOIN LATERAL (SELECT p.try_role[i] = 2 AND p.try_first[i] IS NOT DISTINCT FROM p.counts AND p.counts IS NOT NULL AS has,
		coalesce(p.try_first[i] = ANY (p.addr_answer), false) AS some) AS x
	LEFT JOIN said AS s USING (node, domain, qtype, repetition)
	-- Controls stand there when they gave no address; a question put again over TCP stands for itself.
	WHERE p.try_outcome[i] <> 5 AND (x.has OR NOT x.some) GROUP BY 1, 2, 3, 4)
SELECT json_build_object(
	'confidence', json_build_object('average', p.average, 'matches', CASE WHEN p.passed_liveness THEN s.matches END, 'untagged_controls', p.untagged_controls,
		'untagged_response', p.untagged_response),
	'passed_liveness', p.passed_liveness, 'connect_error', p.connect_error, 'in_control_group', p.in_control_group, 'anomaly', p.anomaly,
	'excluded', p.excluded, 'vp', host(p.resolver), 'test_url', p.domain, 'start_time', v1.go_time(p.started), 'end_time', v1.go_time(coalesce(p.ended, p.started)),
	'exclude_reason', p.exclude_reason, 'location', json_build_object('country_name', l.name, 'country_code', l.code), 'response', coalesce(t.trips, '[]'),
	'waymark', json_build_object('word', p.word, 'rule', p.rule, 'why', p.why, 'blocked', p.blocked, 'down', p.down, 'ok', p.ok, 'qtype', p.qtype,
		'profile', (ARRAY['plain', 'v2.1', 'v2.2', 'waymark'])[p.profile], 'repetition', p.repetition, 'injected', p.injected, 'injected_answers', (SELECT coalesce(json_agg(host(a)), '[]') FROM unnest(p.injected_addrs) AS a),
		'ede', p.ede, 'tls', p.tls, 'signed_missing', p.signed_missing, 'udp_tcp', p.udp_tcp, 'packets', cardinality(p.answer_try), 'node', n.name,
		'transport', (ARRAY['udp', 'tcp', 'tls', 'https'])[nullif(p.try_transport[1], 0)]))
FROM pair AS p CROSS JOIN place AS l JOIN registry.node AS n ON n.id = p.node
LEFT JOIN said AS s USING (node, domain, qtype, repetition) LEFT JOIN trip AS t USING (node, domain, qtype, repetition)
ORDER BY p.domain, p.qtype, p.node, p.repetition
