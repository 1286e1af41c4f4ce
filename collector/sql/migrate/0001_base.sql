-- SPDX-License-Identifier: Apache-2.0
--
-- Who is known (registry), and what was observed (raw). Facts are appended, never changed. Every
-- fact carries (node, stream, seq): the batch it came in, so that a duplicate is impossible by key
-- and the node's signature can be found. The runner has created the three roles.

CREATE SCHEMA registry;
COMMENT ON SCHEMA registry IS 'Who and what is known: nodes, keys, phones, orders, runs, settings';
CREATE SCHEMA raw;
COMMENT ON SCHEMA raw IS 'Observations as the nodes sent them: append-only, written by waymark_store alone';

-- registry ----------------------------------------------------------------------------------------

CREATE TABLE registry.setting (
	name text PRIMARY KEY,
	value text NOT NULL
);
COMMENT ON TABLE registry.setting IS 'Settings of the centre that must be the same for every program';
COMMENT ON COLUMN registry.setting.name IS 'Setting';
COMMENT ON COLUMN registry.setting.value IS 'Value as text';
INSERT INTO registry.setting VALUES
	('tunnel4', '198.19.128.0/17'),
	('tunnel6', '2001:db8:f000::/48'),
	('tunnel_port_first', '52000'),
	('keep_batches_days', '7');

CREATE TABLE registry.node (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	role text NOT NULL CHECK (role IN ('vantage', 'gateway', 'import')),
	country char(2),
	latitude double precision CHECK (latitude BETWEEN -90 AND 90),
	longitude double precision CHECK (longitude BETWEEN -180 AND 180),
	address4 inet,
	address6 inet,
	admitted timestamptz NOT NULL DEFAULT now(),
	revoked timestamptz,
	note text
);
COMMENT ON TABLE registry.node IS 'Agents that were ever admitted';
COMMENT ON COLUMN registry.node.id IS 'Short number used in facts';
COMMENT ON COLUMN registry.node.name IS 'Host-name label, unique for ever';
COMMENT ON COLUMN registry.node.role IS 'vantage: ends tunnels and traces; gateway: has phones; import: no agent, stands for files';
COMMENT ON COLUMN registry.node.country IS 'ISO 3166-1 alpha-2 of where the node stands, as the operator says';
COMMENT ON COLUMN registry.node.latitude IS 'Degrees north';
COMMENT ON COLUMN registry.node.longitude IS 'Degrees east';
COMMENT ON COLUMN registry.node.address4 IS 'IPv4 address others trace to and tunnels end at; null: none';
COMMENT ON COLUMN registry.node.address6 IS 'IPv6 address; null: none';
COMMENT ON COLUMN registry.node.admitted IS 'When the operator admitted it';
COMMENT ON COLUMN registry.node.revoked IS 'Since when nothing is taken from it; null: welcome';
COMMENT ON COLUMN registry.node.note IS 'Free text';

CREATE TABLE registry.node_key (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	node int NOT NULL REFERENCES registry.node,
	curve bytea NOT NULL UNIQUE CHECK (length(curve) = 32),
	sign bytea NOT NULL UNIQUE CHECK (length(sign) = 32),
	wireguard bytea NOT NULL CHECK (length(wireguard) = 32),
	valid_from timestamptz NOT NULL DEFAULT now(),
	valid_to timestamptz
);
CREATE INDEX ON registry.node_key (node);
COMMENT ON TABLE registry.node_key IS 'Public keys of nodes; rotation adds a row and ends the old one';
COMMENT ON COLUMN registry.node_key.id IS 'Short number stored with each batch';
COMMENT ON COLUMN registry.node_key.node IS 'Whose';
COMMENT ON COLUMN registry.node_key.curve IS 'CURVE (X25519) public key of the ZeroMQ connection';
COMMENT ON COLUMN registry.node_key.sign IS 'Ed25519 public key that verifies its batches';
COMMENT ON COLUMN registry.node_key.wireguard IS 'WireGuard public key of its tunnels';
COMMENT ON COLUMN registry.node_key.valid_from IS 'From when';
COMMENT ON COLUMN registry.node_key.valid_to IS 'Until when; null: still';

