-- SPDX-License-Identifier: Apache-2.0
--
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
