-- SPDX-License-Identifier: Apache-2.0
--
-- A made-up scan in which each rule of the cascade has its pair. The domain says what is the matter.
\set ON_ERROR_STOP on
INSERT INTO registry.node (name, role) VALUES ('alpha', 'vantage');
INSERT INTO registry.node (name, role) VALUES ('beta', 'vantage');
INSERT INTO raw.stream (node, epoch, last_seq) SELECT id, 1, 1 FROM registry.node ORDER BY id;
INSERT INTO raw.scan (id, name, started, ended, control) VALUES
	('00000000-0000-4000-8000-0000000000d1', 'past', '2026-11-01', '2026-11-01', 'c.example'),
	('00000000-0000-4000-8000-0000000000d2', 'now', '2026-11-20', '2026-11-20', 'c.example');
UPDATE raw.scan SET clean = ARRAY(SELECT id FROM registry.node WHERE name = 'beta') WHERE name = 'now';

CREATE FUNCTION pg_temp.pair(p_scan text, p_resolver inet, p_domain text, p_rcode int, p_addr inet[], p_controls int DEFAULT 0,
	p_extra inet DEFAULT NULL, p_ede int DEFAULT NULL, p_outcome int DEFAULT 1, p_kind int DEFAULT 1, p_repetition int DEFAULT 0,
	p_subnet cidr DEFAULT NULL, p_signed boolean DEFAULT false, p_tcp inet DEFAULT NULL, p_profile int DEFAULT 4, p_qtype int DEFAULT 1) RETURNS void LANGUAGE sql AS $$
	INSERT INTO raw.dns_pair
	SELECT '2026-11-20 00:00:00+00'::timestamptz, 1, 1, 1, (SELECT count(*) FROM raw.dns_pair), ('00000000-0000-4000-8000-0000000000' || p_scan)::uuid,
		p_kind, CASE WHEN p_outcome = 1 THEN 1 ELSE 2 END, p_profile, p_resolver, 53, '198.18.0.9', 4000 + p_repetition, p_domain, p_qtype, p_repetition,
		'c.example', '2026-11-20 00:00:01+00', CASE WHEN p_subnet IS NULL THEN 7 ELSE 39 END, p_subnet, NULL, 3000,
		CASE WHEN p_tcp IS NULL THEN '{1,2,3}' ELSE '{1,2,2,3}' END::smallint[],
		CASE WHEN p_tcp IS NULL THEN '{1,1,1}' ELSE '{1,1,2,1}' END::smallint[],
		CASE WHEN p_tcp IS NULL THEN ARRAY[1, p_outcome, 1] ELSE ARRAY[1, p_outcome, 1, 1] END::smallint[],
		CASE WHEN p_tcp IS NULL THEN ARRAY[0, CASE p_outcome WHEN 2 THEN 1 ELSE 0 END, 0] ELSE '{0,0,0,0}' END::smallint[], NULL,
		CASE WHEN p_tcp IS NULL THEN ARRAY[0, CASE WHEN p_outcome = 1 THEN p_rcode END, 0] ELSE ARRAY[0, p_rcode, 0, 0] END::smallint[],
		CASE WHEN p_tcp IS NULL THEN '{0,1000,2000}' ELSE '{0,1000,1500,2000}' END::int[],
		CASE WHEN p_tcp IS NULL THEN ARRAY[CASE WHEN p_controls < 1 THEN 1 END, CASE WHEN p_outcome = 1 THEN 2 END, CASE WHEN p_controls < 2 THEN 3 END]
			ELSE ARRAY[1, 2, 5, 3] END::smallint[], NULL, NULL,
		-- packets: control, test, control, a second answer to the test, one over TCP
		ARRAY[1, 2, CASE WHEN p_tcp IS NULL THEN 3 ELSE 4 END, 2, CASE WHEN p_tcp IS NULL THEN 2 ELSE 3 END]::smallint[], '{10,1010,2010,1020,1510}',
		array_fill(p_resolver, ARRAY[5]), '{60,60,60,50,60}', '{1,2,3,4,5}', '{33152,33152,33152,33152,33152}',
		ARRAY[7, CASE p_outcome WHEN 1 THEN 7 ELSE 6 END, 7, CASE WHEN p_outcome <> 1 THEN 6 WHEN p_extra IS NULL THEN 16391 ELSE 8199 END,
			CASE WHEN p_outcome <> 1 THEN 6 WHEN p_tcp IS NULL THEN 16391 ELSE 7 END],
		ARRAY[0, p_rcode, 0, p_rcode, 0]::smallint[], ARRAY[NULL, p_ede, NULL, NULL, NULL], ARRAY[false, p_signed, false, false, false],
		array_fill(NULL::bytea, ARRAY[5]), 0,
		(CASE WHEN p_controls < 1 THEN '{1}' ELSE '{}' END::smallint[] || array_fill(2::smallint, ARRAY[cardinality(p_addr)])
			|| CASE WHEN p_controls < 2 THEN '{3}' ELSE '{}' END::smallint[] || CASE WHEN p_extra IS NULL THEN '{}' ELSE '{4}' END::smallint[]
			|| CASE WHEN p_tcp IS NULL THEN '{}' ELSE '{5}' END::smallint[]),
		(CASE WHEN p_controls < 1 THEN '{198.41.0.4}' ELSE '{}' END::inet[] || p_addr || CASE WHEN p_controls < 2 THEN '{198.41.0.4}' ELSE '{}' END::inet[]
			|| CASE WHEN p_extra IS NULL THEN '{}'::inet[] ELSE ARRAY[p_extra] END || CASE WHEN p_tcp IS NULL THEN '{}'::inet[] ELSE ARRAY[p_tcp] END),
		array_fill(60::bigint, ARRAY[cardinality(p_addr) + (p_controls < 1)::int + (p_controls < 2)::int + (p_extra IS NOT NULL)::int + (p_tcp IS NOT NULL)::int]),
		'{}', '{}', 1232, ARRAY[NULL, masklen(p_subnet), NULL, NULL, NULL]::smallint[], NULL
