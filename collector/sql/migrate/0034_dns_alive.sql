-- SPDX-License-Identifier: Apache-2.0
--
-- Satellite compares nothing when both controls failed: not the confidence alone, the matched tags too stay
-- empty, whatever the answers are. A published record of a control resolver says so.

CREATE OR REPLACE FUNCTION judge.dns_satellite_rule(p_scan uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	judged bigint;
	old boolean := (SELECT format IN ('v1', 'v2.0', 'v2.1') FROM raw.scan WHERE id = p_scan);
	both_wanted boolean := (SELECT format IN ('v2.0', 'v2.1') FROM raw.scan WHERE id = p_scan);
	domains bigint := (SELECT count(DISTINCT domain) FROM raw.dns_pair WHERE scan = p_scan);
BEGIN
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
			CASE WHEN both_wanted THEN a.controls_failed = 0 ELSE a.controls_failed < 2 END AS alive,
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

ALTER FUNCTION judge.dns_satellite_rule SET jit = off;
ALTER FUNCTION judge.dns_satellite_rule SET work_mem = '64MB';
