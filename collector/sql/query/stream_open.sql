-- SPDX-License-Identifier: Apache-2.0
-- The stream of node $1 with epoch $2, made if it is new.
WITH made AS (
	INSERT INTO raw.stream (node, epoch) VALUES ($1, $2)
	ON CONFLICT (node, epoch) DO NOTHING
	RETURNING id, last_seq
)
SELECT id, last_seq FROM made
UNION ALL
SELECT id, last_seq FROM raw.stream WHERE node = $1 AND epoch = $2
LIMIT 1
