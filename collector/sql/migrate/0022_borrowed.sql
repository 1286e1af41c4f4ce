-- SPDX-License-Identifier: Apache-2.0
--
-- A hop that was not asked but borrowed says from which trace of the node, and how old it was.

ALTER TABLE raw.trace ADD COLUMN borrowed_probe int[], ADD COLUMN borrowed_from bigint[],
	ADD COLUMN borrowed_age_ms bigint[];
COMMENT ON COLUMN raw.trace.borrowed_probe IS 'Probe index of each hop that was not asked but borrowed from another trace of the node; null: none';
COMMENT ON COLUMN raw.trace.borrowed_from IS 'The id of the trace that asked it; null: none borrowed';
COMMENT ON COLUMN raw.trace.borrowed_age_ms IS 'How long before, ms; null: none borrowed';

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
		t.borrowed_age_ms[array_position(t.borrowed_probe, p.probe - 1)] AS borrowed_age_ms
	FROM raw.trace t CROSS JOIN LATERAL v1.probes(t.first_ttl, t.tries) p;
COMMENT ON COLUMN v1.reply.borrowed IS 'Not asked: another trace of this node had found it';
COMMENT ON COLUMN v1.reply.borrowed_from IS 'The id of that trace (v1.trace.id); null: asked';
COMMENT ON COLUMN v1.reply.borrowed_age_ms IS 'How long before, ms; null: asked';
