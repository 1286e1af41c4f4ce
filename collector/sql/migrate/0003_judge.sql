-- SPDX-License-Identifier: Apache-2.0
--
-- Verdicts: where addresses are, which servers were the messenger's. Written by waymark_judge alone,
-- and always reproducible from raw and ref: a newer table or a better rule judges again without
-- touching an observation.

CREATE SCHEMA judge;
COMMENT ON SCHEMA judge IS 'Verdicts, written by waymark_judge alone; can always be made again from raw and ref';

-- Where addresses are ------------------------------------------------------------------------------

CREATE TABLE judge.geo_table (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	version text NOT NULL,
	digest bytea NOT NULL,
	ranges int NOT NULL,
	loaded timestamptz NOT NULL DEFAULT now(),
	path text NOT NULL,
	UNIQUE (name, version)
);
COMMENT ON TABLE judge.geo_table IS 'Geolocation tables that were loaded; the last loaded one is in force';
COMMENT ON COLUMN judge.geo_table.id IS 'Short number';
COMMENT ON COLUMN judge.geo_table.name IS 'What it is';
COMMENT ON COLUMN judge.geo_table.version IS 'Date or version of its maker';
COMMENT ON COLUMN judge.geo_table.digest IS 'BLAKE2b-256 of the file it was compiled from';
COMMENT ON COLUMN judge.geo_table.ranges IS 'Address ranges inside';
COMMENT ON COLUMN judge.geo_table.loaded IS 'When';
COMMENT ON COLUMN judge.geo_table.path IS 'Compiled file, relative to the data folder';

CREATE TABLE judge.place (
	geo int NOT NULL REFERENCES judge.geo_table,
	addr inet NOT NULL,
	country char(2) REFERENCES ref.country,
	asn bigint,
	as_name text,
	PRIMARY KEY (geo, addr)
);
COMMENT ON TABLE judge.place IS 'One row per address and table version, looked up once';
COMMENT ON COLUMN judge.place.geo IS 'judge.geo_table.id';
COMMENT ON COLUMN judge.place.addr IS 'Address seen in a trace or flow';
COMMENT ON COLUMN judge.place.country IS 'ISO 3166-1 alpha-2; null: the table does not know';
COMMENT ON COLUMN judge.place.asn IS 'Autonomous system number; null: the table does not know';
COMMENT ON COLUMN judge.place.as_name IS 'Its name; null: not known';

CREATE TABLE judge.override (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	prefix cidr NOT NULL,
	country char(2) NOT NULL REFERENCES ref.country,
	reason text NOT NULL,
	made_by text NOT NULL DEFAULT current_user,
	made timestamptz NOT NULL DEFAULT now(),
	withdrawn timestamptz
);
COMMENT ON TABLE judge.override IS 'Corrections by people: dated, with a reason, never edited; the longest prefix wins';
COMMENT ON COLUMN judge.override.id IS 'Number';
COMMENT ON COLUMN judge.override.prefix IS 'Addresses it is about';
COMMENT ON COLUMN judge.override.country IS 'Where they are';
COMMENT ON COLUMN judge.override.reason IS 'How it is known: round-trip time, reverse DNS, neighbouring hops';
COMMENT ON COLUMN judge.override.made_by IS 'Who says so';
COMMENT ON COLUMN judge.override.made IS 'When';
COMMENT ON COLUMN judge.override.withdrawn IS 'When it was taken back; null: in force';

CREATE FUNCTION judge.geo_now() RETURNS int LANGUAGE sql STABLE
	RETURN (SELECT id FROM judge.geo_table ORDER BY loaded DESC, id DESC LIMIT 1);
COMMENT ON FUNCTION judge.geo_now() IS 'The geolocation table in force';

CREATE VIEW judge.location AS
	SELECT p.addr, coalesce(o.country, p.country)::char(2) AS country, p.asn, p.as_name,
		CASE WHEN o.id IS NOT NULL THEN 'override' WHEN p.country IS NOT NULL THEN 'table' END AS source,
		g.name || ' ' || g.version AS geo_table, o.id AS override
	FROM judge.place p
	JOIN judge.geo_table g ON g.id = p.geo
	LEFT JOIN LATERAL (
		SELECT id, country FROM judge.override
		WHERE withdrawn IS NULL AND prefix >>= p.addr
		ORDER BY masklen(prefix) DESC, made DESC LIMIT 1) o ON true
	WHERE p.geo = judge.geo_now();
