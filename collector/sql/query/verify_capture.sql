-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/capture.sql, in its order.
SELECT
	opened, closed, node, stream, seq, item, run, side, place, packets, kernel_drops,
	interface_drops, snap, bytes, sha256
FROM raw.capture WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
