-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/flow.sql, in its order.
SELECT
	started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab,
	bytes_ab, pkts_ba, bytes_ba, names, how, app, burst_us, burst_bytes, kernel_drops
FROM raw.flow WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
