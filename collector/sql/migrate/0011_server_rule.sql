-- SPDX-License-Identifier: Apache-2.0
--
-- Which remote ends of a run were the messenger's: the clauses in words, and the same in SQL. A known name
-- is not yet a messenger: a certificate shared by many houses does not name the server that shows it, a
-- messenger's web pages are pages, and what only greeted a known name (a browser that preloads, a page with
-- a button to share) carried no message.

INSERT INTO judge.clause VALUES
	(2, 1, 'resolver', 'resolver', 'port 53 or 853'),
	(2, 2, 'empty-run', 'background', 'the run is empty: all that talks is background'),
	(2, 3, 'push', 'push', 'port of a push service, or at least half its names are names of one'),
	(2, 4, 'local', 'background', 'multicast, broadcast, or a service of the local network'),
	(2, 5, 'no-answer', 'unknown', 'it never answered'),
	(2, 6, 'peer', 'peer', 'no name, no sign, high ports at both ends; and it is in the local network, or where the other phone comes out, or STUN went before and the other side never saw it'),
	(2, 7, 'in-closed', 'background', 'seen in an empty run whose apps were all closed, and nothing says it is the app''s'),
	(2, 8, 'in-idle', 'background', 'seen while the app was open and idle, nothing says it is the app''s, and messages do not move it: time below 0.5'),
	(2, 9, 'media', 'media', 'name, address or port known for files, pictures or calls of the app'),
	(2, 10, 'system', 'background', 'name or port of what phones do by themselves'),
	(2, 11, 'site', 'background', 'its names are those of the app''s web pages'),
	(2, 12, 'score', 'backend', 'score of 0.6 or more, and at least one message at it'),
	(2, 13, 'no-talk', 'unknown', 'a capture without messages: known, but no known end of that app exchanged more than a greeting: six packets each way in one connection'),
	(2, 14, 'known-name', 'backend', 'a capture without messages: a name that led to it is known for the app'),
	(2, 15, 'known-address', 'backend', 'a capture without messages: no name, and the address is in a published range of the app'),
	(2, 16, 'known-port', 'backend', 'a capture without messages: no name, and the port is the app''s own'),
	(2, 17, 'weak-in-empty', 'background', 'score below 0.6 or no message at it, and seen in an empty run of either kind'),
	(2, 18, 'weak', 'unknown', 'score below 0.6, or no message at it'),
	(2, 19, 'no-sign', 'unknown', 'a capture without messages: nothing says it is the app''s');

-- Names, addresses and ports --------------------------------------------------------------------------

