-- SPDX-License-Identifier: Apache-2.0
SELECT b.node, b.stream, b.seq, n.name, s.epoch, b.digest, b.signature, k.sign, coalesce(k.node = b.node, false),
	b.bytes, b.records, body.body,
	EXISTS (SELECT FROM raw.quarantine AS q WHERE q.node = b.node AND q.stream = b.stream AND q.seq = b.seq)
FROM raw.batch AS b
	JOIN registry.node AS n ON n.id = b.node
	JOIN raw.stream AS s ON s.id = b.stream
	LEFT JOIN registry.node_key AS k ON k.id = b.key
	LEFT JOIN raw.batch_body AS body ON body.node = b.node AND body.stream = b.stream AND body.seq = b.seq
WHERE (b.node, b.stream, b.seq) > ($1, $2, $3)
	AND ($4::text IS NULL OR n.name = $4) AND ($5::bigint IS NULL OR s.epoch = $5) AND ($6::bigint IS NULL OR b.seq = $6)
	AND ($7::uuid IS NULL OR (b.node, b.stream, b.seq) IN (
		SELECT node, stream, seq FROM raw.trace WHERE run = $7
		UNION SELECT node, stream, seq FROM raw.flow WHERE run = $7
		UNION SELECT node, stream, seq FROM raw.step WHERE run = $7
		UNION SELECT node, stream, seq FROM raw.message WHERE run = $7
		UNION SELECT node, stream, seq FROM raw.outcome WHERE run = $7))
ORDER BY b.node, b.stream, b.seq LIMIT 32