COMMENT ON VIEW judge.location IS 'Where each address is, by the table in force and the overrides';
COMMENT ON COLUMN judge.location.addr IS 'Address';
COMMENT ON COLUMN judge.location.country IS 'ISO 3166-1 alpha-2; null: not known';
COMMENT ON COLUMN judge.location.asn IS 'Autonomous system number; null: not known';
COMMENT ON COLUMN judge.location.as_name IS 'Its name; null: not known';
COMMENT ON COLUMN judge.location.source IS 'table or override; null: not known';
COMMENT ON COLUMN judge.location.geo_table IS 'Table and version';
COMMENT ON COLUMN judge.location.override IS 'judge.override.id; null: none';

-- Which servers were the messenger's ---------------------------------------------------------------

CREATE TABLE judge.server (
	run uuid NOT NULL REFERENCES registry.run,
	side smallint NOT NULL,
	proto smallint NOT NULL,
	addr inet NOT NULL,
	port int NOT NULL,
	decision text NOT NULL CHECK (decision IN
		('backend', 'push', 'background', 'resolver', 'peer', 'unknown')),
	score real NOT NULL,
	by_name real NOT NULL,
	by_port real NOT NULL,
	by_time real NOT NULL,
	in_empty boolean NOT NULL,
	bytes bigint NOT NULL,
	names text[] NOT NULL,
	matched int NOT NULL,
	messages int NOT NULL,
	rule text NOT NULL,
	judged timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (run, side, proto, addr, port)
);
COMMENT ON TABLE judge.server IS 'Every remote end of a run with what it was and the evidence for it';
COMMENT ON COLUMN judge.server.run IS 'Run';
COMMENT ON COLUMN judge.server.side IS '1 or 2';
COMMENT ON COLUMN judge.server.proto IS 'IP protocol number';
COMMENT ON COLUMN judge.server.addr IS 'Server address as seen from that side';
COMMENT ON COLUMN judge.server.port IS 'Server port';
COMMENT ON COLUMN judge.server.decision IS 'backend: carries the messages; push, background, resolver, peer: something else; unknown: not enough evidence';
COMMENT ON COLUMN judge.server.score IS '0 to 1: 0.5 by_time + 0.3 by_name + 0.2 by_port';
COMMENT ON COLUMN judge.server.by_name IS '1 when a name that led to it is a known domain of the app';
COMMENT ON COLUMN judge.server.by_port IS '1 when the port is known for the app';
COMMENT ON COLUMN judge.server.by_time IS 'Share of this side''s messages that coincide with a burst of payload; without a known name, less what chance would give: a stranger that always talks proves nothing';
COMMENT ON COLUMN judge.server.in_empty IS 'Also seen in an empty run: background';
COMMENT ON COLUMN judge.server.bytes IS 'Bytes both ways';
COMMENT ON COLUMN judge.server.names IS 'Names that led to it';
COMMENT ON COLUMN judge.server.matched IS 'Messages that coincide with a burst';
COMMENT ON COLUMN judge.server.messages IS 'Messages sent or received by this side';
COMMENT ON COLUMN judge.server.rule IS 'Clause that decided, and its version';
COMMENT ON COLUMN judge.server.judged IS 'When';

