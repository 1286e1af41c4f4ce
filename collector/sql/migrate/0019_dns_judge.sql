-- SPDX-License-Identifier: Apache-2.0
--
-- A better verdict than Satellite's: a cascade of rules with the evidence of each, of which the first
-- that holds decides. Words are expected, unexpected, unknown; nothing here says why a network did what
-- it did. Another rule is another version.

CREATE TABLE judge.dns_rule (
	version smallint NOT NULL,
	place smallint NOT NULL,
	name text NOT NULL,
	word text NOT NULL CHECK (word IN ('expected', 'unexpected', 'unknown')),
	blocked real NOT NULL,
	down real NOT NULL,
	ok real NOT NULL,
	says text NOT NULL,
	PRIMARY KEY (version, name),
	UNIQUE (version, place)
);
COMMENT ON TABLE judge.dns_rule IS 'Rules of the cascade in words; judge.dns_judge() is the same in SQL';
COMMENT ON COLUMN judge.dns_rule.version IS 'Version of the cascade';
COMMENT ON COLUMN judge.dns_rule.place IS 'The first rule that holds decides';
COMMENT ON COLUMN judge.dns_rule.name IS 'Short name';
COMMENT ON COLUMN judge.dns_rule.word IS 'expected: what the domain itself would answer; unexpected: not that; unknown: not enough evidence';
COMMENT ON COLUMN judge.dns_rule.blocked IS 'How much of the evidence speaks for interference, 0 to 1';
COMMENT ON COLUMN judge.dns_rule.down IS 'How much for a resolver or a path that fails';
COMMENT ON COLUMN judge.dns_rule.ok IS 'How much for an answer as the domain gives it';
COMMENT ON COLUMN judge.dns_rule.says IS 'When it holds';
INSERT INTO judge.dns_rule VALUES
	(1, 1, 'nobody_answered', 'unexpected', 0.98, 0, 0, 'an address that runs no resolver was asked, and an answer came: it was made on the way'),
	(1, 2, 'block_page', 'unexpected', 1, 0, 0, 'a page served at an answer that no control resolver gave, asked for the domain, matches the signature of a block page and of no harmless one'),
	(1, 3, 'block_address', 'unexpected', 1, 0, 0, 'an answer is an address that is known to be given in place of blocked sites'),
	(1, 4, 'extended_error', 'unexpected', 1, 0, 0, 'the resolver itself says so: extended error 15 (blocked), 16 (censored) or 17 (filtered)'),
	(1, 5, 'injected', 'unexpected', 0.98, 0, 0.02, 'one question was answered more than once, and differently, and not each answer is confirmed by a control or a certificate'),
	(1, 6, 'signature_valid', 'expected', 0, 0, 1, 'the zone''s own signature is on the whole answer (DNSSEC): neither the resolver nor anybody on the way can have made it'),
	(1, 7, 'tls_consistent', 'expected', 0, 0, 1, 'an answer serves a certificate for the domain that leads to a known root, or the very one the control serves'),
	(1, 8, 'bogon', 'unexpected', 0.95, 0.05, 0, 'an answer is an address that no site has, and no control resolver gave it'),
	(1, 9, 'resolver_dead', 'unknown', 0, 1, 0, 'the resolver gave no address for the control domain, neither before nor after, and its answer, if any, tells nothing by itself'),
	(1, 10, 'control_subnet', 'expected', 0, 0, 0.95, 'an answer is one that a control resolver gave for the network of this resolver (client subnet)'),
	(1, 11, 'control_address', 'expected', 0, 0, 0.9, 'an answer is one that a control resolver gave in this scan'),
	(1, 12, 'signature_bogus', 'unexpected', 0.95, 0.05, 0, 'the answer carries a signature that is said to be by a key of the zone (DNSSEC), and is not: it was changed, or made by somebody else'),
	(1, 13, 'tls_inconsistent', 'unexpected', 0.9, 0, 0.1, 'no answer is a control''s; they serve certificates, none of them for the domain and from a known root, and the control''s do'),
	(1, 14, 'own_address', 'unexpected', 0.9, 0, 0.1, 'the resolver answers with its own address, and no control resolver gives it'),
	(1, 15, 'control_history', 'expected', 0.05, 0, 0.85, 'an answer is one that a control resolver gave in a scan of the 90 days before this one'),
	(1, 16, 'udp_tcp', 'unexpected', 0.8, 0, 0.2, 'over TCP the resolver gives a control''s address, over UDP it does not'),
	(1, 17, 'no_server', 'unexpected', 0.75, 0.2, 0.05, 'no answer is a control''s and nothing is served there, while a control''s address of the same family serves the site'),
	(1, 18, 'control_network', 'expected', 0.1, 0, 0.8, 'an answer is in an autonomous system in which a control resolver''s answer is'),
	(1, 19, 'signature_missing', 'unexpected', 0.8, 0, 0.2, 'a control''s answer to the question is signed, this one is not, and the resolver passes on signatures of other names'),
	(1, 20, 'no_control', 'unknown', 0.2, 0.2, 0.2, 'no control resolver gave an address for the domain: there is nothing to compare with'),
	(1, 21, 'unmatched', 'unknown', 0.5, 0, 0.5, 'nothing about the answers is a control''s, and nothing else is known of them'),
	(1, 22, 'resolver_fails', 'unknown', 0.1, 0.9, 0, 'no address, and this resolver gives none of the type for more than three quarters of the domains for which control resolvers do'),
	(1, 23, 'control_failed', 'unknown', 0.2, 0.8, 0, 'no address, and one of the two controls had none either'),
	(1, 24, 'nxdomain', 'unexpected', 0.9, 0.1, 0, 'the name is said not to exist, and control resolvers resolve it'),
	(1, 25, 'refused', 'unexpected', 0.7, 0.3, 0, 'the question is refused, the control''s is not'),
	(1, 26, 'servfail', 'unexpected', 0.6, 0.4, 0, 'a server failure, while the control works and other resolvers resolve the name'),
	(1, 27, 'other_rcode', 'unexpected', 0.6, 0.4, 0, 'another error code, while the control works'),
	(1, 28, 'unusable', 'unexpected', 0.7, 0.3, 0, 'packets came, none of them an answer to the question: wrong id, wrong question, or unreadable'),
	(1, 29, 'empty', 'unexpected', 0.7, 0.2, 0.1, 'an answer without an address, and control resolvers give some'),
	(1, 30, 'silent', 'unexpected', 0.7, 0.3, 0, 'every try went without an answer, while the control before and after was answered');

