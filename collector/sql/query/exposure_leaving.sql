-- SPDX-License-Identifier: Apache-2.0
-- One row per row of the table and path. $1 set, $2 with rows between regions.
SELECT title, m49, NULL AS grp, path, n, leaving, unknown, self_n, self_leaving, self_unknown FROM (
	SELECT t.place * 1000 AS place, t.title, to_char(l.m49, 'FM000') AS m49, l.path, l.n, l.leaving, l.unknown, l.self_n,
		l.self_leaving, l.self_unknown
	FROM v1.leaving AS l JOIN ref.table_row AS t ON t.tab = 'leaving' AND t.m49 = l.m49 WHERE l.set = $1
	UNION ALL
	SELECT 1000000 + b.m49_a * 1000 + b.m49_b, x.name || ' - ' || y.name,
		to_char(b.m49_a, 'FM000') || '+' || to_char(b.m49_b, 'FM000'), b.path, count(*)::int,
		count(*) FILTER (WHERE b.leaves)::int,
		count(*) FILTER (WHERE NOT b.leaves AND NOT coalesce(b.whole, false))::int, 0, 0, 0
	FROM v1.between AS b JOIN ref.region AS x ON x.m49 = b.m49_a JOIN ref.region AS y ON y.m49 = b.m49_b
	WHERE $2::boolean AND b.set = $1 GROUP BY b.m49_a, b.m49_b, x.name, y.name, b.path
	UNION ALL
	SELECT 9000000, 'Between regions', '', b.path, count(*)::int, count(*) FILTER (WHERE b.leaves)::int,
		count(*) FILTER (WHERE NOT b.leaves AND NOT coalesce(b.whole, false))::int, 0, 0, 0
	FROM v1.between AS b WHERE $2::boolean AND b.set = $1 GROUP BY b.path) AS rows
ORDER BY place, path
