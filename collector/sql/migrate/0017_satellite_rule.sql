-- SPDX-License-Identifier: Apache-2.0
--
-- Satellite's own rule, to the letter: tags, control set, matches, confidence, liveness, anomaly,
-- exclusions. Written once, for measured and imported scans alike. Whoever compares finds the publication's
-- verdict beside ours in v1.dns_published.

-- Control resolvers everybody may use. A scan that names its own has those as well.
CREATE TABLE ref.control_resolver (
	addr inet PRIMARY KEY,
	says text NOT NULL
);
COMMENT ON TABLE ref.control_resolver IS 'Resolvers whose answers are taken as control in every scan';
COMMENT ON COLUMN ref.control_resolver.addr IS 'Address';
COMMENT ON COLUMN ref.control_resolver.says IS 'Whose';
INSERT INTO ref.control_resolver VALUES ('1.1.1.1', 'Cloudflare'), ('8.8.8.8', 'Google'), ('8.8.4.4', 'Google'),
	('64.6.64.6', 'Verisign'), ('64.6.65.6', 'Verisign'), ('9.9.9.9', 'Quad9');
GRANT SELECT ON ref.control_resolver TO waymark_store, waymark_judge, waymark_read;

CREATE TABLE judge.dns_tag (
	scan uuid NOT NULL,
	domain text NOT NULL,
	addr inet NOT NULL,
	http text,
	cert text,
	asnum bigint,
	asname text,
	PRIMARY KEY (scan, domain, addr)
);
COMMENT ON TABLE judge.dns_tag IS 'What is known of an answer address: its network from the table in force, and hashes of what it served; of an imported scan, the tags it was published with';
COMMENT ON COLUMN judge.dns_tag.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_tag.domain IS 'Domain it was the answer for';
COMMENT ON COLUMN judge.dns_tag.addr IS 'Answer address';
COMMENT ON COLUMN judge.dns_tag.http IS 'SHA-256 of the page (status 200, not empty), hex; null: none';
COMMENT ON COLUMN judge.dns_tag.cert IS 'SHA-256 of the certificate, hex; null: none';
COMMENT ON COLUMN judge.dns_tag.asnum IS 'Autonomous system; null: not known';
COMMENT ON COLUMN judge.dns_tag.asname IS 'Its name; null: not known';

CREATE TABLE judge.dns_control (
	scan uuid NOT NULL,
	domain text NOT NULL,
	qtype int NOT NULL,
	source text NOT NULL CHECK (source IN ('asked', 'told')),
	resolvers int NOT NULL,
	in_group boolean NOT NULL,
	ip inet[] NOT NULL,
	http text[] NOT NULL,
	cert text[] NOT NULL,
	asnum bigint[] NOT NULL,
	asname text[] NOT NULL,
	untagged boolean NOT NULL,
	PRIMARY KEY (scan, domain, qtype)
);
COMMENT ON TABLE judge.dns_control IS 'Per domain of a scan: what the control resolvers answered, and the tags of those answers';
COMMENT ON COLUMN judge.dns_control.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_control.domain IS 'Domain';
COMMENT ON COLUMN judge.dns_control.qtype IS 'Record type';
COMMENT ON COLUMN judge.dns_control.source IS 'asked: from the answers of control resolvers; told: the publication lacks them, and this is what its own verdicts tell of them';
COMMENT ON COLUMN judge.dns_control.resolvers IS 'Control resolvers that gave addresses';
COMMENT ON COLUMN judge.dns_control.in_group IS 'Some control resolver gave addresses';
COMMENT ON COLUMN judge.dns_control.ip IS 'Addresses';
COMMENT ON COLUMN judge.dns_control.http IS 'Page hashes';
COMMENT ON COLUMN judge.dns_control.cert IS 'Certificate hashes';
COMMENT ON COLUMN judge.dns_control.asnum IS 'Autonomous systems';
COMMENT ON COLUMN judge.dns_control.asname IS 'Their names';
COMMENT ON COLUMN judge.dns_control.untagged IS 'Not one tag among them';