CREATE TABLE judge.server_override (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run uuid,
	app text,
	addr cidr NOT NULL,
	port int,
	decision text NOT NULL,
	reason text NOT NULL,
	made_by text NOT NULL DEFAULT current_user,
	made timestamptz NOT NULL DEFAULT now(),
	withdrawn timestamptz
);
COMMENT ON TABLE judge.server_override IS 'What people decided otherwise: dated, with a reason, never a silent edit';
COMMENT ON COLUMN judge.server_override.id IS 'Number';
COMMENT ON COLUMN judge.server_override.run IS 'Only this run; null: all';
COMMENT ON COLUMN judge.server_override.app IS 'Only this app; null: all';
COMMENT ON COLUMN judge.server_override.addr IS 'Servers it is about';
COMMENT ON COLUMN judge.server_override.port IS 'Only this port; null: all';
COMMENT ON COLUMN judge.server_override.decision IS 'What they are';
COMMENT ON COLUMN judge.server_override.reason IS 'How it is known';
COMMENT ON COLUMN judge.server_override.made_by IS 'Who says so';
COMMENT ON COLUMN judge.server_override.made IS 'When';
COMMENT ON COLUMN judge.server_override.withdrawn IS 'When it was taken back; null: in force';

CREATE VIEW judge.server_now AS
	SELECT s.*, coalesce(o.decision, s.decision) AS final, o.id AS override
	FROM judge.server s
	JOIN registry.run r ON r.id = s.run
	LEFT JOIN LATERAL (
		SELECT id, decision FROM judge.server_override v
		WHERE withdrawn IS NULL AND v.addr >>= s.addr AND coalesce(v.port, s.port) = s.port
			AND coalesce(v.run, s.run) = s.run AND coalesce(v.app, r.app) = r.app
		ORDER BY (v.run IS NOT NULL) DESC, masklen(v.addr) DESC, made DESC LIMIT 1) o ON true;
COMMENT ON VIEW judge.server_now IS 'judge.server with what people decided otherwise';
DO $$
DECLARE c record;
BEGIN
	FOR c IN SELECT a.attname, col_description('judge.server'::regclass, b.attnum) AS text
		FROM pg_attribute a JOIN pg_attribute b ON b.attrelid = 'judge.server'::regclass AND b.attname = a.attname
		WHERE a.attrelid = 'judge.server_now'::regclass AND a.attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN judge.server_now.%I IS %L', c.attname, c.text);
	END LOOP;
END $$;
COMMENT ON COLUMN judge.server_now.final IS 'The decision in force';
COMMENT ON COLUMN judge.server_now.override IS 'judge.server_override.id; null: none';

-- Remote ends of one run: the phone is a, whatever the first packet was.
CREATE FUNCTION judge.remote_ends(p_run uuid)
RETURNS TABLE (side smallint, proto smallint, addr inet, port int, names text[], bytes bigint,
	bursts timestamptz[], answered boolean)
LANGUAGE sql STABLE AS $$
	WITH phone AS (
		SELECT 1 AS side, address4 AS addr FROM registry.phone p JOIN registry.run r ON p.name = r.phone_a WHERE r.id = p_run
		UNION ALL SELECT 1, address6 FROM registry.phone p JOIN registry.run r ON p.name = r.phone_a WHERE r.id = p_run
		UNION ALL SELECT 2, address4 FROM registry.phone p JOIN registry.run r ON p.name = r.phone_b WHERE r.id = p_run
		UNION ALL SELECT 2, address6 FROM registry.phone p JOIN registry.run r ON p.name = r.phone_b WHERE r.id = p_run),
	f AS (
		SELECT f.*, EXISTS (SELECT FROM phone WHERE phone.side = f.side AND phone.addr = f.b) AS turned
		FROM raw.flow f WHERE f.run = p_run AND f.proto IN (6, 17)),
	g AS (
		SELECT side, proto, CASE WHEN turned THEN a ELSE b END AS addr,
			CASE WHEN turned THEN aport ELSE bport END AS port,
			names, bytes_ab + bytes_ba AS bytes,
			CASE WHEN turned THEN pkts_ab ELSE pkts_ba END > 0 AS answered,
			ARRAY(SELECT started + u * interval '1 microsecond' FROM unnest(burst_us) u) AS bursts
		FROM f)
	SELECT side, proto, addr, port,
		ARRAY(SELECT DISTINCT n FROM g h, unnest(h.names) n
			WHERE (h.side, h.proto, h.addr, h.port) = (g.side, g.proto, g.addr, g.port) ORDER BY n),
		sum(bytes)::bigint,
		ARRAY(SELECT t FROM g h, unnest(h.bursts) t
			WHERE (h.side, h.proto, h.addr, h.port) = (g.side, g.proto, g.addr, g.port) ORDER BY t),
		bool_or(answered)
	FROM g GROUP BY side, proto, addr, port