$$;

CREATE FUNCTION pg_temp.page(p_domain text, p_addr inet, p_role int, p_cert text, p_trusted boolean, p_names boolean, p_body text, p_node int DEFAULT 1) RETURNS void
	LANGUAGE sql AS $$
	INSERT INTO raw.page (started, node, stream, seq, item, ended, scan, addr, domain, role, http_state, http_error, http_status, http_status_line,
		http_headers, http_body, http_bytes, http_sha256, http_cut, https_state, https_cut, chain, trusted, name_match, subject, issuer)
	SELECT '2026-11-20', p_node, p_node, 1, (SELECT count(*) FROM raw.page), '2026-11-20', '00000000-0000-4000-8000-0000000000d2', p_addr, p_domain, p_role,
		CASE WHEN p_body IS NULL THEN 2 ELSE 1 END, NULL, CASE WHEN p_body IS NOT NULL THEN 200 END, CASE WHEN p_body IS NOT NULL THEN 'HTTP/1.1 200 OK' END,
		E'Server: x\r\n', convert_to(p_body, 'UTF8'), length(p_body), sha256(convert_to(p_body, 'UTF8')), false,
		CASE WHEN p_cert IS NULL THEN 2 ELSE 1 END, false, CASE WHEN p_cert IS NOT NULL THEN ARRAY[convert_to(p_cert, 'UTF8')] END, p_trusted, p_names,
		CASE WHEN p_cert IS NOT NULL THEN 'cn ' || p_cert END, CASE WHEN p_cert IS NOT NULL THEN 'issuer' END
$$;

