-- SPDX-License-Identifier: Apache-2.0
SELECT n.name, n.role, n.country, n.latitude, n.longitude, host(n.address4), host(n.address6),
	to_char(n.admitted, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(n.revoked, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), n.note,
	k.id, to_char(k.valid_from, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(k.valid_to, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	encode(k.sign, 'hex'), encode(k.curve, 'hex'), encode(k.wireguard, 'base64'),
	(SELECT count(*) FROM raw.stream AS s WHERE s.node = n.id),
	(SELECT count(*) FROM raw.batch AS b WHERE b.node = n.id),
	(SELECT to_char(max(b.received), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM raw.batch AS b WHERE b.node = n.id), CASE WHEN n.clean THEN 'yes' ELSE 'no' END
FROM registry.node AS n LEFT JOIN registry.node_key AS k ON k.node = n.id
WHERE n.name = $1 ORDER BY k.valid_from DESC, k.id DESC