$$;
COMMENT ON FUNCTION judge.remote_ends(uuid) IS 'Remote ends of a run with names, volume and burst times';

-- True when NAME is DOMAIN or below it.
CREATE FUNCTION judge.name_under(name text, domain text) RETURNS boolean LANGUAGE sql IMMUTABLE
	RETURN lower(rtrim(name, '.')) = domain OR lower(rtrim(name, '.')) LIKE '%.' || domain;
COMMENT ON FUNCTION judge.name_under(text, text) IS 'True when the name is the domain or below it';

-- What each verdict rests on: it is given anew when there is more.
CREATE TABLE judge.verdict (
	run uuid PRIMARY KEY REFERENCES registry.run,
	facts bigint NOT NULL,
	servers int NOT NULL,
	judged timestamptz NOT NULL
);
COMMENT ON TABLE judge.verdict IS 'Runs that were judged, and on how much';
COMMENT ON COLUMN judge.verdict.run IS 'Run';
COMMENT ON COLUMN judge.verdict.facts IS 'Flows, messages and traces of the run that there were';
COMMENT ON COLUMN judge.verdict.servers IS 'Remote ends that were judged';
COMMENT ON COLUMN judge.verdict.judged IS 'When';

CREATE FUNCTION judge.facts(p_run uuid) RETURNS bigint LANGUAGE sql STABLE
	RETURN (SELECT count(*) FROM raw.flow WHERE run = p_run)
		+ (SELECT count(*) FROM raw.message WHERE run = p_run)
		+ (SELECT count(*) FROM raw.trace WHERE run = p_run);
COMMENT ON FUNCTION judge.facts(uuid) IS 'How much is known of a run: flows, messages and traces';

-- Empty runs come first: they are the background of all others. A run has ended when each of its
-- orders has an outcome other than accepted, or five minutes after it should have.
CREATE VIEW judge.due AS
	SELECT r.id AS run, r.app = 'none' AS empty,
		(EXISTS (SELECT FROM registry.orders o WHERE o.run = r.id)
			AND NOT EXISTS (SELECT FROM registry.orders o WHERE o.run = r.id
				AND NOT EXISTS (SELECT FROM raw.outcome u WHERE u.orders = o.id AND u.state <> 1)))
		OR now() > r.planned + r.length + interval '5 minutes' AS ended,
		v.run IS NULL OR r.planned > now() - interval '1 day' AS fresh
	FROM registry.run r
	LEFT JOIN judge.verdict v ON v.run = r.id
	WHERE r.origin = 'run' AND (
		(v.run IS NULL AND judge.facts(r.id) > 0)
		OR (r.planned > now() - interval '30 days' AND v.facts <> judge.facts(r.id))
		OR (r.app <> 'none' AND v.judged < (SELECT max(w.judged) FROM judge.verdict w
			JOIN registry.run e ON e.id = w.run WHERE e.app = 'none')));
COMMENT ON VIEW judge.due IS 'Runs to be judged: new ones, those of which more is known now, and all others after an empty run was judged';
COMMENT ON COLUMN judge.due.run IS 'Run';
COMMENT ON COLUMN judge.due.empty IS 'An empty run, to be judged before the others';
COMMENT ON COLUMN judge.due.ended IS 'Came to its end, or should have five minutes ago';
COMMENT ON COLUMN judge.due.fresh IS 'Never judged, or not older than a day: looked at every few seconds';

-- Share of a span of time that lies within half a second of one of the instants.
CREATE FUNCTION judge.covered(instants timestamptz[], length interval) RETURNS real LANGUAGE sql IMMUTABLE
	RETURN (SELECT least(coalesce(sum(extract(epoch FROM upper(u) - lower(u))), 0)
			/ greatest(extract(epoch FROM length), 1), 1)::real
		FROM (SELECT range_agg(tstzrange(t - interval '0.5 s', t + interval '0.5 s')) AS all_of_it
			FROM unnest(instants) t) x, unnest(x.all_of_it) u);
