-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/mapping.sql, in its order.
SELECT
	at, node, stream, seq, item, run, side, proto, inner_addr, inner_port, dst, dst_port,
	outer_addr, outer_port, server, server_port
FROM raw.mapping WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
