-- SPDX-License-Identifier: Apache-2.0
SELECT r.id, r.serial, r.app, a.name, b.name, r.phone_a, r.phone_b, to_char(r.planned, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), extract(epoch FROM r.length),
	(SELECT count(*) FROM raw.flow AS f WHERE f.run = r.id), (SELECT count(*) FROM raw.trace AS t WHERE t.run = r.id)
FROM registry.run AS r JOIN registry.node AS a ON a.id = r.a JOIN registry.node AS b ON b.id = r.b
WHERE r.id::text = $1 OR r.serial::text = $1
