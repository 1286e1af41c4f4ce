-- SPDX-License-Identifier: Apache-2.0
-- The set to show: $1, or measured runs if there are any, or the latest import.
SELECT s.name FROM (
	SELECT 'runs' AS name, 1 AS choice, 0 AS id FROM v1.run AS r WHERE r.app <> 'none'
	UNION ALL SELECT name, 2, -id FROM judge.import) AS s
WHERE $1::text IS NULL OR s.name = $1 ORDER BY s.choice, s.id LIMIT 1