CREATE TABLE registry.operator_key (
	sign bytea PRIMARY KEY CHECK (length(sign) = 32),
	name text NOT NULL,
	added timestamptz NOT NULL DEFAULT now(),
	revoked timestamptz
);
COMMENT ON TABLE registry.operator_key IS 'Operators whose orders the collector relays; agents have their own list and decide';
COMMENT ON COLUMN registry.operator_key.sign IS 'Ed25519 public key';
COMMENT ON COLUMN registry.operator_key.name IS 'Who';
COMMENT ON COLUMN registry.operator_key.added IS 'When';
COMMENT ON COLUMN registry.operator_key.revoked IS 'Since when its orders are not relayed; null: still';

CREATE TABLE registry.phone (
	name text PRIMARY KEY,
	gateway int NOT NULL REFERENCES registry.node,
	account text NOT NULL,
	address4 inet NOT NULL,
	address6 inet
);
COMMENT ON TABLE registry.phone IS 'Phones behind gateways';
COMMENT ON COLUMN registry.phone.name IS 'Name the gateway knows it by';
COMMENT ON COLUMN registry.phone.gateway IS 'Gateway node it is behind';
COMMENT ON COLUMN registry.phone.account IS 'Account name it uses in the messengers';
COMMENT ON COLUMN registry.phone.address4 IS 'Its IPv4 address behind the gateway';
COMMENT ON COLUMN registry.phone.address6 IS 'Its IPv6 address; null: none';

CREATE SEQUENCE registry.run_serial;
COMMENT ON SEQUENCE registry.run_serial IS 'Numbers runs; tunnel addresses and ports are derived from it';

CREATE TABLE registry.run (
	id uuid PRIMARY KEY,
	serial bigint NOT NULL UNIQUE,
	app text NOT NULL,
	a int REFERENCES registry.node,
	b int REFERENCES registry.node,
	phone_a text REFERENCES registry.phone,
	phone_b text REFERENCES registry.phone,
	planned timestamptz NOT NULL,
	length interval NOT NULL,
	created timestamptz NOT NULL DEFAULT now(),
	origin text NOT NULL DEFAULT 'run' CHECK (origin IN ('run', 'import')),
	note text,
	CHECK (origin = 'import' OR (a IS NOT NULL AND b IS NOT NULL))
);
COMMENT ON TABLE registry.run IS 'One run = (node a, node b, app); app none is the empty run that shows the background';
COMMENT ON COLUMN registry.run.id IS 'Random, carried by every record of the run';
COMMENT ON COLUMN registry.run.serial IS 'Running number';
COMMENT ON COLUMN registry.run.app IS 'Messenger, or none';
COMMENT ON COLUMN registry.run.a IS 'Vantage node of side 1; null for imports';
COMMENT ON COLUMN registry.run.b IS 'Vantage node of side 2; may be the same node; null for imports';
COMMENT ON COLUMN registry.run.phone_a IS 'Phone of side 1; null for imports';
COMMENT ON COLUMN registry.run.phone_b IS 'Phone of side 2; null for imports';
COMMENT ON COLUMN registry.run.planned IS 'Common start time';
COMMENT ON COLUMN registry.run.length IS 'From start to end of the capture';
COMMENT ON COLUMN registry.run.created IS 'When it was ordered';
COMMENT ON COLUMN registry.run.origin IS 'run: measured; import: from a file';
COMMENT ON COLUMN registry.run.note IS 'Name of the imported file; null: none';

