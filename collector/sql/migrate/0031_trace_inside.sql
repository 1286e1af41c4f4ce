-- SPDX-License-Identifier: Apache-2.0
--
-- What a node tells of a trace inside a flow, whether it could be made or why not, and of the ordinary trace
-- beside it; and what it lost of a graph, and what routers told of theirs.

CREATE FUNCTION v1.not_inside_name(n int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce((ARRAY['no_flow', 'too_far', 'guard', 'full', 'unsent', 'ended', 'unheard', 'unmapped', 'denied',
		'stopped'])[n], CASE WHEN n IS NOT NULL THEN 'unknown' END)
$$;
COMMENT ON FUNCTION v1.not_inside_name(int) IS 'Why a flow was not traced inside, by its number in raw.trace.extra (proto/trace.proto)';

CREATE OR REPLACE VIEW v1.trace AS
	SELECT t.node, n.name AS node_name, t.stream, t.seq, t.item, t.id, t.started, t.run, t.side,
		(ARRAY['target', 'direct', 'adhoc'])[t.purpose] AS purpose, v1.method_name(t.method) AS method,
		v1.stop_name(t.stop) AS stop, t.duration_us / 1000.0 AS duration_ms, t.src, t.dst, t.sport, t.dport,
		t.flow_label, t.probes, t.kernel_drops, t.peer, length(t.tries) AS hops, t.addr AS addresses,
		CASE WHEN t.proto > 0 THEN t.proto END AS proto,
		coalesce(v1.extra_number(t.extra, 11), 0) AS tos, v1.extra_number(t.extra, 10) AS path_mtu,
		v1.extra_number(t.extra, 12) AS server_hops, v1.not_inside_name(v1.extra_number(t.extra, 13)) AS not_inside,
		v1.extra_number(t.extra, 14) AS beside_sport
	FROM raw.trace t JOIN registry.node n ON n.id = t.node;
COMMENT ON COLUMN v1.trace.server_hops IS 'Of a trace inside a flow: how many hops away the server is, by the TTL of its packets; null: not told';
COMMENT ON COLUMN v1.trace.not_inside IS 'Why no probe was sent inside the flow: no_flow (none seen both ways in time), too_far (the server''s distance cannot be told), guard (the routers'' answers could not be kept from the app), full (as many at one time as can be), unsent (no probe left the node), ended (the flow did), unheard (the uplink cannot be listened to), unmapped (the translation of its address was not told), denied (deny list), stopped (the run ended first); null: it was, or was not to be';
COMMENT ON COLUMN v1.trace.beside_sport IS 'Of an ordinary trace made beside a flow, to the same server and port: the flow''s source port as then known; null: of itself';

-- The server is put behind the last hop only where that is what its distance says: a trace that was cut by a
-- limit short of that is not whole. One of which no probe was sent shows no path.
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
		CROSS JOIN LATERAL (SELECT t.method = 6 AND t.stop = 5 AND cardinality(t.addr) < 255
			AND CASE WHEN t.method = 6 THEN coalesce(v1.extra_number(t.extra, 12), length(t.tries) + 1) END
				= length(t.tries) + 1 AS whole) f
		WHERE t.purpose = 1 AND t.run IS NOT NULL AND NOT (t.method = 6 AND t.stop = 7)),
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

ALTER TABLE raw.graph
	ADD COLUMN lost int[],
	ADD COLUMN reply_tos bytea,
	ADD COLUMN extra bytea;
COMMENT ON COLUMN raw.graph.mark IS 'One byte per TTL, bits: 1 balanced by packet, 2 the route changed meanwhile, 4 meshed, 8 wider than can be told, 16 what is silent there may have answered (lost)';
COMMENT ON COLUMN raw.graph.lost IS 'Per interface that is silent: flows of which the node lost so many packets that it may not be; null: none';
COMMENT ON COLUMN raw.graph.reply_tos IS 'One byte per interface: TOS or traffic class of its newest answer; null: all zero';
COMMENT ON COLUMN raw.graph.extra IS 'As raw.trace.extra, by interface instead of probe: each kind of what it told first; null: nothing';

