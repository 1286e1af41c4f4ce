-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/message.sql, in its order.
SELECT
	node, stream, seq, item, run, side, id, from_side, planned, sent, delivered, received,
	status, detail
FROM raw.message WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