CREATE TABLE judge.dns_verdict (
	scan uuid NOT NULL,
	node int NOT NULL,
	resolver inet NOT NULL,
	domain text NOT NULL,
	qtype int NOT NULL,
	repetition int NOT NULL,
	kind smallint NOT NULL,
	control boolean NOT NULL,
	word text NOT NULL,
	rule text NOT NULL,
	version smallint NOT NULL,
	blocked real NOT NULL,
	down real NOT NULL,
	ok real NOT NULL,
	why text NOT NULL,
	answers inet[] NOT NULL,
	rcode smallint,
	outcome smallint,
	controls_failed smallint NOT NULL,
	packets int NOT NULL,
	injected boolean NOT NULL,
	injected_addrs inet[] NOT NULL,
	late_us int,
	other_source boolean NOT NULL,
	ede int,
	signed_missing boolean,
	signature text,
	case_kept boolean,
	udp_tcp text,
	bogons inet[] NOT NULL,
	in_control boolean NOT NULL,
	in_subnet boolean NOT NULL,
	in_history boolean NOT NULL,
	in_network boolean NOT NULL,
	tls text,
	tls_subject text,
	tls_issuer text,
	page text,
	page_kind text,
	path_dependent boolean NOT NULL,
	PRIMARY KEY (scan, resolver, domain, qtype, repetition, node)
);
COMMENT ON TABLE judge.dns_verdict IS 'The cascade''s verdict on each pair, with its evidence';
COMMENT ON COLUMN judge.dns_verdict.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_verdict.node IS 'registry.node.id';
COMMENT ON COLUMN judge.dns_verdict.resolver IS 'Address asked';
COMMENT ON COLUMN judge.dns_verdict.domain IS 'Test domain';
COMMENT ON COLUMN judge.dns_verdict.qtype IS 'Record type';
COMMENT ON COLUMN judge.dns_verdict.repetition IS 'From 0';
COMMENT ON COLUMN judge.dns_verdict.kind IS 'As raw.dns_pair.kind: 1 a resolver, 2 an address that runs none';
COMMENT ON COLUMN judge.dns_verdict.control IS 'The resolver is a control resolver';
COMMENT ON COLUMN judge.dns_verdict.word IS 'expected, unexpected or unknown';
COMMENT ON COLUMN judge.dns_verdict.rule IS 'judge.dns_rule.name that decided';
COMMENT ON COLUMN judge.dns_verdict.version IS 'judge.dns_rule.version';
COMMENT ON COLUMN judge.dns_verdict.blocked IS 'As the rule';
COMMENT ON COLUMN judge.dns_verdict.down IS 'As the rule';
COMMENT ON COLUMN judge.dns_verdict.ok IS 'As the rule';
COMMENT ON COLUMN judge.dns_verdict.why IS 'The evidence that decided, in one line';
COMMENT ON COLUMN judge.dns_verdict.answers IS 'Addresses of the answer that counts';
COMMENT ON COLUMN judge.dns_verdict.rcode IS 'Its response code; null: no answer';
COMMENT ON COLUMN judge.dns_verdict.outcome IS 'As raw.dns_pair.try_outcome of the try that counts';
COMMENT ON COLUMN judge.dns_verdict.controls_failed IS 'Controls, of two, that gave no address';
COMMENT ON COLUMN judge.dns_verdict.packets IS 'Packets heard for the test';
COMMENT ON COLUMN judge.dns_verdict.injected IS 'One question was answered more than once, and differently';
COMMENT ON COLUMN judge.dns_verdict.injected_addrs IS 'Addresses in the packets that differ from the one that counts';
COMMENT ON COLUMN judge.dns_verdict.late_us IS 'How long after the one that counts the first that differs came, µs; null: none, or before';
COMMENT ON COLUMN judge.dns_verdict.other_source IS 'Answered from another address than the one asked';
COMMENT ON COLUMN judge.dns_verdict.ede IS 'Extended error; null: none';
COMMENT ON COLUMN judge.dns_verdict.signed_missing IS 'Asked with DO for a name that control resolvers gave signed, and the answer is not; null: not asked with DO, or the name is not signed';
COMMENT ON COLUMN judge.dns_verdict.signature IS 'As judge.dns_signature.state; null: no packet is signed, or no keys were asked for in the scan';
COMMENT ON COLUMN judge.dns_verdict.case_kept IS 'The letter case of the question came back (0x20); null: not asked so';
COMMENT ON COLUMN judge.dns_verdict.udp_tcp IS 'agree, differ: the same question over UDP and TCP; null: not asked over both';
COMMENT ON COLUMN judge.dns_verdict.bogons IS 'Answers that no site has';
COMMENT ON COLUMN judge.dns_verdict.in_control IS 'An answer is a control''s in this scan';
COMMENT ON COLUMN judge.dns_verdict.in_subnet IS '… one asked with the resolver''s own network';
COMMENT ON COLUMN judge.dns_verdict.in_history IS 'An answer is a control''s in a scan of the 90 days before';
COMMENT ON COLUMN judge.dns_verdict.in_network IS 'An answer is in a control''s autonomous system';
COMMENT ON COLUMN judge.dns_verdict.tls IS 'valid: for the domain, from a known root; same: the control''s certificate; wrong: certificates, none of these; none: nothing served over HTTPS; null: not fetched, or by nodes only that reached no address of its family';
COMMENT ON COLUMN judge.dns_verdict.tls_subject IS 'Common name of the certificate that was wrong; null: none';
COMMENT ON COLUMN judge.dns_verdict.tls_issuer IS 'And of its issuer; null: none';
COMMENT ON COLUMN judge.dns_verdict.page IS 'Signature that a page matched; null: none';
COMMENT ON COLUMN judge.dns_verdict.page_kind IS 'false_positive or blockpage; null: none';
COMMENT ON COLUMN judge.dns_verdict.path_dependent IS 'Repetitions of the pair on other source ports have another word';
CREATE INDEX ON judge.dns_verdict (scan, domain);

