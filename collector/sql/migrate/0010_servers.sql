-- SPDX-License-Identifier: Apache-2.0
--
-- Every remote end of a run with the evidence for what it was, and the messages beside the bursts they
-- coincide with. Two kinds of empty run tell what phones do without messages: all apps closed, which shows
-- what the phone does by itself, and one app open and idle, which shows what that app does. What was judged
-- before is judged anew by the rule of 0011.

ALTER TABLE registry.run ADD COLUMN idle text, ADD CHECK (idle IS NULL OR (app = 'none' AND idle <> 'none'));
COMMENT ON COLUMN registry.run.idle IS 'Empty run: the messenger that was open and idle; null: all were closed, or messages were sent';

-- A rule is a list of clauses, looked through in order: the first that holds decides. Another rule is
-- another version; what was judged by an older one says so.
CREATE TABLE judge.clause (
	version smallint NOT NULL,
	place smallint NOT NULL,
	name text NOT NULL,
	decision text NOT NULL CHECK (decision IN
		('backend', 'push', 'media', 'background', 'peer', 'resolver', 'unknown')),
	says text NOT NULL,
	PRIMARY KEY (version, name)
);
COMMENT ON TABLE judge.clause IS 'Clauses of the rule that tells servers apart, in words; judge.servers() is the same in SQL';
COMMENT ON COLUMN judge.clause.version IS 'Version of the rule';
COMMENT ON COLUMN judge.clause.place IS 'The first clause that holds decides';
COMMENT ON COLUMN judge.clause.name IS 'Short name';
COMMENT ON COLUMN judge.clause.decision IS 'What it decides';
COMMENT ON COLUMN judge.clause.says IS 'When it holds';

-- Derived rows: nothing is lost, for facts without a verdict are due.
TRUNCATE judge.server, judge.verdict;
ALTER TABLE judge.server
	ADD COLUMN by_addr real NOT NULL,
	ADD COLUMN by_both real NOT NULL,
	ADD COLUMN by_volume real NOT NULL,
	ADD COLUMN isolated boolean,
	ADD COLUMN answered boolean NOT NULL,
	ADD COLUMN sign text,
	ADD COLUMN version smallint NOT NULL,
	ADD COLUMN in_closed boolean NOT NULL DEFAULT false,
	ADD COLUMN in_idle boolean NOT NULL DEFAULT false,
	ADD COLUMN quiet bigint NOT NULL DEFAULT 0,
	ADD COLUMN by_isolation real NOT NULL DEFAULT 0,
	ADD FOREIGN KEY (version, rule) REFERENCES judge.clause (version, name),
	DROP CONSTRAINT server_decision_check,
	ADD CONSTRAINT server_decision_check CHECK (decision IN
		('backend', 'push', 'media', 'background', 'peer', 'resolver', 'unknown'));
COMMENT ON COLUMN judge.server.side IS '1 or 2; 1 in an imported capture';
COMMENT ON COLUMN judge.server.decision IS 'backend: carries the messages; push: wakes the phone; media: pictures, files, calls; background: the phone''s own; peer: another phone, directly; resolver; unknown: not enough evidence';
COMMENT ON COLUMN judge.server.score IS '0 to 1: 0.4 by_time + 0.1 by_both + 0.3 (by_name or by_addr) + 0.2 by_port + 0.2 by_isolation, at most 1';
COMMENT ON COLUMN judge.server.by_addr IS '1 when it has no name and its address is in a published range of the app';
COMMENT ON COLUMN judge.server.by_both IS 'Share of this side''s messages for which the other side had a burst too, to the same server or one of the same name or sign; never more than by_time';
COMMENT ON COLUMN judge.server.by_volume IS 'Share of this side''s bytes, those of the empty runs taken off; told, not counted in the score: pictures outweigh messages';
COMMENT ON COLUMN judge.server.in_empty IS 'Also seen in an empty run, of either kind';
COMMENT ON COLUMN judge.server.isolated IS 'The gateway let nothing but the app talk; null: it does not tell';
COMMENT ON COLUMN judge.server.answered IS 'It answered, or payload of a standing TCP connection was sent to it';
COMMENT ON COLUMN judge.server.sign IS 'What was known of it: app, kind and value of ref.app_sign; null: nothing';
COMMENT ON COLUMN judge.server.rule IS 'Clause that decided: judge.clause.name';
COMMENT ON COLUMN judge.server.version IS 'Version of the rule';
COMMENT ON COLUMN judge.server.in_closed IS 'Seen in an empty run whose apps were all closed';
COMMENT ON COLUMN judge.server.in_idle IS 'Seen in an empty run in which this messenger was open and idle';
COMMENT ON COLUMN judge.server.quiet IS 'Bytes of it that the empty runs explain: the mean of a side, brought to the length of this run, of the kind that has more';
COMMENT ON COLUMN judge.server.by_isolation IS '1 when the gateway let the app alone speak';

