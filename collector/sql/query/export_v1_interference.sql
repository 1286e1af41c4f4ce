-- SPDX-License-Identifier: Apache-2.0
--
-- interference.json of v1: $1 scan, $2 resolver; answers for domains that control resolvers answered too.
SELECT json_build_object('resolver', host(s.resolver), 'query', s.domain,
	'answers', (SELECT json_object_agg(host(u.addr), to_json(string_to_array(coalesce(CASE WHEN num_nonnulls(t.http, t.cert, t.asnum, t.asname) = 0
			AND coalesce(s.matched[u.i], '') !~ 'no_tags' THEN concat_ws(',', s.matched[u.i], 'no_tags') ELSE s.matched[u.i] END, ''), ',')) ORDER BY u.i)
		FROM (SELECT a.addr, min(a.i) AS i FROM unnest(s.answers) WITH ORDINALITY AS a (addr, i) GROUP BY 1) AS u
		LEFT JOIN judge.dns_tag AS t ON t.scan = $1 AND t.domain = s.domain AND t.addr = u.addr),
	'passed', s.passed)
FROM judge.dns_satellite AS s WHERE s.scan = $1 AND s.resolver = $2 AND NOT s.control AND s.in_control_group AND s.answers <> '{}' ORDER BY s.domain, s.qtype, s.node, s.repetition
