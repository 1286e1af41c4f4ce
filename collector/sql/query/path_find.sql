-- SPDX-License-Identifier: Apache-2.0
-- The run to show for nodes $1 and $2, app $3: the latest whose application path was measured from
-- both sides, or else the latest; with $4 that one.
SELECT r.id, a.name, b.name, a.country, b.country, r.app,
	to_char(r.planned, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.serial
FROM registry.run AS r JOIN registry.node AS a ON a.id = r.a JOIN registry.node AS b ON b.id = r.b
WHERE r.origin = 'run' AND ((a.name = $1 AND b.name = $2) OR (a.name = $2 AND b.name = $1))
	AND r.app = $3 AND ($4::text IS NULL OR r.id::text = $4 OR r.serial::text = $4)
ORDER BY coalesce((SELECT q.sides = 2 FROM v1.path_quality AS q WHERE q.run = r.id AND q.path = r.app), false) DESC,
	r.planned DESC, r.serial DESC
LIMIT 1