CREATE TABLE judge.dns_scan (
	scan uuid PRIMARY KEY,
	signatures int NOT NULL,
	pairs bigint NOT NULL,
	judged timestamptz NOT NULL
);
COMMENT ON TABLE judge.dns_scan IS 'Scans that were judged';
COMMENT ON COLUMN judge.dns_scan.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_scan.signatures IS 'Newest ref.signature_set.id there was';
COMMENT ON COLUMN judge.dns_scan.pairs IS 'Pairs that were judged';
COMMENT ON COLUMN judge.dns_scan.judged IS 'When';

-- What is due -----------------------------------------------------------------------------------------

-- Asked every few seconds, beside millions of pairs: so nothing is counted. Batches of a stream are stored
-- in their order, each whole; what came since the last look is read once, and tells which scans it is of.
CREATE TABLE judge.dns_seen (
	stream int PRIMARY KEY,
	seq bigint NOT NULL
);
COMMENT ON TABLE judge.dns_seen IS 'How far streams were looked through for facts of scans';
COMMENT ON COLUMN judge.dns_seen.stream IS 'raw.stream.id';
COMMENT ON COLUMN judge.dns_seen.seq IS 'Last batch that was looked at';

CREATE TABLE judge.dns_news (
	scan uuid NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (scan, stream)
);
COMMENT ON TABLE judge.dns_news IS 'Scans of which there are facts that no verdict rests on yet';
COMMENT ON COLUMN judge.dns_news.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_news.stream IS 'Stream they came in';
COMMENT ON COLUMN judge.dns_news.seq IS 'Last batch that was looked at when they were found';

