-- SPDX-License-Identifier: Apache-2.0
--
-- What analysts may rely on. Columns of a v1 view are only ever added to.
--
-- The method (MATAdOR, PAM 2016): one measurement is one unordered pair of nodes, possibly the same
-- node twice. Its application path is the union of both sides' forward paths to the messenger's
-- servers, joined at the server: the halves server to phone are not measured, so the path is
-- "assumed symmetric". Its network path is the direct path between the nodes, both ways. End points
-- and servers count with their own countries. Hops that do not answer, private addresses and
-- addresses no table knows add nothing, so every count is a lower bound; v1.path_quality tells where.

CREATE SCHEMA v1;
COMMENT ON SCHEMA v1 IS 'Views for analysts; columns are only ever added';

CREATE FUNCTION v1.method_name(m smallint) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN (ARRAY['icmp', 'udp', 'tcp-syn', 'tcp-ack', 'quic', 'flow'])[m];
COMMENT ON FUNCTION v1.method_name(smallint) IS 'Name of raw.trace.method';
CREATE FUNCTION v1.stop_name(s smallint) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN (ARRAY['reached', 'gap', 'loop', 'unreachable', 'maxttl', 'deadline', 'refused'])[s];
COMMENT ON FUNCTION v1.stop_name(smallint) IS 'Name of raw.trace.stop';

-- Probes of a trace in order: (index from 1, TTL, attempt from 1).
CREATE FUNCTION v1.probes(first_ttl smallint, tries bytea)
RETURNS TABLE (probe int, ttl int, attempt int) LANGUAGE sql IMMUTABLE AS $$
	SELECT (row_number() OVER (ORDER BY h, k))::int, first_ttl + h, k
	FROM generate_series(0, length(tries) - 1) h, generate_series(1, get_byte(tries, h)) k
$$;
COMMENT ON FUNCTION v1.probes(smallint, bytea) IS 'Unfolds the packed probe order of a trace';

-- Hops of a trace up to its destination: one row per TTL and answering address; a TTL that nobody
-- answered for is one row without address.
CREATE FUNCTION v1.hops(first_ttl smallint, tries bytea, addr inet[], ref bytea, rtt real[], dst inet)
RETURNS TABLE (ttl int, addr inet, rtt_ms real) LANGUAGE sql IMMUTABLE AS $$
	WITH each AS (
		SELECT q.ttl, addr[get_byte(ref, q.probe - 1)] AS addr, min(rtt[q.probe]) AS rtt_ms
		FROM v1.probes(first_ttl, tries) q GROUP BY 1, 2)
	SELECT e.ttl, e.addr, e.rtt_ms FROM each e
	WHERE e.ttl <= coalesce((SELECT min(d.ttl) FROM each d WHERE d.addr = dst), 256)
		AND (e.addr IS NOT NULL OR NOT EXISTS (SELECT FROM each o WHERE o.ttl = e.ttl AND o.addr IS NOT NULL))
$$;
COMMENT ON FUNCTION v1.hops(smallint, bytea, inet[], bytea, real[], inet) IS 'Hops of a packed trace up to its destination; a silent TTL has addr null';

CREATE VIEW v1.node AS
	SELECT id AS node, name, role, country, latitude, longitude, address4, address6, admitted, revoked
	FROM registry.node;
COMMENT ON VIEW v1.node IS 'Nodes';
COMMENT ON COLUMN v1.node.node IS 'Number used in other views';
COMMENT ON COLUMN v1.node.name IS 'Name';
COMMENT ON COLUMN v1.node.role IS 'vantage or gateway';
COMMENT ON COLUMN v1.node.country IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN v1.node.latitude IS 'Degrees north';
COMMENT ON COLUMN v1.node.longitude IS 'Degrees east';
COMMENT ON COLUMN v1.node.address4 IS 'IPv4 address; null: none';
COMMENT ON COLUMN v1.node.address6 IS 'IPv6 address; null: none';
COMMENT ON COLUMN v1.node.admitted IS 'When admitted';
COMMENT ON COLUMN v1.node.revoked IS 'When revoked; null: not';

CREATE VIEW v1.trace AS
	SELECT t.node, n.name AS node_name, t.stream, t.seq, t.item, t.id, t.started, t.run, t.side,
		(ARRAY['target', 'direct', 'adhoc'])[t.purpose] AS purpose, v1.method_name(t.method) AS method,
		v1.stop_name(t.stop) AS stop, t.duration_us / 1000.0 AS duration_ms, t.src, t.dst, t.sport, t.dport,
		t.flow_label, t.probes, t.kernel_drops, t.peer, length(t.tries) AS hops, t.addr AS addresses
	FROM raw.trace t JOIN registry.node n ON n.id = t.node;