CREATE TABLE judge.dns_satellite (
	scan uuid NOT NULL,
	node int NOT NULL,
	resolver inet NOT NULL,
	domain text NOT NULL,
	qtype int NOT NULL,
	repetition int NOT NULL,
	control boolean NOT NULL,
	passed_liveness boolean NOT NULL,
	connect_error boolean NOT NULL,
	in_control_group boolean NOT NULL,
	anomaly boolean NOT NULL,
	excluded boolean NOT NULL,
	exclude_reason text[] NOT NULL,
	average double precision NOT NULL,
	matches double precision[],
	untagged_controls boolean NOT NULL,
	untagged_response boolean NOT NULL,
	passed boolean NOT NULL,
	answers inet[] NOT NULL,
	matched text[] NOT NULL,
	PRIMARY KEY (scan, resolver, domain, qtype, repetition, node) -- an export goes by resolver
);
COMMENT ON TABLE judge.dns_satellite IS 'Verdict of Satellite''s rule on each pair that was asked';
COMMENT ON COLUMN judge.dns_satellite.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_satellite.node IS 'registry.node.id';
COMMENT ON COLUMN judge.dns_satellite.resolver IS 'Address asked';
COMMENT ON COLUMN judge.dns_satellite.domain IS 'Test domain';
COMMENT ON COLUMN judge.dns_satellite.qtype IS 'Record type';
COMMENT ON COLUMN judge.dns_satellite.repetition IS 'From 0';
COMMENT ON COLUMN judge.dns_satellite.control IS 'The resolver is a control resolver';
COMMENT ON COLUMN judge.dns_satellite.passed_liveness IS 'Not both controls failed; of a pair asked as v2.1, or published as v2.0 or v2.1: neither did (passed_control)';
COMMENT ON COLUMN judge.dns_satellite.connect_error IS 'Every question of the test ended in an error of the socket';
COMMENT ON COLUMN judge.dns_satellite.in_control_group IS 'Some control resolver gave addresses for the domain';
COMMENT ON COLUMN judge.dns_satellite.anomaly IS 'Satellite''s anomaly. It is no finding of blocking: see v1.dns_verdict';
COMMENT ON COLUMN judge.dns_satellite.excluded IS 'An anomaly that Satellite would set aside';
COMMENT ON COLUMN judge.dns_satellite.exclude_reason IS 'is_CDN: an answer is in a big network; few_domains: an answer was seen for two domains or fewer (only of scans with 50 domains or more)';
COMMENT ON COLUMN judge.dns_satellite.average IS 'confidence.average';
COMMENT ON COLUMN judge.dns_satellite.matches IS 'confidence.matches in the order of the answers; null: none';
COMMENT ON COLUMN judge.dns_satellite.untagged_controls IS 'confidence.untagged_controls';
COMMENT ON COLUMN judge.dns_satellite.untagged_response IS 'confidence.untagged_response';
COMMENT ON COLUMN judge.dns_satellite.passed IS 'v1: some answer matches';
COMMENT ON COLUMN judge.dns_satellite.answers IS 'Addresses of the answer, in its order';
COMMENT ON COLUMN judge.dns_satellite.matched IS 'Per address: tags that matched, parted by commas: ip, http, cert, asnum, asname; no_tags in v1 to v2.1; null: none';

-- A scan may ask a pair again: over TCP beside UDP, or because an agent was killed between a record and its
-- note. A pair counts once and has one verdict: what was asked goes before what was not, over UDP before
-- otherwise, then the latest.
CREATE TABLE judge.dns_again (
	scan uuid NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	PRIMARY KEY (scan, node, stream, seq, item)
);
COMMENT ON TABLE judge.dns_again IS 'Pairs for which another of the same scan stands: same node, resolver, domain, type and repetition';
COMMENT ON COLUMN judge.dns_again.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_again.node IS 'registry.node.id';
COMMENT ON COLUMN judge.dns_again.stream IS 'raw.stream.id';
COMMENT ON COLUMN judge.dns_again.seq IS 'Batch';
COMMENT ON COLUMN judge.dns_again.item IS 'Position in the batch';

