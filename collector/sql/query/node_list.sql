-- SPDX-License-Identifier: Apache-2.0
SELECT n.name, n.role, n.country, n.latitude, n.longitude, host(n.address4), host(n.address6),
	CASE WHEN n.revoked IS NULL THEN 'admitted' ELSE 'revoked' END,
	(SELECT count(*) FROM raw.batch AS b WHERE b.node = n.id),
	(SELECT to_char(max(b.received), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM raw.batch AS b WHERE b.node = n.id), CASE WHEN n.clean THEN 'yes' ELSE 'no' END
FROM registry.node AS n ORDER BY n.role DESC, n.name
