-- SPDX-License-Identifier: Apache-2.0
--
-- What an answer told besides who sent it and when, and what routers on the way had made of the probe.

ALTER TABLE raw.trace ADD COLUMN reply_id bytea, ADD COLUMN reply_tos bytea, ADD COLUMN extra bytea,
	ADD COLUMN proto smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN raw.trace.reply_id IS 'IP ID of each answer, two bytes per probe; null: all zero';
COMMENT ON COLUMN raw.trace.reply_tos IS 'TOS or traffic class of each answer, one byte per probe; null: all zero';
COMMENT ON COLUMN raw.trace.extra IS 'What answers told besides: entries of probe index (two bytes), kind, length and data, as proto/trace.proto lists them; v1.extras unpacks it; null: nothing';
COMMENT ON COLUMN raw.trace.proto IS 'IP protocol of the probes of a trace inside a flow: 6 TCP, 17 UDP; else 0, the method says it';

CREATE FUNCTION v1.extras(extra bytea) RETURNS TABLE (probe int, kind text, value jsonb)
LANGUAGE sql IMMUTABLE AS $$
	WITH RECURSIVE walk(at, len) AS (
		SELECT 0, get_byte(extra, 3) WHERE length(extra) >= 4
		UNION ALL
		SELECT w.at + 4 + w.len, get_byte(extra, w.at + 4 + w.len + 3) FROM walk w
		WHERE w.at + 4 + w.len + 4 <= length(extra)),
	entry AS (
		SELECT get_byte(extra, at) * 256 + get_byte(extra, at + 1) AS probe,
			get_byte(extra, at + 2) AS kind, encode(substring(extra FROM at + 5 FOR len), 'hex') AS hex
		FROM walk)
	SELECT probe, (ARRAY['seen_tos', 'seen_ip_id', 'seen_sport', 'seen_dport', 'seen_src', 'seen_checksum',
			'object', 'tcp_options', 'mtu'])[kind],
		CASE WHEN kind IN (1, 2, 3, 4, 6, 9)
			THEN to_jsonb(('x' || lpad(hex, 16, '0'))::bit(64)::bigint) ELSE to_jsonb(hex) END
	FROM entry
$$;
COMMENT ON FUNCTION v1.extras(bytea) IS 'Entries of raw.trace.extra: probe index, kind, and its value, numbers as numbers, all else as hex';

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
		coalesce(get_byte(t.mark, p.probe - 1) & 16, 0) = 16 AS lost,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN
			coalesce(get_byte(t.reply_id, 2 * p.probe - 2) * 256 + get_byte(t.reply_id, 2 * p.probe - 1), 0)
		END AS ip_id,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN coalesce(get_byte(t.reply_tos, p.probe - 1), 0) END AS tos,
		CASE WHEN t.extra IS NOT NULL THEN
			(SELECT jsonb_object_agg(e.kind, e.value) FROM v1.extras(t.extra) e
			WHERE e.probe = p.probe - 1 AND e.kind IS NOT NULL) END AS told
	FROM raw.trace t CROSS JOIN LATERAL v1.probes(t.first_ttl, t.tries) p;
COMMENT ON COLUMN v1.reply.ip_id IS 'IP ID of the answer; 0: zero or not kept; null: no answer';
COMMENT ON COLUMN v1.reply.tos IS 'TOS or traffic class of the answer; null: no answer';
COMMENT ON COLUMN v1.reply.told IS 'What it told besides: seen_… is the probe as quoted, where it differs from what was sent (a NAT, remarking, bleaching on the way), object an extension object (RFC 4884; class, C-type, data), mtu that of the next link; null: nothing';

CREATE OR REPLACE VIEW v1.trace AS
	SELECT t.node, n.name AS node_name, t.stream, t.seq, t.item, t.id, t.started, t.run, t.side,
		(ARRAY['target', 'direct', 'adhoc'])[t.purpose] AS purpose, v1.method_name(t.method) AS method,
		v1.stop_name(t.stop) AS stop, t.duration_us / 1000.0 AS duration_ms, t.src, t.dst, t.sport, t.dport,
		t.flow_label, t.probes, t.kernel_drops, t.peer, length(t.tries) AS hops, t.addr AS addresses,
		CASE WHEN t.proto > 0 THEN t.proto END AS proto
	FROM raw.trace t JOIN registry.node n ON n.id = t.node;
COMMENT ON COLUMN v1.trace.proto IS 'Of a trace inside a flow its IP protocol: 6 TCP, 17 UDP; null: the method says it';
