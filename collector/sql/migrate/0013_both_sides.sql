-- SPDX-License-Identifier: Apache-2.0
--
-- Both sides of the address translation: how each connection of a phone was mapped on its way out,
-- the uplink's own count of it beside the tunnel's, and the files the two captures were kept in. And
-- what the headers of a flow told: fragments, and of TCP who opened, answered and ended the connection,
-- what was sent again, and the handshake's round trips.

-- Largest packet inside tunnels. 1420: the MSS is set to what fits, and a server sees that. 1500:
-- nothing shows, and large outer packets travel in fragments, which a net may drop.
INSERT INTO registry.setting VALUES ('tunnel_mtu', '1420');

ALTER TABLE raw.flow
	ADD COLUMN interface_drops int NOT NULL DEFAULT 0,
	ADD COLUMN outer_a inet,
	ADD COLUMN outer_aport int,
	ADD COLUMN outer_b inet,
	ADD COLUMN outer_bport int,
	ADD COLUMN outer_pkts_ab bigint,
	ADD COLUMN outer_bytes_ab bigint,
	ADD COLUMN outer_pkts_ba bigint,
	ADD COLUMN outer_bytes_ba bigint,
	ADD COLUMN outer_drops int,
	ADD COLUMN mappings int NOT NULL DEFAULT 0,
	ADD COLUMN fragments int NOT NULL DEFAULT 0,
	ADD COLUMN tcp_flags_a int,
	ADD COLUMN tcp_flags_b int,
	ADD COLUMN again_a int,
	ADD COLUMN again_b int,
	ADD COLUMN late_a int,
	ADD COLUMN late_b int,
	ADD COLUMN rtt_a_us bigint,
	ADD COLUMN rtt_b_us bigint;
COMMENT ON COLUMN raw.flow.interface_drops IS 'Packets the interface lost while the capture ran';
COMMENT ON COLUMN raw.flow.outer_a IS 'The same connection on the uplink, behind the translation: its near end; null: none was seen';
COMMENT ON COLUMN raw.flow.outer_aport IS 'Its port: aport, unless that was taken';
COMMENT ON COLUMN raw.flow.outer_b IS 'Its far end: b, or the node''s resolver';
COMMENT ON COLUMN raw.flow.outer_bport IS 'Its port';
COMMENT ON COLUMN raw.flow.outer_pkts_ab IS 'Packets out, as the capture on the uplink counted, traces inside the flow included; null: no mapping';
COMMENT ON COLUMN raw.flow.outer_bytes_ab IS 'Bytes out, on the wire';
COMMENT ON COLUMN raw.flow.outer_pkts_ba IS 'Packets in';
COMMENT ON COLUMN raw.flow.outer_bytes_ba IS 'Bytes in';
COMMENT ON COLUMN raw.flow.outer_drops IS 'Packets the capture on the uplink lost';
COMMENT ON COLUMN raw.flow.mappings IS 'How often the connection was translated anew; the outer tuple is the newest; 0: never seen';
COMMENT ON COLUMN raw.flow.fragments IS 'Packets of it that were fragments';
COMMENT ON COLUMN raw.flow.tcp_flags_a IS
	'Every flag a''s TCP headers had: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256; 512 for a SYN without ACK, 1024 for one with it; null: not TCP, or not told';
COMMENT ON COLUMN raw.flow.tcp_flags_b IS 'The same of b';
COMMENT ON COLUMN raw.flow.again_a IS 'TCP segments that a sent again';
COMMENT ON COLUMN raw.flow.again_b IS 'TCP segments that b sent again';
COMMENT ON COLUMN raw.flow.late_a IS 'TCP segments of a that were overtaken by later ones';
COMMENT ON COLUMN raw.flow.late_b IS 'TCP segments of b that were overtaken by later ones';
COMMENT ON COLUMN raw.flow.rtt_a_us IS 'Microseconds from the capture to a and back, by the TCP handshake; null: unknown';
COMMENT ON COLUMN raw.flow.rtt_b_us IS 'The same to b and back';

