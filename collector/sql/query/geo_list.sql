-- SPDX-License-Identifier: Apache-2.0
SELECT g.name, g.version, CASE WHEN g.id = judge.geo_now() THEN 'true' ELSE 'false' END, g.ranges,
	(SELECT count(*) FROM judge.place AS p WHERE p.geo = g.id),
	(SELECT count(*) FROM judge.place AS p WHERE p.geo = g.id AND p.country IS NULL),
	to_char(g.loaded, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), g.path
FROM judge.geo_table AS g ORDER BY g.loaded DESC, g.id DESC
