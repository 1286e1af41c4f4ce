-- SPDX-License-Identifier: Apache-2.0
--
-- interference_err.json ($3 false) and answers_err.json (true: controls): $1 scan, $2 resolver; what gave no address.
SELECT json_build_object('resolver', host(s.resolver), 'query', s.domain, 'error', coalesce((SELECT v1.error_text(p.try_error[i], p.try_text[i], p.try_transport[i],
		p.src, coalesce(p.try_sport[i], p.sport), p.resolver, p.port) FROM raw.dns_pair AS p, generate_subscripts(p.try_role, 1) AS i
		WHERE p.scan = s.scan AND p.node = s.node AND p.resolver = s.resolver AND p.domain = s.domain AND p.qtype = s.qtype AND p.repetition = s.repetition
			AND p.try_role[i] = 2 ORDER BY i DESC LIMIT 1), 'no_answer'))
FROM judge.dns_satellite AS s WHERE s.scan = $1 AND s.resolver = $2 AND s.control = $3 AND s.answers = '{}' ORDER BY s.domain, s.qtype, s.node, s.repetition
