-- SPDX-License-Identifier: Apache-2.0
-- Notes down which nodes fetch what controls of scan $1 gave: node $2 if it is clean, and those of $3, parted by commas; null: all that are
-- clean. Gives those of them besides node $2.
WITH chosen AS (
	SELECT id, name FROM registry.node WHERE revoked IS NULL AND role <> 'import' AND CASE WHEN $3::text IS NULL THEN clean
		ELSE name = ANY (string_to_array($3::text, ',')) END),
noted AS (UPDATE raw.scan AS s SET clean = ARRAY(SELECT DISTINCT u.node FROM unnest(s.clean || ARRAY(SELECT c.id FROM chosen AS c)) AS u (node) ORDER BY u.node)
	WHERE s.id = $1::text::uuid)
SELECT c.id, c.name FROM chosen AS c WHERE c.id <> $2 ORDER BY c.name