CREATE FUNCTION judge.dns_notice() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	s record;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark dns notice'));
	FOR s IN SELECT t.id, t.node, t.last_seq AS last, coalesce(n.seq, 0) AS seen FROM raw.stream t LEFT JOIN judge.dns_seen n ON n.stream = t.id
		WHERE t.last_seq > coalesce(n.seq, 0) ORDER BY t.id
	LOOP
		INSERT INTO judge.dns_news
		SELECT f.scan, s.id, s.last FROM (
			SELECT scan FROM raw.dns_pair WHERE node = s.node AND stream = s.id AND seq > s.seen AND seq <= s.last
			UNION SELECT scan FROM raw.page WHERE node = s.node AND stream = s.id AND seq > s.seen AND seq <= s.last
			UNION SELECT scan FROM raw.resolver WHERE node = s.node AND stream = s.id AND seq > s.seen AND seq <= s.last) f
		WHERE EXISTS (SELECT FROM raw.scan r WHERE r.id = f.scan)
		ON CONFLICT (scan, stream) DO UPDATE SET seq = excluded.seq;
		INSERT INTO judge.dns_seen VALUES (s.id, s.last) ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq;
	END LOOP;
END $$;
COMMENT ON FUNCTION judge.dns_notice() IS 'Looks through what came since the last call, and notes in judge.dns_news of which scans it is';

CREATE VIEW judge.dns_due AS
	SELECT s.id AS scan, s.origin = 'import' OR s.ended IS NOT NULL OR s.created < now() - interval '1 hour' AS ended
	FROM raw.scan s LEFT JOIN judge.dns_scan d ON d.scan = s.id
	WHERE (d.scan IS NULL AND s.origin = 'import')
		OR ((d.scan IS NULL OR s.created > now() - interval '30 days') AND EXISTS (SELECT FROM judge.dns_news n WHERE n.scan = s.id))
		OR d.signatures < (SELECT max(id) FROM ref.signature_set);
