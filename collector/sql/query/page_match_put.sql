-- SPDX-License-Identifier: Apache-2.0
INSERT INTO judge.page_match (node, stream, seq, item, reply, signature, gave_up, newest)
VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT max(id) FROM ref.signature_set))
ON CONFLICT (node, stream, seq, item, reply) DO UPDATE SET signature = excluded.signature, gave_up = excluded.gave_up, newest = excluded.newest
