-- SPDX-License-Identifier: Apache-2.0
--
-- interference.json of v1: $1 scan, $2 resolver; answers for domains that control resolvers answered too. What
-- matched is told anew: v1 knew no liveness, and judge.dns_satellite leaves it out of pairs whose controls failed.
SELECT json_build_object('resolver', host(s.resolver), 'query', s.domain,
	'answers', (SELECT json_object_agg(host(u.addr), to_json(array_remove(ARRAY[CASE WHEN u.addr = ANY (c.ip) THEN 'ip' END,
			CASE WHEN t.http = ANY (c.http) THEN 'http' END, CASE WHEN t.cert = ANY (c.cert) THEN 'cert' END, CASE WHEN t.asnum = ANY (c.asnum) THEN 'asnum' END,
			CASE WHEN t.asname = ANY (c.asname) THEN 'asname' END, CASE WHEN num_nonnulls(t.http, t.cert, t.asnum, t.asname) = 0 THEN 'no_tags' END], NULL)) ORDER BY u.i)
		FROM (SELECT a.addr, min(a.i) AS i FROM unnest(s.answers) WITH ORDINALITY AS a (addr, i) GROUP BY 1) AS u
		LEFT JOIN judge.dns_tag AS t ON t.scan = $1 AND t.domain = s.domain AND t.addr = u.addr),
	'passed', s.passed, 'waymark', h.waymark)
FROM judge.dns_satellite AS s JOIN judge.dns_control AS c USING (scan, domain, qtype) LEFT JOIN judge.dns_how($1, $2) AS h USING (node, domain, qtype, repetition)
WHERE s.scan = $1 AND s.resolver = $2 AND NOT s.control AND s.in_control_group AND s.answers <> '{}' ORDER BY s.domain, s.qtype, s.node, s.repetition
