-- SPDX-License-Identifier: Apache-2.0
--
-- Two kinds of empty run: all apps closed, which shows what the phone does by itself, and one app
-- open and idle, which shows what that app does without messages. Both are taken off, each says
-- what it showed; and a gateway that let the app alone speak counts.

ALTER TABLE registry.run ADD COLUMN idle text, ADD CHECK (idle IS NULL OR (app = 'none' AND idle <> 'none'));
COMMENT ON COLUMN registry.run.idle IS 'Empty run: the messenger that was open and idle; null: all were closed, or messages were sent';

INSERT INTO judge.clause VALUES
	(3, 1, 'resolver', 'resolver', 'port 53 or 853'),
	(3, 2, 'empty-run', 'background', 'the run is empty: all that talks is background'),
	(3, 3, 'push', 'push', 'port of a push service, or at least half its names are names of one'),
	(3, 4, 'local', 'background', 'multicast, broadcast, or a service of the local network'),
	(3, 5, 'no-answer', 'unknown', 'it never answered'),
	(3, 6, 'peer', 'peer', 'no name, no sign, high ports at both ends; and it is in the local network, or where the other phone comes out, or STUN went before and the other side never saw it'),
	(3, 7, 'in-closed', 'background', 'seen in an empty run whose apps were all closed, and nothing says it is the app''s'),
	(3, 8, 'in-idle', 'background', 'seen while the app was open and idle, nothing says it is the app''s, and messages do not move it: time below 0.5'),
	(3, 9, 'media', 'media', 'name, address or port known for files, pictures or calls of the app'),
	(3, 10, 'system', 'background', 'name or port of what phones do by themselves'),
	(3, 11, 'score', 'backend', 'score of 0.6 or more'),
	(3, 12, 'known-name', 'backend', 'a capture without messages: a name that led to it is known for the app'),
	(3, 13, 'known-address', 'backend', 'a capture without messages: no name, and the address is in a published range of the app'),
	(3, 14, 'known-port', 'backend', 'a capture without messages: no name, and the port is the app''s own'),
	(3, 15, 'weak-in-empty', 'background', 'score below 0.6, and seen in an empty run of either kind'),
	(3, 16, 'weak', 'unknown', 'score below 0.6'),
	(3, 17, 'no-sign', 'unknown', 'a capture without messages: nothing says it is the app''s');

ALTER TABLE judge.server
	ADD COLUMN in_closed boolean NOT NULL DEFAULT false,
	ADD COLUMN in_idle boolean NOT NULL DEFAULT false,
	ADD COLUMN quiet bigint NOT NULL DEFAULT 0,
	ADD COLUMN by_isolation real NOT NULL DEFAULT 0;
COMMENT ON COLUMN judge.server.in_empty IS 'Also seen in an empty run, of either kind';
COMMENT ON COLUMN judge.server.in_closed IS 'Seen in an empty run whose apps were all closed';
COMMENT ON COLUMN judge.server.in_idle IS 'Seen in an empty run in which this messenger was open and idle';
COMMENT ON COLUMN judge.server.quiet IS 'Bytes of it that the empty runs explain: the mean of a side, brought to the length of this run, of the kind that has more';
COMMENT ON COLUMN judge.server.by_isolation IS '1 when the gateway let the app alone speak';
COMMENT ON COLUMN judge.server.by_volume IS 'Share of this side''s bytes, those of the empty runs taken off; told, not counted in the score: pictures outweigh messages';
COMMENT ON COLUMN judge.server.score IS '0 to 1: 0.4 by_time + 0.1 by_both + 0.3 (by_name or by_addr) + 0.2 by_port + 0.2 by_isolation, at most 1';

