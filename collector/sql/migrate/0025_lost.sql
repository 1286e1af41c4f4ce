-- SPDX-License-Identifier: Apache-2.0
--
-- A probe without an answer may have been lost by the node itself: that is no silence of a router.

COMMENT ON COLUMN raw.trace.mark IS 'One byte per probe, bits: 1 late, 2 rewritten on the way, 4 borrowed from another trace, 8 guessed which probe it answers, 16 unanswered while the node was losing packets; null: none';

CREATE OR REPLACE VIEW v1.reply AS
	SELECT t.started, t.node, t.stream, t.seq, t.item, t.run, p.ttl, p.attempt,
		t.addr[get_byte(t.ref, p.probe - 1)] AS addr, t.rtt[p.probe] AS rtt_ms,
		t.answers[get_byte(t.answer, p.probe - 1)] >> 16 AS answer_kind,
		(t.answers[get_byte(t.answer, p.probe - 1)] >> 8) & 255 AS icmp_type,
		t.answers[get_byte(t.answer, p.probe - 1)] & 255 AS icmp_code,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN get_byte(t.reply_ttl, p.probe - 1) END AS reply_ttl,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN coalesce(get_byte(t.quoted_ttl, p.probe - 1), 1) END AS quoted_ttl,
		coalesce(get_byte(t.mark, p.probe - 1) & 1, 0) = 1 AS late,
		coalesce(get_byte(t.mark, p.probe - 1) & 2, 0) = 2 AS rewritten,
		coalesce(get_byte(t.mark, p.probe - 1) & 4, 0) = 4 AS borrowed,
		t.borrowed_from[array_position(t.borrowed_probe, p.probe - 1)] AS borrowed_from,
		t.borrowed_age_ms[array_position(t.borrowed_probe, p.probe - 1)] AS borrowed_age_ms,
		coalesce(get_byte(t.mark, p.probe - 1) & 8, 0) = 8 AS guessed,
		coalesce(get_byte(t.mark, p.probe - 1) & 16, 0) = 16 AS lost
	FROM raw.trace t CROSS JOIN LATERAL v1.probes(t.first_ttl, t.tries) p;
COMMENT ON COLUMN v1.reply.guessed IS 'The answer does not say which probe it is for: the oldest was taken';
COMMENT ON COLUMN v1.reply.lost IS 'No answer, while the node was losing packets: not known to be silent';
