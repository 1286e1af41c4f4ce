-- SPDX-License-Identifier: Apache-2.0
-- Every key of every node. A key is good a minute early: clocks differ.
SELECT k.id, k.node, n.name, n.revoked IS NOT NULL, k.valid_from - interval '1 minute', k.valid_to,
	k.curve, k.sign
FROM registry.node_key AS k
JOIN registry.node AS n ON n.id = k.node
ORDER BY k.id