-- What became of each pair: the try of the test that counts, its addresses, how the controls fared. A
-- question repeated over TCP because the answer was cut is the same question.
CREATE VIEW judge.dns_asked AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, p.resolver, p.domain, p.qtype, p.repetition, p.started, p.ended, p.profile, p.kind,
		x.tests, x.tests > 0 AND x.lost = x.tests OR x.tests = 0 AS connect_error, x.before_failed::int + x.after_failed::int AS controls_failed,
		p.try_first[c.counts] AS packet, p.try_rcode[c.counts] AS rcode, p.try_error[c.counts] AS error, p.try_text[c.counts] AS error_text,
		p.try_outcome[c.counts] AS outcome,
		ARRAY(SELECT p.addr[i] FROM generate_subscripts(p.addr, 1) i WHERE p.addr_answer[i] = p.try_first[c.counts] ORDER BY i) AS answers
	FROM raw.dns_pair p
	CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE r = 2) AS tests,
			count(*) FILTER (WHERE r = 2 AND p.try_outcome[i] IN (2, 3)) AS lost,
			coalesce(bool_and(NOT a) FILTER (WHERE r = 1), false) AS before_failed,
			coalesce(bool_and(NOT a) FILTER (WHERE r = 3), false) AS after_failed,
			max(i) FILTER (WHERE r = 2) AS last, max(i) FILTER (WHERE r = 2 AND p.try_outcome[i] = 1) AS answered,
			min(i) FILTER (WHERE r = 2 AND a) AS first
		FROM unnest(p.try_role) WITH ORDINALITY AS t (r, i),
			LATERAL (SELECT coalesce(p.try_first[i] = ANY (p.addr_answer), false) AS a) z
		WHERE p.try_outcome[i] <> 5) x
	CROSS JOIN LATERAL (SELECT coalesce(x.first, x.answered, x.last) AS counts) c
	WHERE p.state IN (1, 2, 3) AND p.kind = 1 AND NOT EXISTS (SELECT FROM judge.dns_again g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream
		AND g.seq = p.seq AND g.item = p.item);
COMMENT ON VIEW judge.dns_asked IS 'Pairs that were asked: the try of the test that counts and how the controls fared';
COMMENT ON COLUMN judge.dns_asked.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_asked.node IS 'registry.node.id';
COMMENT ON COLUMN judge.dns_asked.stream IS 'raw.stream.id';
COMMENT ON COLUMN judge.dns_asked.seq IS 'Batch';
COMMENT ON COLUMN judge.dns_asked.item IS 'Position in the batch';
COMMENT ON COLUMN judge.dns_asked.resolver IS 'Address asked';
COMMENT ON COLUMN judge.dns_asked.domain IS 'Test domain';
COMMENT ON COLUMN judge.dns_asked.qtype IS 'Record type';
COMMENT ON COLUMN judge.dns_asked.repetition IS 'From 0';
COMMENT ON COLUMN judge.dns_asked.started IS 'First question';
COMMENT ON COLUMN judge.dns_asked.ended IS 'Last question or packet';
COMMENT ON COLUMN judge.dns_asked.profile IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_asked.kind IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_asked.tests IS 'Questions of the test that were asked';
COMMENT ON COLUMN judge.dns_asked.connect_error IS 'Each of them ended in an error of the socket, or none was asked';
COMMENT ON COLUMN judge.dns_asked.controls_failed IS 'Controls, of two, that gave no address';
COMMENT ON COLUMN judge.dns_asked.packet IS 'Packet that counts (1-based in the arrays of raw.dns_pair); null: none';
COMMENT ON COLUMN judge.dns_asked.rcode IS 'Its response code; null: none';
COMMENT ON COLUMN judge.dns_asked.error IS 'As raw.dns_pair.try_error, of the try that counts';
COMMENT ON COLUMN judge.dns_asked.error_text IS 'The same in the publication''s words; null: measured';
COMMENT ON COLUMN judge.dns_asked.outcome IS 'As raw.dns_pair.try_outcome, of the try that counts';
COMMENT ON COLUMN judge.dns_asked.answers IS 'Its addresses, in the order of the packet';