-- The control resolver gives 198.18.100.N for every domain but one; the test resolver 198.18.1.N.
INSERT INTO raw.resolver (started, node, stream, seq, item, ended, scan, addr, role, state, answered_from, names, name_mark, infrastructure, class,
	egress, nxdomain, nx_addr, round_ms, round_rtt_us, round_outcome, round_rcode)
SELECT '2026-11-20', 1, 1, 1, s * 10 + r, '2026-11-20', ('00000000-0000-4000-8000-0000000000d' || s)::uuid, CASE r WHEN 2 THEN '198.18.0.53' ELSE '198.18.1.1' END::inet,
	r, 1, '{}', '{}', '{}', false, 1, '{}', 1, '{}', '{}', '{}', '{}', '{}' FROM generate_series(1, 2) s, generate_series(1, 2) r;
DO $$
DECLARE d text; n int := 0;
BEGIN
	FOREACH d IN ARRAY ARRAY['dead', 'page', 'known', 'ede', 'twice', 'tls', 'same', 'bogon', 'wrong', 'subnet', 'address', 'own', 'history', 'tcp', 'nothing',
		'network', 'unmatched', 'failed', 'nx', 'refused', 'servfail', 'other', 'unusable', 'empty', 'silent', 'harmless', 'cdn', 'path', 'signed', 'stripped', 'sealed', 'broken'] LOOP
		n := n + 1;
		PERFORM pg_temp.pair('d2', '198.18.0.53', d || '.example', 0, ARRAY[('198.18.100.' || n)::inet], p_signed => d IN ('signed', 'stripped', 'sealed', 'broken'));
		CONTINUE WHEN d = 'address'; -- nobody looked what is there
		PERFORM pg_temp.page(d || '.example', ('198.18.100.' || n)::inet, 2, 'right', true, true, 'site');
	END LOOP;