-- SPEC is N, tcp/N, udp/N or a range N-M, several parted by commas.
CREATE FUNCTION judge.port_in(spec text, proto smallint, port int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT EXISTS (SELECT FROM regexp_matches(spec, '(?:(tcp|udp)/)?(\d+)(?:-(\d+))?', 'g') m
		WHERE (m[1] IS NULL OR proto = CASE m[1] WHEN 'tcp' THEN 6 ELSE 17 END)
			AND port BETWEEN m[2]::int AND coalesce(m[3], m[2])::int)
$$;
COMMENT ON FUNCTION judge.port_in(text, smallint, int) IS 'True when the port is one of those named: 443, tcp/4244, udp/50000-50100, parted by commas';

CREATE FUNCTION judge.inside(addr inet) RETURNS boolean LANGUAGE sql IMMUTABLE
	RETURN addr <<= ANY (ARRAY['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12',
		'192.168.0.0/16', '::/128', 'fc00::/7', 'fe80::/10']::inet[]);
COMMENT ON FUNCTION judge.inside(inet) IS 'True for addresses that only a local network knows';

-- Of example.co.uk two labels say nothing: a short second label below a country is that country's.
CREATE FUNCTION judge.house(name text) RETURNS text LANGUAGE sql IMMUTABLE
	RETURN substring(lower(rtrim(name, '.')) FROM
		'((?:[^.]+\.(?:co|com|net|org|edu|gov|gob|ac|ad|or|ne|go|re|pe)\.[a-z]{2}|[^.]+\.[^.]+|[^.]+))$');
COMMENT ON FUNCTION judge.house(text) IS 'The registered domain a name lies under: line.naver.jp gives naver.jp, www.example.co.uk gives example.co.uk';

CREATE FUNCTION judge.one_house(names text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT (SELECT count(DISTINCT judge.house(n)) <= 1 FROM unnest(names) n)
		OR EXISTS (SELECT FROM (SELECT DISTINCT app FROM ref.app_sign WHERE kind = 'domain' AND app NOT IN ('push', 'system')) a
			WHERE NOT EXISTS (SELECT FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM ref.app_sign s
				WHERE s.app = a.app AND s.kind = 'domain' AND judge.name_under(n, s.value))))
$$;
COMMENT ON FUNCTION judge.one_house(text[]) IS 'True when the names lie under one registered domain, or all under the domains of one messenger';

-- Of the signs of APPS that fit the names, the longest for each name; a backend's name outweighs the
-- others that led to the same address.
CREATE FUNCTION judge.name_sign(apps text[], names text[]) RETURNS ref.app_sign LANGUAGE sql STABLE AS $$
	SELECT (x.s).* FROM (
		SELECT DISTINCT ON (n) s FROM unnest(names) n JOIN ref.app_sign s
			ON s.app = ANY (apps) AND s.kind = 'domain' AND judge.name_under(n, s.value)
		ORDER BY n, length(s.value) DESC, s.app) x
	ORDER BY coalesce((x.s).class, 'backend') = 'backend' DESC, length((x.s).value) DESC, (x.s).app LIMIT 1
$$;
COMMENT ON FUNCTION judge.name_sign(text[], text[]) IS 'The sign that fits the names best; null: none';

CREATE FUNCTION judge.addr_sign(apps text[], addr inet, proto smallint, port int) RETURNS ref.app_sign LANGUAGE sql STABLE AS $$
	SELECT s.* FROM ref.app_sign s
	WHERE s.app = ANY (apps) AND s.kind = 'prefix' AND s.value::inet >>= addr
		AND (s.ports IS NULL OR judge.port_in(s.ports, proto, port))
	ORDER BY masklen(s.value::inet) DESC, s.app LIMIT 1
$$;
COMMENT ON FUNCTION judge.addr_sign(text[], inet, smallint, int) IS 'The published range with the address; null: none';

CREATE FUNCTION judge.port_sign(apps text[], proto smallint, port int) RETURNS ref.app_sign LANGUAGE sql STABLE AS $$
	SELECT s.* FROM ref.app_sign s WHERE s.app = ANY (apps) AND s.kind = 'port' AND judge.port_in(s.value, proto, port)
	ORDER BY s.class IS NULL, s.app LIMIT 1
$$;
COMMENT ON FUNCTION judge.port_sign(text[], smallint, int) IS 'The sign with the port, one that tells by itself first; null: none';

-- What a run shows ------------------------------------------------------------------------------------

-- Flows of one run as the phone sees them. In an imported capture nobody says who the phone is: of
-- two ends it is the one with a local address, else the one without a service port, else the one that
-- talks with more others.
CREATE FUNCTION judge.phone_flows(p_run uuid)
RETURNS TABLE (side smallint, proto smallint, near_port int, addr inet, port int, names text[], said text[],
	told text[], bytes bigint, answered boolean, talks boolean, started timestamptz, bursts timestamptz[])
LANGUAGE sql STABLE AS $$
	WITH r AS (SELECT * FROM registry.run WHERE id = p_run),
	phone AS (
		SELECT k.side, x.addr FROM r CROSS JOIN LATERAL (VALUES (1, phone_a), (2, phone_b)) k (side, name)
		JOIN registry.phone p ON p.name = k.name CROSS JOIN LATERAL (VALUES (p.address4), (p.address6)) x (addr)),
	f AS (SELECT f.*, r.origin FROM raw.flow f JOIN r ON r.id = f.run WHERE f.proto IN (6, 17)),
	talk AS (
		SELECT x.addr, count(DISTINCT x.other) AS others
		FROM f CROSS JOIN LATERAL (VALUES (a, b), (b, a)) x (addr, other) WHERE origin = 'import' GROUP BY x.addr),
	t AS (
		SELECT f.*, CASE
			WHEN origin = 'run' THEN EXISTS (SELECT FROM phone WHERE phone.side = f.side AND phone.addr = f.b)
			WHEN judge.inside(a) <> judge.inside(b) THEN judge.inside(b)
			WHEN (aport < 1024) <> (bport < 1024) THEN aport < 1024
			ELSE coalesce((SELECT others FROM talk WHERE talk.addr = b), 0)
				> coalesce((SELECT others FROM talk WHERE talk.addr = a), 0) END AS turned
		FROM f),
	p AS (
		SELECT t.*, CASE WHEN turned THEN pkts_ba ELSE pkts_ab END AS sent,
			CASE WHEN turned THEN bytes_ba ELSE bytes_ab END AS sent_bytes,
			CASE WHEN turned THEN pkts_ab ELSE pkts_ba END AS got,
			judge.one_house(ARRAY(SELECT n FROM unnest(names, how) AS x (n, h) WHERE h = 5)) AS one_house
		FROM t)
	SELECT coalesce(side, 1::smallint), proto, CASE WHEN turned THEN bport ELSE aport END,
		CASE WHEN turned THEN a ELSE b END, CASE WHEN turned THEN aport ELSE bport END, names,
		ARRAY(SELECT n FROM unnest(names, how) AS x (n, h) WHERE h BETWEEN 2 AND 4 OR (h = 5 AND one_house)),
		ARRAY(SELECT n FROM unnest(names, how) AS x (n, h) WHERE h <> 5 OR one_house), bytes_ab + bytes_ba,
		-- a SYN has at most 14 + 40 + 60 bytes (an IPv6 one 20 more): longer is payload of a connection that stands
		got > 0 OR (proto = 6 AND sent > 0 AND sent_bytes / sent > 134),
		sent >= 6 AND got >= 6, started, ARRAY(SELECT started + u * interval '1 microsecond' FROM unnest(burst_us) u)
	FROM p
$$;
COMMENT ON FUNCTION judge.phone_flows(uuid) IS 'Flows of a run, phone first; said: names in the flow itself, not from DNS; told: these and those from DNS; both without a certificate for many houses; talks: more than a greeting both ways';

DROP FUNCTION judge.remote_ends(uuid);
CREATE FUNCTION judge.remote_ends(p_run uuid)
RETURNS TABLE (side smallint, proto smallint, addr inet, port int, names text[], used text[], bytes bigint,
	bursts timestamptz[], answered boolean, high boolean, first timestamptz)
LANGUAGE sql STABLE AS $$
	WITH g AS MATERIALIZED (SELECT * FROM judge.phone_flows(p_run)),
	n AS (SELECT side, proto, addr, port, array_agg(DISTINCT x ORDER BY x) AS list FROM g, unnest(names) x GROUP BY 1, 2, 3, 4),
	t AS (SELECT side, proto, addr, port, array_agg(DISTINCT x ORDER BY x) AS list FROM g, unnest(told) x GROUP BY 1, 2, 3, 4),
	s AS (SELECT side, proto, addr, port, array_agg(DISTINCT x ORDER BY x) AS list FROM g, unnest(said) x GROUP BY 1, 2, 3, 4),
	b AS (SELECT side, proto, addr, port, array_agg(x ORDER BY x) AS list FROM g, unnest(bursts) x GROUP BY 1, 2, 3, 4),
	e AS (SELECT side, proto, addr, port, sum(bytes)::bigint AS bytes, bool_or(answered) AS answered,
			bool_and(near_port >= 1024) AS high, min(started) AS first FROM g GROUP BY 1, 2, 3, 4)
	SELECT side, proto, addr, port, coalesce(n.list, '{}'), coalesce(s.list, t.list, '{}'), bytes, coalesce(b.list, '{}'),
		answered, high, first
	FROM e LEFT JOIN n USING (side, proto, addr, port) LEFT JOIN t USING (side, proto, addr, port)
		LEFT JOIN s USING (side, proto, addr, port)
		LEFT JOIN b USING (side, proto, addr, port)
$$;
COMMENT ON FUNCTION judge.remote_ends(uuid) IS 'Remote ends of a run with names, volume and burst times; used: the names the flows themselves carried, else those from DNS; of certificates only those of one house';

-- Remote ends with all that is known of each, before the first clause is asked.
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

-- Messages of one run as each side saw them.
CREATE FUNCTION judge.instants(p_run uuid)
RETURNS TABLE (side smallint, id text, from_side smallint, at timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT DISTINCT ON (side, id) side, id, from_side, CASE WHEN side = from_side THEN sent ELSE received END
	FROM raw.message WHERE run = p_run AND CASE WHEN side = from_side THEN sent ELSE received END IS NOT NULL
	ORDER BY 1, 2, 4
$$;
COMMENT ON FUNCTION judge.instants(uuid) IS 'When each side sent or received the messages of a run';

-- The rule --------------------------------------------------------------------------------------------

-- Judges one run afresh. Times: a message counts for a server when a burst began within half a second
-- before or after it was sent or received by that side (application and capture clocks differ, and a
-- burst begins when the first packet of it is seen). A wider window covers a short run whole, and then
-- no coincidence says anything. Of a stranger's coincidences those are taken off that chance would
-- give it. A server that is known needs no such proof, and gets a whole second: busy phones are late.
-- But no score without one message: a name, a port and isolation together are still only what is known.
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
	voice AS MATERIALIZED ( -- the messengers that got beyond a greeting somewhere in the run
		SELECT DISTINCT split_part(e.sign, ' ', 1) AS app FROM judge.phone_flows(p_run) f JOIN ends e USING (side, proto, addr, port)
		WHERE f.talks AND ((e.known IS NOT NULL AND e.class <> 'background') OR (v_run.app <> 'import' AND e.port_class IS NOT NULL))),
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
			WHEN class = 'background' THEN 'site'
			WHEN v_run.origin = 'run' AND score >= 0.6 AND matched > 0 THEN 'score'
			WHEN v_run.origin = 'import' AND (class = 'backend' OR (v_run.app <> 'import' AND port_class = 'backend'))
				AND NOT EXISTS (SELECT FROM voice v WHERE v.app = split_part(sign, ' ', 1)) THEN 'no-talk'
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
	FROM decided d JOIN judge.clause c ON c.version = 2 AND c.name = d.clause;
	GET DIAGNOSTICS v_count = ROW_COUNT;
	INSERT INTO judge.verdict VALUES (p_run, v_facts, v_count, clock_timestamp())
		ON CONFLICT (run) DO UPDATE SET (facts, servers, judged) = (EXCLUDED.facts, EXCLUDED.servers, EXCLUDED.judged);
	RETURN v_count;
END $$;

-- Empty runs come first: they are the background of all others. A run has ended when each of its
-- orders has an outcome other than accepted, or five minutes after it should have.
CREATE OR REPLACE VIEW judge.due AS
	SELECT r.id AS run, r.app = 'none' AS empty,
		(EXISTS (SELECT FROM registry.orders o WHERE o.run = r.id)
			AND NOT EXISTS (SELECT FROM registry.orders o WHERE o.run = r.id
				AND NOT EXISTS (SELECT FROM raw.outcome u WHERE u.orders = o.id AND u.state <> 1)))
		OR now() > r.planned + r.length + interval '5 minutes' AS ended,
		v.run IS NULL OR r.planned > now() - interval '1 day' AS fresh
	FROM registry.run r
	LEFT JOIN judge.verdict v ON v.run = r.id
	WHERE (
		(v.run IS NULL AND judge.facts(r.id) > 0)
		OR (r.planned > now() - interval '30 days' AND v.facts <> judge.facts(r.id))
		OR (r.app <> 'none' AND v.judged < (SELECT max(w.judged) FROM judge.verdict w
			JOIN registry.run e ON e.id = w.run WHERE e.app = 'none')));