COMMENT ON VIEW judge.dns_due IS 'Scans to be judged: new ones, those of which judge.dns_notice() found more, and all after signatures were loaded';
COMMENT ON COLUMN judge.dns_due.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_due.ended IS 'Imported, ended, or ordered more than an hour ago';

-- The evidence ----------------------------------------------------------------------------------------

-- What the pages tell of (domain, address). A node that reached nothing over IPv6, or over IPv4, has none:
-- what it did not get there tells nothing.
CREATE FUNCTION judge.dns_pages(p_scan uuid) RETURNS TABLE (domain text, addr inet, valid boolean, certs bytea[], served boolean,
	asked_https boolean, subject text, issuer text, signature text, kind text) LANGUAGE sql STABLE AS $$
	SELECT p.domain, p.addr, coalesce(bool_or(p.trusted AND p.name_match), false),
		coalesce(array_agg(DISTINCT sha256(p.chain[1])) FILTER (WHERE p.chain IS NOT NULL), '{}'),
		bool_or(p.http_state = 1 OR p.https_state = 1), bool_or(p.https_state IN (1, 2, 3)), max(p.subject), max(p.issuer),
		(array_agg(s.name ORDER BY (s.kind = 'false_positive') DESC, ref.signature_order(s.scope), s.id) FILTER (WHERE s.id IS NOT NULL))[1],
		(array_agg(s.kind ORDER BY (s.kind = 'false_positive') DESC, ref.signature_order(s.scope), s.id) FILTER (WHERE s.id IS NOT NULL))[1]
	FROM raw.page p
	LEFT JOIN judge.page_match m ON m.node = p.node AND m.stream = p.stream AND m.seq = p.seq AND m.item = p.item
	LEFT JOIN ref.signature s ON s.id = m.signature
	WHERE p.scan = p_scan AND (p.http_state IN (1, 2, 3) OR p.https_state IN (1, 2, 3))
		AND (p.node, family(p.addr)) IN (SELECT q.node, family(q.addr) FROM raw.page q WHERE q.scan = p_scan AND (q.http_state = 1 OR q.https_state = 1 OR q.chain IS NOT NULL))
	GROUP BY p.domain, p.addr
$$;
COMMENT ON FUNCTION judge.dns_pages(uuid) IS 'What was served at each address for each domain of a scan, in one row';

-- Keys of zones, as control resolvers answer to questions for them; where somebody on the way answers too,
-- differently, none are believed.
CREATE FUNCTION judge.dns_keys(p_scan uuid) RETURNS SETOF bytea LANGUAGE sql STABLE AS $$
	SELECT DISTINCT p.answer_wire[p.try_first[t.i]] FROM raw.dns_pair p, LATERAL generate_subscripts(p.try_role, 1) AS t (i)
	WHERE p.scan = p_scan AND p.qtype = 48 AND p.kind = 1 AND p.state = 1 AND p.resolver IN (SELECT judge.dns_controls(p_scan))
		AND p.try_role[t.i] = 2 AND p.try_outcome[t.i] = 1 AND p.answer_wire[p.try_first[t.i]] IS NOT NULL
		AND NOT EXISTS (SELECT FROM unnest(p.answer_mark) m WHERE m & 8192 <> 0)
$$;
COMMENT ON FUNCTION judge.dns_keys(uuid) IS 'Answers to DNSKEY questions that control resolvers gave in a scan, as bytes';

CREATE TABLE judge.dns_signature (
	scan uuid NOT NULL,
	node int NOT NULL,
	stream int NOT NULL,
	seq bigint NOT NULL,
	item int NOT NULL,
	packet smallint NOT NULL,
	state text NOT NULL CHECK (state IN ('none', 'valid', 'bogus', 'expired', 'no_key')),
	keys bytea NOT NULL,
	PRIMARY KEY (node, stream, seq, item)
);
COMMENT ON TABLE judge.dns_signature IS 'Whether the signatures (DNSSEC) in the answer that counts are the zone''s';
COMMENT ON COLUMN judge.dns_signature.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_signature.node IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_signature.stream IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_signature.seq IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_signature.item IS 'As raw.dns_pair';
COMMENT ON COLUMN judge.dns_signature.packet IS 'Packet that was looked at';
COMMENT ON COLUMN judge.dns_signature.state IS 'valid: every part of the answer is signed, and right; bogus: a key has the number that a signature names, and the signature is not its; expired: right, but not at that time; no_key: by a key that no control told; none: some part is unsigned, a wildcard''s, cut or unreadable';
COMMENT ON COLUMN judge.dns_signature.keys IS 'SHA-256 of the answers with keys that there were';
CREATE INDEX ON judge.dns_signature (scan);