CREATE OR REPLACE VIEW judge.server_now AS
	SELECT s.run, s.side, s.proto, s.addr, s.port, s.decision, s.score, s.by_name, s.by_addr, s.by_port, s.by_time, s.by_both,
		s.by_volume, s.in_empty, s.isolated, s.answered, s.bytes, s.names, s.sign, s.matched, s.messages, s.rule, s.version, s.judged,
		coalesce(o.decision, s.decision) AS final, o.id AS override, s.in_closed, s.in_idle, s.quiet, s.by_isolation
	FROM judge.server s
	JOIN registry.run r ON r.id = s.run
	LEFT JOIN LATERAL (
		SELECT id, decision FROM judge.server_override v
		WHERE withdrawn IS NULL AND v.addr >>= s.addr AND coalesce(v.port, s.port) = s.port
			AND coalesce(v.run, s.run) = s.run AND coalesce(v.app, r.app) = r.app
		ORDER BY (v.run IS NOT NULL) DESC, masklen(v.addr) DESC, made DESC LIMIT 1) o ON true;
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

CREATE OR REPLACE VIEW v1.server AS
	SELECT s.run, r.app, s.side, s.proto, s.addr, s.port, s.final AS decision, s.score, s.by_name, s.by_port, s.by_time,
		s.in_empty, s.bytes, s.names, s.matched, s.messages, s.rule, s.override, l.country, l.asn, l.as_name,
		s.by_addr, s.by_both, s.by_volume, s.isolated, s.answered, s.sign, s.version, s.decision AS judged,
		s.in_closed, s.in_idle, s.quiet, s.by_isolation
	FROM judge.server_now s JOIN registry.run r ON r.id = s.run LEFT JOIN judge.location l ON l.addr = s.addr;
COMMENT ON COLUMN v1.server.in_closed IS 'Seen in an empty run whose apps were all closed';
COMMENT ON COLUMN v1.server.in_idle IS 'Seen in an empty run in which this messenger was open and idle';
COMMENT ON COLUMN v1.server.quiet IS 'Bytes of it that the empty runs explain';
COMMENT ON COLUMN v1.server.by_isolation IS '1: the gateway let the app alone speak';

CREATE OR REPLACE VIEW v1.run AS
	SELECT r.id AS run, r.serial, r.app, na.name AS a, nb.name AS b, na.country AS a_country,
		nb.country AS b_country, r.planned, r.length,
		(SELECT count(DISTINCT m.id) FROM raw.message m WHERE m.run = r.id AND m.sent IS NOT NULL)::int AS sent,
		(SELECT count(DISTINCT m.id) FROM raw.message m WHERE m.run = r.id AND m.received IS NOT NULL)::int AS received,
		(SELECT count(*) FROM raw.flow f WHERE f.run = r.id)::int AS flows,
		(SELECT count(*) FROM raw.trace t WHERE t.run = r.id)::int AS traces,
		(SELECT count(*) FROM judge.server_now s WHERE s.run = r.id AND s.final = 'backend')::int AS servers,
		(SELECT count(DISTINCT o.node) FROM raw.outcome o WHERE o.run = r.id AND o.state = 2)::int AS done,
		(SELECT count(DISTINCT o.node) FROM raw.outcome o WHERE o.run = r.id AND o.state > 2)::int AS failed,
		CASE WHEN r.app <> 'none' THEN 'messages' WHEN r.idle IS NULL THEN 'closed' ELSE 'idle' END AS kind, r.idle
	FROM registry.run r JOIN registry.node na ON na.id = r.a JOIN registry.node nb ON nb.id = r.b
	WHERE r.origin = 'run';
COMMENT ON COLUMN v1.run.kind IS 'messages; or of an empty run: closed (no app open), idle (one open, no messages)';
COMMENT ON COLUMN v1.run.idle IS 'The messenger that was open and idle; null: none';

-- Remote ends with all that is known of each, before the first clause is asked.
DROP FUNCTION judge.known_ends(uuid, text[]);
CREATE FUNCTION judge.known_ends(p_run uuid, apps text[])
RETURNS TABLE (side smallint, proto smallint, addr inet, port int, names text[], used text[], bytes bigint,
	bursts timestamptz[], answered boolean, high boolean, first timestamptz, by_name int, by_addr int, by_port int,
	known text, class text, sign text, port_class text, push boolean, system boolean, in_closed boolean, in_idle boolean,
	quiet bigint)
