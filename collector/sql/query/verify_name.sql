-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/name.sql, in its order.
SELECT
	node, stream, seq, item, addr, name, at
FROM raw.name WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
