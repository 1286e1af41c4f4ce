-- SPDX-License-Identifier: Apache-2.0
SELECT p.account, host(p.address4), host(p.address6), n.id, n.name, host(n.address4), host(n.address6), k.wireguard
FROM registry.phone AS p JOIN registry.node AS n ON n.id = p.gateway
	JOIN LATERAL (SELECT wireguard FROM registry.node_key AS k
		WHERE k.node = n.id AND (k.valid_to IS NULL OR k.valid_to > now()) ORDER BY k.valid_from DESC, k.id DESC LIMIT 1) AS k ON true
WHERE p.name = $1 AND n.revoked IS NULL
