-- SPDX-License-Identifier: Apache-2.0
-- Remote ends of a run with all that decided on them; the first columns are the table for people.
WITH empty AS (
	SELECT e.proto, e.addr, e.port, e.names, r.serial, r.idle
	FROM v1.server e JOIN v1.run r ON r.run = e.run
	WHERE e.app = 'none' AND e.run <> $1::uuid),
told AS (
	SELECT count(*) FILTER (WHERE idle IS NULL) AS closed,
		count(*) FILTER (WHERE lower(idle) = lower((SELECT app FROM registry.run WHERE id = $1::uuid))) AS idle
	FROM v1.run WHERE app = 'none' AND run <> $1::uuid)
SELECT s.side, CASE s.proto WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' ELSE s.proto::text END, host(s.addr), s.port,
	s.decision, round(s.score::numeric, 2), round(s.by_time::numeric, 2), round(s.by_both::numeric, 2), s.by_name, s.by_addr,
	s.by_port, s.matched || '/' || s.messages, s.in_empty::text, s.bytes, s.country, s.rule, array_to_string(s.names, ' '),
	round(s.by_volume::numeric, 4), s.answered::text, s.isolated::text, s.sign, s.version, c.says, s.judged, s.override, o.made_by,
	to_char(o.made, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), o.reason,
	x.closed, t.closed, x.idle, t.idle, s.in_closed::text, s.in_idle::text, s.quiet, s.by_isolation
FROM v1.server s CROSS JOIN told t
JOIN judge.clause c ON c.version = s.version AND c.name = s.rule
LEFT JOIN judge.server_override o ON o.id = s.override
CROSS JOIN LATERAL (
	SELECT string_agg(DISTINCT e.serial::text, ' ') FILTER (WHERE e.idle IS NULL) AS closed,
		string_agg(DISTINCT e.serial::text, ' ') FILTER (WHERE lower(e.idle) = lower(s.app)) AS idle
	FROM empty e WHERE e.proto = s.proto AND e.port = s.port AND (e.addr = s.addr OR e.names && s.names)) x
WHERE s.run = $1::uuid
ORDER BY s.side, array_position(ARRAY['backend', 'media', 'push', 'peer', 'unknown', 'background', 'resolver'], s.decision),
	s.score DESC, s.addr, s.port, s.proto
