-- SPDX-License-Identifier: Apache-2.0
-- Orders of $1 (the id of one, of a run or of a scan) that may still be begun or under way, but for those that take others back.
-- One that the node refused to take back (10 and above) may be taken back again.
SELECT o.id, o.node, n.name, o.scan FROM registry.orders AS o JOIN registry.node AS n ON n.id = o.node
WHERE $1 IN (o.id::text, o.run::text, o.scan::text) AND n.revoked IS NULL
	AND (o.withdrawn_by IS NULL OR EXISTS (SELECT FROM registry.orders AS w JOIN raw.outcome AS t ON t.node = w.node AND t.orders = ANY (w.digests || w.id)
		WHERE w.id = o.withdrawn_by AND t.state >= 10))
	AND NOT EXISTS (SELECT FROM registry.orders AS w WHERE w.withdrawn_by = o.id)
	AND NOT EXISTS (SELECT FROM raw.outcome AS t WHERE t.node = o.node AND t.orders = ANY (o.digests || o.id) AND t.state NOT IN (1, 18))
ORDER BY o.node, o.scan, o.serial