END $$;
SELECT pg_temp.pair('d1', '198.18.0.53', 'history.example', 0, '{198.18.110.1}'),
	pg_temp.pair('d2', '198.18.0.53', 'subnet.example', 0, '{198.18.110.2}', p_subnet => '198.18.1.0/24', p_repetition => 1),
	pg_temp.pair('d2', '198.18.1.1', 'dead.example', 0, '{}', 2, p_outcome => 2),
	pg_temp.pair('d2', '198.18.1.1', 'page.example', 0, '{198.18.120.1}'), pg_temp.page('page.example', '198.18.120.1', 1, NULL, NULL, NULL, 'THIS SITE IS BLOCKED BY LAB'),
	pg_temp.pair('d2', '198.18.1.1', 'known.example', 0, '{198.18.120.2}'),
	pg_temp.pair('d2', '198.18.1.1', 'ede.example', 0, '{}', p_ede => 16),
	pg_temp.pair('d2', '198.18.1.1', 'twice.example', 0, '{198.18.120.3}', p_extra => '198.18.100.5'),
	pg_temp.pair('d2', '198.18.1.1', 'tls.example', 0, '{198.18.120.4}', p_signed => true), pg_temp.page('tls.example', '198.18.120.4', 1, 'other', true, true, 'site'),
	pg_temp.pair('d2', '198.18.1.1', 'same.example', 0, '{198.18.120.5}'), pg_temp.page('same.example', '198.18.120.5', 1, 'right', false, false, 'site'),
	pg_temp.pair('d2', '198.18.1.1', 'bogon.example', 0, '{10.1.2.3}'),
	pg_temp.pair('d2', '198.18.1.1', 'wrong.example', 0, '{198.18.120.6}'), pg_temp.page('wrong.example', '198.18.120.6', 1, 'wrong', false, true, NULL),
	pg_temp.pair('d2', '198.18.1.1', 'subnet.example', 0, '{198.18.110.2}'),
	pg_temp.pair('d2', '198.18.1.1', 'address.example', 0, '{198.18.100.11}'),
	pg_temp.pair('d2', '198.18.1.1', 'own.example', 0, '{198.18.1.1}'),
	pg_temp.pair('d2', '198.18.1.1', 'history.example', 0, '{198.18.110.1}'),
	pg_temp.pair('d2', '198.18.1.1', 'tcp.example', 0, '{198.18.120.7}', p_tcp => '198.18.100.14'),
	pg_temp.pair('d2', '198.18.1.1', 'nothing.example', 0, '{198.18.120.8}'), pg_temp.page('nothing.example', '198.18.120.8', 1, NULL, NULL, NULL, NULL),
	pg_temp.pair('d2', '198.18.1.1', 'network.example', 0, '{198.18.100.200}'),
	pg_temp.pair('d2', '198.18.1.1', 'unmatched.example', 0, '{198.18.120.9}'),
	pg_temp.pair('d2', '198.18.1.1', 'nowhere.example', 0, '{198.18.120.10}'),
	pg_temp.pair('d2', '198.18.1.1', 'failed.example', 0, '{}', 1, p_outcome => 2),
	pg_temp.pair('d2', '198.18.1.1', 'nx.example', 3, '{}'), pg_temp.pair('d2', '198.18.1.1', 'refused.example', 5, '{}'),
	pg_temp.pair('d2', '198.18.1.1', 'servfail.example', 2, '{}'), pg_temp.pair('d2', '198.18.1.1', 'other.example', 4, '{}'),
	pg_temp.pair('d2', '198.18.1.1', 'unusable.example', 0, '{}', p_outcome => 4), pg_temp.pair('d2', '198.18.1.1', 'empty.example', 0, '{}'),
	pg_temp.pair('d2', '198.18.1.1', 'silent.example', 0, '{}', p_outcome => 2),
	pg_temp.pair('d2', '198.18.1.1', 'silent.example', 0, '{}', 1, p_outcome => 2, p_repetition => 1),
	pg_temp.pair('d2', '198.18.1.1', 'harmless.example', 0, '{198.18.120.11}'),
	pg_temp.page('harmless.example', '198.18.120.11', 1, 'other', true, true, 'BLOCKED BY LAB, says the manual'),
	pg_temp.pair('d2', '198.18.1.1', 'cdn.example', 0, '{198.18.120.12,198.18.120.13}'), pg_temp.page('cdn.example', '198.18.120.13', 1, 'edge', true, true, 'site at this edge'),
	pg_temp.pair('d2', '198.18.1.1', 'path.example', 0, '{198.18.100.28}'), pg_temp.pair('d2', '198.18.1.1', 'path.example', 3, '{}', p_repetition => 1),
	pg_temp.pair('d2', '198.18.1.1', 'signed.example', 0, '{198.18.100.29}'),
	pg_temp.pair('d2', '198.18.1.1', 'stripped.example', 0, '{198.18.120.40}'),
	pg_temp.pair('d2', '198.18.1.3', 'stripped.example', 0, '{198.18.120.40}'), -- passes on no signature of anybody
	pg_temp.pair('d2', '198.18.1.1', 'sealed.example', 0, '{198.18.120.50,198.18.120.51}', p_signed => true),
	pg_temp.pair('d2', '198.18.1.20', 'sealed.example', 0, '{198.18.120.50,198.18.120.51}', p_signed => true),
	pg_temp.pair('d2', '198.18.1.1', 'broken.example', 0, '{198.18.120.54}', p_signed => true),
	pg_temp.pair('d2', '198.18.0.53', 'example', 0, '{}', p_qtype => 48),
	pg_temp.pair('d2', '198.18.0.53', 'sealed.example', 0, '{}', p_qtype => 43),
	pg_temp.pair('d2', '198.18.0.53', 'broken.example', 0, '{}', p_qtype => 43),
	pg_temp.pair('d2', '198.18.1.99', 'twice.example', 0, '{198.18.120.3}', 2, p_kind => 2),
	pg_temp.pair('d2', '198.18.1.99', 'address.example', 0, '{}', 2, p_outcome => 2, p_kind => 2) \g /dev/null
