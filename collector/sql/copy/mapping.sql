-- SPDX-License-Identifier: Apache-2.0
COPY raw.mapping (
	at, node, stream, seq, item, run, side, proto, inner_addr, inner_port, dst, dst_port,
	outer_addr, outer_port, server, server_port
) FROM STDIN (FORMAT binary)