LANGUAGE sql STABLE AS $$
	WITH quiet AS MATERIALIZED ( -- both sides of every empty run that is told of this app
		SELECT e.id, e.idle IS NOT NULL AS idle, extract(epoch FROM r.length) / greatest(extract(epoch FROM e.length), 1) AS times
		FROM registry.run r JOIN registry.run e ON e.app = 'none' AND e.id <> r.id AND (e.idle IS NULL OR lower(e.idle) = ANY (apps))
		WHERE r.id = p_run AND EXISTS (SELECT FROM judge.verdict v WHERE v.run = e.id)),
	background AS MATERIALIZED (
		SELECT q.idle, s.proto, s.addr, s.port, s.names, sum(s.bytes * q.times) AS bytes
		FROM judge.server s JOIN quiet q ON q.id = s.run GROUP BY 1, 2, 3, 4, 5)
	SELECT e.*, (n.app IS NOT NULL)::int, (a.app IS NOT NULL)::int, (p.app IS NOT NULL)::int,
		CASE WHEN n.app IS NOT NULL THEN 'name' WHEN a.app IS NOT NULL THEN 'address' END,
		CASE WHEN n.app IS NOT NULL THEN coalesce(n.class, 'backend') WHEN a.app IS NOT NULL THEN coalesce(a.class, 'backend') END,
		CASE WHEN n.app IS NOT NULL THEN concat_ws(' ', n.app, n.kind, n.value)
			WHEN a.app IS NOT NULL THEN concat_ws(' ', a.app, a.kind, a.value, a.ports)
			WHEN p.app IS NOT NULL THEN concat_ws(' ', p.app, p.kind, p.value) END,
		CASE WHEN e.used = '{}' THEN p.class END,
		(judge.port_sign('{push}', e.proto, e.port)).app IS NOT NULL OR (judge.addr_sign('{push}', e.addr, e.proto, e.port)).app IS NOT NULL
			OR coalesce((SELECT count(*) FILTER (WHERE (judge.name_sign('{push}', ARRAY[x])).app IS NOT NULL) * 2 >= count(*)
				FROM unnest(e.used) x HAVING count(*) > 0), false),
		(judge.port_sign('{system}', e.proto, e.port)).app IS NOT NULL OR (judge.name_sign('{system}', e.used)).app IS NOT NULL,
		coalesce(b.closed, false), coalesce(b.idle, false), coalesce(b.bytes, 0)
	FROM judge.remote_ends(p_run) e
	CROSS JOIN LATERAL judge.name_sign(apps, e.used) n
	CROSS JOIN LATERAL judge.port_sign(apps, e.proto, e.port) p
	CROSS JOIN LATERAL (
		SELECT bool_or(NOT x.idle) AS closed, bool_or(x.idle) AS idle,
			greatest(sum(x.bytes) FILTER (WHERE NOT x.idle) / nullif(2 * (SELECT count(*) FROM quiet WHERE NOT quiet.idle), 0),
				sum(x.bytes) FILTER (WHERE x.idle) / nullif(2 * (SELECT count(*) FROM quiet WHERE quiet.idle), 0))::bigint AS bytes
		FROM background x WHERE (x.proto, x.addr, x.port) = (e.proto, e.addr, e.port)
			OR (x.port = e.port AND x.proto = e.proto AND x.names && e.names)) b
	CROSS JOIN LATERAL judge.addr_sign(CASE WHEN e.used = '{}' THEN apps ELSE '{}' END, e.addr, e.proto, e.port) a
$$;
COMMENT ON FUNCTION judge.known_ends(uuid, text[]) IS 'Remote ends of a run with what ref.app_sign and the empty runs say of them';

