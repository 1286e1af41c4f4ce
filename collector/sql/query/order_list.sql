-- SPDX-License-Identifier: Apache-2.0
SELECT o.id, n.name, o.serial, o.run, to_char(o.created, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(o.expires, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	coalesce(registry.order_state_name(CASE WHEN o.withdrawn_by IS NULL OR last.state <> 18 THEN last.state END), CASE WHEN o.withdrawn_by IS NOT NULL THEN 'withdrawn' WHEN o.expires < now() THEN 'expired' ELSE 'waiting' END), last.detail
FROM registry.orders AS o JOIN registry.node AS n ON n.id = o.node
	LEFT JOIN LATERAL (SELECT state, detail FROM raw.outcome AS t WHERE t.node = o.node AND t.orders = ANY (o.digests || o.id)
		ORDER BY t.state = 1, t.at DESC LIMIT 1) AS last ON true
ORDER BY o.created DESC, o.serial DESC LIMIT 1000
