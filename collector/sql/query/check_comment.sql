-- SPDX-License-Identifier: Apache-2.0
WITH bare AS (
	SELECT format('%I.%I', n.nspname, c.relname) AS name
	FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname IN ('registry', 'raw', 'judge', 'ref', 'v1') AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
		AND obj_description(c.oid, 'pg_class') IS NULL
		AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'i')
	UNION ALL
	SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname)
	FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE n.nspname IN ('registry', 'raw', 'judge', 'ref', 'v1') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		AND NOT c.relispartition AND col_description(c.oid, a.attnum) IS NULL
	UNION ALL
	SELECT format('%I.%I()', n.nspname, p.proname)
	FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
	WHERE n.nspname IN ('registry', 'raw', 'judge', 'ref', 'v1') AND obj_description(p.oid, 'pg_proc') IS NULL
)
SELECT CASE WHEN count(*) = 0 THEN 0 ELSE 2 END, 'comments',
	CASE WHEN count(*) = 0 THEN 'every table, view, column and function says what it is'
	ELSE count(*) || ' without: ' || left(string_agg(name, ' ' ORDER BY name), 400) END
FROM bare
