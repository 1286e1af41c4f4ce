-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/outcome.sql, in its order.
SELECT
	node, stream, seq, item, orders, run, state, at, detail
FROM raw.outcome WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
