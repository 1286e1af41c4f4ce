-- SPDX-License-Identifier: Apache-2.0
-- The run to show for nodes $1 and $2, app $3: the latest whose application path was measured from
-- both sides, or else the latest; with $4 that one.
SELECT r.run, r.a, r.b, r.a_country, r.b_country, r.app,
	to_char(r.planned, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.serial
FROM v1.run AS r
WHERE ((r.a = $1 AND r.b = $2) OR (r.a = $2 AND r.b = $1))
	AND r.app = $3 AND ($4::text IS NULL OR r.run::text = $4 OR r.serial::text = $4)
ORDER BY coalesce((SELECT q.sides = 2 FROM v1.path_quality AS q WHERE q.run = r.run AND q.path = r.app), false) DESC,
	r.planned DESC, r.serial DESC
LIMIT 1
