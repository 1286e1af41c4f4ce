-- SPDX-License-Identifier: Apache-2.0
--
-- docs/dictionary.md from the comments in the schema; run by docs/dictionary.sh.
WITH relation AS (
	SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
		obj_description(c.oid, 'pg_class') AS text,
		array_position(ARRAY['v1', 'raw', 'judge', 'ref', 'registry'], n.nspname::text) AS place
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname IN ('v1', 'raw', 'judge', 'ref', 'registry') AND c.relkind IN ('r', 'p', 'v')
		AND NOT c.relispartition
), function AS (
	SELECT p.oid, n.nspname AS schema, p.proname AS name, obj_description(p.oid, 'pg_proc') AS text,
		format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS call,
		array_position(ARRAY['v1', 'raw', 'judge', 'ref', 'registry'], n.nspname::text) AS place
	FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname IN ('v1', 'raw', 'judge', 'ref', 'registry') AND p.prorettype <> 'trigger'::regtype
), line AS (
	SELECT place, 0 AS part, '' AS name, 0 AS n,
		format(E'\n## Schema `%s`\n\n%s.', schema, obj_description(to_regnamespace(schema), 'pg_namespace')) AS text
	FROM relation GROUP BY place, schema
	UNION ALL
	SELECT place, 1, name, 0, format(E'\n### %s `%s.%s`\n\n%s.\n\n| column | type | |\n|---|---|---|',
		CASE kind WHEN 'v' THEN 'View' ELSE 'Table' END, schema, name, text)
	FROM relation
	UNION ALL
	SELECT r.place, 1, r.name, a.attnum, format('| `%s` | %s | %s |', a.attname,
		format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
		replace(replace(replace(col_description(r.oid, a.attnum), '|', '\|'), '<', '&lt;'), '>', '&gt;'))
	FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
	UNION ALL
	SELECT DISTINCT place, 2, '', 0, E'\n### Functions\n\n| function | |\n|---|---|' FROM function
	UNION ALL
	SELECT place, 2, name, 1, format('| `%s` | %s |', call, text) FROM function
)
SELECT text FROM line ORDER BY place, part, name COLLATE "C", n, text COLLATE "C";
