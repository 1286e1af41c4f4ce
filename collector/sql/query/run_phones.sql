-- SPDX-License-Identifier: Apache-2.0
SELECT p.name FROM registry.phone AS p JOIN registry.node AS n ON n.id = p.gateway
WHERE n.revoked IS NULL ORDER BY p.name