-- What the packets tell of each pair.
CREATE FUNCTION judge.dns_packets(p_scan uuid) RETURNS TABLE (node int, resolver inet, domain text, qtype int, repetition int, kind smallint,
	options int, packets int, injected boolean, apart text[], injected_addrs inet[], late_us int, other_source boolean, ede int, any_signed boolean,
	case_kept boolean, usable int, nobody inet[]) LANGUAGE sql STABLE AS $$
	SELECT p.node, p.resolver, p.domain, p.qtype, p.repetition, p.kind, p.options, coalesce(x.packets, 0)::int, coalesce(x.injected, false),
		ARRAY(SELECT ARRAY(SELECT a FROM unnest(p.addr, p.addr_answer) AS u (a, i) WHERE i = d)::text FROM unnest(x.differ) AS d),
		ARRAY(SELECT DISTINCT a FROM unnest(p.addr, p.addr_answer) AS u (a, i) WHERE i = ANY (x.differ) ORDER BY a),
		x.late, coalesce(x.other, false), x.ede, coalesce(x.is_signed, false), x.kept, coalesce(x.usable, 0)::int,
		ARRAY(SELECT DISTINCT a FROM unnest(p.addr) a ORDER BY a)
	FROM raw.dns_pair p
	LEFT JOIN LATERAL (
		SELECT count(*) AS packets, count(*) FILTER (WHERE m & 643 = 3) AS usable,
			bool_or(m & 8192 <> 0 AND m & 1667 = 3) AS injected,
			array_agg(i::smallint) FILTER (WHERE m & 8192 <> 0 AND m & 1667 = 3) AS differ,
			min(p.answer_at_us[i] - p.answer_at_us[p.try_first[t]]) FILTER (WHERE m & 8192 <> 0 AND m & 1667 = 3
				AND p.answer_at_us[i] >= p.answer_at_us[p.try_first[t]]) AS late,
			bool_or(m & 8 <> 0 AND m & 2 <> 0) AS other,
			(array_agg(p.answer_ede[i] ORDER BY (p.answer_ede[i] IN (15, 16, 17)) DESC, i) FILTER (WHERE p.answer_ede[i] IS NOT NULL))[1] AS ede,
			bool_or(p.answer_signed[i]) AS is_signed,
			CASE WHEN p.options & 16 <> 0 THEN bool_and(m & 4 <> 0) FILTER (WHERE i = p.try_first[t]) END AS kept
		FROM unnest(p.answer_try, p.answer_mark) WITH ORDINALITY AS u (t, mark, i), LATERAL (SELECT coalesce(mark, 3) AS m) z
		WHERE p.try_role[t] = 2) x ON true
	WHERE p.scan = p_scan AND p.state IN (1, 2, 3) AND p.kind <> 3 AND NOT EXISTS (SELECT FROM judge.dns_again g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream
		AND g.seq = p.seq AND g.item = p.item)
$$;
COMMENT ON FUNCTION judge.dns_packets(uuid) IS 'What the packets of each pair of a scan tell, in one row';

-- The evidence of each pair, in a temporary table: dns_evidence.
CREATE FUNCTION judge.dns_evidence(p_scan uuid) RETURNS void LANGUAGE plpgsql
	SET jit = off SET work_mem = '64MB' AS $$