-- Judges one run afresh. Times: a message counts for a server when a burst began within half a second
-- before or after it was sent or received by that side (application and capture clocks differ, and a
-- burst begins when the first packet of it is seen). A wider window covers a short run whole, and then
-- no coincidence says anything. Of a stranger's coincidences those are taken off that chance would
-- give it. A server that is known needs no such proof, and gets a whole second: busy phones are late.
CREATE OR REPLACE FUNCTION judge.servers(p_run uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	v_run registry.run;
	v_apps text[];
	v_facts bigint;
	v_count int;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark judge'), hashtext(p_run::text));
	SELECT * INTO STRICT v_run FROM registry.run WHERE id = p_run;
	v_facts := judge.facts(p_run); -- before: what arrives meanwhile makes it due again
	-- an imported capture of which nobody said the app: the names and ranges of every messenger
	v_apps := CASE WHEN v_run.app = 'import'
		THEN ARRAY(SELECT DISTINCT app FROM ref.app_sign WHERE app NOT IN ('push', 'system') ORDER BY app)
		ELSE ARRAY[lower(v_run.app)] END;
	DELETE FROM judge.server WHERE run = p_run;
	WITH ends AS MATERIALIZED (
		SELECT row_number() OVER () AS k, * FROM judge.known_ends(p_run, v_apps)),
	instants AS MATERIALIZED (SELECT * FROM judge.instants(p_run)),
	hits AS MATERIALIZED (
		SELECT e.k, i.id, i.from_side, i.at, b.t AS burst FROM ends e JOIN instants i ON i.side = e.side
		CROSS JOIN LATERAL (SELECT t, abs(extract(epoch FROM t - i.at)) AS off FROM unnest(e.bursts) t ORDER BY 2 LIMIT 1) b
		WHERE b.off <= CASE WHEN known IS NULL THEN 0.5 ELSE 1 END),
	twins AS ( -- hits that the other side shares, at the same server or its like
		SELECT DISTINCT h.k, h.id FROM hits h JOIN ends e ON e.k = h.k
		JOIN hits o ON o.id = h.id JOIN ends f ON f.k = o.k AND f.side <> e.side
			AND (f.addr = e.addr OR f.names && e.names OR (f.known IS NOT NULL AND f.sign = e.sign))),
	isolation AS ( -- what each gateway told: that it let the app alone speak, or that it could not
		SELECT side, bool_or(outcome = 1) AS isolated FROM raw.step
		WHERE run = p_run AND name IN ('isolate', 'isolation') AND outcome IN (1, 2) GROUP BY side),
	counted AS (
		SELECT e.*, e.in_closed OR e.in_idle AS in_empty,
			(SELECT isolated FROM isolation i WHERE i.side = e.side) AS isolated,
			(SELECT count(*) FROM hits h WHERE h.k = e.k)::int AS matched,
			(SELECT count(*) FROM twins t WHERE t.k = e.k)::int AS shared,
			(SELECT count(*) FROM instants i WHERE i.side = e.side)::int AS messages,
			judge.covered(e.bursts, v_run.length) AS chance,
			(greatest(e.bytes - e.quiet, 0) / nullif(sum(greatest(e.bytes - e.quiet, 0)) OVER (PARTITION BY e.side), 0))::real AS by_volume,
			EXISTS (SELECT FROM registry.node n WHERE n.id = CASE e.side WHEN 1 THEN v_run.b ELSE v_run.a END
				AND e.addr IN (n.address4, n.address6)) AS is_other,
			EXISTS (SELECT FROM ends s WHERE s.side = e.side AND s.proto = 17 AND s.first <= e.first + interval '2 s'
				AND judge.port_in('3478-3481,5349,19302-19309', s.proto, s.port)) AS after_stun,
			EXISTS (SELECT FROM ends s WHERE s.side <> e.side AND s.addr = e.addr) AS on_both
		FROM ends e),
	timed AS (
		SELECT c.*, CASE WHEN known IS NOT NULL THEN coalesce(matched::real / nullif(messages, 0), 0)
			WHEN chance < 1 THEN greatest(0, coalesce((matched::real / nullif(messages, 0) - chance) / (1 - chance), 0))
			ELSE 0 END::real AS by_time
		FROM counted c),
	scored AS (
		SELECT t.*, least(by_time, coalesce(shared::real / nullif(messages, 0), 0))::real AS by_both,
			coalesce(isolated, false)::int AS by_isolation
		FROM timed t),
	summed AS (
		SELECT s.*, least(1, round((0.4 * by_time + 0.1 * by_both + 0.3 * greatest(by_name, by_addr) + 0.2 * by_port
			+ 0.2 * by_isolation)::numeric, 4)) AS score
		FROM scored s),
	decided AS (
		SELECT s.*, CASE
			WHEN port IN (53, 853) THEN 'resolver'
			WHEN v_run.app = 'none' THEN 'empty-run'
			WHEN push OR class = 'push' THEN 'push'
			WHEN addr <<= '224.0.0.0/4' OR addr <<= 'ff00::/8' OR addr = '255.255.255.255'
				OR judge.port_in('udp/67-68,udp/137-138,udp/546-547,udp/1900,udp/5353,udp/5355', proto, port) THEN 'local'
			WHEN NOT answered THEN 'no-answer'
			WHEN used = '{}' AND known IS NULL AND by_port = 0 AND NOT in_empty AND high AND port >= 1024
				AND (is_other OR judge.inside(addr) OR (after_stun AND NOT on_both)) THEN 'peer'
			WHEN in_closed AND known IS NULL THEN 'in-closed'
			WHEN in_idle AND known IS NULL AND by_time < 0.5 THEN 'in-idle'
			WHEN class = 'media' OR (known IS NULL AND port_class = 'media') THEN 'media'
			WHEN system AND known IS NULL THEN 'system'
			WHEN v_run.origin = 'run' AND score >= 0.6 THEN 'score'
			WHEN v_run.origin = 'import' AND known = 'name' AND class = 'backend' THEN 'known-name'
			WHEN v_run.origin = 'import' AND known = 'address' AND class = 'backend' THEN 'known-address'
			WHEN v_run.origin = 'import' AND v_run.app <> 'import' AND port_class = 'backend' THEN 'known-port'
			WHEN in_empty THEN 'weak-in-empty'
			WHEN v_run.origin = 'import' THEN 'no-sign'
			ELSE 'weak'
			END AS clause
		FROM summed s),
	kept AS (
		INSERT INTO judge.server_hit (run, side, proto, addr, port, message, from_side, at, burst, both_sides)
		SELECT p_run, e.side, e.proto, e.addr, e.port, h.id, h.from_side, h.at, h.burst,
			EXISTS (SELECT FROM twins t WHERE t.k = h.k AND t.id = h.id)
		FROM hits h JOIN ends e USING (k))
	INSERT INTO judge.server (run, side, proto, addr, port, decision, score, by_name, by_addr, by_port, by_time, by_both,
		by_volume, in_empty, isolated, answered, bytes, names, sign, matched, messages, rule, version,
		in_closed, in_idle, quiet, by_isolation)
	SELECT p_run, d.side, d.proto, d.addr, d.port, c.decision, d.score, d.by_name, d.by_addr, d.by_port, d.by_time, d.by_both,
		coalesce(d.by_volume, 0), d.in_empty, d.isolated, d.answered, d.bytes, d.names, d.sign, d.matched, d.messages, c.name, c.version,
		d.in_closed, d.in_idle, d.quiet, d.by_isolation
	FROM decided d JOIN judge.clause c ON c.version = 3 AND c.name = d.clause;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	INSERT INTO judge.verdict VALUES (p_run, v_facts, v_count, clock_timestamp())
		ON CONFLICT (run) DO UPDATE SET (facts, servers, judged) = (EXCLUDED.facts, EXCLUDED.servers, EXCLUDED.judged);
	RETURN v_count;
END $$;
