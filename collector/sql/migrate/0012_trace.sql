-- SPDX-License-Identifier: Apache-2.0
--
-- What a trace tells besides who answered and when: hops borrowed from another trace of the node, what the
-- node itself may have lost, what answers carried, what routers had made of the probe, and where the way
-- back is longer or shorter than the way there.

ALTER TABLE raw.trace
	ADD COLUMN borrowed_probe int[],
	ADD COLUMN borrowed_from bigint[],
	ADD COLUMN borrowed_age_ms bigint[],
	ADD COLUMN reply_id bytea,
	ADD COLUMN reply_tos bytea,
	ADD COLUMN extra bytea,
	ADD COLUMN proto smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN raw.trace.mark IS 'One byte per probe, bits: 1 late, 2 rewritten on the way, 4 borrowed from another trace, 8 guessed which probe it answers, 16 unanswered while the node was losing packets; null: none';
COMMENT ON COLUMN raw.trace.borrowed_probe IS 'Probe index of each hop that was not asked but borrowed from another trace of the node; null: none';
COMMENT ON COLUMN raw.trace.borrowed_from IS 'The id of the trace that asked it; null: none borrowed';
COMMENT ON COLUMN raw.trace.borrowed_age_ms IS 'How long before, ms; null: none borrowed';
COMMENT ON COLUMN raw.trace.reply_id IS 'IP ID of each answer, two bytes per probe; null: all zero';
COMMENT ON COLUMN raw.trace.reply_tos IS 'TOS or traffic class of each answer, one byte per probe; null: all zero';
COMMENT ON COLUMN raw.trace.extra IS 'What answers told besides: entries of probe index (two bytes), kind, length and data, as proto/trace.proto lists them; v1.extras unpacks it; null: nothing';
COMMENT ON COLUMN raw.trace.proto IS 'IP protocol of the probes of a trace inside a flow: 6 TCP, 17 UDP; else 0, the method says it';
DROP INDEX raw.trace_run_idx1; -- there were two alike

CREATE OR REPLACE VIEW v1.trace AS
	SELECT t.node, n.name AS node_name, t.stream, t.seq, t.item, t.id, t.started, t.run, t.side,
		(ARRAY['target', 'direct', 'adhoc'])[t.purpose] AS purpose, v1.method_name(t.method) AS method,
		v1.stop_name(t.stop) AS stop, t.duration_us / 1000.0 AS duration_ms, t.src, t.dst, t.sport, t.dport,
		t.flow_label, t.probes, t.kernel_drops, t.peer, length(t.tries) AS hops, t.addr AS addresses,
		CASE WHEN t.proto > 0 THEN t.proto END AS proto
	FROM raw.trace t JOIN registry.node n ON n.id = t.node;
COMMENT ON COLUMN v1.trace.proto IS 'Of a trace inside a flow its IP protocol: 6 TCP, 17 UDP; null: the method says it';

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
COMMENT ON COLUMN v1.reply.borrowed IS 'Not asked: another trace of this node had found it';
COMMENT ON COLUMN v1.reply.borrowed_from IS 'The id of that trace (v1.trace.id); null: asked';
COMMENT ON COLUMN v1.reply.borrowed_age_ms IS 'How long before, ms; null: asked';
COMMENT ON COLUMN v1.reply.guessed IS 'The answer does not say which probe it is for: the oldest was taken';
COMMENT ON COLUMN v1.reply.lost IS 'No answer, while the node was losing packets: not known to be silent';
COMMENT ON COLUMN v1.reply.ip_id IS 'IP ID of the answer; 0: zero or not kept; null: no answer';
COMMENT ON COLUMN v1.reply.tos IS 'TOS or traffic class of the answer; null: no answer';
COMMENT ON COLUMN v1.reply.told IS 'What it told besides: seen_… is the probe as quoted, where it differs from what was sent (a NAT, remarking, bleaching on the way), object an extension object (RFC 4884; class, C-type, data), mtu that of the next link; null: nothing';

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

-- A trace inside the flow itself (method 6) took the app's own path; a separate one may have taken
-- another branch of a balancer. Whole, it is chosen first. It ends one hop short of the server, on
-- purpose, by its limit (stop 5): that limit is the server's distance, told by the TTL of its
-- packets, so the server is put there, without a time, as if it had been reached.
CREATE OR REPLACE VIEW v1.path_trace AS
	WITH trace AS (
		SELECT t.started, t.node, t.stream, t.seq, t.item, t.run, t.side, t.purpose, t.method, t.dst, t.dport, t.first_ttl,
			f.whole,
			CASE WHEN f.whole THEN 1::smallint ELSE t.stop END AS stop,
			CASE WHEN f.whole THEN t.tries || '\x01'::bytea ELSE t.tries END AS tries,
			CASE WHEN f.whole THEN t.addr || t.dst ELSE t.addr END AS addr,
			CASE WHEN f.whole THEN t.ref || set_byte('\x00'::bytea, 0, cardinality(t.addr) + 1) ELSE t.ref END AS ref,
			CASE WHEN f.whole THEN t.rtt || NULL::real ELSE t.rtt END AS rtt
		FROM raw.trace t
		CROSS JOIN LATERAL (SELECT t.method = 6 AND t.stop = 5 AND cardinality(t.addr) < 255 AS whole) f
		WHERE t.purpose = 1 AND t.run IS NOT NULL),
	app AS (
		SELECT r.id AS run, r.app AS path, t.side, t.started, t.node, t.stream, t.seq, t.item, t.method, t.stop,
			t.dst, t.first_ttl, t.tries, t.addr, t.ref, t.rtt, s.proto,
			CASE WHEN t.whole THEN -1
				WHEN t.method = CASE s.proto WHEN 6 THEN 3 WHEN 17 THEN 2 END THEN 0 ELSE 1 END AS choice,
			EXISTS (SELECT FROM unnest(t.addr) x WHERE x <> t.dst) AS saw
		FROM registry.run r
		JOIN judge.server_now s ON s.run = r.id AND s.final = 'backend'
		JOIN trace t ON t.run = r.id AND t.side = s.side AND t.dst = s.addr
			AND (t.dport = s.port OR t.method = 1)
		WHERE r.app <> 'none'),
	best AS (
		SELECT a.*, row_number() OVER (PARTITION BY run, side, dst, proto
			ORDER BY saw DESC, choice, (stop = 1) DESC, started DESC, seq, item) AS n
		FROM app a)
	SELECT run, path, side, started, node, stream, seq, item, method, stop, dst, first_ttl, tries, addr, ref, rtt
	FROM best WHERE n = 1
	UNION ALL
	SELECT run, path, side, started, node, stream, seq, item, method, stop, dst, first_ttl, tries, addr, ref, rtt
	FROM (SELECT t.run, 'network' AS path, t.side, t.started, t.node, t.stream, t.seq, t.item, t.method, t.stop,
			t.dst, t.first_ttl, t.tries, t.addr, t.ref, t.rtt,
			row_number() OVER (PARTITION BY t.run, t.side, family(t.dst)
				ORDER BY (t.stop = 1) DESC, t.method, t.started DESC) AS n
		FROM raw.trace t WHERE t.purpose = 2 AND t.run IS NOT NULL) d
	WHERE n = 1;
COMMENT ON COLUMN v1.path_trace.stop IS 'As raw.trace.stop, but 1 for a whole trace inside a flow, at whose end the server is put';

GRANT SELECT ON v1.asymmetry TO waymark_judge, waymark_read;
