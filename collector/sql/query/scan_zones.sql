-- SPDX-License-Identifier: Apache-2.0
-- Names of $2, one a line, and all above them to the root, whose keys no control resolver told yet. Without $2: names that were asked for
-- with their signatures, and those that control resolvers gave as their aliases.
WITH RECURSIVE control AS MATERIALIZED (SELECT c FROM judge.dns_controls($1) AS c),
wanted AS (
	SELECT n FROM unnest(string_to_array($2::text, E'\n')) AS n WHERE n <> ''
	UNION SELECT domain FROM raw.dns_pair WHERE $2::text IS NULL AND scan = $1 AND options & 4 <> 0 AND qtype NOT IN (43, 48) AND kind = 1
	UNION SELECT n FROM raw.dns_pair, unnest(cname) AS n WHERE $2::text IS NULL AND scan = $1 AND options & 4 <> 0 AND kind = 1
		AND resolver IN (SELECT c FROM control)),
up (name) AS (
	SELECT lower(rtrim(n, '.')) FROM wanted
	UNION SELECT CASE WHEN name ~ '^(\\.|[^.\\])+[.]' THEN regexp_replace(name, '^(\\.|[^.\\])+[.]', '') ELSE '' END FROM up WHERE name <> ''),
whole AS (SELECT CASE name WHEN '' THEN '.' ELSE name END AS name FROM up)
SELECT name FROM whole AS w
WHERE NOT EXISTS (SELECT FROM raw.dns_pair AS p WHERE p.scan = $1 AND p.domain = w.name AND p.qtype = 48 AND p.state = 1 AND p.resolver IN (SELECT c FROM control))
	OR NOT EXISTS (SELECT FROM raw.dns_pair AS p WHERE p.scan = $1 AND p.domain = w.name AND p.qtype = 43 AND p.state = 1 AND p.resolver IN (SELECT c FROM control))
ORDER BY name
