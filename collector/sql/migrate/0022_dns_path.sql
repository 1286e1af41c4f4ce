-- SPDX-License-Identifier: Apache-2.0
--
-- Who answers on the way: control and test with rising IP TTL on one flow (raw.dns_pair, kind 3). What a
-- record says is the same here and in the agent (agent/dns/path_read.c); a test holds them together.

-- Every question of a path that something came back for. TTL 64 is the question in full.
CREATE VIEW judge.dns_path_try AS
	SELECT p.node, p.stream, p.seq, p.item, t.i, p.try_role[t.i] = 2 AS test, p.try_ttl[t.i] AS ttl, p.answer_mark[f.i] & 1024 <> 0 AS icmp,
		CASE WHEN p.answer_mark[f.i] & 1024 <> 0 AND p.try_error[t.i] = 14 THEN p.answer_src[f.i] END AS router,
		coalesce(p.answer_ttl[f.i], 0) AS came
	FROM raw.dns_pair p, generate_subscripts(p.try_role, 1) AS t (i), LATERAL (SELECT p.try_first[t.i] AS i) f
	WHERE p.kind = 3 AND f.i IS NOT NULL AND p.try_ttl[t.i] > 0;
COMMENT ON VIEW judge.dns_path_try IS 'Questions of DNS paths that something came back for';
COMMENT ON COLUMN judge.dns_path_try.node IS 'registry.node.id';
COMMENT ON COLUMN judge.dns_path_try.stream IS 'raw.stream.id';
COMMENT ON COLUMN judge.dns_path_try.seq IS 'Batch';
COMMENT ON COLUMN judge.dns_path_try.item IS 'Position in the batch';
COMMENT ON COLUMN judge.dns_path_try.i IS 'Question, from 1';
COMMENT ON COLUMN judge.dns_path_try.test IS 'It is the test; else the control';
COMMENT ON COLUMN judge.dns_path_try.ttl IS 'IP TTL it left with';
COMMENT ON COLUMN judge.dns_path_try.icmp IS 'What came first is an ICMP error, no DNS answer';
COMMENT ON COLUMN judge.dns_path_try.router IS 'Who said that its TTL ran out; null: nobody';
COMMENT ON COLUMN judge.dns_path_try.came IS 'IP TTL of what came; 0: not known';

CREATE VIEW v1.dns_path AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, p.resolver, p.domain, p.qtype, p.started,
		(ARRAY['answered', 'timeout', 'error', 'refused', 'not_asked'])[p.state] AS state, p.control, p.src, p.sport,
		h.control_hop AS resolver_hop, h.test_hop AS answer_hop, j.injected, j.injector AS injector_hop, w.addr AS injector_router,
		l.asn AS injector_asn, l.as_name AS injector_as_name, l.country::text AS injector_country, coalesce(c.copied, false) AS ttl_copied, h.reached
	FROM raw.dns_pair p
	LEFT JOIN LATERAL (
		SELECT min(t.ttl) FILTER (WHERE NOT t.test AND NOT t.icmp) AS control_hop, min(t.ttl) FILTER (WHERE t.test AND NOT t.icmp) AS test_hop,
			max(t.ttl) AS reached
		FROM judge.dns_path_try t WHERE (t.node, t.stream, t.seq, t.item) = (p.node, p.stream, p.seq, p.item) AND t.ttl < 64) h ON true
	LEFT JOIN LATERAL (
		SELECT t.ttl AS sent, t.came FROM judge.dns_path_try t
		WHERE (t.node, t.stream, t.seq, t.item) = (p.node, p.stream, p.seq, p.item) AND t.test AND NOT t.icmp AND t.came > 0
		ORDER BY t.ttl, t.i LIMIT 1) a ON true
	LEFT JOIN LATERAL ( -- a forged answer whose own TTL rises with that of the question
		SELECT count(*) > 0 AND bool_and(t.came - a.came = t.ttl - a.sent) AS copied FROM judge.dns_path_try t
		WHERE (t.node, t.stream, t.seq, t.item) = (p.node, p.stream, p.seq, p.item) AND t.test AND NOT t.icmp AND t.ttl <> a.sent) c ON true
	CROSS JOIN LATERAL (SELECT h.test_hop IS NOT NULL AND (coalesce(c.copied, false) OR h.control_hop IS NULL OR h.test_hop < h.control_hop) AS injected) i
	CROSS JOIN LATERAL (SELECT i.injected, CASE WHEN i.injected THEN
		CASE WHEN c.copied AND a.sent > a.came THEN (a.sent - a.came + 2) / 2 ELSE h.test_hop END END AS injector) j
	LEFT JOIN LATERAL (
		SELECT t.router AS addr FROM judge.dns_path_try t
		WHERE (t.node, t.stream, t.seq, t.item) = (p.node, p.stream, p.seq, p.item) AND t.ttl = j.injector AND t.router IS NOT NULL
		ORDER BY t.test DESC, t.i LIMIT 1) w ON true
	LEFT JOIN judge.location l ON l.addr = w.addr
	WHERE p.kind = 3;