DECLARE
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	CREATE TEMP TABLE dns_page ON COMMIT DROP AS SELECT * FROM judge.dns_pages(p_scan);
	CREATE TEMP TABLE dns_packet ON COMMIT DROP AS SELECT * FROM judge.dns_packets(p_scan);
	CREATE TEMP TABLE dns_ask ON COMMIT DROP AS SELECT * FROM judge.dns_asked a WHERE a.scan = p_scan;
	-- Per address of a domain: what is a control's about it.
	CREATE TEMP TABLE dns_about ON COMMIT DROP AS
	WITH past AS (
		SELECT DISTINCT c.domain, c.qtype, u.addr FROM judge.dns_control c JOIN raw.scan s ON s.id = c.scan, unnest(c.ip) AS u (addr)
		WHERE c.scan <> p_scan AND c.source = 'asked' AND s.started >= began - interval '90 days' AND s.started <= began),
	site AS ( -- what the control's addresses serve
		SELECT g.domain, bool_or(g.valid) AS valid, bool_or(g.served) FILTER (WHERE family(g.addr) = 4) AS served4, bool_or(g.served) FILTER (WHERE family(g.addr) = 6) AS served6,
			array_agg(DISTINCT h.cert) FILTER (WHERE h.cert IS NOT NULL) AS certs
		FROM dns_page g JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = g.domain AND g.addr = ANY (c.ip)
		LEFT JOIN LATERAL unnest(g.certs) AS h (cert) ON true GROUP BY 1),
	doubtful AS ( -- what a control was answered twice: somebody may have answered for it
		SELECT DISTINCT domain, qtype FROM dns_packet WHERE injected AND kind = 1 AND resolver IN (SELECT judge.dns_controls(p_scan)))
	SELECT a.domain, a.qtype, a.addr, a.addr = ANY (coalesce(c.ip, '{}')) AS in_control,
		EXISTS (SELECT FROM past h WHERE h.domain = a.domain AND h.qtype = a.qtype AND h.addr = a.addr) AS in_history,
		coalesce(t.asnum = ANY (c.asnum), false) AS in_network,
		EXISTS (SELECT FROM ref.bogon b WHERE b.prefix >>= a.addr) AS bogon,
		EXISTS (SELECT FROM ref.signature s WHERE s.kind = 'address' AND raw.addr_or_null(s.pattern) = a.addr) AS block_address,
		coalesce(g.valid, false) AS valid, coalesce(g.certs && o.certs, false) AS same_cert,
		coalesce(cardinality(g.certs) > 0, false) AS some_cert, g.addr IS NOT NULL AS fetched, coalesce(g.served, false) AS served,
		g.subject, g.issuer, g.signature, g.kind AS signature_kind, coalesce(o.valid, false) AS site_valid,
		coalesce(g.valid, false) OR d.domain IS NULL AND (a.addr = ANY (coalesce(c.ip, '{}')) OR coalesce(g.certs && o.certs, false)) AS confirmed, coalesce(CASE family(a.addr) WHEN 4 THEN o.served4 ELSE o.served6 END, false) AS site_served
	FROM (SELECT domain, qtype, unnest(answers) AS addr FROM dns_ask
		UNION SELECT domain, qtype, unnest(injected_addrs) FROM dns_packet WHERE injected AND kind = 1) a
	LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
	LEFT JOIN judge.dns_tag t ON t.scan = p_scan AND t.domain = a.domain AND t.addr = a.addr
	LEFT JOIN dns_page g ON g.domain = a.domain AND g.addr = a.addr
	LEFT JOIN site o ON o.domain = a.domain
	LEFT JOIN doubtful d ON d.domain = a.domain AND d.qtype = a.qtype;
	CREATE INDEX ON dns_about (domain, qtype, addr);
	CREATE INDEX ON dns_packet (domain, resolver);
	ANALYZE dns_about;
	ANALYZE dns_packet;
	ANALYZE dns_ask;
END $$;
COMMENT ON FUNCTION judge.dns_evidence(uuid) IS 'Gathers the evidence on a scan into temporary tables of the session';

