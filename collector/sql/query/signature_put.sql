-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.dns_signature (scan, node, stream, seq, item, packet, state, keys, reason, zone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (node, stream, seq, item) DO UPDATE SET packet = excluded.packet, state = excluded.state, keys = excluded.keys, reason = excluded.reason,
	zone = excluded.zone
