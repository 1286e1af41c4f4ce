-- SPDX-License-Identifier: Apache-2.0
-- One row per row of the table, group and path. $1 set, $2 with rows between regions, $3 groups
-- parted by commas (null: those of the standard table).
WITH wanted AS (
	SELECT name, title, place FROM ref.interest_group
	WHERE CASE WHEN $3::text IS NULL THEN in_table ELSE name = ANY (string_to_array($3, ',')) END),
between AS (
	SELECT b.m49_a, b.m49_b, g.name AS grp, b.path, coalesce(b.whole, false) AS whole,
		EXISTS (SELECT FROM ref.group_member AS m WHERE m.name = g.name AND m.iso2 = ANY (b.countries)
			AND b.day >= m.valid_from AND b.day < m.valid_to) AS seen
	FROM v1.between AS b CROSS JOIN wanted AS g WHERE $2::boolean AND b.set = $1)
SELECT r.title, r.m49, g.title, r.path, r.n, r.accessible, r.unknown, r.self_n, r.self_accessible, r.self_unknown FROM (
	SELECT t.place * 1000 AS place, t.title, to_char(a.m49, 'FM000') AS m49, a.grp, a.path, a.n, a.accessible, a.unknown,
		a.self_n, a.self_accessible, a.self_unknown
	FROM v1.accessible AS a JOIN ref.table_row AS t ON t.tab = 'groups' AND t.m49 = a.m49 WHERE a.set = $1
	UNION ALL
	SELECT 1000000 + b.m49_a * 1000 + b.m49_b, x.name || ' - ' || y.name,
		to_char(b.m49_a, 'FM000') || '+' || to_char(b.m49_b, 'FM000'), b.grp, b.path, count(*)::int,
		count(*) FILTER (WHERE b.seen)::int, count(*) FILTER (WHERE NOT b.seen AND NOT b.whole)::int, 0, 0, 0
	FROM between AS b JOIN ref.region AS x ON x.m49 = b.m49_a JOIN ref.region AS y ON y.m49 = b.m49_b
	GROUP BY b.m49_a, b.m49_b, x.name, y.name, b.grp, b.path
	UNION ALL
	SELECT 9000000, 'Between regions', '', b.grp, b.path, count(*)::int, count(*) FILTER (WHERE b.seen)::int,
		count(*) FILTER (WHERE NOT b.seen AND NOT b.whole)::int, 0, 0, 0
	FROM between AS b GROUP BY b.grp, b.path) AS r
JOIN wanted AS g ON g.name = r.grp
ORDER BY r.place, g.place, r.path
