-- SPDX-License-Identifier: Apache-2.0
SELECT p.name, n.name, p.account, host(p.address4), host(p.address6)
FROM registry.phone AS p JOIN registry.node AS n ON n.id = p.gateway ORDER BY p.name