COMMENT ON VIEW v1.trace IS 'One row per trace. (node, stream, seq, item) is its key and names the signed batch';
COMMENT ON COLUMN v1.trace.node IS 'v1.node.node';
COMMENT ON COLUMN v1.trace.node_name IS 'Node that traced';
COMMENT ON COLUMN v1.trace.stream IS 'Stream of the node';
COMMENT ON COLUMN v1.trace.seq IS 'Batch in the stream';
COMMENT ON COLUMN v1.trace.item IS 'Position in the batch';
COMMENT ON COLUMN v1.trace.id IS 'Random number the node gave it';
COMMENT ON COLUMN v1.trace.started IS 'First probe';
COMMENT ON COLUMN v1.trace.run IS 'Run; null: none';
COMMENT ON COLUMN v1.trace.side IS '1 or 2 within a run';
COMMENT ON COLUMN v1.trace.purpose IS 'target: a server the phone talked to; direct: the other node; adhoc; null: not told';
COMMENT ON COLUMN v1.trace.method IS 'icmp udp tcp-syn tcp-ack quic flow';
COMMENT ON COLUMN v1.trace.stop IS 'reached gap loop unreachable maxttl deadline refused';
COMMENT ON COLUMN v1.trace.duration_ms IS 'Duration, ms';
COMMENT ON COLUMN v1.trace.src IS 'Source';
COMMENT ON COLUMN v1.trace.dst IS 'Destination';
COMMENT ON COLUMN v1.trace.sport IS 'Source port or ICMP identifier';
COMMENT ON COLUMN v1.trace.dport IS 'Destination port';
COMMENT ON COLUMN v1.trace.flow_label IS 'IPv6 flow label';
COMMENT ON COLUMN v1.trace.probes IS 'Probes sent';
COMMENT ON COLUMN v1.trace.kernel_drops IS 'Packets the kernel dropped on the receive path';
COMMENT ON COLUMN v1.trace.peer IS 'Other node of a direct path';
COMMENT ON COLUMN v1.trace.hops IS 'TTLs probed';
COMMENT ON COLUMN v1.trace.addresses IS 'Distinct answering addresses';

CREATE VIEW v1.reply AS
	SELECT t.started, t.node, t.stream, t.seq, t.item, t.run, p.ttl, p.attempt,
		t.addr[get_byte(t.ref, p.probe - 1)] AS addr, t.rtt[p.probe] AS rtt_ms,
		t.answers[get_byte(t.answer, p.probe - 1)] >> 16 AS answer_kind,
		(t.answers[get_byte(t.answer, p.probe - 1)] >> 8) & 255 AS icmp_type,
		t.answers[get_byte(t.answer, p.probe - 1)] & 255 AS icmp_code,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN get_byte(t.reply_ttl, p.probe - 1) END AS reply_ttl,
		CASE WHEN get_byte(t.ref, p.probe - 1) > 0 THEN coalesce(get_byte(t.quoted_ttl, p.probe - 1), 1) END AS quoted_ttl,
		coalesce(get_byte(t.mark, p.probe - 1) & 1, 0) = 1 AS late,
		coalesce(get_byte(t.mark, p.probe - 1) & 2, 0) = 2 AS rewritten
	FROM raw.trace t CROSS JOIN LATERAL v1.probes(t.first_ttl, t.tries) p;
COMMENT ON VIEW v1.reply IS 'One row per probe';
COMMENT ON COLUMN v1.reply.started IS 'Start of the trace; give a range to use the partitions';
COMMENT ON COLUMN v1.reply.node IS 'v1.node.node';
COMMENT ON COLUMN v1.reply.stream IS 'Stream';
COMMENT ON COLUMN v1.reply.seq IS 'Batch';
COMMENT ON COLUMN v1.reply.item IS 'Position in the batch';
COMMENT ON COLUMN v1.reply.run IS 'Run; null: none';
COMMENT ON COLUMN v1.reply.ttl IS 'TTL or hop limit sent';
COMMENT ON COLUMN v1.reply.attempt IS 'From 1';
COMMENT ON COLUMN v1.reply.addr IS 'Who answered; null: nobody';
COMMENT ON COLUMN v1.reply.rtt_ms IS 'Round-trip time, ms; null: no answer';
COMMENT ON COLUMN v1.reply.answer_kind IS '1 ICMP, 2 TCP, 3 UDP; null: no answer';
COMMENT ON COLUMN v1.reply.icmp_type IS 'ICMP type; 0 for TCP';
COMMENT ON COLUMN v1.reply.icmp_code IS 'ICMP code; the flags for TCP';
COMMENT ON COLUMN v1.reply.reply_ttl IS 'TTL of the answer as it arrived';
COMMENT ON COLUMN v1.reply.quoted_ttl IS 'TTL the answer quoted; 1 is usual';
COMMENT ON COLUMN v1.reply.late IS 'Arrived after its attempt was given up';
COMMENT ON COLUMN v1.reply.rewritten IS 'Quoted headers differ from what was sent';

