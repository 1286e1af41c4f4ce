-- SPDX-License-Identifier: Apache-2.0
-- Resolvers of a scan that were asked, with the file their lines go to in the raw form.
SELECT DISTINCT p.resolver, coalesce((SELECT coalesce(l.country, r.told_country)::text FROM (SELECT 1) AS o
	LEFT JOIN judge.location AS l ON l.addr = p.resolver
	LEFT JOIN raw.resolver AS r ON r.scan = $1 AND r.addr = p.resolver LIMIT 1), 'XX') AS country
FROM raw.dns_pair AS p WHERE p.scan = $1 AND p.kind = 1 AND p.state IN (1, 2, 3) ORDER BY 1
