-- SPDX-License-Identifier: Apache-2.0
--
-- A site with many addresses gives another over TCP than over UDP, and not each was a control's: that alone
-- was unexpected. It is where the address over UDP is of no network in which a control's answer is.

INSERT INTO judge.dns_rule
SELECT 3, place, name, word, blocked, down, ok, CASE name
	WHEN 'udp_tcp' THEN 'over TCP the resolver gives a control''s address, over UDP neither that nor one of its network'
	ELSE says END
FROM judge.dns_rule WHERE version = 2;

CREATE OR REPLACE FUNCTION judge.dns_judge(p_scan uuid) RETURNS bigint LANGUAGE plpgsql
	SET jit = off SET work_mem = '64MB' AS $$
DECLARE
	judged bigint;
	controls inet[] := ARRAY(SELECT judge.dns_controls(p_scan));
	news judge.dns_news[] := ARRAY(SELECT n FROM judge.dns_news n WHERE scan = p_scan); -- before: what comes meanwhile is news again
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark dns ' || p_scan::text));
	PERFORM judge.dns_satellite_rule(p_scan);
	PERFORM judge.dns_evidence(p_scan);
	DELETE FROM judge.dns_verdict WHERE scan = p_scan;
	INSERT INTO judge.dns_verdict
	WITH about AS (
		SELECT a.node, a.resolver, a.domain, a.qtype, a.repetition, bool_or(b.in_control) AS in_control, bool_or(b.in_history) AS in_history,
			bool_or(b.in_network) AS in_network, judge.array_or_none(array_agg(b.addr ORDER BY b.addr) FILTER (WHERE b.bogon AND NOT b.in_control)) AS bogons,
			bool_or(b.block_address AND NOT b.in_control) AS block_address, bool_or(b.valid) AS valid, bool_or(b.confirmed) AS confirmed, bool_or(b.same_cert) AS same_cert,
			bool_or(b.some_cert) AS some_cert, bool_and(b.fetched) AS fetched, bool_or(b.served) AS served, bool_or(b.site_valid) AS site_valid,
			bool_or(b.site_served) AS site_served, max(b.subject) FILTER (WHERE NOT b.valid) AS subject, max(b.issuer) FILTER (WHERE NOT b.valid) AS issuer,
			min(b.signature) FILTER (WHERE b.signature_kind = 'blockpage' AND NOT b.in_control) AS block_page,
			min(b.signature) FILTER (WHERE b.signature_kind = 'blockpage') AS like_block_page,
			min(b.signature) FILTER (WHERE b.signature_kind = 'false_positive') AS false_page
		FROM dns_ask a CROSS JOIN LATERAL unnest(a.answers) AS u (addr)
		JOIN dns_about b ON b.domain = a.domain AND b.qtype = a.qtype AND b.addr = u.addr GROUP BY 1, 2, 3, 4, 5),
	health AS (
		-- Names without an address of the type, for controls as well, tell nothing of who gives none.
		SELECT node, resolver, qtype, count(*) FILTER (WHERE fails)::real / count(*) AS failing, count(*) AS domains
		FROM (SELECT a.node, a.resolver, a.qtype, a.domain, bool_and(a.answers = '{}') AS fails
			FROM dns_ask a JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype AND c.in_group
			WHERE a.qtype IN (1, 28) GROUP BY 1, 2, 3, 4) f
		GROUP BY 1, 2, 3),
	subnet AS MATERIALIZED (
		-- An answer for a wider network than asked for says so; scope 0, or none, is an answer for everybody.
		SELECT DISTINCT p.domain, p.qtype, set_masklen(p.subnet, least(masklen(p.subnet), p.answer_scope[a.packet])) AS subnet,
			unnest(a.answers) AS addr
		FROM raw.dns_pair p JOIN dns_ask a USING (node, stream, seq, item)
		WHERE p.scan = p_scan AND p.subnet IS NOT NULL AND p.answer_scope[a.packet] > 0 AND p.resolver IN (SELECT judge.dns_controls(p_scan))),
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
			-- A forwarder with two upstreams gives two true answers: then each stands by itself.
			CASE WHEN k.injected THEN coalesce(b.confirmed, false) AND NOT EXISTS (SELECT FROM unnest(k.apart) AS s (addrs)
				WHERE NOT EXISTS (SELECT FROM dns_about t WHERE t.domain = a.domain AND t.qtype = a.qtype AND t.addr = ANY (s.addrs::inet[])
					AND t.confirmed)) ELSE false END AS all_confirmed,
			CASE WHEN k.options & 4 <> 0 AND EXISTS (SELECT FROM signed s WHERE s.domain = a.domain AND s.qtype = a.qtype) AND a.answers <> '{}'
				THEN NOT k.any_signed END AS signed_missing,
			g.state AS signature, g.reason || CASE WHEN g.reason <> '' AND g.zone <> '' THEN ' ' ELSE '' END || g.zone AS signature_why,
			g.state = 'bogus' AND g.reason IN ('changed', 'unknown_key') AND a.answers <> '{}' AS forged,
			a.resolver IN (SELECT g.resolver FROM dns_packet g WHERE g.any_signed) AS passes_signed,
			w.says AS udp_tcp, coalesce(w.tcp_is_right, false) AS tcp_is_right, coalesce(c.in_group, false) AS in_group,
			EXISTS (SELECT FROM subnet s WHERE s.domain = a.domain AND s.qtype = a.qtype AND s.subnet >>= a.resolver AND s.addr = ANY (a.answers)) AS in_subnet,
			h.failing, h.domains, a.resolver = ANY (controls) AS control,
			b.in_control, b.in_history, b.in_network, b.bogons, b.block_address, b.valid, b.same_cert, b.some_cert, b.fetched, b.served, b.site_valid,
			b.site_served, b.subject, b.issuer, b.block_page, b.like_block_page, b.false_page, '{}'::inet[] AS nobody
		FROM dns_ask a
		JOIN dns_packet k USING (node, resolver, domain, qtype, repetition)
		LEFT JOIN about b USING (node, resolver, domain, qtype, repetition)
		LEFT JOIN health h USING (node, resolver, qtype)
		LEFT JOIN both_ways w USING (resolver, domain, qtype)
		LEFT JOIN judge.dns_signature g ON g.node = a.node AND g.stream = a.stream AND g.seq = a.seq AND g.item = a.item AND g.packet = a.packet
		LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
		WHERE k.kind = 1 AND a.qtype NOT IN (43, 48) -- about keys: evidence, no domain's answer
		UNION ALL
		SELECT k.node, k.resolver, k.domain, k.qtype, k.repetition, k.kind, k.nobody, NULL, 1, 0, k.packets, k.usable, k.injected, k.injected_addrs,
			k.late_us, k.other_source, k.ede, k.case_kept, false, NULL, NULL, NULL, false, false, NULL, false, true, false, NULL, NULL, false,
			false, false, false, '{}', false, false, false, false, false, false, false, false, NULL, NULL, NULL, NULL, NULL, k.nobody
		FROM dns_packet k WHERE k.kind = 2 AND k.usable > 0),
	r AS (
		SELECT e.*, CASE
			WHEN e.kind = 2 THEN 'nobody_answered'
			WHEN e.block_page IS NOT NULL THEN 'block_page'
			WHEN e.block_address THEN 'block_address'
			WHEN e.ede IN (15, 16, 17) THEN 'extended_error'
			WHEN e.injected AND NOT e.all_confirmed THEN 'injected'
			WHEN e.signature = 'secure' THEN 'signature_valid'
			WHEN e.valid OR e.same_cert THEN 'tls_consistent'
			WHEN cardinality(e.bogons) > 0 THEN 'bogon'
			WHEN e.controls_failed = 2 AND NOT e.injected THEN 'resolver_dead'
			WHEN e.in_subnet THEN 'control_subnet'
			WHEN e.in_control THEN 'control_address'
			WHEN e.forged THEN 'signature_bogus'
			WHEN e.some_cert AND e.site_valid THEN 'tls_inconsistent'
			WHEN e.resolver = ANY (e.answers) THEN 'own_address'
			WHEN e.in_history THEN 'control_history'
			WHEN e.tcp_is_right AND e.in_network IS NOT TRUE THEN 'udp_tcp'
			WHEN e.fetched AND NOT e.served AND e.site_served THEN 'no_server'
			WHEN e.in_network THEN 'control_network'
			WHEN e.signed_missing AND e.passes_signed THEN 'signature_missing'
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
			WHEN 'nobody_answered' THEN array_to_string(r.nobody, ' ') WHEN 'other_rcode' THEN r.rcode::text
			WHEN 'signature_valid' THEN r.signature_why WHEN 'signature_bogus' THEN r.signature_why END, ''),
		r.answers, r.rcode, r.outcome, r.controls_failed, r.packets, r.injected, r.injected_addrs, r.late_us, r.other_source, r.ede, r.signed_missing,
		r.signature, r.case_kept, r.udp_tcp, coalesce(r.bogons, '{}'), coalesce(r.in_control, false), r.in_subnet, coalesce(r.in_history, false),
		coalesce(r.in_network, false), CASE WHEN r.valid THEN 'valid' WHEN r.same_cert THEN 'same' WHEN r.some_cert THEN 'wrong' WHEN r.fetched THEN 'none' END,
		CASE WHEN r.some_cert AND NOT r.valid THEN r.subject END, CASE WHEN r.some_cert AND NOT r.valid THEN r.issuer END,
		coalesce(r.block_page, r.like_block_page, r.false_page), CASE WHEN r.like_block_page IS NOT NULL THEN 'blockpage' WHEN r.false_page IS NOT NULL THEN 'false_positive' END,
		false, nullif(r.signature_why, '')
	FROM r JOIN judge.dns_rule d ON d.version = 3 AND d.name = r.rule;
	GET DIAGNOSTICS judged = ROW_COUNT;
	-- First all, then each: the planner would look through the whole scan for every row of it.
	CREATE TEMP TABLE dns_apart ON COMMIT DROP AS
	SELECT v.resolver, v.domain, v.qtype, v.node FROM judge.dns_verdict v
	JOIN dns_packet k USING (node, resolver, domain, qtype, repetition, kind)
	WHERE v.scan = p_scan AND v.kind = 1 AND k.options & 32 = 0 -- asked for another network it is another question
		AND v.word <> 'unknown' -- a repetition whose control was lost contradicts none
	GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 AND min(v.word) <> max(v.word);
	ANALYZE dns_apart;
	IF EXISTS (SELECT FROM dns_apart) THEN
		UPDATE judge.dns_verdict v SET path_dependent = true FROM dns_apart x
		WHERE v.scan = p_scan AND v.resolver = x.resolver AND v.domain = x.domain AND v.qtype = x.qtype AND v.node = x.node AND v.kind = 1;
	END IF;
	DROP TABLE dns_apart;
	DROP TABLE dns_page, dns_packet, dns_ask, dns_about;
	INSERT INTO judge.dns_scan VALUES (p_scan, coalesce((SELECT max(id) FROM ref.signature_set), 0), judged, now())
	ON CONFLICT (scan) DO UPDATE SET signatures = excluded.signatures, pairs = excluded.pairs, judged = excluded.judged;
	DELETE FROM judge.dns_news n USING unnest(news) o WHERE n = o;
	RETURN judged;
END $$;