CREATE VIEW v1.hop AS
	SELECT r.started, r.node, r.stream, r.seq, r.item, r.run, r.ttl, r.addr, min(r.rtt_ms) AS rtt_ms,
		count(*) FILTER (WHERE r.addr IS NOT NULL)::int AS replies
	FROM v1.reply r
	GROUP BY r.started, r.node, r.stream, r.seq, r.item, r.run, r.ttl, r.addr;
COMMENT ON VIEW v1.hop IS 'One row per trace, TTL and answering address; a silent TTL is one row with addr null';
COMMENT ON COLUMN v1.hop.started IS 'Start of the trace';
COMMENT ON COLUMN v1.hop.node IS 'v1.node.node';
COMMENT ON COLUMN v1.hop.stream IS 'Stream';
COMMENT ON COLUMN v1.hop.seq IS 'Batch';
COMMENT ON COLUMN v1.hop.item IS 'Position in the batch';
COMMENT ON COLUMN v1.hop.run IS 'Run; null: none';
COMMENT ON COLUMN v1.hop.ttl IS 'TTL';
COMMENT ON COLUMN v1.hop.addr IS 'Who answered; null: a probe nobody answered';
COMMENT ON COLUMN v1.hop.rtt_ms IS 'Smallest round-trip time, ms';
COMMENT ON COLUMN v1.hop.replies IS 'Answers from that address';

-- The traces that make the paths of a run -----------------------------------------------------------

