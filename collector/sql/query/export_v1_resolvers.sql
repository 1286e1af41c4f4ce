-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('name', CASE WHEN a.addr IN (SELECT judge.dns_controls($1)) THEN 'control' WHEN r.role = 3 THEN 'special' ELSE coalesce(rtrim(r.names[1], '.') || '.', '') END, 'resolver', host(a.addr))
FROM (SELECT addr FROM raw.resolver WHERE scan = $1 AND state IN (0, 1) UNION SELECT resolver FROM raw.dns_pair WHERE scan = $1 AND kind = 1 AND state IN (1, 2, 3)) AS a
LEFT JOIN LATERAL (SELECT * FROM raw.resolver AS r WHERE r.scan = $1 AND r.addr = a.addr ORDER BY r.state = 5, r.role DESC, r.started DESC LIMIT 1) AS r ON true ORDER BY a.addr
