-- SPDX-License-Identifier: Apache-2.0
--
-- Satellite's exclusions hold for our own scans as for theirs. A big network is known by its name as tables
-- have it (Google LLC) as well as by that of its route (GOOGLE): of a measured scan none ever was. And whether
-- an answer is one for few domains a small scan of ours tells, too: only a publication may be an excerpt.
-- An address that stands in an answer twice counts once, as in their map, also in the average.
CREATE OR REPLACE FUNCTION judge.dns_satellite_rule(p_scan uuid) RETURNS bigint LANGUAGE plpgsql
	SET jit = off SET work_mem = '64MB' AS $$
DECLARE
	judged bigint;
	old boolean := (SELECT format IN ('v1', 'v2.0', 'v2.1') FROM raw.scan WHERE id = p_scan);
	-- Ours, also when it went out and came in again.
	measured boolean := (SELECT origin = 'scan' FROM raw.scan WHERE id = p_scan) OR EXISTS (SELECT FROM raw.satellite_line
		WHERE scan = p_scan AND file IN ('results.json', 'interference.json') AND line = 1 AND fault IS NULL AND doc::json -> 'waymark' IS NOT NULL);
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
			sum(m.percent) FILTER (WHERE o.first) / count(*) FILTER (WHERE o.first) AS average, bool_or(m.any_match) AS any_match, bool_and(m.tags = 0) AS untagged,
			bool_or(CASE WHEN measured THEN t.asname ~* 'amazon|akamai|opendns|cloudflare|google'
				ELSE t.asname ~ 'AMAZON|Akamai|OPENDNS|CLOUDFLARENET|GOOGLE' END) AS cdn, bool_or(s.domains <= 2) AS few
		FROM dns_trial a
		CROSS JOIN LATERAL unnest(a.answers) WITH ORDINALITY AS u (addr, i)
		CROSS JOIN LATERAL (SELECT u.addr <> ALL (a.answers[:u.i::int - 1]) AS first) o
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
			coalesce(m.untagged, false) AS untagged_answers, coalesce(m.cdn, false) AS cdn, coalesce(m.few, false) AND (measured OR domains >= 50) AS few,
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

COMMENT ON COLUMN judge.dns_satellite.exclude_reason IS 'is_CDN: an answer is in a big network; few_domains: an answer was seen for two domains or fewer (of scans that others published only with 50 domains or more: smaller ones may be excerpts)';

-- Weeks begin on Monday in UTC, in whatever time zone they are asked for.
CREATE OR REPLACE VIEW v1.dns_by_week AS
	SELECT date_trunc('week', s.started AT TIME ZONE 'UTC')::date AS week, v.country, v.domain, v.qtype, count(DISTINCT v.scan) FILTER (WHERE word IS NOT NULL) AS scans, count(DISTINCT v.resolver) FILTER (WHERE word IS NOT NULL) AS resolvers, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted v JOIN raw.scan s ON s.id = v.scan GROUP BY 1, 2, 3, 4;
COMMENT ON COLUMN v1.dns_by_week.week IS 'Its Monday, in UTC';
COMMENT ON COLUMN v1.dns_change.week IS 'Week: its Monday, in UTC';
