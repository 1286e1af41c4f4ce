-- SPDX-License-Identifier: Apache-2.0
SELECT n.name, c.region
FROM registry.node AS n LEFT JOIN ref.country AS c ON c.iso2 = n.country
WHERE n.role = 'vantage' AND n.revoked IS NULL AND EXISTS (SELECT FROM registry.node_key AS k
	WHERE k.node = n.id AND (k.valid_to IS NULL OR k.valid_to > now()))
ORDER BY n.name
