-- SPDX-License-Identifier: Apache-2.0
-- An answer that quotes no probe (an echo reply, TCP, UDP) has no quoted TTL; v1.reply said 1.

CREATE OR REPLACE VIEW v1.reply AS
	SELECT t.started, t.node, t.stream, t.seq, t.item, t.run, p.ttl, p.attempt,
		t.addr[get_byte(t.ref, p.probe - 1)] AS addr, t.rtt[p.probe] AS rtt_ms,
		t.answers[get_byte(t.answer, p.probe - 1)] >> 16 AS answer_kind,
		(t.answers[get_byte(t.answer, p.probe - 1)] >> 8) & 255 AS icmp_type,
		t.answers[get_byte(t.answer, p.probe - 1)] & 255 AS icmp_code,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN get_byte(t.reply_ttl, p.probe - 1) END AS reply_ttl,
		CASE WHEN t.answers[get_byte(t.answer, p.probe - 1)] >> 16 = 1
				AND (t.answers[get_byte(t.answer, p.probe - 1)] >> 8) & 255 <> CASE family(t.dst) WHEN 4 THEN 0 ELSE 129 END
			THEN coalesce(get_byte(t.quoted_ttl, p.probe - 1), 1) END AS quoted_ttl,
		coalesce(get_byte(t.mark, p.probe - 1) & 1, 0) = 1 AS late,
		coalesce(get_byte(t.mark, p.probe - 1) & 2, 0) = 2 AS rewritten,
		coalesce(get_byte(t.mark, p.probe - 1) & 4, 0) = 4 AS borrowed,
		t.borrowed_from[array_position(t.borrowed_probe, p.probe - 1)] AS borrowed_from,
		t.borrowed_age_ms[array_position(t.borrowed_probe, p.probe - 1)] AS borrowed_age_ms,
		coalesce(get_byte(t.mark, p.probe - 1) & 8, 0) = 8 AS guessed,
		coalesce(get_byte(t.mark, p.probe - 1) & 16, 0) = 16 AS lost,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN
			coalesce(get_byte(t.reply_id, 2 * p.probe - 2) * 256 + get_byte(t.reply_id, 2 * p.probe - 1), 0)
		END AS ip_id,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN coalesce(get_byte(t.reply_tos, p.probe - 1), 0) END AS tos,
		CASE WHEN t.extra IS NOT NULL THEN
			(SELECT jsonb_object_agg(e.kind, e.value) FROM v1.extras(t.extra) e
			WHERE e.probe = p.probe - 1 AND e.kind IS NOT NULL) END AS told
	FROM raw.trace t CROSS JOIN LATERAL v1.probes(t.first_ttl, t.tries) p;
COMMENT ON COLUMN v1.reply.quoted_ttl IS 'TTL the answer quoted, 1 is usual; null: no answer, or one that quotes no probe (an echo reply, TCP, UDP)';
