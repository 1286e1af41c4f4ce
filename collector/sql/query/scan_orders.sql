-- SPDX-License-Identifier: Apache-2.0
SELECT o.id, n.name, o.serial, registry.order_state_name(coalesce(CASE WHEN o.withdrawn_by IS NULL OR last.state <> 18 THEN last.state END, CASE WHEN o.withdrawn_by IS NULL THEN 0 ELSE 4 END::smallint)), last.detail
FROM registry.orders AS o JOIN registry.node AS n ON n.id = o.node
	LEFT JOIN LATERAL (SELECT state, detail FROM raw.outcome AS t WHERE t.node = o.node AND t.orders = ANY (o.digests || o.id)
		ORDER BY t.state = 1, t.at DESC LIMIT 1) AS last ON true
WHERE o.scan = $1::text::uuid ORDER BY o.serial, n.name
