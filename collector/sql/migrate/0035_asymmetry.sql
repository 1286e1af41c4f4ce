-- SPDX-License-Identifier: Apache-2.0
--
-- Where the way back of an answer is longer or shorter than the way there, as far as its TTL tells.

CREATE FUNCTION v1.back_hops(reply_ttl int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN reply_ttl <= 64 THEN 64 WHEN reply_ttl <= 128 THEN 128 ELSE 255 END - reply_ttl + 1
$$;
COMMENT ON FUNCTION v1.back_hops(int) IS 'How many hops an answer with this TTL took back, if it set out with 64, 128 or 255';

CREATE VIEW v1.asymmetry AS
	SELECT r.started, r.node, r.stream, r.seq, r.item, r.run, r.ttl, r.attempt, r.addr,
		v1.back_hops(r.reply_ttl) AS back_hops, v1.back_hops(r.reply_ttl) - r.ttl AS difference
	FROM v1.reply r
	WHERE r.reply_ttl IS NOT NULL AND v1.back_hops(r.reply_ttl) <> r.ttl;
COMMENT ON VIEW v1.asymmetry IS 'Answers whose TTL hints that the way back is longer or shorter than the way there; a hint, since senders choose the TTL they start with';
COMMENT ON COLUMN v1.asymmetry.started IS 'Start of the trace; give a range to use the partitions';
COMMENT ON COLUMN v1.asymmetry.node IS 'v1.node.node';
COMMENT ON COLUMN v1.asymmetry.stream IS 'Stream of its results';
COMMENT ON COLUMN v1.asymmetry.seq IS 'Batch in the stream';
COMMENT ON COLUMN v1.asymmetry.item IS 'Record in the batch';
COMMENT ON COLUMN v1.asymmetry.run IS 'Run it belongs to; null outside of one';
COMMENT ON COLUMN v1.asymmetry.ttl IS 'TTL of the probe: hops on the way there';
COMMENT ON COLUMN v1.asymmetry.attempt IS 'Which probe with this TTL';
COMMENT ON COLUMN v1.asymmetry.addr IS 'Who answered';
COMMENT ON COLUMN v1.asymmetry.back_hops IS 'Hops on the way back, guessed from the TTL of the answer';
COMMENT ON COLUMN v1.asymmetry.difference IS 'back_hops - ttl: above 0, the way back is longer';

GRANT SELECT ON v1.asymmetry TO waymark_judge, waymark_read;
