-- SPDX-License-Identifier: Apache-2.0
--
-- Multipath graphs: all ways that balancers have for a target, one row each with arrays in order of
-- TTL, unfolded by views.

CREATE TABLE raw.graph (
	started timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	id bigint NOT NULL,
	run uuid,
	purpose smallint NOT NULL,
	method smallint NOT NULL,
	stop smallint NOT NULL,
	duration_us int NOT NULL,
	src inet,
	dst inet NOT NULL,
	sport_first int NOT NULL,
	dport int NOT NULL,
	probes int NOT NULL,
	kernel_drops int NOT NULL,
	mode smallint NOT NULL,
	confidence_ppm int NOT NULL,
	reached_ppm int NOT NULL,
	complete boolean NOT NULL,
	flows int NOT NULL,
	flow_label int[],
	first_ttl smallint NOT NULL,
	width bytea NOT NULL,
	mark bytea NOT NULL,
	addr inet[] NOT NULL,
	rtt real[] NOT NULL,
	answer int[] NOT NULL,
	reply_ttl bytea NOT NULL,
	quoted_ttl bytea NOT NULL,
	seen int[] NOT NULL,
	flow int[] NOT NULL,
	links bytea NOT NULL,
	link_to bytea NOT NULL,
	link_flows int[] NOT NULL,
	mpls_node int[],
	mpls_label bigint[],
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.graph (dst, started);
CREATE INDEX ON raw.graph (started);
COMMENT ON TABLE raw.graph IS 'One row per multipath graph, interfaces and links as arrays; v1.graph_interface and v1.graph_link show rows';
COMMENT ON COLUMN raw.graph.started IS 'First probe, the node''s clock';
COMMENT ON COLUMN raw.graph.node IS 'registry.node.id';
COMMENT ON COLUMN raw.graph.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.graph.seq IS 'Batch';
COMMENT ON COLUMN raw.graph.item IS 'Position among the graphs of that batch, from 0';
COMMENT ON COLUMN raw.graph.id IS 'Random number the node gave it, read as signed';
COMMENT ON COLUMN raw.graph.run IS 'registry.run.id; null: not part of a run';
COMMENT ON COLUMN raw.graph.purpose IS 'As raw.trace.purpose';
COMMENT ON COLUMN raw.graph.method IS 'As raw.trace.method';
COMMENT ON COLUMN raw.graph.stop IS 'As raw.trace.stop';
COMMENT ON COLUMN raw.graph.duration_us IS 'First probe to the end, µs';
COMMENT ON COLUMN raw.graph.src IS 'Source address; null: not told';
COMMENT ON COLUMN raw.graph.dst IS 'Destination';
COMMENT ON COLUMN raw.graph.sport_first IS 'Flow F had source port (ICMP: identifier) sport_first + F';
COMMENT ON COLUMN raw.graph.dport IS 'Destination port; 0 for ICMP';
COMMENT ON COLUMN raw.graph.probes IS 'Probes sent';
COMMENT ON COLUMN raw.graph.kernel_drops IS 'Packets the kernel dropped on the receive path meanwhile';
COMMENT ON COLUMN raw.graph.mode IS '1 lite: routers of a hop that behave as one are judged as one; 2 full: each for itself; 0 unknown';
COMMENT ON COLUMN raw.graph.confidence_ppm IS 'That the whole graph is found: what was asked for, in millionths';
COMMENT ON COLUMN raw.graph.reached_ppm IS 'And how far it came';
COMMENT ON COLUMN raw.graph.complete IS 'As sure as asked for, and no hop too wide';
COMMENT ON COLUMN raw.graph.flows IS 'How many flows were used';
COMMENT ON COLUMN raw.graph.flow_label IS 'IPv6 flow label of each flow; null: IPv4';
COMMENT ON COLUMN raw.graph.first_ttl IS 'TTL of width[0]';
COMMENT ON COLUMN raw.graph.width IS 'One byte per TTL: how many interfaces. Arrays of interfaces are in this order';
COMMENT ON COLUMN raw.graph.mark IS 'One byte per TTL, bits: 1 balanced by packet, 2 the route changed meanwhile, 4 meshed, 8 wider than told';
COMMENT ON COLUMN raw.graph.addr IS 'Per interface; null: a router that is silent';
COMMENT ON COLUMN raw.graph.rtt IS 'Per interface, the least, milliseconds; null: silent';
COMMENT ON COLUMN raw.graph.answer IS 'Per interface, as raw.trace.answers; 0: silent';
COMMENT ON COLUMN raw.graph.reply_ttl IS 'One byte per interface: TTL of its newest answer as it arrived';
COMMENT ON COLUMN raw.graph.quoted_ttl IS 'One byte per interface: TTL that answer quoted; 0: none quoted';
COMMENT ON COLUMN raw.graph.seen IS 'Per interface: how many flows were seen there; 0: only before the route changed';
COMMENT ON COLUMN raw.graph.flow IS 'Which flows those were, from 0, one interface after another';
COMMENT ON COLUMN raw.graph.links IS 'One byte per interface: how many links leave it. Arrays of links are in this order';
COMMENT ON COLUMN raw.graph.link_to IS 'One byte per link: to which interface of the next TTL, from 0';
COMMENT ON COLUMN raw.graph.link_flows IS 'Per link: how many flows were seen on it';
COMMENT ON COLUMN raw.graph.mpls_node IS 'Interface of each entry of mpls_label, from 0; null: no labels seen';
COMMENT ON COLUMN raw.graph.mpls_label IS 'Label stack entries (RFC 4950), top first; null: none';
GRANT SELECT, INSERT ON raw.graph TO waymark_store;
GRANT SELECT ON raw.graph TO waymark_judge;

CREATE VIEW v1.graph AS
	SELECT g.node, n.name AS node_name, g.stream, g.seq, g.item, g.id, g.started, g.run,
		(ARRAY['target', 'direct', 'adhoc'])[g.purpose] AS purpose, v1.method_name(g.method) AS method,
		v1.stop_name(g.stop) AS stop, g.duration_us / 1000.0 AS duration_ms, g.src, g.dst, g.sport_first, g.dport,
		g.probes, g.kernel_drops, (ARRAY['lite', 'full'])[g.mode] AS mode, g.confidence_ppm / 1e6::float8 AS confidence,
		g.reached_ppm / 1e6::float8 AS confidence_reached, g.complete, g.flows, length(g.width) AS hops,
		(SELECT count(*)::int FROM unnest(g.seen) s WHERE s > 0) AS interfaces, length(g.link_to) AS links,
		coalesce((SELECT max(get_byte(g.width, h)) FROM generate_series(0, length(g.width) - 1) h), 0) AS widest,
		coalesce((SELECT bool_or(get_byte(g.mark, h) & 1 = 1) FROM generate_series(0, length(g.mark) - 1) h), false) AS per_packet,
		coalesce((SELECT bool_or(get_byte(g.mark, h) & 2 = 2) FROM generate_series(0, length(g.mark) - 1) h), false) AS changed
	FROM raw.graph g JOIN registry.node n ON n.id = g.node;
COMMENT ON VIEW v1.graph IS 'One row per multipath graph. (node, stream, seq, item) is its key and names the signed batch';
COMMENT ON COLUMN v1.graph.node IS 'v1.node.node';
COMMENT ON COLUMN v1.graph.node_name IS 'Node that traced';
COMMENT ON COLUMN v1.graph.stream IS 'Stream of the node';
COMMENT ON COLUMN v1.graph.seq IS 'Batch in the stream';
COMMENT ON COLUMN v1.graph.item IS 'Position in the batch';
COMMENT ON COLUMN v1.graph.id IS 'Random number the node gave it';
COMMENT ON COLUMN v1.graph.started IS 'First probe';
COMMENT ON COLUMN v1.graph.run IS 'Run; null: none';
COMMENT ON COLUMN v1.graph.purpose IS 'target, direct, adhoc; null: not told';
COMMENT ON COLUMN v1.graph.method IS 'icmp udp tcp-syn tcp-ack quic';
COMMENT ON COLUMN v1.graph.stop IS 'reached gap loop unreachable maxttl deadline refused';
COMMENT ON COLUMN v1.graph.duration_ms IS 'Duration, ms';
COMMENT ON COLUMN v1.graph.src IS 'Source';
COMMENT ON COLUMN v1.graph.dst IS 'Destination';
COMMENT ON COLUMN v1.graph.sport_first IS 'Source port or ICMP identifier of the first flow';
COMMENT ON COLUMN v1.graph.dport IS 'Destination port';
COMMENT ON COLUMN v1.graph.probes IS 'Probes sent';
COMMENT ON COLUMN v1.graph.kernel_drops IS 'Packets the kernel dropped on the receive path';
COMMENT ON COLUMN v1.graph.mode IS 'lite or full; null: not told';
COMMENT ON COLUMN v1.graph.confidence IS 'That the whole graph is found: what was asked for, 0 to 1';
COMMENT ON COLUMN v1.graph.confidence_reached IS 'And how far it came';
COMMENT ON COLUMN v1.graph.complete IS 'As sure as asked for, and no hop too wide';
COMMENT ON COLUMN v1.graph.flows IS 'Flows used';
COMMENT ON COLUMN v1.graph.hops IS 'TTLs up to the last that answered';
COMMENT ON COLUMN v1.graph.interfaces IS 'Interfaces that flows pass, silent ones counted once a hop';
COMMENT ON COLUMN v1.graph.links IS 'Links between them';
COMMENT ON COLUMN v1.graph.widest IS 'Most interfaces at one hop';
COMMENT ON COLUMN v1.graph.per_packet IS 'Some hop is balanced by packet: interfaces, but no links there';
COMMENT ON COLUMN v1.graph.changed IS 'The route of some hop changed meanwhile';

CREATE VIEW v1.graph_hop AS
	SELECT g.started, g.node, g.stream, g.seq, g.item, g.dst, g.first_ttl + h AS ttl, get_byte(g.width, h) AS interfaces,
		get_byte(g.mark, h) & 1 = 1 AS per_packet, get_byte(g.mark, h) & 2 = 2 AS changed,
		get_byte(g.mark, h) & 4 = 4 AS meshed, get_byte(g.mark, h) & 8 = 8 AS too_wide
	FROM raw.graph g CROSS JOIN LATERAL generate_series(0, length(g.width) - 1) h;
COMMENT ON VIEW v1.graph_hop IS 'One row per graph and TTL: a diamond, balancing by packet and a changed route told apart';
COMMENT ON COLUMN v1.graph_hop.started IS 'Start of the graph';
COMMENT ON COLUMN v1.graph_hop.node IS 'v1.node.node';
COMMENT ON COLUMN v1.graph_hop.stream IS 'Stream';
COMMENT ON COLUMN v1.graph_hop.seq IS 'Batch';
COMMENT ON COLUMN v1.graph_hop.item IS 'Position in the batch';
COMMENT ON COLUMN v1.graph_hop.dst IS 'Destination';
COMMENT ON COLUMN v1.graph_hop.ttl IS 'TTL or hop limit';
COMMENT ON COLUMN v1.graph_hop.interfaces IS 'Interfaces there, those of before a change of route too';
COMMENT ON COLUMN v1.graph_hop.per_packet IS 'Packets of one flow were answered by several';
COMMENT ON COLUMN v1.graph_hop.changed IS 'Flows moved during the trace';
COMMENT ON COLUMN v1.graph_hop.meshed IS 'A router there has several next hops';
COMMENT ON COLUMN v1.graph_hop.too_wide IS 'More interfaces than can be told';

CREATE VIEW v1.graph_interface AS
	SELECT g.started, g.node, g.stream, g.seq, g.item, g.dst, p.ttl, p.probe AS interface, g.addr[p.probe] AS addr,
		g.rtt[p.probe] AS rtt_ms, nullif(g.answer[p.probe], 0) >> 16 AS answer_kind,
		(nullif(g.answer[p.probe], 0) >> 8) & 255 AS icmp_type, nullif(g.answer[p.probe], 0) & 255 AS icmp_code,
		CASE WHEN g.answer[p.probe] <> 0 THEN get_byte(g.reply_ttl, p.probe - 1) END AS reply_ttl,
		nullif(get_byte(g.quoted_ttl, p.probe - 1), 0) AS quoted_ttl,
		ARRAY(SELECT g.sport_first + f FROM unnest(f.flows) WITH ORDINALITY AS u(f, i) ORDER BY i) AS sports,
		CASE WHEN g.flow_label IS NOT NULL THEN
			ARRAY(SELECT g.flow_label[f + 1] FROM unnest(f.flows) WITH ORDINALITY AS u(f, i) ORDER BY i) END AS flow_labels,
		ARRAY(SELECT l FROM unnest(g.mpls_node, g.mpls_label) WITH ORDINALITY AS u(at, l, i)
			WHERE at = p.probe - 1 ORDER BY i) AS mpls
	FROM raw.graph g CROSS JOIN LATERAL (
		SELECT probe, ttl, coalesce(sum(g.seen[probe]) OVER (ORDER BY probe ROWS BETWEEN UNBOUNDED PRECEDING
			AND 1 PRECEDING), 0)::int AS before
		FROM v1.probes(g.first_ttl, g.width)) p
		CROSS JOIN LATERAL (SELECT g.flow[p.before + 1:p.before + g.seen[p.probe]] AS flows) f;
COMMENT ON VIEW v1.graph_interface IS 'One row per graph and interface';
COMMENT ON COLUMN v1.graph_interface.started IS 'Start of the graph';
COMMENT ON COLUMN v1.graph_interface.node IS 'v1.node.node';
COMMENT ON COLUMN v1.graph_interface.stream IS 'Stream';
COMMENT ON COLUMN v1.graph_interface.seq IS 'Batch';
COMMENT ON COLUMN v1.graph_interface.item IS 'Position in the batch';
COMMENT ON COLUMN v1.graph_interface.dst IS 'Destination';
COMMENT ON COLUMN v1.graph_interface.ttl IS 'TTL or hop limit';
COMMENT ON COLUMN v1.graph_interface.interface IS 'Its number within the graph, from 1';
COMMENT ON COLUMN v1.graph_interface.addr IS 'Address; null: a router that is silent';
COMMENT ON COLUMN v1.graph_interface.rtt_ms IS 'Least round-trip time, ms; null: silent';
COMMENT ON COLUMN v1.graph_interface.answer_kind IS '1 ICMP, 2 TCP, 3 UDP; null: silent';
COMMENT ON COLUMN v1.graph_interface.icmp_type IS 'ICMP type';
COMMENT ON COLUMN v1.graph_interface.icmp_code IS 'ICMP code, or TCP flags';
COMMENT ON COLUMN v1.graph_interface.reply_ttl IS 'TTL of its newest answer as it arrived';
COMMENT ON COLUMN v1.graph_interface.quoted_ttl IS 'TTL that answer quoted; null: none';
COMMENT ON COLUMN v1.graph_interface.sports IS 'Flows seen there, by source port (ICMP: identifier); at a hop of one interface not every flow is asked; empty: it answered only before the route changed';
COMMENT ON COLUMN v1.graph_interface.flow_labels IS 'IPv6 flow labels of the same flows; null: IPv4';
COMMENT ON COLUMN v1.graph_interface.mpls IS 'Label stack entries (RFC 4950), top first';

CREATE VIEW v1.graph_link AS
	SELECT g.started, g.node, g.stream, g.seq, g.item, g.dst, a.ttl, a.probe AS from_interface, b.first + t.place AS to_interface,
		g.addr[a.probe] AS from_addr, g.addr[b.first + t.place] AS to_addr, g.link_flows[l.probe] AS flows
	FROM raw.graph g
		CROSS JOIN LATERAL v1.probes(1::smallint, g.links) l
		CROSS JOIN LATERAL (SELECT get_byte(g.link_to, l.probe - 1) AS place) t
		JOIN LATERAL v1.probes(g.first_ttl, g.width) a ON a.probe = l.ttl
		CROSS JOIN LATERAL (SELECT min(probe) AS first FROM v1.probes(g.first_ttl, g.width) WHERE ttl = a.ttl + 1) b;
COMMENT ON VIEW v1.graph_link IS 'One row per graph and link between interfaces at consecutive TTLs';
COMMENT ON COLUMN v1.graph_link.started IS 'Start of the graph';
COMMENT ON COLUMN v1.graph_link.node IS 'v1.node.node';
COMMENT ON COLUMN v1.graph_link.stream IS 'Stream';
COMMENT ON COLUMN v1.graph_link.seq IS 'Batch';
COMMENT ON COLUMN v1.graph_link.item IS 'Position in the batch';
COMMENT ON COLUMN v1.graph_link.dst IS 'Destination of the graph';
COMMENT ON COLUMN v1.graph_link.ttl IS 'TTL of the nearer end';
COMMENT ON COLUMN v1.graph_link.from_interface IS 'v1.graph_interface.interface of the nearer end';
COMMENT ON COLUMN v1.graph_link.to_interface IS 'And of the farther';
COMMENT ON COLUMN v1.graph_link.from_addr IS 'Its address; null: silent';
COMMENT ON COLUMN v1.graph_link.to_addr IS 'Its address; null: silent';
COMMENT ON COLUMN v1.graph_link.flows IS 'Flows seen on it';
GRANT SELECT ON v1.graph, v1.graph_hop, v1.graph_interface, v1.graph_link TO waymark_judge, waymark_read;

-- Countries of interfaces, too.
CREATE OR REPLACE VIEW judge.unplaced AS
	SELECT u.addr FROM (
		SELECT unnest(addr) AS addr FROM raw.trace
		UNION SELECT dst FROM raw.trace
		UNION SELECT unnest(addr) FROM raw.graph
		UNION SELECT dst FROM raw.graph
		UNION SELECT addr FROM judge.server) u
	WHERE u.addr IS NOT NULL
		AND NOT EXISTS (SELECT FROM judge.place p WHERE p.geo = judge.geo_now() AND p.addr = u.addr);
