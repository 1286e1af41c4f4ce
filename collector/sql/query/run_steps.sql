-- SPDX-License-Identifier: Apache-2.0
SELECT to_char(s.begun, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), n.name, s.side, s.name, round(extract(epoch FROM s.ended - s.begun), 3),
	(ARRAY['unknown', 'done', 'failed', 'skipped'])[s.outcome + 1], s.detail
FROM raw.step AS s JOIN registry.node AS n ON n.id = s.node
WHERE s.run = $1 ORDER BY s.begun, n.name, s.seq, s.item