-- An application path is traced in the app's own protocol. Only where that trace saw no router at
-- all does the ICMP trace to the same server stand in.
CREATE VIEW v1.path_trace AS
	WITH app AS (
		SELECT r.id AS run, r.app AS path, t.side, t.started, t.node, t.stream, t.seq, t.item, t.method, t.stop,
			t.dst, t.first_ttl, t.tries, t.addr, t.ref, t.rtt, s.proto,
			CASE WHEN t.method = CASE s.proto WHEN 6 THEN 3 WHEN 17 THEN 2 END THEN 0 ELSE 1 END AS choice,
			EXISTS (SELECT FROM unnest(t.addr) x WHERE x <> t.dst) AS saw
		FROM registry.run r
		JOIN judge.server_now s ON s.run = r.id AND s.final = 'backend'
		JOIN raw.trace t ON t.run = r.id AND t.side = s.side AND t.dst = s.addr AND t.purpose = 1
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
COMMENT ON VIEW v1.path_trace IS 'The traces chosen as the paths of each run: one per side and server, one per side and address family for the direct path';
COMMENT ON COLUMN v1.path_trace.run IS 'Run';
COMMENT ON COLUMN v1.path_trace.path IS 'network for the direct path, else the app';
COMMENT ON COLUMN v1.path_trace.side IS '1: from a; 2: from b';
COMMENT ON COLUMN v1.path_trace.started IS 'First probe';
COMMENT ON COLUMN v1.path_trace.node IS 'Node that traced';
COMMENT ON COLUMN v1.path_trace.stream IS 'Stream';
COMMENT ON COLUMN v1.path_trace.seq IS 'Batch';
COMMENT ON COLUMN v1.path_trace.item IS 'Position in the batch';
COMMENT ON COLUMN v1.path_trace.method IS 'As raw.trace.method';
COMMENT ON COLUMN v1.path_trace.stop IS 'As raw.trace.stop';
COMMENT ON COLUMN v1.path_trace.dst IS 'Server, or the other node';
COMMENT ON COLUMN v1.path_trace.first_ttl IS 'As raw.trace';
COMMENT ON COLUMN v1.path_trace.tries IS 'As raw.trace';
COMMENT ON COLUMN v1.path_trace.addr IS 'As raw.trace';
COMMENT ON COLUMN v1.path_trace.ref IS 'As raw.trace';
COMMENT ON COLUMN v1.path_trace.rtt IS 'As raw.trace';

CREATE VIEW v1.path_hop AS
	SELECT p.run, p.path, p.side, p.node, p.stream, p.seq, p.item, p.dst, h.ttl, h.addr, h.rtt_ms,
		l.country, l.asn, l.as_name, l.source,
		(SELECT nullif(n.name, '') FROM raw.name n WHERE n.addr = h.addr ORDER BY n.at DESC LIMIT 1) AS name
	FROM v1.path_trace p
	JOIN LATERAL v1.hops(p.first_ttl, p.tries, p.addr, p.ref, p.rtt, p.dst) h ON true
	LEFT JOIN judge.location l ON l.addr = h.addr;
COMMENT ON VIEW v1.path_hop IS 'Hops of the chosen paths with country, network and name';
COMMENT ON COLUMN v1.path_hop.run IS 'Run';
COMMENT ON COLUMN v1.path_hop.path IS 'network, or the app';
COMMENT ON COLUMN v1.path_hop.side IS '1: from a; 2: from b';
COMMENT ON COLUMN v1.path_hop.node IS 'Node that traced';
COMMENT ON COLUMN v1.path_hop.stream IS 'Stream';
COMMENT ON COLUMN v1.path_hop.seq IS 'Batch';
COMMENT ON COLUMN v1.path_hop.item IS 'Position in the batch';
COMMENT ON COLUMN v1.path_hop.dst IS 'Destination of the trace';
COMMENT ON COLUMN v1.path_hop.ttl IS 'TTL';
COMMENT ON COLUMN v1.path_hop.addr IS 'Who answered; null: nobody';
COMMENT ON COLUMN v1.path_hop.rtt_ms IS 'Smallest round-trip time, ms';
COMMENT ON COLUMN v1.path_hop.country IS 'ISO 3166-1 alpha-2; null: not known';
COMMENT ON COLUMN v1.path_hop.asn IS 'Autonomous system; null: not known';
COMMENT ON COLUMN v1.path_hop.as_name IS 'Its name';
COMMENT ON COLUMN v1.path_hop.source IS 'table or override';
COMMENT ON COLUMN v1.path_hop.name IS 'Reverse DNS; null: none or not asked';

-- Countries of each run's paths, with why each counts.
CREATE VIEW v1.path_country AS
	SELECT p.run, p.path, p.side, l.country AS iso2, 'hop' AS reason
	FROM v1.path_trace p
	CROSS JOIN LATERAL v1.hops(p.first_ttl, p.tries, p.addr, p.ref, p.rtt, p.dst) h
	JOIN judge.location l ON l.addr = h.addr
	WHERE l.country IS NOT NULL
	UNION
	SELECT p.run, p.path, p.side, l.country, 'server'
	FROM v1.path_trace p JOIN judge.location l ON l.addr = p.dst
	WHERE p.path <> 'network' AND l.country IS NOT NULL
	UNION
	SELECT r.id, k.path, k.side, n.country, 'end'
	FROM registry.run r
	JOIN LATERAL (VALUES (1, r.a), (2, r.b)) e(side, node) ON true
	JOIN LATERAL (VALUES (r.app), ('network')) v(path) ON v.path <> 'none'
	JOIN LATERAL (SELECT v.path, e.side::smallint AS side) k ON true
	JOIN registry.node n ON n.id = e.node
	WHERE r.origin = 'run' AND n.country IS NOT NULL;
COMMENT ON VIEW v1.path_country IS 'Countries on each run''s paths and why each counts';
COMMENT ON COLUMN v1.path_country.run IS 'Run';
COMMENT ON COLUMN v1.path_country.path IS 'network, or the app';
COMMENT ON COLUMN v1.path_country.side IS '1 or 2';
COMMENT ON COLUMN v1.path_country.iso2 IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN v1.path_country.reason IS 'hop: a router there answered; server: the messenger''s server; end: a node stands there';

-- Is a run's path whole? Self pairs have no direct path to measure.
CREATE VIEW v1.path_quality AS
	WITH silent AS (
		SELECT p.run, p.path, p.side, p.stop,
			h.gaps, h.unplaced
		FROM v1.path_trace p
		CROSS JOIN LATERAL (
			SELECT count(*) FILTER (WHERE x.addr IS NULL)::int AS gaps,
				count(*) FILTER (WHERE x.addr IS NOT NULL AND l.country IS NULL)::int AS unplaced
			FROM v1.hops(p.first_ttl, p.tries, p.addr, p.ref, p.rtt, p.dst) x
			LEFT JOIN judge.location l ON l.addr = x.addr) h)
	SELECT r.id AS run, v.path, count(s.path)::int AS traces, count(DISTINCT s.side)::int AS sides, coalesce(sum(s.gaps), 0)::int AS silent_hops,
		coalesce(sum(s.unplaced), 0)::int AS unplaced_hops,
		count(*) FILTER (WHERE s.stop <> 1)::int AS not_reached,
		CASE WHEN v.path = 'network' AND r.a = r.b THEN true
		ELSE count(DISTINCT s.side) = 2 AND coalesce(sum(s.gaps), 0) = 0 AND coalesce(sum(s.unplaced), 0) = 0
			AND bool_and(coalesce(s.stop, 0) = 1) END AS whole
	FROM registry.run r
	JOIN LATERAL (VALUES (r.app), ('network')) v(path) ON v.path <> 'none'
	LEFT JOIN silent s ON s.run = r.id AND s.path = v.path
	WHERE r.origin = 'run'
	GROUP BY r.id, r.a, r.b, v.path;
COMMENT ON VIEW v1.path_quality IS 'What is missing in each path: absence of evidence is not evidence that traffic stays';
COMMENT ON COLUMN v1.path_quality.run IS 'Run';
COMMENT ON COLUMN v1.path_quality.path IS 'network, or the app';
COMMENT ON COLUMN v1.path_quality.traces IS 'Traces that make the path';
COMMENT ON COLUMN v1.path_quality.sides IS 'Sides that measured it: 0, 1 or 2';
COMMENT ON COLUMN v1.path_quality.silent_hops IS 'TTLs nobody answered for';
COMMENT ON COLUMN v1.path_quality.unplaced_hops IS 'Addresses no table knows';
COMMENT ON COLUMN v1.path_quality.not_reached IS 'Traces that did not reach their destination';
COMMENT ON COLUMN v1.path_quality.whole IS 'Both sides traced to the end without a silent or unknown hop';

-- A run counts for a path when both sides measured it. Self pairs need no direct path.
CREATE VIEW v1.run AS
	SELECT r.id AS run, r.serial, r.app, na.name AS a, nb.name AS b, na.country AS a_country,
		nb.country AS b_country, r.planned, r.length,
		(SELECT count(DISTINCT m.id) FROM raw.message m WHERE m.run = r.id AND m.sent IS NOT NULL)::int AS sent,
		(SELECT count(DISTINCT m.id) FROM raw.message m WHERE m.run = r.id AND m.received IS NOT NULL)::int AS received,
		(SELECT count(*) FROM raw.flow f WHERE f.run = r.id)::int AS flows,
		(SELECT count(*) FROM raw.trace t WHERE t.run = r.id)::int AS traces,
		(SELECT count(*) FROM judge.server_now s WHERE s.run = r.id AND s.final = 'backend')::int AS servers,
		(SELECT count(DISTINCT o.node) FROM raw.outcome o WHERE o.run = r.id AND o.state = 2)::int AS done,
		(SELECT count(DISTINCT o.node) FROM raw.outcome o WHERE o.run = r.id AND o.state > 2)::int AS failed
	FROM registry.run r JOIN registry.node na ON na.id = r.a JOIN registry.node nb ON nb.id = r.b
	WHERE r.origin = 'run';
COMMENT ON VIEW v1.run IS 'Runs with what came of them';
COMMENT ON COLUMN v1.run.run IS 'Id';
COMMENT ON COLUMN v1.run.serial IS 'Running number';
COMMENT ON COLUMN v1.run.app IS 'Messenger, or none for an empty run';
COMMENT ON COLUMN v1.run.a IS 'Node of side 1';
COMMENT ON COLUMN v1.run.b IS 'Node of side 2';
COMMENT ON COLUMN v1.run.a_country IS 'Its country';
COMMENT ON COLUMN v1.run.b_country IS 'Its country';
COMMENT ON COLUMN v1.run.planned IS 'Start time';
COMMENT ON COLUMN v1.run.length IS 'From start to end of the capture';
COMMENT ON COLUMN v1.run.sent IS 'Messages the sender''s app sent';
COMMENT ON COLUMN v1.run.received IS 'Messages the receiver''s app showed';
COMMENT ON COLUMN v1.run.flows IS 'Flows captured';
COMMENT ON COLUMN v1.run.traces IS 'Traces made';
COMMENT ON COLUMN v1.run.servers IS 'Messenger servers found, both sides';
COMMENT ON COLUMN v1.run.done IS 'Nodes that report their order done';
COMMENT ON COLUMN v1.run.failed IS 'Nodes that failed or refused';

-- One row per set, unordered pair and path: the latest run that measured it from both sides.
CREATE VIEW v1.pair_path AS
	WITH measured AS (
		SELECT r.id AS run, v.path, least(na.name, nb.name) AS a, greatest(na.name, nb.name) AS b,
			CASE WHEN na.name <= nb.name THEN na.country ELSE nb.country END AS a_country,
			CASE WHEN na.name <= nb.name THEN nb.country ELSE na.country END AS b_country,
			r.planned, q.whole
		FROM registry.run r
		JOIN registry.node na ON na.id = r.a
		JOIN registry.node nb ON nb.id = r.b
		JOIN LATERAL (VALUES (r.app), ('network')) v(path) ON v.path <> 'none'
		JOIN v1.path_quality q ON q.run = r.id AND q.path = v.path
		WHERE r.origin = 'run' AND ((v.path = 'network' AND r.a = r.b) OR q.sides = 2)),
	latest AS (
		SELECT DISTINCT ON (path, a, b) * FROM measured ORDER BY path, a, b, planned DESC)
	SELECT 'runs' AS set, l.path, l.a, l.b, l.a_country, l.b_country, l.planned::date AS day, l.run, l.whole,
		ARRAY(SELECT DISTINCT c.iso2 FROM v1.path_country c WHERE c.run = l.run AND c.path = l.path ORDER BY 1)::char(2)[] AS countries
	FROM latest l
	UNION ALL
	SELECT i.name, p.path, p.a, p.b, p.a, p.b, i.measured, NULL, NULL,
		ARRAY(SELECT DISTINCT c FROM unnest(p.side_a || p.side_b) c ORDER BY 1)::char(2)[]
	FROM judge.import_pair p JOIN judge.import i ON i.id = p.import;
COMMENT ON VIEW v1.pair_path IS 'One row per set, unordered pair and path: the latest run that measured it from both sides, or an import';
COMMENT ON COLUMN v1.pair_path.set IS 'runs, or the name of an import';
COMMENT ON COLUMN v1.pair_path.path IS 'network for the direct path, else the app';
COMMENT ON COLUMN v1.pair_path.a IS 'The end that sorts first: a node, or a country in an import';
COMMENT ON COLUMN v1.pair_path.b IS 'The other end; equal for a self pair';
COMMENT ON COLUMN v1.pair_path.a_country IS 'Its country';
COMMENT ON COLUMN v1.pair_path.b_country IS 'Its country';
COMMENT ON COLUMN v1.pair_path.day IS 'Day whose group membership applies';
COMMENT ON COLUMN v1.pair_path.run IS 'Run; null in an import';
COMMENT ON COLUMN v1.pair_path.whole IS 'Nothing is missing in the path; null in an import';
COMMENT ON COLUMN v1.pair_path.countries IS 'Countries of both sides, ends and servers included';

-- A pair is in a region's row when both its ends are in the region. Cross-region pairs are in none.
CREATE VIEW v1.leaving AS
	SELECT p.set, r.m49, p.path, count(*)::int AS n,
		count(*) FILTER (WHERE x.leaves)::int AS leaving,
		count(*) FILTER (WHERE NOT x.leaves AND p.whole)::int AS stays,
		count(*) FILTER (WHERE NOT x.leaves AND NOT coalesce(p.whole, false))::int AS unknown,
		count(*) FILTER (WHERE p.a = p.b)::int AS self_n,
		count(*) FILTER (WHERE p.a = p.b AND x.leaves)::int AS self_leaving,
		count(*) FILTER (WHERE p.a = p.b AND NOT x.leaves AND NOT coalesce(p.whole, false))::int AS self_unknown
	FROM v1.pair_path p
	JOIN ref.region_member ma ON ma.iso2 = p.a_country
	JOIN ref.region_member mb ON mb.iso2 = p.b_country AND mb.m49 = ma.m49
	JOIN ref.region r ON r.m49 = ma.m49
	CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM unnest(p.countries) c WHERE c NOT IN (
		SELECT m.iso2 FROM ref.region_member m WHERE m.m49 = r.m49)) AS leaves) x
	GROUP BY p.set, r.m49, p.path;
