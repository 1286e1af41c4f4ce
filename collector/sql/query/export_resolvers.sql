-- SPDX-License-Identifier: Apache-2.0
-- Resolvers of a scan that were asked, with the file their lines go to in the raw form: of the country that stands in them.
SELECT a.resolver, coalesce(r.told_country, l.country, 'XX')::text AS country
FROM (SELECT DISTINCT resolver FROM raw.dns_pair WHERE scan = $1 AND kind = 1 AND state IN (1, 2, 3)) AS a
LEFT JOIN LATERAL (SELECT told_country FROM raw.resolver AS r WHERE r.scan = $1 AND r.addr = a.resolver ORDER BY r.state = 5, r.role DESC, r.started DESC LIMIT 1) AS r ON true
LEFT JOIN judge.location AS l ON l.addr = a.resolver ORDER BY 1