-- A resolver that fails for every domain.
SELECT pg_temp.pair('d2', '198.18.1.2', d || '.example', 2, '{}') FROM unnest(ARRAY['dead', 'page', 'known', 'ede', 'twice', 'tls', 'same', 'bogon', 'wrong']) d \g /dev/null
-- One asked twice, as v2.1 and as v2.2: one control of two fails.
SELECT pg_temp.pair('d2', '198.18.1.4', 'nx.example', 3, '{}', 1, p_profile => 2), pg_temp.pair('d2', '198.18.1.4', 'nx.example', 3, '{}', 1, p_profile => 3, p_repetition => 1)
	\g /dev/null
-- One that answers for nine names that have no AAAA, nor MX, and for one not; one that answers for A, and for no AAAA that there is.
SELECT pg_temp.pair('d2', '198.18.1.5', d || '.example', 0, ARRAY[('198.18.100.' || n)::inet]), pg_temp.pair('d2', '198.18.1.5', d || '.example', 0, '{}', p_qtype => 28),
	pg_temp.pair('d2', '198.18.0.53', d || '.example', 0, '{}', p_qtype => 28), pg_temp.pair('d2', '198.18.1.5', d || '.example', 0, '{}', p_qtype => 15),
	pg_temp.pair('d2', '198.18.0.53', 'has' || d || '.example', 0, ARRAY[('198.18.130.' || n)::inet]),
	pg_temp.pair('d2', '198.18.0.53', 'has' || d || '.example', 0, ARRAY[('2001:db8::' || n)::inet], p_qtype => 28),
	pg_temp.pair('d2', '198.18.1.6', 'has' || d || '.example', 2, '{}', p_qtype => 28),
	pg_temp.pair('d2', '198.18.1.6', 'has' || d || '.example', CASE WHEN n = 1 THEN 3 ELSE 0 END, CASE WHEN n = 1 THEN '{}' ELSE ARRAY[('198.18.130.' || n)::inet] END)
FROM unnest(ARRAY['dead', 'page', 'known', 'ede', 'twice', 'tls', 'same', 'bogon', 'wrong']) WITH ORDINALITY AS u (d, n) \g /dev/null
SELECT pg_temp.pair('d2', '198.18.1.5', 'nx.example', 3, '{}') \g /dev/null
-- A site whose own page looks like a block page.
SELECT pg_temp.pair('d2', '198.18.0.53', 'looks.example', 0, '{198.18.100.100}'), pg_temp.pair('d2', '198.18.1.4', 'looks.example', 0, '{198.18.100.100}'),
	pg_temp.page('looks.example', '198.18.100.100', 2, NULL, NULL, NULL, 'WHY THIS SITE WAS BLOCKED BY LAB') \g /dev/null
-- Answers at which nothing is served, over IPv6: alpha has none, beta has. What is there of the sites: v4 alone, both.
SELECT pg_temp.pair('d2', '198.18.0.53', d || '.example', 0, ARRAY[a], p_qtype => 28), pg_temp.page(d || '.example', a, 2, NULL, NULL, NULL, b, 2), pg_temp.page(d || '.example', a, 2, NULL, NULL, NULL, NULL)
FROM (VALUES ('nothing', '2001:db8:1::1'::inet, NULL), ('six', '2001:db8:1::2', 'site')) AS u (d, a, b) \g /dev/null
SELECT pg_temp.pair('d2', '198.18.1.4', 'nothing.example', 0, '{2001:db8:2::1}', p_qtype => 28), pg_temp.page('nothing.example', '2001:db8:2::1', 1, NULL, NULL, NULL, NULL, 2),
	pg_temp.pair('d2', '198.18.1.4', 'six.example', 0, '{2001:db8:2::2}', p_qtype => 28), pg_temp.page('six.example', '2001:db8:2::2', 1, NULL, NULL, NULL, NULL, 1),
	pg_temp.pair('d2', '198.18.1.7', 'six.example', 0, '{2001:db8:2::3}', p_qtype => 28), pg_temp.page('six.example', '2001:db8:2::3', 1, NULL, NULL, NULL, NULL, 2) \g /dev/null