COMMENT ON VIEW v1.leaving IS 'Traffic leaving its region, by set, region and path (Table 2 of the talk)';
COMMENT ON COLUMN v1.leaving.set IS 'runs, or the name of an import';
COMMENT ON COLUMN v1.leaving.m49 IS 'ref.region.m49; regions are nested';
COMMENT ON COLUMN v1.leaving.path IS 'network, or the app';
COMMENT ON COLUMN v1.leaving.n IS 'Pairs with both ends in the region, self pairs included';
COMMENT ON COLUMN v1.leaving.leaving IS 'Pairs whose path has a country outside the region';
COMMENT ON COLUMN v1.leaving.stays IS 'Pairs whose whole path was seen, and stays';
COMMENT ON COLUMN v1.leaving.unknown IS 'Pairs not seen to leave, with gaps in the path (or imported without that knowledge)';
COMMENT ON COLUMN v1.leaving.self_n IS 'Self pairs among n';
COMMENT ON COLUMN v1.leaving.self_leaving IS 'Self pairs among leaving';
COMMENT ON COLUMN v1.leaving.self_unknown IS 'Self pairs among unknown';

-- The pairs that the published tables leave out: a path leaves when it has a country outside both
-- ends' regions.
CREATE VIEW v1.between AS
	SELECT p.set, least(ca.region, cb.region) AS m49_a, greatest(ca.region, cb.region) AS m49_b, p.path, p.a, p.b,
		p.day, p.run, p.whole, p.countries,
		EXISTS (SELECT FROM unnest(p.countries) c WHERE c NOT IN (
			SELECT m.iso2 FROM ref.region_member m WHERE m.m49 IN (ca.region, cb.region))) AS leaves
	FROM v1.pair_path p
	JOIN ref.country ca ON ca.iso2 = p.a_country
	JOIN ref.country cb ON cb.iso2 = p.b_country AND cb.region <> ca.region;