COMMENT ON FUNCTION judge.covered(timestamptz[], interval) IS 'Share of a span of time within half a second of one of the instants';

-- Judges one run afresh. Times: a message counts for a server when a burst began within half a second
-- before or after it was sent or received by that side (application and capture clocks differ, and a
-- burst begins when the first packet of it is seen). A wider window covers a short run whole, and then
-- no coincidence says anything. Of a stranger's coincidences those are taken off that chance would
-- give it. A server with a known name needs no such proof, and gets a whole second: busy phones are late.
CREATE FUNCTION judge.servers(p_run uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	v_app text;
	v_length interval;
	v_facts bigint;
	v_count int;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark judge'), hashtext(p_run::text));
	SELECT app, length INTO STRICT v_app, v_length FROM registry.run WHERE id = p_run;
	v_facts := judge.facts(p_run); -- before: what arrives meanwhile makes it due again
	DELETE FROM judge.server WHERE run = p_run;
	INSERT INTO judge.server (run, side, proto, addr, port, decision, score, by_name, by_port, by_time,
		in_empty, bytes, names, matched, messages, rule)
	WITH ends AS (SELECT * FROM judge.remote_ends(p_run)),
	instants AS (
		SELECT m.side, m.id, CASE WHEN m.side = m.from_side THEN m.sent ELSE m.received END AS at
		FROM raw.message m WHERE m.run = p_run),
	background AS (
		SELECT DISTINCT e.proto, e.addr, e.port, e.names
		FROM judge.server e JOIN registry.run r ON r.id = e.run WHERE r.app = 'none' AND e.run <> p_run),
	named AS (
		SELECT e.*, (EXISTS (SELECT FROM ref.app_sign s, unnest(e.names) n
			WHERE s.app = v_app AND s.kind = 'domain' AND judge.name_under(n, s.value)))::int AS by_name
		FROM ends e),
	parts AS (
		SELECT e.*,
			(EXISTS (SELECT FROM ref.app_sign s
				WHERE s.app = v_app AND s.kind = 'port' AND s.value = e.port::text))::int AS by_port,
			EXISTS (SELECT FROM background b WHERE (b.proto, b.addr, b.port) = (e.proto, e.addr, e.port)
				OR (b.port = e.port AND b.proto = e.proto AND b.names && e.names)) AS in_empty,
			EXISTS (SELECT FROM ref.app_sign s, unnest(e.names) n
				WHERE s.app = 'push' AND s.kind = 'domain' AND judge.name_under(n, s.value))
			OR EXISTS (SELECT FROM ref.app_sign s
				WHERE s.app = 'push' AND s.kind = 'port' AND s.value = e.port::text) AS is_push,
			(SELECT count(*) FROM instants i WHERE i.side = e.side AND i.at IS NOT NULL)::int AS messages,
			(SELECT count(*) FROM instants i WHERE i.side = e.side AND EXISTS (
				SELECT FROM unnest(e.bursts) t WHERE abs(extract(epoch FROM t - i.at)) <= CASE e.by_name WHEN 1 THEN 1 ELSE 0.5 END))::int AS matched
		FROM named e),
	timed AS (
		SELECT p.*, matched::real / nullif(messages, 0) AS share, judge.covered(bursts, v_length) AS chance
		FROM parts p),
	scored AS (
		SELECT t.*, CASE WHEN by_name = 1 THEN coalesce(share, 0)
			WHEN chance < 1 THEN greatest(0, coalesce((share - chance) / (1 - chance), 0)) ELSE 0 END::real AS by_time
		FROM timed t),
	decided AS (
		SELECT s.*, (0.5 * by_time + 0.3 * by_name + 0.2 * by_port)::real AS score,
			CASE
			WHEN port = 53 THEN 'resolver'
			WHEN v_app = 'none' THEN 'background'
			WHEN is_push THEN 'push'
			WHEN NOT answered THEN 'unknown'
			WHEN in_empty AND by_name = 0 THEN 'background'
			WHEN 0.5 * by_time + 0.3 * by_name + 0.2 * by_port >= 0.6 THEN 'backend'
			WHEN in_empty THEN 'background'
			ELSE 'unknown'
			END AS decision
		FROM scored s)
	SELECT p_run, side, proto, addr, port, decision, score, by_name, by_port, by_time, in_empty, bytes, names,
		matched, messages,
		CASE decision
		WHEN 'resolver' THEN 'port 53'
		WHEN 'push' THEN 'name or port of a push service'
		WHEN 'background' THEN 'seen in an empty run'
		WHEN 'backend' THEN 'score at least 0.6'
		ELSE CASE WHEN answered THEN 'score below 0.6' ELSE 'never answered' END
		END || ' (rule 1)'
	FROM decided;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	INSERT INTO judge.verdict VALUES (p_run, v_facts, v_count, clock_timestamp())
		ON CONFLICT (run) DO UPDATE SET (facts, servers, judged) = (EXCLUDED.facts, EXCLUDED.servers, EXCLUDED.judged);
	RETURN v_count;
END $$;
COMMENT ON FUNCTION judge.servers(uuid) IS 'Judges the servers of one run afresh; returns how many there are';

-- Addresses that have no place yet in the table in force.
CREATE FUNCTION judge.addresses(p_run uuid) RETURNS SETOF inet LANGUAGE sql STABLE AS $$
	SELECT unnest(addr) FROM raw.trace WHERE run = p_run
	UNION SELECT dst FROM raw.trace WHERE run = p_run
	UNION SELECT addr FROM judge.server WHERE run = p_run
$$;
COMMENT ON FUNCTION judge.addresses(uuid) IS 'Routers, destinations and remote ends of one run';

CREATE VIEW judge.unplaced AS
	SELECT u.addr FROM (
		SELECT unnest(addr) AS addr FROM raw.trace
		UNION SELECT dst FROM raw.trace
		UNION SELECT addr FROM judge.server) u
	WHERE NOT EXISTS (SELECT FROM judge.place p WHERE p.geo = judge.geo_now() AND p.addr = u.addr);
COMMENT ON VIEW judge.unplaced IS 'Addresses seen that the table in force was not asked for yet';
COMMENT ON COLUMN judge.unplaced.addr IS 'Address';

-- Imported pairs -----------------------------------------------------------------------------------

CREATE TABLE judge.import (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE CHECK (name <> 'runs'),
	measured date NOT NULL,
	imported timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE judge.import IS 'Sets of country paths that were measured elsewhere';
COMMENT ON COLUMN judge.import.id IS 'Number';
COMMENT ON COLUMN judge.import.name IS 'Name of the set';
COMMENT ON COLUMN judge.import.measured IS 'Day whose group membership applies';
COMMENT ON COLUMN judge.import.imported IS 'When it was loaded';

CREATE TABLE judge.import_pair (
	import int NOT NULL REFERENCES judge.import ON DELETE CASCADE,
	a char(2) NOT NULL REFERENCES ref.country,
	b char(2) NOT NULL REFERENCES ref.country,
	path text NOT NULL,
	side_a char(2)[] NOT NULL,
	side_b char(2)[] NOT NULL,
	PRIMARY KEY (import, a, b, path)
);
COMMENT ON TABLE judge.import_pair IS 'One row per pair and path: the countries each side''s forward path crosses';
COMMENT ON COLUMN judge.import_pair.import IS 'judge.import.id';
COMMENT ON COLUMN judge.import_pair.a IS 'Country of the one end, ISO 3166-1 alpha-2';
COMMENT ON COLUMN judge.import_pair.b IS 'Country of the other end; may be the same';
COMMENT ON COLUMN judge.import_pair.path IS 'network for the direct path, else the app';
COMMENT ON COLUMN judge.import_pair.side_a IS 'Countries on a''s side, end points included';
COMMENT ON COLUMN judge.import_pair.side_b IS 'Countries on b''s side';

GRANT USAGE ON SCHEMA judge TO waymark_judge, waymark_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA judge TO waymark_judge;
GRANT SELECT ON ALL TABLES IN SCHEMA judge TO waymark_read;
