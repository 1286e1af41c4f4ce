-- SPDX-License-Identifier: Apache-2.0
SELECT m.id, m.side, m.from_side, to_char(m.planned, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(m.sent, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(m.delivered, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(m.received, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	(ARRAY['unknown', 'sent', 'delivered', 'received', 'failed', 'lost'])[m.status + 1], m.detail
FROM raw.message AS m WHERE m.run = $1 ORDER BY m.planned, m.id, m.side
