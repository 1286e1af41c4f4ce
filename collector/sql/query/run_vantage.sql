-- SPDX-License-Identifier: Apache-2.0
SELECT n.id, n.name, host(n.address4), host(n.address6), k.wireguard
FROM registry.node AS n JOIN LATERAL (SELECT wireguard FROM registry.node_key AS k
	WHERE k.node = n.id AND (k.valid_to IS NULL OR k.valid_to > now()) ORDER BY k.valid_from DESC, k.id DESC LIMIT 1) AS k ON true
WHERE n.name = $1 AND n.role = 'vantage' AND n.revoked IS NULL