CREATE FUNCTION judge.dns_judge(p_scan uuid) RETURNS bigint LANGUAGE plpgsql
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
			CASE WHEN a.answers <> '{}' THEN g.state END AS signature,
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
		WHERE k.kind = 1
		UNION ALL
		SELECT k.node, k.resolver, k.domain, k.qtype, k.repetition, k.kind, k.nobody, NULL, 1, 0, k.packets, k.usable, k.injected, k.injected_addrs,
			k.late_us, k.other_source, k.ede, k.case_kept, false, NULL, NULL, false, NULL, false, true, false, NULL, NULL, false,
			false, false, false, '{}', false, false, false, false, false, false, false, false, NULL, NULL, NULL, NULL, NULL, k.nobody
		FROM dns_packet k WHERE k.kind = 2 AND k.usable > 0),
	r AS (
		SELECT e.*, CASE
			WHEN e.kind = 2 THEN 'nobody_answered'
			WHEN e.block_page IS NOT NULL THEN 'block_page'
			WHEN e.block_address THEN 'block_address'
			WHEN e.ede IN (15, 16, 17) THEN 'extended_error'
			WHEN e.injected AND NOT e.all_confirmed THEN 'injected'
			WHEN e.signature = 'valid' THEN 'signature_valid'
			WHEN e.valid OR e.same_cert THEN 'tls_consistent'
			WHEN cardinality(e.bogons) > 0 THEN 'bogon'
			WHEN e.controls_failed = 2 AND NOT e.injected THEN 'resolver_dead'
			WHEN e.in_subnet THEN 'control_subnet'
			WHEN e.in_control THEN 'control_address'
			WHEN e.signature = 'bogus' THEN 'signature_bogus'
			WHEN e.some_cert AND e.site_valid THEN 'tls_inconsistent'
			WHEN e.resolver = ANY (e.answers) THEN 'own_address'
			WHEN e.in_history THEN 'control_history'
			WHEN e.tcp_is_right THEN 'udp_tcp'
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
			WHEN 'nobody_answered' THEN array_to_string(r.nobody, ' ') WHEN 'other_rcode' THEN r.rcode::text END, ''),
		r.answers, r.rcode, r.outcome, r.controls_failed, r.packets, r.injected, r.injected_addrs, r.late_us, r.other_source, r.ede, r.signed_missing,
		r.signature, r.case_kept, r.udp_tcp, coalesce(r.bogons, '{}'), coalesce(r.in_control, false), r.in_subnet, coalesce(r.in_history, false),
		coalesce(r.in_network, false), CASE WHEN r.valid THEN 'valid' WHEN r.same_cert THEN 'same' WHEN r.some_cert THEN 'wrong' WHEN r.fetched THEN 'none' END,
		CASE WHEN r.some_cert AND NOT r.valid THEN r.subject END, CASE WHEN r.some_cert AND NOT r.valid THEN r.issuer END,
		coalesce(r.block_page, r.like_block_page, r.false_page), CASE WHEN r.like_block_page IS NOT NULL THEN 'blockpage' WHEN r.false_page IS NOT NULL THEN 'false_positive' END,
		false
	FROM r JOIN judge.dns_rule d ON d.version = 1 AND d.name = r.rule;
	GET DIAGNOSTICS judged = ROW_COUNT;
	-- First all, then each: the planner would look through the whole scan for every row of it.
	CREATE TEMP TABLE dns_apart ON COMMIT DROP AS
	SELECT v.resolver, v.domain, v.qtype, v.node FROM judge.dns_verdict v
	JOIN dns_packet k USING (node, resolver, domain, qtype, repetition, kind)
	WHERE v.scan = p_scan AND v.kind = 1 AND k.options & 32 = 0 -- asked for another network it is another question
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
COMMENT ON FUNCTION judge.dns_judge(uuid) IS 'Judges all pairs of a scan, by Satellite''s rule and by the cascade; returns how many';

GRANT SELECT, INSERT, UPDATE, DELETE ON judge.dns_verdict, judge.dns_signature, judge.dns_scan, judge.dns_seen, judge.dns_news TO waymark_judge;
GRANT SELECT ON judge.dns_rule, judge.dns_verdict, judge.dns_signature, judge.dns_scan, judge.dns_seen, judge.dns_news, judge.dns_due TO waymark_judge, waymark_read;
