-- SPDX-License-Identifier: Apache-2.0
--
-- A scan held against the world it was made in: `pairs.csv` of `waymark-lab truth` beside the verdicts.
-- psql variables: scan (its id), pairs (the file, read by \copy in satellite.sh), nobody (was it asked).
-- The last column of the goals says whether each was met.

-- What was asked of whom, from where.
CREATE TEMP TABLE asked AS
	SELECT DISTINCT n.name AS node, p.domain, p.qtype, p.kind = 2 AS nobody
	FROM raw.dns_pair p JOIN registry.node n ON n.id = p.node WHERE p.scan = :'scan';
ALTER TABLE truth ADD qtype int;
UPDATE truth SET qtype = CASE type WHEN 'AAAA' THEN 28 ELSE 1 END;
DELETE FROM truth t WHERE NOT EXISTS (SELECT FROM asked a
	WHERE a.node = t.node AND a.domain = t.domain AND a.qtype = t.qtype AND a.nobody = (t.truth = 'nobody'));
ANALYZE truth;

CREATE TEMP VIEW pair AS
	SELECT t.*, v.word, v.rule, v.udp_tcp, coalesce(v.injected OR v.rule = 'nobody_answered', false) AS found, s.anomaly,
		CASE WHEN t.injected <> '' AND t.truth = 'nobody' THEN 'injected, nobody there'
			WHEN t.injected <> '' THEN 'injected ' || t.injected || CASE t.injected WHEN 'first' THEN ', true answer second' ELSE ', true answer first' END
			WHEN t.truth = 'nobody' THEN 'nobody there'
			WHEN t.truth <> 'honest' THEN 'lie: ' || t.truth
			ELSE 'honest, ' || t.kind END AS class
	FROM truth t JOIN registry.node n ON n.name = t.node
	LEFT JOIN judge.dns_verdict v ON v.scan = :'scan' AND v.node = n.id AND v.resolver = t.resolver AND v.domain = t.domain
		AND v.qtype = t.qtype AND v.repetition = 0
	LEFT JOIN judge.dns_satellite s ON s.scan = v.scan AND s.node = v.node AND s.resolver = v.resolver AND s.domain = v.domain
		AND s.qtype = v.qtype AND s.repetition = v.repetition;

CREATE TEMP TABLE sheet AS SELECT * FROM pair;

\qecho
\qecho 'What is true, and what the scan made of it'
SELECT class AS "true", count(*) AS pairs,
	count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
	count(*) FILTER (WHERE word = 'expected') AS expected,
	count(*) FILTER (WHERE word = 'unknown') AS unknown,
	count(*) FILTER (WHERE word IS NULL) AS "no verdict",
	count(*) FILTER (WHERE found) AS "injection seen",
	count(*) FILTER (WHERE anomaly) AS "v2.2 anomaly",
	count(*) FILTER (WHERE anomaly IS FALSE) AS "v2.2 none"
FROM sheet GROUP BY 1 ORDER BY 1;

\qecho 'By who asked for what'
SELECT node, type, count(*) AS pairs, count(*) FILTER (WHERE class LIKE 'inj%') AS injected, count(*) FILTER (WHERE class LIKE 'inj%' AND found) AS found,
	count(*) FILTER (WHERE class LIKE 'lie%') AS lies, count(*) FILTER (WHERE class LIKE 'lie%' AND word = 'unexpected') AS "lies found",
	count(*) FILTER (WHERE class LIKE 'honest%') AS honest, count(*) FILTER (WHERE class LIKE 'honest%' AND word = 'unexpected') AS "called unexpected"
FROM sheet GROUP BY 1, 2 ORDER BY 3 DESC;

\qecho 'The same questions over TCP: its answers beside those over UDP'
SELECT class AS "true", count(*) AS "answered both ways", count(*) FILTER (WHERE udp_tcp = 'agree') AS agree, count(*) FILTER (WHERE udp_tcp = 'differ') AS differ
FROM sheet WHERE udp_tcp IS NOT NULL GROUP BY 1 ORDER BY 1;

\qecho 'By the rule that decided'
SELECT rule, word, count(*) AS pairs, count(*) FILTER (WHERE class LIKE 'honest%') AS "of honest ones",
	count(*) FILTER (WHERE class LIKE 'lie%') AS "of lies", count(*) FILTER (WHERE class LIKE 'inj%') AS "of injected ones"
FROM sheet WHERE rule IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC;