COMMENT ON VIEW v1.between IS 'Pairs whose ends are in different M49 regions; the standard tables leave them out';
COMMENT ON COLUMN v1.between.set IS 'runs, or the name of an import';
COMMENT ON COLUMN v1.between.m49_a IS 'Region of the one end, the smaller code';
COMMENT ON COLUMN v1.between.m49_b IS 'Region of the other end';
COMMENT ON COLUMN v1.between.path IS 'network, or the app';
COMMENT ON COLUMN v1.between.a IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.b IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.day IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.run IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.whole IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.countries IS 'As v1.pair_path';
COMMENT ON COLUMN v1.between.leaves IS 'The path has a country outside both regions';

CREATE VIEW v1.accessible AS
	SELECT p.set, r.m49, g.name AS grp, p.path, count(*)::int AS n,
		count(*) FILTER (WHERE x.seen)::int AS accessible,
		count(*) FILTER (WHERE NOT x.seen AND p.whole)::int AS hidden,
		count(*) FILTER (WHERE NOT x.seen AND NOT coalesce(p.whole, false))::int AS unknown,
		count(*) FILTER (WHERE p.a = p.b)::int AS self_n,
		count(*) FILTER (WHERE p.a = p.b AND x.seen)::int AS self_accessible,
		count(*) FILTER (WHERE p.a = p.b AND NOT x.seen AND NOT coalesce(p.whole, false))::int AS self_unknown
	FROM v1.pair_path p
	JOIN ref.region_member ma ON ma.iso2 = p.a_country
	JOIN ref.region_member mb ON mb.iso2 = p.b_country AND mb.m49 = ma.m49
	JOIN ref.region r ON r.m49 = ma.m49
	CROSS JOIN ref.interest_group g
	CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM ref.group_member m
		WHERE m.name = g.name AND m.iso2 = ANY (p.countries)
			AND p.day >= m.valid_from AND p.day < m.valid_to) AS seen) x
	GROUP BY p.set, r.m49, g.name, p.path;