COMMENT ON VIEW v1.dns_path IS 'Pairs of which the way was asked, hop by hop: at which distance the control is answered, and at which the test';
COMMENT ON COLUMN v1.dns_path.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_path.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_path.stream IS 'Stream of the node';
COMMENT ON COLUMN v1.dns_path.seq IS 'Batch';
COMMENT ON COLUMN v1.dns_path.item IS 'Position in the batch';
COMMENT ON COLUMN v1.dns_path.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_path.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_path.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_path.started IS 'First question';
COMMENT ON COLUMN v1.dns_path.state IS 'answered timeout error refused not_asked';
COMMENT ON COLUMN v1.dns_path.control IS 'Control domain';
COMMENT ON COLUMN v1.dns_path.src IS 'Source address';
COMMENT ON COLUMN v1.dns_path.sport IS 'Source port of all questions';
COMMENT ON COLUMN v1.dns_path.resolver_hop IS 'Lowest TTL at which the control was answered: the resolver''s distance; null: never';
COMMENT ON COLUMN v1.dns_path.answer_hop IS 'Lowest TTL at which the test was answered; null: never';
COMMENT ON COLUMN v1.dns_path.injected IS 'The test is answered from nearer than the resolver';
COMMENT ON COLUMN v1.dns_path.injector_hop IS 'Distance of who answers it, a copied TTL reckoned with; null: nobody on the way';
COMMENT ON COLUMN v1.dns_path.injector_router IS 'Router at that distance; null: it does not say';
COMMENT ON COLUMN v1.dns_path.injector_asn IS 'Its autonomous system';
COMMENT ON COLUMN v1.dns_path.injector_as_name IS 'The name of that';
COMMENT ON COLUMN v1.dns_path.injector_country IS 'Where it is';
COMMENT ON COLUMN v1.dns_path.ttl_copied IS 'The IP TTL of the forged answers rises with that of the questions';
COMMENT ON COLUMN v1.dns_path.reached IS 'Highest TTL for which something came back';

CREATE VIEW v1.dns_path_hop AS
	SELECT p.scan, p.node, p.resolver, p.domain, p.qtype, p.started, t.ttl,
		(array_agg(t.router ORDER BY t.i) FILTER (WHERE NOT t.test AND t.router IS NOT NULL))[1] AS control_router,
		(array_agg(t.router ORDER BY t.i) FILTER (WHERE t.test AND t.router IS NOT NULL))[1] AS test_router,
		coalesce(bool_or(NOT t.icmp) FILTER (WHERE NOT t.test), false) AS control_answered,
		coalesce(bool_or(NOT t.icmp) FILTER (WHERE t.test), false) AS test_answered
	FROM raw.dns_pair p JOIN judge.dns_path_try t USING (node, stream, seq, item)
	WHERE p.kind = 3 AND t.ttl < 64
	GROUP BY p.scan, p.node, p.stream, p.seq, p.item, p.resolver, p.domain, p.qtype, p.started, t.ttl;
COMMENT ON VIEW v1.dns_path_hop IS 'Their hops: one row per TTL for which something came back';
COMMENT ON COLUMN v1.dns_path_hop.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_path_hop.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_path_hop.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_path_hop.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_path_hop.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_path_hop.started IS 'First question of the path';
COMMENT ON COLUMN v1.dns_path_hop.ttl IS 'IP TTL of the questions';
COMMENT ON COLUMN v1.dns_path_hop.control_router IS 'Who said that the control''s TTL ran out; null: nobody';
COMMENT ON COLUMN v1.dns_path_hop.test_router IS '… the test''s';
COMMENT ON COLUMN v1.dns_path_hop.control_answered IS 'A DNS answer came to the control';
COMMENT ON COLUMN v1.dns_path_hop.test_answered IS '… to the test';

GRANT SELECT ON judge.dns_path_try, v1.dns_path, v1.dns_path_hop TO waymark_judge, waymark_read;