COMMENT ON COLUMN raw.flow.app IS 'Application it looks like to nDPI, from the vantage node or `waymark flows`; null: nDPI does not know it, was not asked, or is not built in';

CREATE TABLE raw.mapping (
	at timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	run uuid,
	side smallint,
	proto smallint NOT NULL,
	inner_addr inet NOT NULL,
	inner_port int NOT NULL,
	dst inet NOT NULL,
	dst_port int NOT NULL,
	outer_addr inet NOT NULL,
	outer_port int NOT NULL,
	server inet NOT NULL,
	server_port int NOT NULL,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.mapping (run);
CREATE INDEX ON raw.mapping (outer_addr, outer_port, at);
COMMENT ON TABLE raw.mapping IS 'How each connection of a phone was translated at its vantage node, as connection tracking told';
COMMENT ON COLUMN raw.mapping.at IS 'When it was told: before its first packet left';
COMMENT ON COLUMN raw.mapping.node IS 'registry.node.id';
COMMENT ON COLUMN raw.mapping.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.mapping.seq IS 'Batch';
COMMENT ON COLUMN raw.mapping.item IS 'Position among the mappings of that batch';
COMMENT ON COLUMN raw.mapping.run IS 'registry.run.id; null: none';
COMMENT ON COLUMN raw.mapping.side IS '1 or 2; null: none';
COMMENT ON COLUMN raw.mapping.proto IS 'IP protocol number';
COMMENT ON COLUMN raw.mapping.inner_addr IS 'The phone''s end, inside the tunnel';
COMMENT ON COLUMN raw.mapping.inner_port IS 'Its port; of an ICMP echo its identifier';
COMMENT ON COLUMN raw.mapping.dst IS 'Whom the phone asked for';
COMMENT ON COLUMN raw.mapping.dst_port IS 'Its port';
COMMENT ON COLUMN raw.mapping.outer_addr IS 'The near end on the uplink';
COMMENT ON COLUMN raw.mapping.outer_port IS 'Its port: inner_port, unless that was taken';
COMMENT ON COLUMN raw.mapping.server IS 'Whom it reached: dst, or the node''s resolver';
COMMENT ON COLUMN raw.mapping.server_port IS 'Its port';

CREATE TABLE raw.capture (
	opened timestamptz NOT NULL,
	closed timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	run uuid,
	side smallint,
	place text NOT NULL,
	packets bigint NOT NULL,
	kernel_drops bigint NOT NULL,
	interface_drops bigint NOT NULL,
	snap int NOT NULL,
	bytes bigint NOT NULL,
	sha256 bytea CHECK (length(sha256) = 32),
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.capture (run);
CREATE INDEX ON raw.capture (sha256);
COMMENT ON TABLE raw.capture IS 'Captures of runs, and the files they were kept in at the node';
COMMENT ON COLUMN raw.capture.opened IS 'When it began, the node''s clock';
COMMENT ON COLUMN raw.capture.closed IS 'When it ended';
COMMENT ON COLUMN raw.capture.node IS 'registry.node.id';
COMMENT ON COLUMN raw.capture.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.capture.seq IS 'Batch';
COMMENT ON COLUMN raw.capture.item IS 'Position among the captures of that batch';
COMMENT ON COLUMN raw.capture.run IS 'registry.run.id; null: none';
COMMENT ON COLUMN raw.capture.side IS '1 or 2; null: none';
COMMENT ON COLUMN raw.capture.place IS 'inside the tunnel, or outside: on the uplink, this phone''s packets alone';
COMMENT ON COLUMN raw.capture.packets IS 'Packets taken';
COMMENT ON COLUMN raw.capture.kernel_drops IS 'Packets lost because its ring was full';
COMMENT ON COLUMN raw.capture.interface_drops IS 'Packets lost by interface or driver, where known';
COMMENT ON COLUMN raw.capture.snap IS 'Bytes kept of each packet';
COMMENT ON COLUMN raw.capture.bytes IS 'Size of the file; 0: none was kept';
COMMENT ON COLUMN raw.capture.sha256 IS 'SHA-256 of the file, which is also its name in the node''s folder; null: none was kept';

CREATE VIEW v1.mapping AS
	SELECT m.run, m.side, n.name AS node_name, m.at, m.proto, m.inner_addr, m.inner_port, m.dst, m.dst_port,
		m.outer_addr, m.outer_port, m.server, m.server_port,
		m.inner_port <> m.outer_port AS port_changed, (m.server, m.server_port) <> (m.dst, m.dst_port) AS redirected
	FROM raw.mapping m JOIN registry.node n ON n.id = m.node;
COMMENT ON VIEW v1.mapping IS 'How each connection of a phone was translated at its vantage node';
COMMENT ON COLUMN v1.mapping.run IS 'Run; null: none';
COMMENT ON COLUMN v1.mapping.side IS '1 or 2; null: none';
COMMENT ON COLUMN v1.mapping.node_name IS 'Vantage node';
COMMENT ON COLUMN v1.mapping.at IS 'When, the node''s clock';
COMMENT ON COLUMN v1.mapping.proto IS 'IP protocol number';
COMMENT ON COLUMN v1.mapping.inner_addr IS 'The phone''s end, inside the tunnel';
COMMENT ON COLUMN v1.mapping.inner_port IS 'Its port; of an ICMP echo its identifier';
COMMENT ON COLUMN v1.mapping.dst IS 'Whom the phone asked for';
COMMENT ON COLUMN v1.mapping.dst_port IS 'Its port';
COMMENT ON COLUMN v1.mapping.outer_addr IS 'The near end on the uplink';
COMMENT ON COLUMN v1.mapping.outer_port IS 'Its port';
COMMENT ON COLUMN v1.mapping.server IS 'Whom it reached';
COMMENT ON COLUMN v1.mapping.server_port IS 'Its port';
COMMENT ON COLUMN v1.mapping.port_changed IS 'The phone''s port was taken, and another stands for it outside';
COMMENT ON COLUMN v1.mapping.redirected IS 'A name server was asked for, and the node''s own resolver answered';

CREATE VIEW v1.capture AS
	SELECT c.run, c.side, n.name AS node_name, c.place, c.opened, c.closed, c.packets, c.kernel_drops, c.interface_drops,
		c.snap, c.bytes, encode(c.sha256, 'hex') AS sha256
	FROM raw.capture c JOIN registry.node n ON n.id = c.node;
COMMENT ON VIEW v1.capture IS 'Captures of runs, and the files they were kept in at the node';
COMMENT ON COLUMN v1.capture.run IS 'Run; null: none';
COMMENT ON COLUMN v1.capture.side IS '1 or 2; null: none';
COMMENT ON COLUMN v1.capture.node_name IS 'Node that captured, and has the file';
COMMENT ON COLUMN v1.capture.place IS 'inside the tunnel, or outside on the uplink';
COMMENT ON COLUMN v1.capture.opened IS 'When it began';
COMMENT ON COLUMN v1.capture.closed IS 'When it ended';
COMMENT ON COLUMN v1.capture.packets IS 'Packets taken';
COMMENT ON COLUMN v1.capture.kernel_drops IS 'Packets lost because its ring was full';
COMMENT ON COLUMN v1.capture.interface_drops IS 'Packets lost by interface or driver';
COMMENT ON COLUMN v1.capture.snap IS 'Bytes kept of each packet';
COMMENT ON COLUMN v1.capture.bytes IS 'Size of the file; 0: none was kept';
COMMENT ON COLUMN v1.capture.sha256 IS 'SHA-256 of the file in hex, its name in the node''s folder; null: none was kept';

CREATE OR REPLACE VIEW v1.flow AS
	SELECT f.run, f.side, n.name AS node_name, f.started, f.ended, f.proto, f.a, f.aport, f.b, f.bport, f.pkts_ab,
		f.bytes_ab, f.pkts_ba, f.bytes_ba, f.names, f.app, f.kernel_drops, f.interface_drops, f.outer_a, f.outer_aport,
		f.outer_b, f.outer_bport, f.outer_pkts_ab, f.outer_bytes_ab, f.outer_pkts_ba, f.outer_bytes_ba, f.outer_drops, f.mappings,
		f.fragments, (f.tcp_flags_a | f.tcp_flags_b) & 512 <> 0 AS syn, (f.tcp_flags_a | f.tcp_flags_b) & 1024 <> 0 AS syn_ack,
		f.tcp_flags_a & 1 <> 0 AS fin_a, f.tcp_flags_b & 1 <> 0 AS fin_b, f.tcp_flags_a & 4 <> 0 AS rst_a,
		f.tcp_flags_b & 4 <> 0 AS rst_b, f.again_a, f.again_b, f.late_a, f.late_b,
		round(f.rtt_a_us / 1000.0, 3) AS rtt_a_ms, round(f.rtt_b_us / 1000.0, 3) AS rtt_b_ms
	FROM raw.flow f JOIN registry.node n ON n.id = f.node;
COMMENT ON COLUMN v1.flow.app IS 'Application it looks like to nDPI; null: it does not know it, was not asked, or is not built in';
COMMENT ON COLUMN v1.flow.kernel_drops IS 'Packets the capture lost while it ran';
COMMENT ON COLUMN v1.flow.interface_drops IS 'Packets the interface lost while the capture ran';
COMMENT ON COLUMN v1.flow.outer_a IS 'The same connection on the uplink, behind the translation: its near end; null: none was seen';
COMMENT ON COLUMN v1.flow.outer_aport IS 'Its port: aport, unless that was taken';
COMMENT ON COLUMN v1.flow.outer_b IS 'Its far end: b, or the node''s resolver';
COMMENT ON COLUMN v1.flow.outer_bport IS 'Its port';
COMMENT ON COLUMN v1.flow.outer_pkts_ab IS 'Packets out, as the capture on the uplink counted, traces inside the flow included; null: no mapping';
COMMENT ON COLUMN v1.flow.outer_bytes_ab IS 'Bytes out, on the wire';
COMMENT ON COLUMN v1.flow.outer_pkts_ba IS 'Packets in';
COMMENT ON COLUMN v1.flow.outer_bytes_ba IS 'Bytes in';
COMMENT ON COLUMN v1.flow.outer_drops IS 'Packets the capture on the uplink lost';
COMMENT ON COLUMN v1.flow.mappings IS 'How often the connection was translated anew; the outer tuple is the newest; 0: never seen';
COMMENT ON COLUMN v1.flow.fragments IS 'Packets of it that were fragments';
COMMENT ON COLUMN v1.flow.syn IS 'TCP: a SYN that asks for a connection was seen; null: not TCP, or an agent too old to tell';
COMMENT ON COLUMN v1.flow.syn_ack IS 'TCP: a SYN that answers (SYN-ACK) was seen; false beside syn: nobody answered';
COMMENT ON COLUMN v1.flow.fin_a IS 'TCP: a ended its direction (FIN)';
COMMENT ON COLUMN v1.flow.fin_b IS 'TCP: b ended its direction (FIN)';
COMMENT ON COLUMN v1.flow.rst_a IS 'TCP: a broke the connection off (RST)';
COMMENT ON COLUMN v1.flow.rst_b IS 'TCP: b broke the connection off, or refused it (RST)';
COMMENT ON COLUMN v1.flow.again_a IS 'TCP segments that a sent again';
COMMENT ON COLUMN v1.flow.again_b IS 'TCP segments that b sent again';
COMMENT ON COLUMN v1.flow.late_a IS 'TCP segments of a that were overtaken by later ones';
COMMENT ON COLUMN v1.flow.late_b IS 'TCP segments of b that were overtaken by later ones';
COMMENT ON COLUMN v1.flow.rtt_a_ms IS 'Milliseconds from the capture to a and back, by the TCP handshake; null: unknown';
COMMENT ON COLUMN v1.flow.rtt_b_ms IS 'Milliseconds from the capture to b and back, by the TCP handshake: at a vantage node, to the server; null: unknown';

GRANT SELECT, INSERT ON raw.mapping, raw.capture TO waymark_store;
GRANT SELECT ON raw.mapping, raw.capture TO waymark_judge;
GRANT SELECT ON v1.mapping, v1.capture TO waymark_judge, waymark_read;