COMMENT ON VIEW v1.accessible IS 'Traffic accessible to an interest group, by set, region, group and path (Table 3 of the talk)';
COMMENT ON COLUMN v1.accessible.set IS 'runs, or the name of an import';
COMMENT ON COLUMN v1.accessible.m49 IS 'ref.region.m49; regions are nested';
COMMENT ON COLUMN v1.accessible.grp IS 'ref.interest_group.name';
COMMENT ON COLUMN v1.accessible.path IS 'network, or the app';
COMMENT ON COLUMN v1.accessible.n IS 'Pairs with both ends in the region, self pairs included';
COMMENT ON COLUMN v1.accessible.accessible IS 'Pairs whose path crosses a member''s territory';
COMMENT ON COLUMN v1.accessible.hidden IS 'Pairs whose whole path was seen, and crosses none';
COMMENT ON COLUMN v1.accessible.unknown IS 'Pairs not seen to cross one, with gaps in the path';
COMMENT ON COLUMN v1.accessible.self_n IS 'Self pairs among n';
COMMENT ON COLUMN v1.accessible.self_accessible IS 'Self pairs among accessible';
COMMENT ON COLUMN v1.accessible.self_unknown IS 'Self pairs among unknown';

CREATE VIEW v1.flow AS
	SELECT f.run, f.side, n.name AS node_name, f.started, f.ended, f.proto, f.a, f.aport, f.b, f.bport, f.pkts_ab,
		f.bytes_ab, f.pkts_ba, f.bytes_ba, f.names, f.app
	FROM raw.flow f JOIN registry.node n ON n.id = f.node;