CREATE OR REPLACE VIEW v1.graph_hop AS
	SELECT g.started, g.node, g.stream, g.seq, g.item, g.dst, g.first_ttl + h AS ttl, get_byte(g.width, h) AS interfaces,
		get_byte(g.mark, h) & 1 = 1 AS per_packet, get_byte(g.mark, h) & 2 = 2 AS changed,
		get_byte(g.mark, h) & 4 = 4 AS meshed, get_byte(g.mark, h) & 8 = 8 AS too_wide,
		get_byte(g.mark, h) & 16 = 16 AS lost
	FROM raw.graph g CROSS JOIN LATERAL generate_series(0, length(g.width) - 1) h;
COMMENT ON COLUMN v1.graph_hop.lost IS 'What is silent there may have answered: the node lost packets';

CREATE OR REPLACE VIEW v1.graph_interface AS
	SELECT g.started, g.node, g.stream, g.seq, g.item, g.dst, p.ttl, p.probe AS interface, g.addr[p.probe] AS addr,
		g.rtt[p.probe] AS rtt_ms, nullif(g.answer[p.probe], 0) >> 16 AS answer_kind,
		(nullif(g.answer[p.probe], 0) >> 8) & 255 AS icmp_type, nullif(g.answer[p.probe], 0) & 255 AS icmp_code,
		CASE WHEN g.answer[p.probe] <> 0 THEN get_byte(g.reply_ttl, p.probe - 1) END AS reply_ttl,
		nullif(get_byte(g.quoted_ttl, p.probe - 1), 0) AS quoted_ttl,
		ARRAY(SELECT g.sport_first + f FROM unnest(f.flows) WITH ORDINALITY AS u(f, i) ORDER BY i) AS sports,
		CASE WHEN g.flow_label IS NOT NULL THEN
			ARRAY(SELECT g.flow_label[f + 1] FROM unnest(f.flows) WITH ORDINALITY AS u(f, i) ORDER BY i) END AS flow_labels,
		ARRAY(SELECT l FROM unnest(g.mpls_node, g.mpls_label) WITH ORDINALITY AS u(at, l, i)
			WHERE at = p.probe - 1 ORDER BY i) AS mpls,
		coalesce(g.lost[p.probe], 0) AS lost,
		CASE WHEN g.answer[p.probe] <> 0 THEN coalesce(get_byte(g.reply_tos, p.probe - 1), 0) END AS tos,
		CASE WHEN g.extra IS NOT NULL THEN
			(SELECT jsonb_object_agg(e.kind, e.value) FROM v1.extras(g.extra) e
			WHERE e.probe = p.probe - 1 AND e.kind IS NOT NULL) END AS told
	FROM raw.graph g CROSS JOIN LATERAL (
		SELECT probe, ttl, coalesce(sum(g.seen[probe]) OVER (ORDER BY probe ROWS BETWEEN UNBOUNDED PRECEDING
			AND 1 PRECEDING), 0)::int AS before
		FROM v1.probes(g.first_ttl, g.width)) p
		CROSS JOIN LATERAL (SELECT g.flow[p.before + 1:p.before + g.seen[p.probe]] AS flows) f;
COMMENT ON COLUMN v1.graph_interface.addr IS 'Address; null: a router that is silent, or (lost) perhaps is not';
COMMENT ON COLUMN v1.graph_interface.lost IS 'Flows whose probes to this silent interface the node lost so often that it may not be silent';
COMMENT ON COLUMN v1.graph_interface.tos IS 'TOS or traffic class of its newest answer; null: silent';
COMMENT ON COLUMN v1.graph_interface.told IS 'What it told besides, as v1.reply.told: each kind of the answer that told it first; null: nothing';