-- Single answers in the place of one that does not answer its control.
SELECT pg_temp.pair('d2', '198.18.1.8', 'bogon.example', 0, '{10.1.2.3}', 2), pg_temp.pair('d2', '198.18.1.8', 'page.example', 0, '{198.18.120.1}', 2),
	pg_temp.pair('d2', '198.18.1.8', 'known.example', 0, '{198.18.120.2}', 2), pg_temp.pair('d2', '198.18.1.8', 'ede.example', 0, '{}', 2, p_ede => 16),
	pg_temp.pair('d2', '198.18.1.8', 'tls.example', 0, '{198.18.120.4}', 2), pg_temp.pair('d2', '198.18.1.8', 'unmatched.example', 0, '{198.18.120.9}', 2),
	pg_temp.pair('d2', '198.18.1.8', 'nx.example', 3, '{}', 2) \g /dev/null
-- A forwarder with two upstreams: both answers are the site's, by the control and by certificate. Of another one is.
SELECT pg_temp.pair('d2', '198.18.1.9', 'twice.example', 0, '{198.18.100.5}', p_extra => '198.18.120.50'), pg_temp.page('twice.example', '198.18.120.50', 1, 'other', true, true, 'site'),
	pg_temp.pair('d2', '198.18.1.9', 'tls.example', 0, '{198.18.120.4}', p_extra => '198.18.100.6'),
	pg_temp.pair('d2', '198.18.1.9', 'address.example', 0, '{198.18.100.11}', p_extra => '198.18.120.51'),
	pg_temp.pair('d2', '198.18.1.9', 'nx.example', 3, '{}', p_extra => '198.18.100.19') \g /dev/null
-- Over UDP an address of a network in which the site is, over TCP the one a control gave: a site with many.
SELECT pg_temp.pair('d2', '198.18.1.3', 'network.example', 0, '{198.18.100.201}', p_tcp => '198.18.100.16') \g /dev/null
-- Of another the forged answer is a control's, who was answered twice himself.
SELECT pg_temp.pair('d2', '198.18.0.53', 'both.example', 0, '{198.18.120.60}', p_extra => '198.18.100.101'), pg_temp.pair('d2', '1.1.1.1', 'both.example', 0, '{198.18.100.101}'),
	pg_temp.pair('d2', '198.18.1.7', 'both.example', 0, '{198.18.120.60}', p_extra => '198.18.100.101') \g /dev/null
-- Who stands between the node and both addresses shows his own certificate for either; the clean node sees the site's.
SELECT pg_temp.pair('d2', '198.18.0.53', d || '.example', 0, ARRAY[c]), pg_temp.pair('d2', '198.18.1.1', d || '.example', 0, ARRAY[a]),
	pg_temp.page(d || '.example', c, 2, 'middle', false, false, 'what he made of it'), pg_temp.page(d || '.example', a, 1, 'middle', false, false, 'what he made of it')
FROM (VALUES ('between', '198.18.100.102'::inet, '198.18.120.70'::inet), ('alone', '198.18.100.103', '198.18.120.71')) AS u (d, c, a) \g /dev/null
SELECT pg_temp.page('between.example', '198.18.100.102', 2, 'right', true, true, 'site', 2), pg_temp.page('alone.example', '198.18.100.103', 2, NULL, NULL, NULL, NULL, 2) \g /dev/null
-- What the control gave only later.
SELECT pg_temp.pair('d1', '198.18.1.10', 'address.example', 0, '{198.18.100.11}') \g /dev/null
-- Answers as libldns signed them, from 2026 to 2038, with the one key of the zone `example`; one from 2020; one with another address. And
-- what the zone says of two names: that no other zone begins there.
CREATE FUNCTION pg_temp.wire(p_resolver inet, p_domain text, p_qtype int, p_hex text) RETURNS void LANGUAGE sql AS $$
	UPDATE raw.dns_pair SET answer_wire[2] = decode(p_hex, 'hex') WHERE resolver = p_resolver AND domain = p_domain AND qtype = p_qtype