CREATE TABLE judge.server_hit (
	run uuid NOT NULL,
	side smallint NOT NULL,
	proto smallint NOT NULL,
	addr inet NOT NULL,
	port int NOT NULL,
	message text NOT NULL,
	from_side smallint NOT NULL,
	at timestamptz NOT NULL,
	burst timestamptz NOT NULL,
	both_sides boolean NOT NULL,
	PRIMARY KEY (run, side, proto, addr, port, message),
	FOREIGN KEY (run, side, proto, addr, port) REFERENCES judge.server ON DELETE CASCADE
);
COMMENT ON TABLE judge.server_hit IS 'Messages beside the bursts they coincide with: what by_time and by_both count';
COMMENT ON COLUMN judge.server_hit.run IS 'Run';
COMMENT ON COLUMN judge.server_hit.side IS 'As judge.server';
COMMENT ON COLUMN judge.server_hit.proto IS 'As judge.server';
COMMENT ON COLUMN judge.server_hit.addr IS 'As judge.server';
COMMENT ON COLUMN judge.server_hit.port IS 'As judge.server';
COMMENT ON COLUMN judge.server_hit.message IS 'raw.message.id';
COMMENT ON COLUMN judge.server_hit.from_side IS 'Who sent it';
COMMENT ON COLUMN judge.server_hit.at IS 'When this side sent or received it';
COMMENT ON COLUMN judge.server_hit.burst IS 'When the nearest burst began';
COMMENT ON COLUMN judge.server_hit.both_sides IS 'The other side had a burst with this message too, to the same server or its like';

ALTER TABLE judge.server_override
	ADD CHECK (port BETWEEN 0 AND 65535),
	ADD CHECK (decision IN ('backend', 'push', 'media', 'background', 'peer', 'resolver', 'unknown'));

-- A silent edit is refused: what was said stays said, and can be taken back once.
CREATE FUNCTION judge.keep_override() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' OR OLD.withdrawn IS NOT NULL OR NEW.withdrawn IS NULL
		OR to_jsonb(NEW) - 'withdrawn' <> to_jsonb(OLD) - 'withdrawn' THEN
		RAISE EXCEPTION 'what people decided is not edited: withdraw it and decide anew';
	END IF;
	RETURN NEW;
END $$;
COMMENT ON FUNCTION judge.keep_override() IS 'Lets judge.server_override be withdrawn, not edited or deleted';
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON judge.server_override
	FOR EACH ROW EXECUTE FUNCTION judge.keep_override();

CREATE OR REPLACE VIEW judge.server_now AS
	SELECT s.run, s.side, s.proto, s.addr, s.port, s.decision, s.score, s.by_name, s.by_port, s.by_time, s.in_empty, s.bytes,
		s.names, s.matched, s.messages, s.rule, s.judged, coalesce(o.decision, s.decision) AS final, o.id AS override,
		s.by_addr, s.by_both, s.by_volume, s.isolated, s.answered, s.sign, s.version, s.in_closed, s.in_idle, s.quiet, s.by_isolation
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
COMMENT ON COLUMN v1.server.decision IS 'backend push media background peer resolver unknown: the decision in force';
COMMENT ON COLUMN v1.server.rule IS 'Clause that decided: judge.clause.name';
COMMENT ON COLUMN v1.server.by_addr IS '1: it has no name, and its address is in a published range of the app';
COMMENT ON COLUMN v1.server.by_both IS 'Share of messages for which the other side had a burst to it, or to its like, too';
COMMENT ON COLUMN v1.server.by_volume IS 'Share of this side''s bytes; not in the score';
COMMENT ON COLUMN v1.server.isolated IS 'The gateway let nothing but the app talk; null: it does not tell';
COMMENT ON COLUMN v1.server.answered IS 'It answered';
COMMENT ON COLUMN v1.server.sign IS 'What was known of it; null: nothing';
COMMENT ON COLUMN v1.server.version IS 'Version of the rule';
COMMENT ON COLUMN v1.server.judged IS 'What the rule decided, whatever people said later';
COMMENT ON COLUMN v1.server.in_closed IS 'Seen in an empty run whose apps were all closed';
COMMENT ON COLUMN v1.server.in_idle IS 'Seen in an empty run in which this messenger was open and idle';
COMMENT ON COLUMN v1.server.quiet IS 'Bytes of it that the empty runs explain';
COMMENT ON COLUMN v1.server.by_isolation IS '1: the gateway let the app alone speak';

CREATE VIEW v1.server_hit AS
	SELECT run, side, proto, addr, port, message, from_side, at, burst, both_sides FROM judge.server_hit;
COMMENT ON VIEW v1.server_hit IS 'Messages beside the bursts they coincide with: what by_time and by_both count';
COMMENT ON COLUMN v1.server_hit.run IS 'Run';
COMMENT ON COLUMN v1.server_hit.side IS 'As v1.server';
COMMENT ON COLUMN v1.server_hit.proto IS 'As v1.server';
COMMENT ON COLUMN v1.server_hit.addr IS 'As v1.server';
COMMENT ON COLUMN v1.server_hit.port IS 'As v1.server';
COMMENT ON COLUMN v1.server_hit.message IS 'Id written in the message''s text';
COMMENT ON COLUMN v1.server_hit.from_side IS 'Who sent it';
COMMENT ON COLUMN v1.server_hit.at IS 'When this side sent or received it';
COMMENT ON COLUMN v1.server_hit.burst IS 'When the nearest burst began';
COMMENT ON COLUMN v1.server_hit.both_sides IS 'The other side had a burst with this message too';

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

GRANT SELECT, INSERT, UPDATE, DELETE ON judge.clause, judge.server_hit TO waymark_judge;
GRANT SELECT ON judge.clause, judge.server_hit TO waymark_read;
GRANT SELECT ON v1.server_hit TO waymark_judge, waymark_read;
