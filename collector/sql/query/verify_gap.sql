-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/gap.sql, in its order.
SELECT
	node, stream, seq, item, reason, records, bytes, noticed, first_seq, last_seq
FROM raw.gap WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