CREATE TABLE registry.orders (
	id uuid PRIMARY KEY,
	run uuid REFERENCES registry.run,
	node int NOT NULL REFERENCES registry.node,
	serial bigint NOT NULL,
	expires timestamptz NOT NULL,
	signed bytea NOT NULL,
	created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON registry.orders (node, serial);
CREATE INDEX ON registry.orders (run);
COMMENT ON TABLE registry.orders IS 'Signed orders; the collector relays the bytes and cannot make them';
COMMENT ON COLUMN registry.orders.id IS 'Order id, also inside the signed bytes';
COMMENT ON COLUMN registry.orders.run IS 'Run it belongs to; null: none';
COMMENT ON COLUMN registry.orders.node IS 'Node it is handed to';
COMMENT ON COLUMN registry.orders.serial IS 'Rises with every order to one node';
COMMENT ON COLUMN registry.orders.expires IS 'After this it is not handed out, and the agent would refuse it';
COMMENT ON COLUMN registry.orders.signed IS 'SignedOrder (proto/order.proto), exact bytes';
COMMENT ON COLUMN registry.orders.created IS 'When it was filed';

-- raw ---------------------------------------------------------------------------------------------

CREATE TABLE raw.stream (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	node int NOT NULL REFERENCES registry.node,
	epoch bigint NOT NULL,
	last_seq bigint NOT NULL DEFAULT 0,
	first_seen timestamptz NOT NULL DEFAULT now(),
	UNIQUE (node, epoch)
);
COMMENT ON TABLE raw.stream IS 'The cursor of each stream of batches: moved in the transaction that stores the rows';
COMMENT ON COLUMN raw.stream.id IS 'Short number used in facts';
COMMENT ON COLUMN raw.stream.node IS 'Who sends';
COMMENT ON COLUMN raw.stream.epoch IS 'Random 64-bit number made with the node''s spool, read as signed';
COMMENT ON COLUMN raw.stream.last_seq IS 'Highest committed batch; all below are committed too';
COMMENT ON COLUMN raw.stream.first_seen IS 'When the stream began here';

CREATE TABLE raw.batch (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	key int NOT NULL,
	sealed timestamptz NOT NULL,
	received timestamptz NOT NULL,
	records int NOT NULL,
	bytes int NOT NULL,
	digest bytea NOT NULL,
	signature bytea NOT NULL,
	clock_synced boolean,
	clock_offset_us bigint,
	clock_error_us bigint,
	PRIMARY KEY (node, stream, seq)
);
COMMENT ON TABLE raw.batch IS 'One row per signed batch: the proof of its rows';
COMMENT ON COLUMN raw.batch.node IS 'registry.node.id';
COMMENT ON COLUMN raw.batch.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.batch.seq IS 'From 1 without holes';
COMMENT ON COLUMN raw.batch.key IS 'registry.node_key.id that verified it';
COMMENT ON COLUMN raw.batch.sealed IS 'When the node sealed it, its clock';
COMMENT ON COLUMN raw.batch.received IS 'When the collector had it, our clock';
COMMENT ON COLUMN raw.batch.records IS 'Records inside';
COMMENT ON COLUMN raw.batch.bytes IS 'Size of the signed body';
COMMENT ON COLUMN raw.batch.digest IS 'BLAKE2b-256 of the body';
COMMENT ON COLUMN raw.batch.signature IS 'Ed25519 over "waymark-batch-v1", NUL, digest';
COMMENT ON COLUMN raw.batch.clock_synced IS 'Node''s clock was disciplined; null: not told';
COMMENT ON COLUMN raw.batch.clock_offset_us IS 'Offset the node''s kernel still slewed, µs';
COMMENT ON COLUMN raw.batch.clock_error_us IS 'Error bound its time daemon claimed, µs';

CREATE TABLE raw.batch_body (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	received timestamptz NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (node, stream, seq)
);
ALTER TABLE raw.batch_body ALTER COLUMN body SET STORAGE EXTERNAL;
COMMENT ON TABLE raw.batch_body IS 'The signed bytes themselves, kept for keep_batches_days';
COMMENT ON COLUMN raw.batch_body.node IS 'registry.node.id';
COMMENT ON COLUMN raw.batch_body.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.batch_body.seq IS 'Batch';
COMMENT ON COLUMN raw.batch_body.received IS 'For retention';
COMMENT ON COLUMN raw.batch_body.body IS 'Batch (proto/record.proto)';

CREATE TABLE raw.quarantine (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	received timestamptz NOT NULL,
	reason text NOT NULL,
	detail text,
	digest bytea NOT NULL,
	signature bytea NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (node, stream, seq)
);
COMMENT ON TABLE raw.quarantine IS 'Batches that are signed but could not be read whole: kept, counted, never silently dropped';
COMMENT ON COLUMN raw.quarantine.node IS 'registry.node.id';
COMMENT ON COLUMN raw.quarantine.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.quarantine.seq IS 'Batch';
COMMENT ON COLUMN raw.quarantine.received IS 'When';
COMMENT ON COLUMN raw.quarantine.reason IS 'Error name: format, range, full, or unknown for fields a newer agent sent';
COMMENT ON COLUMN raw.quarantine.detail IS 'What exactly';
COMMENT ON COLUMN raw.quarantine.digest IS 'BLAKE2b-256 of the body';
COMMENT ON COLUMN raw.quarantine.signature IS 'Ed25519 signature';
COMMENT ON COLUMN raw.quarantine.body IS 'The bytes';

CREATE TABLE raw.gap (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	reason text NOT NULL,
	records bigint NOT NULL,
	bytes bigint NOT NULL,
	noticed timestamptz NOT NULL,
	first_seq bigint,
	last_seq bigint,
	PRIMARY KEY (node, stream, seq, item)
);
COMMENT ON TABLE raw.gap IS 'Results that will never come, as the node reports them';
COMMENT ON COLUMN raw.gap.node IS 'registry.node.id';
COMMENT ON COLUMN raw.gap.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.gap.seq IS 'Batch that tells it';
COMMENT ON COLUMN raw.gap.item IS 'Position in that batch, from 0';
COMMENT ON COLUMN raw.gap.reason IS 'torn, damaged, overflow, too_big, unknown';
COMMENT ON COLUMN raw.gap.records IS 'How many records; 0: not known';
COMMENT ON COLUMN raw.gap.bytes IS 'How many bytes';
COMMENT ON COLUMN raw.gap.noticed IS 'When the node noticed';
COMMENT ON COLUMN raw.gap.first_seq IS 'First batch lost whole; null: none';
COMMENT ON COLUMN raw.gap.last_seq IS 'Last batch lost whole; null: none';

CREATE TABLE raw.trace (
	started timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	id bigint NOT NULL,
	run uuid,
	side smallint,
	purpose smallint NOT NULL,
	method smallint NOT NULL,
	stop smallint NOT NULL,
	duration_us int NOT NULL,
	src inet,
	dst inet NOT NULL,
	sport int NOT NULL,
	dport int NOT NULL,
	flow_label int NOT NULL,
	probes int NOT NULL,
	kernel_drops int NOT NULL,
	first_ttl smallint NOT NULL,
	peer text,
	tries bytea NOT NULL,
	addr inet[] NOT NULL,
	ref bytea NOT NULL,
	rtt real[] NOT NULL,
	answers int[] NOT NULL,
	answer bytea NOT NULL,
	reply_ttl bytea NOT NULL,
	quoted_ttl bytea,
	mark bytea,
	mpls_probe int[],
	mpls_label bigint[]
) PARTITION BY RANGE (started);
CREATE TABLE raw.trace_default PARTITION OF raw.trace DEFAULT;
CREATE INDEX ON raw.trace USING brin (started);
CREATE INDEX ON raw.trace (dst, started);
CREATE INDEX ON raw.trace (run) WHERE run IS NOT NULL;
COMMENT ON TABLE raw.trace IS 'One row per trace, hops as arrays; v1.hop and v1.reply show rows. Daily partitions';
COMMENT ON TABLE raw.trace_default IS 'Traces dated outside every daily partition: a node''s clock was wrong';
COMMENT ON COLUMN raw.trace.started IS 'First probe, the node''s clock';
COMMENT ON COLUMN raw.trace.node IS 'registry.node.id';
COMMENT ON COLUMN raw.trace.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.trace.seq IS 'Batch';
COMMENT ON COLUMN raw.trace.item IS 'Position among the traces of that batch, from 0';
COMMENT ON COLUMN raw.trace.id IS 'Random number the node gave it, read as signed';
COMMENT ON COLUMN raw.trace.run IS 'registry.run.id; null: not part of a run';
COMMENT ON COLUMN raw.trace.side IS '1 or 2 within a run; null: none';
COMMENT ON COLUMN raw.trace.purpose IS '1 target of an app, 2 direct path, 3 asked for by a person, 0 unknown';
COMMENT ON COLUMN raw.trace.method IS '1 icmp, 2 udp, 3 tcp-syn, 4 tcp-ack, 5 quic, 6 flow, 0 unknown';
COMMENT ON COLUMN raw.trace.stop IS '1 reached, 2 gap, 3 loop, 4 unreachable, 5 maxttl, 6 deadline, 7 refused, 0 unknown';
COMMENT ON COLUMN raw.trace.duration_us IS 'First probe to last answer or time-out, µs';
COMMENT ON COLUMN raw.trace.src IS 'Source address; null: not told';
COMMENT ON COLUMN raw.trace.dst IS 'Destination';
COMMENT ON COLUMN raw.trace.sport IS 'Source port, or ICMP identifier';
COMMENT ON COLUMN raw.trace.dport IS 'Destination port; 0 for ICMP';
COMMENT ON COLUMN raw.trace.flow_label IS 'IPv6 flow label; 0 for IPv4';
COMMENT ON COLUMN raw.trace.probes IS 'Probes sent';
COMMENT ON COLUMN raw.trace.kernel_drops IS 'Packets the kernel dropped on the receive path meanwhile';
COMMENT ON COLUMN raw.trace.first_ttl IS 'TTL of tries[0]';
COMMENT ON COLUMN raw.trace.peer IS 'For a direct path: the other node''s name; null: none';
COMMENT ON COLUMN raw.trace.tries IS 'One byte per TTL: how many probes it got. Probe arrays are in this order';
COMMENT ON COLUMN raw.trace.addr IS 'Distinct answering addresses';
COMMENT ON COLUMN raw.trace.ref IS 'One byte per probe: 1-based index into addr; 0 no answer';
COMMENT ON COLUMN raw.trace.rtt IS 'Per probe, milliseconds; null: no answer';
COMMENT ON COLUMN raw.trace.answers IS 'Distinct answers: kind << 16 | type << 8 | code; kind 1 ICMP, 2 TCP (code = flags), 3 UDP';
COMMENT ON COLUMN raw.trace.answer IS 'One byte per probe: 1-based index into answers; 0 no answer';
COMMENT ON COLUMN raw.trace.reply_ttl IS 'One byte per probe: TTL of the answer as it arrived';
COMMENT ON COLUMN raw.trace.quoted_ttl IS 'One byte per probe: TTL the answer quoted; null: all 1 or none quoted';
COMMENT ON COLUMN raw.trace.mark IS 'One byte per probe: 1 late, 2 rewritten on the way; null: none';
COMMENT ON COLUMN raw.trace.mpls_probe IS 'Probe index of each entry of mpls_label; null: no labels seen';
COMMENT ON COLUMN raw.trace.mpls_label IS 'Label stack entries (RFC 4950), top first; null: none';

CREATE TABLE raw.flow (
	started timestamptz NOT NULL,
	ended timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	run uuid,
	side smallint,
	proto smallint NOT NULL,
	a inet NOT NULL,
	aport int NOT NULL,
	b inet NOT NULL,
	bport int NOT NULL,
	pkts_ab bigint NOT NULL,
	bytes_ab bigint NOT NULL,
	pkts_ba bigint NOT NULL,
	bytes_ba bigint NOT NULL,
	names text[] NOT NULL,
	how smallint[] NOT NULL,
	app text,
	burst_us bigint[] NOT NULL,
	burst_bytes int[] NOT NULL,
	kernel_drops int NOT NULL,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.flow (run);
COMMENT ON TABLE raw.flow IS 'One row per bidirectional flow of a capture';
COMMENT ON COLUMN raw.flow.started IS 'First packet';
COMMENT ON COLUMN raw.flow.ended IS 'Last packet';
COMMENT ON COLUMN raw.flow.node IS 'registry.node.id';
COMMENT ON COLUMN raw.flow.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.flow.seq IS 'Batch';
COMMENT ON COLUMN raw.flow.item IS 'Position among the flows of that batch';
COMMENT ON COLUMN raw.flow.run IS 'registry.run.id; null: none';
COMMENT ON COLUMN raw.flow.side IS '1 or 2; null: none';
COMMENT ON COLUMN raw.flow.proto IS 'IP protocol number';
COMMENT ON COLUMN raw.flow.a IS 'Sender of the first packet';
COMMENT ON COLUMN raw.flow.aport IS 'Its port; 0 for ICMP';
COMMENT ON COLUMN raw.flow.b IS 'The other end';
COMMENT ON COLUMN raw.flow.bport IS 'Its port';
COMMENT ON COLUMN raw.flow.pkts_ab IS 'Packets a to b';
COMMENT ON COLUMN raw.flow.bytes_ab IS 'Bytes on the wire, a to b';
COMMENT ON COLUMN raw.flow.pkts_ba IS 'Packets b to a';
COMMENT ON COLUMN raw.flow.bytes_ba IS 'Bytes on the wire, b to a';
COMMENT ON COLUMN raw.flow.names IS 'Names that led to b';
COMMENT ON COLUMN raw.flow.how IS 'Parallel to names: 1 dns, 2 sni, 3 quic, 4 http, 5 cert, 6 httpdns';
COMMENT ON COLUMN raw.flow.app IS 'Label from the node; null: none';
COMMENT ON COLUMN raw.flow.burst_us IS 'Starts of bursts of payload, µs after started';
COMMENT ON COLUMN raw.flow.burst_bytes IS 'Payload bytes of each burst, both directions';
COMMENT ON COLUMN raw.flow.kernel_drops IS 'Packets the capture lost while it ran';

CREATE TABLE raw.step (
	begun timestamptz NOT NULL,
	ended timestamptz NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	run uuid,
	side smallint,
	name text NOT NULL,
	outcome smallint NOT NULL,
	detail text,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.step (run);
COMMENT ON TABLE raw.step IS 'Steps of runs at each node';
COMMENT ON COLUMN raw.step.begun IS 'Start';
COMMENT ON COLUMN raw.step.ended IS 'End';
COMMENT ON COLUMN raw.step.node IS 'registry.node.id';
COMMENT ON COLUMN raw.step.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.step.seq IS 'Batch';
COMMENT ON COLUMN raw.step.item IS 'Position among the steps of that batch';
COMMENT ON COLUMN raw.step.run IS 'registry.run.id; null: none';
COMMENT ON COLUMN raw.step.side IS '1 or 2';
COMMENT ON COLUMN raw.step.name IS 'tunnel, capture, open, close, …';
COMMENT ON COLUMN raw.step.outcome IS '1 done, 2 failed, 3 skipped, 0 unknown';
COMMENT ON COLUMN raw.step.detail IS 'What exactly; null: nothing to say';

CREATE TABLE raw.message (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	run uuid,
	side smallint NOT NULL,
	id text NOT NULL,
	from_side smallint NOT NULL,
	planned timestamptz,
	sent timestamptz,
	delivered timestamptz,
	received timestamptz,
	status smallint NOT NULL,
	detail text,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.message (run);
COMMENT ON TABLE raw.message IS 'Chat messages as each phone saw them; the two rows of a message join by (run, id)';
COMMENT ON COLUMN raw.message.node IS 'Gateway: registry.node.id';
COMMENT ON COLUMN raw.message.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.message.seq IS 'Batch';
COMMENT ON COLUMN raw.message.item IS 'Position among the messages of that batch';
COMMENT ON COLUMN raw.message.run IS 'registry.run.id';
COMMENT ON COLUMN raw.message.side IS 'Whose phone reports: 1 or 2';
COMMENT ON COLUMN raw.message.id IS 'Id written in the message''s text';
COMMENT ON COLUMN raw.message.from_side IS 'Who sends it';
COMMENT ON COLUMN raw.message.planned IS 'When it was to be sent';
COMMENT ON COLUMN raw.message.sent IS 'When the sender''s app sent it; null: this phone cannot know';
COMMENT ON COLUMN raw.message.delivered IS 'When the receipt came back to the sender; null: not seen';
COMMENT ON COLUMN raw.message.received IS 'When the receiver''s app showed it; null: not seen';
COMMENT ON COLUMN raw.message.status IS '1 sent, 2 delivered, 3 received, 4 failed, 5 lost, 0 unknown';
COMMENT ON COLUMN raw.message.detail IS 'Why; null: nothing to say';

CREATE TABLE raw.outcome (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	orders uuid NOT NULL,
	run uuid,
	state smallint NOT NULL,
	at timestamptz NOT NULL,
	detail text,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.outcome (orders);
COMMENT ON TABLE raw.outcome IS 'What became of orders; a refusal is a result with its reason';
COMMENT ON COLUMN raw.outcome.node IS 'registry.node.id';
COMMENT ON COLUMN raw.outcome.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.outcome.seq IS 'Batch';
COMMENT ON COLUMN raw.outcome.item IS 'Position among the outcomes of that batch';
COMMENT ON COLUMN raw.outcome.orders IS 'Order id; for an unreadable order its digest''s first 16 bytes';
COMMENT ON COLUMN raw.outcome.run IS 'registry.run.id; null: none';
COMMENT ON COLUMN raw.outcome.state IS '1 accepted, 2 done, 3 failed, 10 and above refused: signature, audience, serial, expired, kind, denied, rate, unreadable, busy';
COMMENT ON COLUMN raw.outcome.at IS 'When';
COMMENT ON COLUMN raw.outcome.detail IS 'What exactly';

CREATE TABLE raw.name (
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	addr inet NOT NULL,
	name text NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (node, stream, seq, item)
);
CREATE INDEX ON raw.name (addr, at);
COMMENT ON TABLE raw.name IS 'Reverse DNS names as the nodes'' resolvers gave them';
COMMENT ON COLUMN raw.name.node IS 'registry.node.id';
COMMENT ON COLUMN raw.name.stream IS 'raw.stream.id';
COMMENT ON COLUMN raw.name.seq IS 'Batch';
COMMENT ON COLUMN raw.name.item IS 'Position among the names of that batch';
COMMENT ON COLUMN raw.name.addr IS 'Address';
COMMENT ON COLUMN raw.name.name IS 'Name; empty: the resolver says there is none';
COMMENT ON COLUMN raw.name.at IS 'When asked';

GRANT USAGE ON SCHEMA registry, raw TO waymark_store, waymark_judge;
GRANT SELECT ON ALL TABLES IN SCHEMA registry TO waymark_store, waymark_judge;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA raw TO waymark_store;
GRANT UPDATE (last_seq) ON raw.stream TO waymark_store;

-- A file becomes a run without nodes: facts want (node, stream), so one node stands for all files and
-- each file gets a stream of its own. Runs as its owner: the store may not make runs otherwise.
CREATE FUNCTION registry.import_run(p_id uuid, p_app text, p_note text, OUT node int, OUT stream int)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO registry.node (name, role, note) VALUES ('import', 'import', 'Stands for imported files')
		ON CONFLICT (name) DO NOTHING;
	SELECT n.id INTO STRICT node FROM registry.node AS n WHERE n.name = 'import' AND n.role = 'import';
	INSERT INTO registry.run (id, serial, app, planned, length, origin, note)
		VALUES (p_id, nextval('registry.run_serial'), p_app, now(), '0', 'import', p_note);
	INSERT INTO raw.stream (node, epoch)
		VALUES (node, ('x' || right(replace(p_id::text, '-', ''), 16))::bit(64)::bigint)
		RETURNING id INTO stream;
END $$;
COMMENT ON FUNCTION registry.import_run IS 'Makes the run of an imported file; returns node and stream for its facts';
CREATE FUNCTION registry.import_end(p_id uuid) RETURNS int
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH f AS (SELECT count(*) AS n, min(started) AS first, max(ended) AS last FROM raw.flow WHERE run = p_id),
	done AS (UPDATE registry.run SET (planned, length) = (SELECT first, last - first FROM f)
		WHERE id = p_id AND origin = 'import' AND (SELECT n FROM f) > 0)
	SELECT n::int FROM f
$$;
COMMENT ON FUNCTION registry.import_end IS 'Dates the run of an imported file by its flows; returns how many there are';
REVOKE ALL ON FUNCTION registry.import_run, registry.import_end FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.import_run, registry.import_end TO waymark_store;
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO waymark_judge;
