-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.phone (name, gateway, account, address4, address6)
SELECT $1, n.id, $3, $4, $5 FROM registry.node AS n
WHERE n.name = $2 AND n.role = 'gateway' AND n.revoked IS NULL