CREATE FUNCTION judge.dns_controls(p_scan uuid) RETURNS SETOF inet LANGUAGE sql STABLE AS $$
	SELECT addr FROM raw.resolver WHERE scan = p_scan AND role = 2
	UNION SELECT addr FROM ref.control_resolver
$$;
COMMENT ON FUNCTION judge.dns_controls(uuid) IS 'Control resolvers of a scan';

CREATE FUNCTION judge.dns_addresses(p_scan uuid) RETURNS SETOF inet LANGUAGE sql STABLE AS $$
	SELECT unnest(addr) FROM raw.dns_pair WHERE scan = p_scan
	UNION SELECT resolver FROM raw.dns_pair WHERE scan = p_scan
	UNION SELECT unnest(answer_src) FROM raw.dns_pair WHERE scan = p_scan
	UNION SELECT addr FROM raw.resolver WHERE scan = p_scan
	UNION SELECT unnest(egress) FROM raw.resolver WHERE scan = p_scan
$$;
COMMENT ON FUNCTION judge.dns_addresses(uuid) IS 'Resolvers, answers and egress addresses of one scan';

CREATE FUNCTION judge.dns_tags(p_scan uuid) RETURNS void LANGUAGE plpgsql
	SET jit = off AS $$
BEGIN
	DELETE FROM judge.dns_tag WHERE scan = p_scan;
	IF EXISTS (SELECT FROM raw.scan WHERE id = p_scan AND origin = 'import') THEN
		INSERT INTO judge.dns_tag
		SELECT p_scan, a.domain, a.addr, t.http, t.cert, t.asnum, t.asname
		FROM (SELECT DISTINCT domain, unnest(addr) AS addr FROM raw.dns_pair WHERE scan = p_scan) a
		CROSS JOIN LATERAL (SELECT * FROM raw.satellite_tag t WHERE t.scan = p_scan AND t.addr = a.addr
			AND t.domain IN ('', a.domain) ORDER BY t.domain DESC LIMIT 1) t;
	ELSE
		INSERT INTO judge.dns_tag
		SELECT p_scan, a.domain, a.addr, g.http, g.cert, l.asn, l.as_name
		FROM (SELECT DISTINCT domain, unnest(addr) AS addr FROM raw.dns_pair WHERE scan = p_scan) a
		LEFT JOIN judge.location l ON l.addr = a.addr
		LEFT JOIN (
			SELECT addr, domain, max(encode(CASE WHEN http_status = 200 AND http_bytes > 0 THEN http_sha256
					WHEN https_status = 200 AND https_bytes > 0 THEN https_sha256 END, 'hex')) AS http,
				max(encode(sha256(chain[1]), 'hex')) AS cert
			FROM raw.page WHERE scan = p_scan GROUP BY addr, domain) g ON g.addr = a.addr AND g.domain = a.domain;
	END IF;
END $$;
COMMENT ON FUNCTION judge.dns_tags(uuid) IS 'Tags the answer addresses of a scan';

CREATE FUNCTION judge.array_or_none(v anyarray) RETURNS anyarray LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS 'SELECT coalesce(array_remove(v, NULL), ''{}'')';
COMMENT ON FUNCTION judge.array_or_none(anyarray) IS 'The array without nulls; empty for null';

