-- SPDX-License-Identifier: Apache-2.0
SELECT h.path, h.side, h.node, h.stream, h.seq, h.item, h.ttl, h.addr, h.name, h.asn, h.as_name, h.country,
	h.source, h.rtt_ms
FROM v1.path_hop AS h WHERE h.run = $1
ORDER BY h.path, h.side, h.node, h.stream, h.seq, h.item, h.ttl, h.addr