$$;
SELECT pg_temp.wire('198.18.0.53', 'example', 48,
		'000080000001000200000000076578616d706c650000300001c00c0030000100000e1000440101030d6a6a67a90caa5b1cfb316f8e79f7af50f3779b'
		'd5270f2ebe63026948a088a99aeb80b7954f4f54c1516e076cfd3c4cc1f0463af5d75df3e758ca42c83c8a2b17c00c002e000100000e10005b00300d'
		'0100000e107fe817806955b900b12f076578616d706c65007d084655bc547892b10c980c606961f3ac3554b2fc8d055b311c65fe1adf4cab9232d1f8'
		'4db96b8f677de03572847bc170134741fe02657502da6665875f03bf') \g /dev/null
SELECT pg_temp.wire('198.18.0.53', 'sealed.example', 43,
		'000080000001000000020000067365616c6564076578616d706c6500002b0001c00c002f00010000003c0013017a076578616d706c65000006400000'
		'000003c00c002e00010000003c005b002f0d020000003c7fe817806955b900b12f076578616d706c65004914e4c43aef7236efe450a89ada9eac0c59'
		'29955f070460b90f0a87bd7d6d89391ad7880478aec6a97affca5c18d36820c30322fd300517656f4ac81a28609a') \g /dev/null
SELECT pg_temp.wire('198.18.0.53', 'broken.example', 43,
		'0000800000010000000200000662726f6b656e076578616d706c6500002b0001c00c002f00010000003c0013017a076578616d706c65000006400000'
		'000003c00c002e00010000003c005b002f0d020000003c7fe817806955b900b12f076578616d706c650072011b08b617b6ec763cbe916b59e57ed296'
		'353d7753e49906bc9e07ed46a72ac181d561ffcda110225919301fc47a9ff8ee31ecd156fbcb90f7411f082b8b28') \g /dev/null
SELECT pg_temp.wire('198.18.1.1', 'sealed.example', 1,
		'000080000001000300000000067365616c6564076578616d706c650000010001c00c000100010000012c0004c6127832c00c000100010000012c0004'
		'c6127833c00c002e00010000012c005b00010d020000012c7fe817806955b900b12f076578616d706c65000654066b4833acf222fb82a9e6b17a8682'
		'537766d802a8009203ad26100b771988c4e4412de448d7bce290e2b22224c0a4f6ad070901d7fa58836e315a68fa10') \g /dev/null
SELECT pg_temp.wire('198.18.1.20', 'sealed.example', 1,
		'000080000001000300000000067365616c6564076578616d706c650000010001c00c000100010000012c0004c6127832c00c000100010000012c0004'
		'c6127833c00c002e00010000012c005b00010d020000012c5fee66005e0be100b12f076578616d706c6500d9d6dea83f13e426f647bfe98f6b0300ba'
		'1abd03d751092bb920eee71811f2b9b230f59d1506a8c93fc5663b40d39a9de4f7714a7b65512c85cd95fcc1cdbab0') \g /dev/null
SELECT pg_temp.wire('198.18.1.1', 'broken.example', 1,
		'0000800000010002000000000662726f6b656e076578616d706c650000010001c00c000100010000012c0004c6127836c00c002e00010000012c005b'
		'00010d020000012c7fe817806955b900b12f076578616d706c6500fbb1ef663cc68f482bcff3b769cbe91872ff469e580d58a29afcf0f5e6b8db4f2a'
		'24d20eeac586adebb8550307b94fc4f8a9087e9c37a0fe7bdedbdcf8904a2f') \g /dev/null