CREATE FUNCTION judge.dns_control_sets(p_scan uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM judge.dns_control WHERE scan = p_scan;
	INSERT INTO judge.dns_control
	SELECT p_scan, d.domain, d.qtype, 'asked', count(DISTINCT d.resolver) FILTER (WHERE d.addr IS NOT NULL), bool_or(d.addr IS NOT NULL),
		judge.array_or_none(array_agg(DISTINCT d.addr)), judge.array_or_none(array_agg(DISTINCT t.http)),
		judge.array_or_none(array_agg(DISTINCT t.cert)), judge.array_or_none(array_agg(DISTINCT t.asnum)),
		judge.array_or_none(array_agg(DISTINCT t.asname)),
		count(t.http) + count(t.cert) + count(t.asnum) + count(t.asname) = 0
	FROM (SELECT a.domain, a.qtype, a.resolver, b.addr FROM judge.dns_asked a LEFT JOIN LATERAL unnest(a.answers) AS b (addr) ON true
		WHERE a.scan = p_scan AND a.resolver IN (SELECT judge.dns_controls(p_scan))) d
	LEFT JOIN judge.dns_tag t ON t.scan = p_scan AND t.domain = d.domain AND t.addr = d.addr
	GROUP BY d.domain, d.qtype;
	-- A publication without the answers of its controls still tells of them by what matched.
	INSERT INTO judge.dns_control
	SELECT p_scan, d.domain, d.qtype, 'told', 0, coalesce(bool_or(d.in_control_group), false),
		judge.array_or_none(array_agg(DISTINCT d.addr) FILTER (WHERE 'ip' = ANY (d.tags))),
		judge.array_or_none(array_agg(DISTINCT t.http) FILTER (WHERE 'http' = ANY (d.tags))),
		judge.array_or_none(array_agg(DISTINCT t.cert) FILTER (WHERE 'cert' = ANY (d.tags))),
		judge.array_or_none(array_agg(DISTINCT t.asnum) FILTER (WHERE 'asnum' = ANY (d.tags))),
		judge.array_or_none(array_agg(DISTINCT t.asname) FILTER (WHERE 'asname' = ANY (d.tags))),
		coalesce(bool_or(d.untagged_controls), false)
	FROM (SELECT s.domain, s.qtype, s.in_control_group, s.untagged_controls, u.addr, string_to_array(u.matched, ',') AS tags
		FROM raw.satellite_told s LEFT JOIN LATERAL unnest(s.answers, s.matched) AS u (addr, matched) ON true WHERE s.scan = p_scan) d
	LEFT JOIN judge.dns_tag t ON t.scan = p_scan AND t.domain = d.domain AND t.addr = d.addr
	GROUP BY d.domain, d.qtype
	ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION judge.dns_control_sets(uuid) IS 'Gathers what the control resolvers of a scan answered';

-- Satellite compares nothing when both controls failed: not the confidence alone, the matched tags too stay
-- empty, whatever the answers are. The planner knows nothing of a scan that has just come: what is the same
-- for all pairs is gathered once, and tables that were just made are told of.
CREATE FUNCTION judge.dns_satellite_rule(p_scan uuid) RETURNS bigint LANGUAGE plpgsql
	SET jit = off SET work_mem = '64MB' AS $$
DECLARE
	judged bigint;
	old boolean := (SELECT format IN ('v1', 'v2.0', 'v2.1') FROM raw.scan WHERE id = p_scan);
	domains bigint := (SELECT count(DISTINCT domain) FROM raw.dns_pair WHERE scan = p_scan);
BEGIN
	DELETE FROM judge.dns_again WHERE scan = p_scan;
	INSERT INTO judge.dns_again
	SELECT p_scan, node, stream, seq, item FROM (
		SELECT p.node, p.stream, p.seq, p.item, row_number() OVER (PARTITION BY p.node, p.resolver, p.domain, p.qtype, p.repetition, p.kind = 3
			ORDER BY p.state NOT IN (1, 2, 3), p.kind, p.try_transport[1] > 1, p.started DESC, p.stream, p.seq, p.item) AS place
		FROM raw.dns_pair p WHERE p.scan = p_scan) a
	WHERE place > 1;
	CREATE TEMP TABLE dns_trial ON COMMIT DROP AS SELECT * FROM judge.dns_asked a WHERE a.scan = p_scan;
	ANALYZE dns_trial;
	PERFORM judge.dns_tags(p_scan);
	PERFORM judge.dns_control_sets(p_scan);
	DELETE FROM judge.dns_satellite WHERE scan = p_scan;
	INSERT INTO judge.dns_satellite
	WITH seen AS (
		SELECT b.addr, count(DISTINCT a.domain) AS domains
		FROM dns_trial a, unnest(a.answers) AS b (addr) WHERE a.scan = p_scan GROUP BY 1),
	match AS (
		SELECT a.node, a.resolver, a.domain, a.qtype, a.repetition,
			array_agg(m.name ORDER BY u.i) AS matched, array_agg(m.percent ORDER BY u.i) AS matches,
			coalesce(sum(m.percent) / count(*), 0) AS average, bool_or(m.any_match) AS any_match, bool_and(m.tags = 0) AS untagged,
			bool_or(t.asname ~ 'AMAZON|Akamai|OPENDNS|CLOUDFLARENET|GOOGLE') AS cdn, bool_or(s.domains <= 2) AS few
		FROM dns_trial a
		CROSS JOIN LATERAL unnest(a.answers) WITH ORDINALITY AS u (addr, i)
		LEFT JOIN judge.dns_tag t ON t.scan = p_scan AND t.domain = a.domain AND t.addr = u.addr
		LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
		LEFT JOIN seen s ON s.addr = u.addr
		CROSS JOIN LATERAL (SELECT coalesce(u.addr = ANY (c.ip), false) AS ip, coalesce(t.http = ANY (c.http), false) AS http,
			coalesce(t.cert = ANY (c.cert), false) AS cert, coalesce(t.asnum = ANY (c.asnum), false) AS asnum,
			coalesce(t.asname = ANY (c.asname), false) AS asname, num_nonnulls(t.http, t.cert, t.asnum, t.asname) AS tags) h
		CROSS JOIN LATERAL (SELECT h.tags, h.ip OR h.http OR h.cert OR h.asnum OR h.asname AS any_match,
			nullif(concat_ws(',', CASE WHEN h.ip THEN 'ip' END, CASE WHEN h.http THEN 'http' END, CASE WHEN h.cert THEN 'cert' END,
				CASE WHEN h.asnum THEN 'asnum' END, CASE WHEN h.asname THEN 'asname' END, CASE WHEN old AND h.tags = 0 THEN 'no_tags' END), '') AS name,
			CASE WHEN h.ip THEN 100 WHEN h.tags = 0 THEN 0
				ELSE 100 * (h.http::int + h.cert::int + h.asnum::int + h.asname::int)::double precision / h.tags END AS percent) m
		WHERE a.scan = p_scan
		GROUP BY 1, 2, 3, 4, 5),
	told AS (
		SELECT a.*, c.in_group, c.untagged, m.matched, m.matches, m.average, coalesce(m.any_match, false) AS any_match,
			coalesce(m.untagged, false) AS untagged_answers, coalesce(m.cdn, false) AS cdn, coalesce(m.few, false) AND domains >= 50 AS few,
			CASE a.profile WHEN 2 THEN a.controls_failed = 0 ELSE a.controls_failed < 2 END AS alive,
			a.resolver IN (SELECT judge.dns_controls(p_scan)) AS is_control
		FROM dns_trial a
		LEFT JOIN match m USING (node, resolver, domain, qtype, repetition)
		LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
		WHERE a.scan = p_scan)
	SELECT p_scan, node, resolver, domain, qtype, repetition, is_control, alive, connect_error, coalesce(in_group, false), v.anomaly,
		v.anomaly AND (cdn OR few), CASE WHEN v.anomaly THEN judge.array_or_none(ARRAY[CASE WHEN cdn THEN 'is_CDN' END, CASE WHEN few THEN 'few_domains' END])
			ELSE '{}' END,
		CASE WHEN alive THEN coalesce(average, 0) ELSE 0 END, CASE WHEN alive THEN matches END,
		alive AND coalesce(untagged, true), alive AND untagged_answers, any_match, answers,
		CASE WHEN alive THEN coalesce(matched, '{}') ELSE array_fill(NULL::text, ARRAY[cardinality(answers)]) END
	FROM told, LATERAL (SELECT alive AND coalesce(in_group, false) AND NOT any_match AND NOT untagged_answers
		AND NOT coalesce(untagged, true) AS anomaly) v;
	GET DIAGNOSTICS judged = ROW_COUNT;
	DROP TABLE dns_trial;
	RETURN judged;
END $$;
COMMENT ON FUNCTION judge.dns_satellite_rule(uuid) IS 'Satellite''s rule on all pairs of a scan; returns how many were judged';

-- The publication's verdict beside ours.
CREATE VIEW v1.dns_published AS
	SELECT t.scan, s.name AS scan_name, s.format, t.resolver, t.domain, t.qtype, t.repetition, c.source AS control_source,
		judge.array_or_none(ARRAY[
			CASE WHEN t.passed_liveness <> v.passed_liveness THEN 'passed_liveness' END,
			CASE WHEN t.connect_error <> v.connect_error THEN 'connect_error' END,
			CASE WHEN t.in_control_group <> v.in_control_group THEN 'in_control_group' END,
			CASE WHEN t.anomaly <> v.anomaly THEN 'anomaly' END,
			CASE WHEN t.excluded <> v.excluded THEN 'excluded' END,
			CASE WHEN t.average <> v.average THEN 'average' END,
			CASE WHEN t.average IS NOT NULL AND ARRAY(SELECT x FROM unnest(t.matches) x ORDER BY x)
				<> ARRAY(SELECT x FROM unnest(v.matches) x ORDER BY x) THEN 'matches' END,
			CASE WHEN t.average IS NOT NULL AND (t.matches IS NULL) <> (v.matches IS NULL) THEN 'matches' END,
			CASE WHEN t.untagged_controls <> v.untagged_controls THEN 'untagged_controls' END,
			CASE WHEN t.untagged_response <> v.untagged_response THEN 'untagged_response' END,
			CASE WHEN t.passed <> v.passed THEN 'passed' END,
			CASE WHEN t.answers <> v.answers THEN 'answers' END,
			CASE WHEN t.matched IS DISTINCT FROM v.matched THEN 'matched' END]) AS differs,
		t.passed_liveness AS told_passed_liveness, v.passed_liveness, t.connect_error AS told_connect_error, v.connect_error,
		t.in_control_group AS told_in_control_group, v.in_control_group, t.anomaly AS told_anomaly, v.anomaly,
		t.excluded AS told_excluded, v.excluded, t.average AS told_average, v.average, t.matches AS told_matches, v.matches,
		t.untagged_controls AS told_untagged_controls, v.untagged_controls, t.untagged_response AS told_untagged_response, v.untagged_response,
		t.passed AS told_passed, v.passed, t.matched AS told_matched, v.matched, v.answers
	FROM raw.satellite_told t
	JOIN raw.scan s ON s.id = t.scan
	LEFT JOIN judge.dns_satellite v USING (scan, resolver, domain, qtype, repetition)
	LEFT JOIN judge.dns_control c USING (scan, domain, qtype);
COMMENT ON VIEW v1.dns_published IS 'Imported scans: the verdict they were published with beside the one this database comes to by the same rule';
DO $$
DECLARE c record;
BEGIN
	FOR c IN SELECT attname, CASE attname
			WHEN 'scan' THEN 'Scan' WHEN 'scan_name' THEN 'Its name' WHEN 'format' THEN 'Published format' WHEN 'resolver' THEN 'Resolver'
			WHEN 'domain' THEN 'Domain' WHEN 'qtype' THEN 'Record type' WHEN 'repetition' THEN 'From 0'
			WHEN 'control_source' THEN 'asked: the publication holds the answers of its controls; told: they are gathered from its matched fields'
			WHEN 'differs' THEN 'Fields in which the two differ; empty: none. matches is compared without its order, which is not that of the answers in published data'
			WHEN 'answers' THEN 'Answers'
			ELSE CASE WHEN attname LIKE 'told%' THEN 'As published; null: not told' ELSE 'As judged here; null: not judged yet' END END AS text
		FROM pg_attribute WHERE attrelid = 'v1.dns_published'::regclass AND attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN v1.dns_published.%I IS %L', c.attname, c.text);
	END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON judge.dns_tag, judge.dns_control, judge.dns_satellite, judge.dns_again TO waymark_judge;
GRANT SELECT ON judge.dns_tag, judge.dns_control, judge.dns_satellite, judge.dns_again, judge.dns_asked TO waymark_judge, waymark_read;
GRANT SELECT ON v1.dns_published TO waymark_judge, waymark_read;
