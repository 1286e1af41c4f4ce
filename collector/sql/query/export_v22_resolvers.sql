-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('vp', host(a.addr), 'name', CASE WHEN a.addr IN (SELECT judge.dns_controls($1)) THEN 'control' WHEN r.role = 3 THEN 'special'
		ELSE coalesce(rtrim(r.names[1], '.') || '.', '') END,
	'location', json_build_object('country_name', coalesce(r.told_country_name, c.name, ''), 'country_code', coalesce(r.told_country, c.iso2, '')))
FROM (SELECT addr FROM raw.resolver WHERE scan = $1 AND state IN (0, 1) UNION SELECT resolver FROM raw.dns_pair WHERE scan = $1 AND kind = 1 AND state IN (1, 2, 3)) AS a
LEFT JOIN LATERAL (SELECT * FROM raw.resolver AS r WHERE r.scan = $1 AND r.addr = a.addr ORDER BY r.state = 5, r.role DESC, r.started DESC LIMIT 1) AS r ON true
LEFT JOIN judge.location AS l ON l.addr = a.addr
LEFT JOIN ref.country AS c ON c.iso2 = coalesce(r.told_country, l.country)
ORDER BY a.addr
