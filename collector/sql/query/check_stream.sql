-- SPDX-License-Identifier: Apache-2.0
SELECT CASE WHEN count(*) > 0 THEN 2 ELSE 0 END, 'streams',
	CASE WHEN count(*) > 0 THEN count(*) || ' cursors stand before or behind their batches'
	ELSE (SELECT count(*) FROM raw.stream) || ' streams, cursors equal their last batch' END
FROM raw.stream AS s
WHERE s.last_seq <> coalesce((SELECT max(seq) FROM (
	SELECT seq FROM raw.batch AS b WHERE b.node = s.node AND b.stream = s.id
	UNION ALL SELECT seq FROM raw.quarantine AS q WHERE q.node = s.node AND q.stream = s.id) AS stored), 0)