COMMENT ON VIEW v1.flow IS 'One row per bidirectional flow of a capture';
COMMENT ON COLUMN v1.flow.run IS 'Run; null: none';
COMMENT ON COLUMN v1.flow.side IS '1 or 2; null: none';
COMMENT ON COLUMN v1.flow.node_name IS 'Node that captured; import: from a file';
COMMENT ON COLUMN v1.flow.started IS 'First packet';
COMMENT ON COLUMN v1.flow.ended IS 'Last packet';
COMMENT ON COLUMN v1.flow.proto IS 'IP protocol number';
COMMENT ON COLUMN v1.flow.a IS 'Sender of the first packet';
COMMENT ON COLUMN v1.flow.aport IS 'Its port; 0 for ICMP';
COMMENT ON COLUMN v1.flow.b IS 'The other end';
COMMENT ON COLUMN v1.flow.bport IS 'Its port';
COMMENT ON COLUMN v1.flow.pkts_ab IS 'Packets a to b';
COMMENT ON COLUMN v1.flow.bytes_ab IS 'Bytes on the wire, a to b';
COMMENT ON COLUMN v1.flow.pkts_ba IS 'Packets b to a';
COMMENT ON COLUMN v1.flow.bytes_ba IS 'Bytes on the wire, b to a';
COMMENT ON COLUMN v1.flow.names IS 'Names that led to b';
COMMENT ON COLUMN v1.flow.app IS 'Label from the node; null: none';

CREATE VIEW v1.import_run AS
	SELECT r.id AS run, r.serial, r.app, r.note, r.planned AS started, r.length, r.created,
		(SELECT count(*) FROM raw.flow f WHERE f.run = r.id)::int AS flows
	FROM registry.run r WHERE r.origin = 'import';
COMMENT ON VIEW v1.import_run IS 'Captures that were stored as runs';
COMMENT ON COLUMN v1.import_run.run IS 'Id';
COMMENT ON COLUMN v1.import_run.serial IS 'Running number, shared with measured runs';
COMMENT ON COLUMN v1.import_run.app IS 'Messenger, as the person who stored it says; import: not said';
COMMENT ON COLUMN v1.import_run.note IS 'Name of the file';
COMMENT ON COLUMN v1.import_run.started IS 'First packet';
COMMENT ON COLUMN v1.import_run.length IS 'From the first to the last packet';
COMMENT ON COLUMN v1.import_run.created IS 'When it was stored';
COMMENT ON COLUMN v1.import_run.flows IS 'Flows';

CREATE VIEW v1.server AS
	SELECT s.run, r.app, s.side, s.proto, s.addr, s.port, s.final AS decision, s.score, s.by_name, s.by_port, s.by_time,
		s.in_empty, s.bytes, s.names, s.matched, s.messages, s.rule, s.override, l.country, l.asn, l.as_name
	FROM judge.server_now s JOIN registry.run r ON r.id = s.run LEFT JOIN judge.location l ON l.addr = s.addr;
COMMENT ON VIEW v1.server IS 'Every remote end of a run: what it was, the evidence, and where it is';
COMMENT ON COLUMN v1.server.run IS 'Run';
COMMENT ON COLUMN v1.server.app IS 'Messenger of the run';
COMMENT ON COLUMN v1.server.side IS '1 or 2';
COMMENT ON COLUMN v1.server.proto IS 'IP protocol number';
COMMENT ON COLUMN v1.server.addr IS 'Address as seen from that side';
COMMENT ON COLUMN v1.server.port IS 'Port';
COMMENT ON COLUMN v1.server.decision IS 'backend push background resolver peer unknown: the decision in force';
COMMENT ON COLUMN v1.server.score IS '0 to 1';
COMMENT ON COLUMN v1.server.by_name IS '1: a name that led to it is known for the app';
COMMENT ON COLUMN v1.server.by_port IS '1: the port is known for the app';
COMMENT ON COLUMN v1.server.by_time IS 'Share of messages that coincide with a burst; without a known name, less chance';
COMMENT ON COLUMN v1.server.in_empty IS 'Also seen in an empty run';
COMMENT ON COLUMN v1.server.bytes IS 'Bytes both ways';
COMMENT ON COLUMN v1.server.names IS 'Names that led to it';
COMMENT ON COLUMN v1.server.matched IS 'Messages that coincide with a burst';
COMMENT ON COLUMN v1.server.messages IS 'Messages of this side';
COMMENT ON COLUMN v1.server.rule IS 'Clause that decided';
COMMENT ON COLUMN v1.server.override IS 'Number of the correction by a person; null: none';
COMMENT ON COLUMN v1.server.country IS 'Where it is; null: not known';
COMMENT ON COLUMN v1.server.asn IS 'Autonomous system; null: not known';
COMMENT ON COLUMN v1.server.as_name IS 'Its name';

GRANT USAGE ON SCHEMA v1 TO waymark_judge, waymark_read;
GRANT SELECT ON ALL TABLES IN SCHEMA v1 TO waymark_judge, waymark_read;
