-- SPDX-License-Identifier: Apache-2.0
--
-- Judging a scan of 400,000 pairs took minutes: the planner knows nothing of a scan that has just come,
-- and looked things up pair by pair that are the same for all. Now they are gathered once, and tables
-- that were just made are told of. The verdicts are the same.

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
		alive AND coalesce(untagged, true), alive AND untagged_answers, any_match, answers, coalesce(matched, '{}')
	FROM told, LATERAL (SELECT alive AND coalesce(in_group, false) AND NOT any_match AND NOT untagged_answers
		AND NOT coalesce(untagged, true) AS anomaly) v;
	GET DIAGNOSTICS judged = ROW_COUNT;
	DROP TABLE dns_trial;
	RETURN judged;
END $$;

CREATE OR REPLACE FUNCTION judge.dns_judge(p_scan uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	judged bigint;
	controls inet[] := ARRAY(SELECT judge.dns_controls(p_scan));
	n_facts bigint := judge.dns_facts(p_scan);
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark dns ' || p_scan::text));
	PERFORM judge.dns_satellite_rule(p_scan);
	PERFORM judge.dns_evidence(p_scan);
	DELETE FROM judge.dns_verdict WHERE scan = p_scan;
	INSERT INTO judge.dns_verdict
	WITH about AS (
		SELECT a.node, a.resolver, a.domain, a.qtype, a.repetition, bool_or(b.in_control) AS in_control, bool_or(b.in_history) AS in_history,
			bool_or(b.in_network) AS in_network, judge.array_or_none(array_agg(b.addr ORDER BY b.addr) FILTER (WHERE b.bogon AND NOT b.in_control)) AS bogons,
			bool_or(b.block_address AND NOT b.in_control) AS block_address, bool_or(b.valid) AS valid, bool_or(b.same_cert) AS same_cert,
			bool_or(b.some_cert) AS some_cert, bool_and(b.fetched) AS fetched, bool_or(b.served) AS served, bool_or(b.site_valid) AS site_valid,
			bool_or(b.site_served) AS site_served, max(b.subject) FILTER (WHERE NOT b.valid) AS subject, max(b.issuer) FILTER (WHERE NOT b.valid) AS issuer,
			min(b.signature) FILTER (WHERE b.signature_kind = 'blockpage') AS block_page,
			min(b.signature) FILTER (WHERE b.signature_kind = 'false_positive') AS false_page
		FROM dns_ask a CROSS JOIN LATERAL unnest(a.answers) AS u (addr)
		JOIN dns_about b ON b.domain = a.domain AND b.qtype = a.qtype AND b.addr = u.addr GROUP BY 1, 2, 3, 4, 5),
	health AS (
		SELECT resolver, count(DISTINCT domain) FILTER (WHERE answers = '{}')::real / count(DISTINCT domain) AS failing, count(DISTINCT domain) AS domains
		FROM dns_ask GROUP BY 1),
	subnet AS MATERIALIZED (
		SELECT DISTINCT p.domain, p.qtype, p.subnet, unnest(a.answers) AS addr
		FROM raw.dns_pair p JOIN dns_ask a USING (node, stream, seq, item)
		WHERE p.scan = p_scan AND p.subnet IS NOT NULL AND p.resolver IN (SELECT judge.dns_controls(p_scan))),
	signed AS MATERIALIZED (
		SELECT DISTINCT domain, qtype FROM dns_packet WHERE any_signed AND resolver IN (SELECT judge.dns_controls(p_scan))),
	streamed AS MATERIALIZED (
		SELECT DISTINCT resolver, domain, qtype FROM raw.dns_pair WHERE scan = p_scan AND try_transport && '{2,3,4}'),
	carried AS MATERIALIZED (
		SELECT p.resolver, p.domain, p.qtype, t.transport, array_agg(DISTINCT t.addr) AS addrs
		FROM raw.dns_pair p CROSS JOIN LATERAL (
			SELECT CASE WHEN p.try_transport[i] = 1 THEN 'udp' ELSE 'tcp' END AS transport, p.addr[j] AS addr
			FROM generate_subscripts(p.try_role, 1) i, generate_subscripts(p.addr, 1) j
			WHERE p.try_role[i] = 2 AND p.try_transport[i] > 0 AND p.addr_answer[j] = p.try_first[i]) t
		WHERE p.scan = p_scan AND EXISTS (SELECT FROM streamed s WHERE s.resolver = p.resolver AND s.domain = p.domain AND s.qtype = p.qtype)
		GROUP BY 1, 2, 3, 4),
	both_ways AS (
		SELECT u.resolver, u.domain, u.qtype, CASE WHEN u.addrs && t.addrs THEN 'agree' ELSE 'differ' END AS says,
			NOT u.addrs && coalesce(c.ip, '{}') AND t.addrs && coalesce(c.ip, '{}') AS tcp_is_right
		FROM carried u JOIN carried t USING (resolver, domain, qtype)
		LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = u.domain AND c.qtype = u.qtype
		WHERE u.transport = 'udp' AND t.transport = 'tcp'),
	e AS (
		SELECT a.node, a.resolver, a.domain, a.qtype, a.repetition, 1::smallint AS kind, a.answers, a.rcode, a.outcome, a.controls_failed::smallint AS controls_failed,
			k.packets, k.usable, k.injected, k.injected_addrs, k.late_us, k.other_source, k.ede, k.case_kept,
			CASE WHEN k.options & 4 <> 0 AND EXISTS (SELECT FROM signed s WHERE s.domain = a.domain AND s.qtype = a.qtype) AND a.answers <> '{}'
				THEN NOT k.any_signed END AS signed_missing,
			w.says AS udp_tcp, coalesce(w.tcp_is_right, false) AS tcp_is_right, coalesce(c.in_group, false) AS in_group,
			EXISTS (SELECT FROM subnet s WHERE s.domain = a.domain AND s.qtype = a.qtype AND s.subnet >>= a.resolver AND s.addr = ANY (a.answers)) AS in_subnet,
			h.failing, h.domains, a.resolver = ANY (controls) AS control,
			b.in_control, b.in_history, b.in_network, b.bogons, b.block_address, b.valid, b.same_cert, b.some_cert, b.fetched, b.served, b.site_valid,
			b.site_served, b.subject, b.issuer, b.block_page, b.false_page, '{}'::inet[] AS nobody
		FROM dns_ask a
		JOIN dns_packet k USING (node, resolver, domain, qtype, repetition)
		LEFT JOIN about b USING (node, resolver, domain, qtype, repetition)
		LEFT JOIN health h USING (resolver)
		LEFT JOIN both_ways w USING (resolver, domain, qtype)
		LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
		WHERE k.kind = 1
		UNION ALL
		SELECT k.node, k.resolver, k.domain, k.qtype, k.repetition, k.kind, k.nobody, NULL, 1, 0, k.packets, k.usable, k.injected, k.injected_addrs,
			k.late_us, k.other_source, k.ede, k.case_kept, NULL, NULL, false, true, false, NULL, NULL, false,
			false, false, false, '{}', false, false, false, false, false, false, false, false, NULL, NULL, NULL, NULL, k.nobody
		FROM dns_packet k WHERE k.kind = 2 AND k.usable > 0),
	r AS (
		SELECT e.*, CASE
			WHEN e.kind = 2 THEN 'nobody_answered'
			WHEN e.controls_failed = 2 AND NOT e.injected THEN 'resolver_dead'
			WHEN e.block_page IS NOT NULL THEN 'block_page'
			WHEN e.block_address THEN 'block_address'
			WHEN e.ede IN (15, 16, 17) THEN 'extended_error'
			WHEN e.injected THEN 'injected'
			WHEN e.valid OR e.same_cert THEN 'tls_consistent'
			WHEN cardinality(e.bogons) > 0 THEN 'bogon'
			WHEN e.in_subnet THEN 'control_subnet'
			WHEN e.in_control THEN 'control_address'
			WHEN e.some_cert AND e.site_valid THEN 'tls_inconsistent'
			WHEN e.resolver = ANY (e.answers) THEN 'own_address'
			WHEN e.in_history THEN 'control_history'
			WHEN e.tcp_is_right THEN 'udp_tcp'
			WHEN e.fetched AND NOT e.served AND e.site_served THEN 'no_server'
			WHEN e.in_network THEN 'control_network'
			WHEN NOT e.in_group THEN 'no_control'
			WHEN e.answers <> '{}' THEN 'unmatched'
			WHEN e.failing > 0.75 AND e.domains >= 8 THEN 'resolver_fails'
			WHEN e.controls_failed > 0 THEN 'control_failed'
			WHEN e.rcode = 3 THEN 'nxdomain'
			WHEN e.rcode = 5 THEN 'refused'
			WHEN e.rcode = 2 THEN 'servfail'
			WHEN e.rcode > 0 THEN 'other_rcode'
			WHEN e.outcome = 4 THEN 'unusable'
			WHEN e.rcode = 0 THEN 'empty'
			ELSE 'silent' END AS rule
		FROM e)
	SELECT p_scan, r.node, r.resolver, r.domain, r.qtype, r.repetition, r.kind, r.control, d.word, r.rule, d.version, d.blocked, d.down, d.ok,
		d.says || coalesce(': ' || CASE r.rule WHEN 'block_page' THEN r.block_page WHEN 'extended_error' THEN r.ede::text
			WHEN 'injected' THEN array_to_string(r.answers, ' ') || ' and ' || coalesce(nullif(array_to_string(r.injected_addrs, ' '), ''), 'no address')
			WHEN 'bogon' THEN array_to_string(r.bogons, ' ') WHEN 'tls_inconsistent' THEN coalesce(r.subject, 'no name') || ' by ' || coalesce(r.issuer, 'nobody')
			WHEN 'nobody_answered' THEN array_to_string(r.nobody, ' ') WHEN 'other_rcode' THEN r.rcode::text END, ''),
		r.answers, r.rcode, r.outcome, r.controls_failed, r.packets, r.injected, r.injected_addrs, r.late_us, r.other_source, r.ede, r.signed_missing,
		r.case_kept, r.udp_tcp, coalesce(r.bogons, '{}'), coalesce(r.in_control, false), r.in_subnet, coalesce(r.in_history, false),
		coalesce(r.in_network, false), CASE WHEN r.valid THEN 'valid' WHEN r.same_cert THEN 'same' WHEN r.some_cert THEN 'wrong' WHEN r.fetched THEN 'none' END,
		CASE WHEN r.some_cert AND NOT r.valid THEN r.subject END, CASE WHEN r.some_cert AND NOT r.valid THEN r.issuer END,
		coalesce(r.block_page, r.false_page), CASE WHEN r.block_page IS NOT NULL THEN 'blockpage' WHEN r.false_page IS NOT NULL THEN 'false_positive' END,
		false
	FROM r JOIN judge.dns_rule d ON d.version = 1 AND d.name = r.rule;
	GET DIAGNOSTICS judged = ROW_COUNT;
	-- First all, then each: the planner would look through the whole scan for every row of it.
	CREATE TEMP TABLE dns_apart ON COMMIT DROP AS
	SELECT resolver, domain, qtype, node FROM judge.dns_verdict WHERE scan = p_scan AND kind = 1
	GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 AND min(word) <> max(word);
	ANALYZE dns_apart;
	IF EXISTS (SELECT FROM dns_apart) THEN
		UPDATE judge.dns_verdict v SET path_dependent = true FROM dns_apart x
		WHERE v.scan = p_scan AND v.resolver = x.resolver AND v.domain = x.domain AND v.qtype = x.qtype AND v.node = x.node AND v.kind = 1;
	END IF;
	DROP TABLE dns_apart;
	DROP TABLE dns_page, dns_packet, dns_ask, dns_about;
	INSERT INTO judge.dns_scan VALUES (p_scan, n_facts, coalesce((SELECT max(id) FROM ref.signature_set), 0), judged, now())
	ON CONFLICT (scan) DO UPDATE SET facts = excluded.facts, signatures = excluded.signatures, pairs = excluded.pairs, judged = excluded.judged;
	RETURN judged;
END $$;

ALTER FUNCTION judge.dns_tags SET jit = off;
ALTER FUNCTION judge.dns_satellite_rule SET jit = off;
ALTER FUNCTION judge.dns_satellite_rule SET work_mem = '64MB';
ALTER FUNCTION judge.dns_evidence SET jit = off;
ALTER FUNCTION judge.dns_evidence SET work_mem = '64MB';
ALTER FUNCTION judge.dns_judge SET jit = off;
ALTER FUNCTION judge.dns_judge SET work_mem = '64MB';