-- Resolvers: what each is, and who asks for it.
CREATE TEMP TABLE found AS
	SELECT DISTINCT ON (t.resolver) t.*, r.addr IS NOT NULL AS seen, (ARRAY['recursive', 'forwarder', 'transparent'])[r.class] AS class,
		t.egress = ANY (r.egress) AS egress_right,
		EXISTS (SELECT FROM unnest(r.name_mark) m WHERE m & 1 = 1) AS led_back
	FROM told t LEFT JOIN raw.resolver r ON r.scan = :'scan' AND r.addr = t.resolver AND r.state = 1
	WHERE t.does <> 'nobody' ORDER BY t.resolver, r.names <> '{}' DESC;

\qecho 'Discovery: what each resolver is'
SELECT does AS "true", count(*) AS resolvers, count(*) FILTER (WHERE seen) AS found,
	count(*) FILTER (WHERE class = 'recursive') AS recursive, count(*) FILTER (WHERE class = 'forwarder') AS forwarder,
	count(*) FILTER (WHERE class = 'transparent') AS transparent, count(*) FILTER (WHERE egress_right) AS "egress right",
	count(*) FILTER (WHERE led_back = (confirmed = 'yes' AND ptr <> '')) AS "name judged rightly"
FROM found GROUP BY 1 ORDER BY 1;

CREATE TEMP TABLE goal (place int, goal text, of bigint, hit bigint, least numeric, most numeric);
INSERT INTO goal
	SELECT 1, 'injected pairs found', count(*), count(*) FILTER (WHERE found), 99.9, 100 FROM sheet
		WHERE injected <> '' AND paths = 'all' AND (truth <> 'nobody' OR :'nobody' = 'yes')
	UNION ALL SELECT 2, 'lies found', count(*), count(*) FILTER (WHERE word = 'unexpected'), 99, 100 FROM sheet WHERE class LIKE 'lie%'
	UNION ALL SELECT 3, 'honest CDN answers called unexpected', count(*), count(*) FILTER (WHERE word = 'unexpected'), 0, 0.1 FROM sheet WHERE class = 'honest, cdn'
	UNION ALL SELECT 4, 'honest other answers called unexpected', count(*), count(*) FILTER (WHERE word = 'unexpected'), 0, 0.1 FROM sheet WHERE class = 'honest, site'
	UNION ALL SELECT 5, 'silence of addresses without a resolver kept', count(*), count(*) FILTER (WHERE word IS NULL), 100, 100 FROM sheet
		WHERE class = 'nobody there' AND :'nobody' = 'yes'
	UNION ALL SELECT 7, 'resolvers found, their class and egress right', count(*), count(*) FILTER (WHERE seen AND class = does AND egress_right), 99, 100 FROM found
	UNION ALL SELECT 8, 'forged first over UDP, seen beside TCP', count(*), count(*) FILTER (WHERE udp_tcp = 'differ'), 99, 100 FROM sheet
		WHERE injected = 'first' AND paths = 'all' AND udp_tcp IS NOT NULL
	UNION ALL SELECT 6, 'pairs with a resolver that have a verdict', count(*), count(*) FILTER (WHERE word IS NOT NULL), 100, 100 FROM sheet WHERE truth <> 'nobody';

\qecho 'Satellite''s own rule (v2.2) on the same data'
SELECT 'injected pairs an anomaly' AS "v2.2", count(*) AS of, count(*) FILTER (WHERE anomaly) AS hit,
	round(100.0 * count(*) FILTER (WHERE anomaly) / nullif(count(*), 0), 3) AS percent FROM sheet WHERE injected <> '' AND truth <> 'nobody'
UNION ALL SELECT 'lies an anomaly', count(*), count(*) FILTER (WHERE anomaly),
	round(100.0 * count(*) FILTER (WHERE anomaly) / nullif(count(*), 0), 3) FROM sheet WHERE class LIKE 'lie%'
UNION ALL SELECT 'honest CDN answers an anomaly', count(*), count(*) FILTER (WHERE anomaly),
	round(100.0 * count(*) FILTER (WHERE anomaly) / nullif(count(*), 0), 3) FROM sheet WHERE class = 'honest, cdn'
UNION ALL SELECT 'honest other answers an anomaly', count(*), count(*) FILTER (WHERE anomaly),
	round(100.0 * count(*) FILTER (WHERE anomaly) / nullif(count(*), 0), 3) FROM sheet WHERE class = 'honest, site';

\qecho 'Goals'
SELECT goal, of, hit, round(100.0 * hit / nullif(of, 0), 3) AS percent, CASE WHEN least > 0 THEN '>= ' || least ELSE '<= ' || most END AS wanted,
	CASE WHEN of = 0 THEN 'NOT ASKED' WHEN 100.0 * hit / of BETWEEN least AND most THEN 'met' ELSE 'MISSED' END AS goal_met
FROM goal WHERE of > 0 OR place <> 5 ORDER BY place;
