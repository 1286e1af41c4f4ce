-- SPDX-License-Identifier: Apache-2.0
--
-- What analysts may rely on about open resolvers. Every share stands beside its denominator; pairs that
-- were never asked are counted, not left out.

CREATE FUNCTION v1.error_name(code smallint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN (ARRAY['i/o timeout', 'connection refused', 'no route to host', 'network is unreachable', 'message too long', 'connection reset by peer',
		'operation not permitted', 'short read', 'protocol error', 'tls', 'http', 'too many open files', 'other', 'ttl exceeded'])[code];
COMMENT ON FUNCTION v1.error_name(smallint) IS 'Name of raw.dns_pair.try_error; null: none';

-- As Go words it: published data do, and queries over them match the end.
CREATE FUNCTION v1.error_text(code smallint, told text, transport smallint, src inet, sport int, dst inet, dport int) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN told IS NOT NULL THEN told WHEN code = 0 THEN NULL
		WHEN code = 12 THEN 'socket: too many open files'
		ELSE 'read ' || CASE WHEN transport IN (2, 3, 4) THEN 'tcp ' ELSE 'udp ' END
			|| CASE WHEN src IS NULL THEN '' ELSE CASE family(src) WHEN 6 THEN '[' || host(src) || ']' ELSE host(src) END || ':' || sport || '->' END
			|| CASE family(dst) WHEN 6 THEN '[' || host(dst) || ']' ELSE host(dst) END || ':' || dport || ': '
			|| CASE WHEN code = 1 THEN '' ELSE 'read: ' END || v1.error_name(code) END;
COMMENT ON FUNCTION v1.error_text(smallint, text, smallint, inet, int, inet, int) IS 'An error in the words of published data: read udp A:1->B:53: i/o timeout';

-- Published forms ----------------------------------------------------------------------------------------

CREATE FUNCTION v1.go_time(t timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
	RETURN regexp_replace(to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '\.?0+$', '') || ' +0000 UTC';
COMMENT ON FUNCTION v1.go_time(timestamptz) IS 'A time as Go writes it';

CREATE FUNCTION v1.iso_time(t timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
	RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00';
COMMENT ON FUNCTION v1.iso_time(timestamptz) IS 'A time as ISO 8601 has it, with its offset';

CREATE FUNCTION v1.status_of(line text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN btrim(regexp_replace(line, '^HTTP/[0-9.]+ ?', ''));
COMMENT ON FUNCTION v1.status_of(text) IS 'A status line without the version: 200 OK';

CREATE FUNCTION v1.header_list(lines text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce((SELECT array_agg(l ORDER BY i) FROM regexp_split_to_table(lines, E'\r?\n') WITH ORDINALITY AS u (l, i) WHERE l ~ '^[^: ]+:'), '{}');
COMMENT ON FUNCTION v1.header_list(text) IS 'Header lines as an array';

CREATE FUNCTION v1.headers_of(lines text) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce((SELECT json_object_agg(k, vs ORDER BY i) FROM (
		SELECT split_part(l, ':', 1) AS k, json_agg(btrim(substring(l FROM position(':' IN l) + 1)) ORDER BY i) AS vs, min(i) AS i
		FROM unnest(v1.header_list(lines)) WITH ORDINALITY AS u (l, i) GROUP BY 1) x), '{}'::json);
COMMENT ON FUNCTION v1.headers_of(text) IS 'Header lines as {"Name": ["value"]}';

-- Bodies are bytes; what is no UTF-8 comes out with octal escapes.
CREATE FUNCTION v1.text_of(b bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN convert_from(b, 'UTF8');
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
	RETURN encode(b, 'escape');
END $$;
COMMENT ON FUNCTION v1.text_of(bytea) IS 'Bytes as text: UTF-8, or with octal escapes what is none';

-- Views --------------------------------------------------------------------------------------------------

CREATE VIEW v1.scan AS
	SELECT s.id AS scan, s.serial, s.name, s.origin, s.format, s.started, s.ended, s.control, p.pairs, p.asked, p.answered, p.timed_out, p.failed,
		p.refused, p.not_asked, p.resolvers, p.domains, d.judged
	FROM raw.scan s LEFT JOIN judge.dns_scan d ON d.scan = s.id
	LEFT JOIN LATERAL (SELECT count(*) AS pairs, count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 1) AS answered,
		count(*) FILTER (WHERE state = 2) AS timed_out, count(*) FILTER (WHERE state = 3) AS failed, count(*) FILTER (WHERE state = 4) AS refused,
		count(*) FILTER (WHERE state = 5) AS not_asked, count(DISTINCT resolver) AS resolvers, count(DISTINCT domain) AS domains
		FROM raw.dns_pair p WHERE scan = s.id AND kind = 1 AND NOT EXISTS (SELECT FROM judge.dns_again g WHERE g.scan = p.scan AND g.node = p.node
			AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item)) p ON true;
COMMENT ON VIEW v1.scan IS 'Scans of open resolvers, measured and imported, with the count of their pairs';
COMMENT ON COLUMN v1.scan.scan IS 'Random number';
COMMENT ON COLUMN v1.scan.serial IS 'Running number';
COMMENT ON COLUMN v1.scan.name IS 'Name';
COMMENT ON COLUMN v1.scan.origin IS 'scan: measured; import: published by others';
COMMENT ON COLUMN v1.scan.format IS 'waymark, or the published format';
COMMENT ON COLUMN v1.scan.started IS 'Start';
COMMENT ON COLUMN v1.scan.ended IS 'End; null: not ended or not told';
COMMENT ON COLUMN v1.scan.control IS 'Control domain; null: none';
COMMENT ON COLUMN v1.scan.pairs IS 'Pairs of a resolver and a domain; of a judged scan each once, however often it was asked';
COMMENT ON COLUMN v1.scan.asked IS 'Of these, asked: answered, timed_out and failed together';
COMMENT ON COLUMN v1.scan.answered IS 'Some try was answered';
COMMENT ON COLUMN v1.scan.timed_out IS 'Every try went unanswered, the last in silence';
COMMENT ON COLUMN v1.scan.failed IS 'Every try failed, the last with an error';
COMMENT ON COLUMN v1.scan.refused IS 'The test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.scan.not_asked IS 'The test was never asked for another reason';
COMMENT ON COLUMN v1.scan.resolvers IS 'Resolvers';
COMMENT ON COLUMN v1.scan.domains IS 'Domains';
COMMENT ON COLUMN v1.scan.judged IS 'When verdicts were given; null: not yet';

CREATE VIEW v1.dns_pair AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, p.resolver, p.domain, p.qtype, p.repetition,
		(ARRAY['pair', 'nobody', 'path'])[p.kind] AS kind, (ARRAY['answered', 'timeout', 'error', 'refused', 'not_asked'])[p.state] AS state, p.detail,
		(ARRAY['plain', 'v2.1', 'v2.2', 'waymark'])[p.profile] AS profile, p.started, p.ended, p.src, p.sport, p.port, p.control, p.options, p.subnet,
		cardinality(p.try_role) AS tries, cardinality(p.answer_try) AS packets, p.answers_lost, p.size
	FROM raw.dns_pair p;
COMMENT ON VIEW v1.dns_pair IS 'One row per pair, asked or not; a pair asked again, over TCP or after an agent was killed, has one more, which v1.scan and the verdicts leave out. (node, stream, seq, item) names the signed batch';
COMMENT ON COLUMN v1.dns_pair.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_pair.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_pair.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_pair.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_pair.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_pair.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_pair.stream IS 'Stream of the node';
COMMENT ON COLUMN v1.dns_pair.seq IS 'Batch';
COMMENT ON COLUMN v1.dns_pair.item IS 'Position in the batch';
COMMENT ON COLUMN v1.dns_pair.kind IS 'pair, nobody: the address runs no resolver, path: rising TTL';
COMMENT ON COLUMN v1.dns_pair.state IS 'answered timeout error refused not_asked';
COMMENT ON COLUMN v1.dns_pair.detail IS 'Why it was not asked; null: nothing to say';
COMMENT ON COLUMN v1.dns_pair.profile IS 'plain v2.1 v2.2 waymark';
COMMENT ON COLUMN v1.dns_pair.started IS 'First question';
COMMENT ON COLUMN v1.dns_pair.ended IS 'Last question or packet';
COMMENT ON COLUMN v1.dns_pair.src IS 'Source address';
COMMENT ON COLUMN v1.dns_pair.sport IS 'Source port';
COMMENT ON COLUMN v1.dns_pair.port IS 'Port asked';
COMMENT ON COLUMN v1.dns_pair.control IS 'Control domain';
COMMENT ON COLUMN v1.dns_pair.options IS 'Bits: 1 recursion desired, 2 OPT, 4 DO, 8 NSID, 16 mixed case, 32 client subnet, 64 checking disabled';
COMMENT ON COLUMN v1.dns_pair.subnet IS 'Client subnet asked with; null: none';
COMMENT ON COLUMN v1.dns_pair.tries IS 'Questions';
COMMENT ON COLUMN v1.dns_pair.packets IS 'Packets heard';
COMMENT ON COLUMN v1.dns_pair.answers_lost IS 'Packets heard and not kept';
COMMENT ON COLUMN v1.dns_pair.size IS 'Largest UDP answer asked for by OPT; null: none';

CREATE VIEW v1.dns_try AS
	SELECT p.scan, p.node, p.resolver, p.domain, p.qtype, p.repetition, i AS try, (ARRAY['control_before', 'test', 'control_after'])[p.try_role[i]] AS role,
		(ARRAY['udp', 'tcp', 'tls', 'https'])[nullif(p.try_transport[i], 0)] AS transport,
		(ARRAY['answered', 'timeout', 'error', 'unusable', 'abandoned'])[p.try_outcome[i]] AS outcome, p.try_rcode[i] AS rcode,
		v1.error_text(p.try_error[i], p.try_text[i], p.try_transport[i], p.src, coalesce(p.try_sport[i], p.sport), p.resolver, p.port) AS error,
		p.started + p.try_sent_us[i] * interval '1 microsecond' AS sent, coalesce(p.try_sport[i], nullif(p.sport, 0)) AS sport, p.try_ttl[i] AS ttl,
		p.try_first[i] AS packet,
		ARRAY(SELECT p.addr[j] FROM generate_subscripts(p.addr, 1) j WHERE p.addr_answer[j] = p.try_first[i] ORDER BY j) AS answers
	FROM raw.dns_pair p, generate_subscripts(p.try_role, 1) i;
COMMENT ON VIEW v1.dns_try IS 'One row per question of a pair';
COMMENT ON COLUMN v1.dns_try.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_try.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_try.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_try.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_try.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_try.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_try.try IS 'Question, from 1';
COMMENT ON COLUMN v1.dns_try.role IS 'control_before test control_after';
COMMENT ON COLUMN v1.dns_try.transport IS 'udp tcp tls https; null: not told';
COMMENT ON COLUMN v1.dns_try.outcome IS 'answered timeout error unusable abandoned';
COMMENT ON COLUMN v1.dns_try.rcode IS 'Response code; null: none';
COMMENT ON COLUMN v1.dns_try.error IS 'As published data word it; null: none';
COMMENT ON COLUMN v1.dns_try.sent IS 'When; null: not told';
COMMENT ON COLUMN v1.dns_try.sport IS 'Source port; null: not told';
COMMENT ON COLUMN v1.dns_try.ttl IS 'IP TTL it left with; null: the default';
COMMENT ON COLUMN v1.dns_try.packet IS 'v1.dns_packet.packet that counts; null: none';
COMMENT ON COLUMN v1.dns_try.answers IS 'Its addresses';

CREATE VIEW v1.dns_packet AS
	SELECT p.scan, p.node, p.resolver, p.domain, p.qtype, p.repetition, i AS packet, p.answer_try[i] AS try,
		p.answer_at_us[i] / 1000.0 AS at_ms, p.answer_src[i] AS src, p.answer_ttl[i] AS ip_ttl, p.answer_ip_id[i] AS ip_id, p.answer_rcode[i] AS rcode,
		p.answer_flags[i] & 1024 <> 0 AS aa, p.answer_flags[i] & 512 <> 0 AS tc, p.answer_flags[i] & 128 <> 0 AS ra, p.answer_flags[i] & 32 <> 0 AS ad,
		p.answer_ede[i] AS ede, p.answer_signed[i] AS signed, p.answer_mark[i] & 32 <> 0 AS edns, p.answer_mark[i] & 4 <> 0 AS case_kept,
		p.answer_mark[i] & 8 <> 0 AS other_source, p.answer_mark[i] & 256 <> 0 AS late, p.answer_mark[i] & 8192 <> 0 AS differs,
		p.answer_mark[i] & 1 <> 0 AS id_ours, p.answer_mark[i] & 2 <> 0 AS question_ours, p.answer_mark[i] & 128 <> 0 AS unreadable,
		ARRAY(SELECT p.addr[j] FROM generate_subscripts(p.addr, 1) j WHERE p.addr_answer[j] = i ORDER BY j) AS answers,
		ARRAY(SELECT p.cname[j] FROM generate_subscripts(p.cname, 1) j WHERE p.cname_answer[j] = i ORDER BY j) AS cnames, p.answer_wire[i] AS wire,
		p.answer_scope[i] AS scope, p.answer_nsid[i] AS nsid
	FROM raw.dns_pair p, generate_subscripts(p.answer_try, 1) i;
COMMENT ON VIEW v1.dns_packet IS 'One row per packet heard: every one, not the first alone';
COMMENT ON COLUMN v1.dns_packet.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_packet.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_packet.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_packet.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_packet.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_packet.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_packet.scope IS 'Scope of the client subnet in it, bits; null: none';
COMMENT ON COLUMN v1.dns_packet.nsid IS 'Identifier of the server; null: none';
COMMENT ON COLUMN v1.dns_packet.packet IS 'Packet, from 1';
COMMENT ON COLUMN v1.dns_packet.try IS 'v1.dns_try.try it belongs to; null: cannot be told';
COMMENT ON COLUMN v1.dns_packet.at_ms IS 'Heard, ms after the pair began; null: imported';
COMMENT ON COLUMN v1.dns_packet.src IS 'Who sent it';
COMMENT ON COLUMN v1.dns_packet.ip_ttl IS 'IP TTL as it arrived';
COMMENT ON COLUMN v1.dns_packet.ip_id IS 'IP ID';
COMMENT ON COLUMN v1.dns_packet.rcode IS 'Response code with extension; null: unreadable';
COMMENT ON COLUMN v1.dns_packet.aa IS 'Authoritative';
COMMENT ON COLUMN v1.dns_packet.tc IS 'Truncated';
COMMENT ON COLUMN v1.dns_packet.ra IS 'Recursion available';
COMMENT ON COLUMN v1.dns_packet.ad IS 'Authenticated data';
COMMENT ON COLUMN v1.dns_packet.ede IS 'Extended error (RFC 8914); null: none';
COMMENT ON COLUMN v1.dns_packet.signed IS 'Carries an RRSIG';
COMMENT ON COLUMN v1.dns_packet.edns IS 'Carries an OPT record';
COMMENT ON COLUMN v1.dns_packet.case_kept IS 'Letter case of the question came back';
COMMENT ON COLUMN v1.dns_packet.other_source IS 'From another address than the one asked';
COMMENT ON COLUMN v1.dns_packet.late IS 'After its try had been given up';
COMMENT ON COLUMN v1.dns_packet.differs IS 'Says something else than the packet that counts for its try';
COMMENT ON COLUMN v1.dns_packet.id_ours IS 'Message id is ours';
COMMENT ON COLUMN v1.dns_packet.question_ours IS 'Question is ours';
COMMENT ON COLUMN v1.dns_packet.unreadable IS 'No DNS message, or broken';
COMMENT ON COLUMN v1.dns_packet.answers IS 'Addresses in it';
COMMENT ON COLUMN v1.dns_packet.cnames IS 'CNAME chain in it';
COMMENT ON COLUMN v1.dns_packet.wire IS 'Its bytes; null: imported';

CREATE VIEW v1.dns_answer AS
	SELECT v.scan, v.node, v.resolver, v.domain, v.qtype, v.repetition, i AS place, v.answers[i] AS addr, t.asnum, t.asname, t.http, t.cert,
		string_to_array(s.matched[i], ',') AS matched, s.matches[i] AS match_percent, l.country
	FROM judge.dns_verdict v CROSS JOIN LATERAL generate_subscripts(v.answers, 1) i
	LEFT JOIN judge.dns_satellite s USING (scan, node, resolver, domain, qtype, repetition)
	LEFT JOIN judge.dns_tag t ON t.scan = v.scan AND t.domain = v.domain AND t.addr = v.answers[i]
	LEFT JOIN judge.location l ON l.addr = v.answers[i];
COMMENT ON VIEW v1.dns_answer IS 'One row per address in the answer that counts, with what is known of the address';
COMMENT ON COLUMN v1.dns_answer.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_answer.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_answer.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_answer.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_answer.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_answer.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_answer.place IS 'Order in the packet';
COMMENT ON COLUMN v1.dns_answer.addr IS 'Address';
COMMENT ON COLUMN v1.dns_answer.asnum IS 'Autonomous system';
COMMENT ON COLUMN v1.dns_answer.asname IS 'Its name';
COMMENT ON COLUMN v1.dns_answer.http IS 'SHA-256 of the page, hex';
COMMENT ON COLUMN v1.dns_answer.cert IS 'SHA-256 of the certificate, hex';
COMMENT ON COLUMN v1.dns_answer.matched IS 'Tags that match the control: ip http cert asnum asname';
COMMENT ON COLUMN v1.dns_answer.match_percent IS 'Satellites match, per cent';
COMMENT ON COLUMN v1.dns_answer.country IS 'Where the address is';

CREATE VIEW v1.dns_satellite AS
	SELECT s.scan, s.node, s.resolver, s.domain, s.qtype, s.repetition, s.control, s.passed_liveness, s.connect_error, s.in_control_group, s.anomaly,
		s.excluded, s.exclude_reason, s.average, s.matches, s.untagged_controls, s.untagged_response, s.passed, s.answers, s.matched, v.word, v.rule
	FROM judge.dns_satellite s LEFT JOIN judge.dns_verdict v USING (scan, node, resolver, domain, qtype, repetition);
COMMENT ON VIEW v1.dns_satellite IS 'Satellites own verdict. An anomaly is no finding of blocking: read v1.dns_verdict beside it';
COMMENT ON COLUMN v1.dns_satellite.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_satellite.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_satellite.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_satellite.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_satellite.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_satellite.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_satellite.control IS 'The resolver is a control';
COMMENT ON COLUMN v1.dns_satellite.passed_liveness IS 'Not both controls failed; as v2.1: neither did';
COMMENT ON COLUMN v1.dns_satellite.connect_error IS 'Every question failed at the socket';
COMMENT ON COLUMN v1.dns_satellite.in_control_group IS 'A control resolver gave addresses';
COMMENT ON COLUMN v1.dns_satellite.anomaly IS 'Satellites anomaly';
COMMENT ON COLUMN v1.dns_satellite.excluded IS 'An anomaly Satellite sets aside';
COMMENT ON COLUMN v1.dns_satellite.exclude_reason IS 'Why';
COMMENT ON COLUMN v1.dns_satellite.average IS 'confidence.average';
COMMENT ON COLUMN v1.dns_satellite.matches IS 'confidence.matches, in the order of the answers';
COMMENT ON COLUMN v1.dns_satellite.untagged_controls IS 'No tag on any control answer';
COMMENT ON COLUMN v1.dns_satellite.untagged_response IS 'No tag on any answer';
COMMENT ON COLUMN v1.dns_satellite.passed IS 'v1: some answer matches';
COMMENT ON COLUMN v1.dns_satellite.answers IS 'Addresses';
COMMENT ON COLUMN v1.dns_satellite.matched IS 'Per address: matched tags';
COMMENT ON COLUMN v1.dns_satellite.word IS 'The cascades word';
COMMENT ON COLUMN v1.dns_satellite.rule IS 'And its rule';

CREATE VIEW v1.dns_verdict AS
	SELECT v.scan, v.node, v.resolver, v.domain, v.qtype, v.repetition, (ARRAY['pair', 'nobody', 'path'])[v.kind] AS kind, v.control,
		coalesce(l.country, r.told_country)::text AS country, l.asn, l.as_name, v.word, v.rule, v.why, v.blocked, v.down, v.ok, v.answers, v.rcode,
		v.controls_failed, v.packets, v.injected, v.injected_addrs, v.late_us, v.other_source, v.ede, v.signed_missing, v.signature, v.case_kept, v.udp_tcp, v.bogons,
		v.in_control, v.in_subnet, v.in_history, v.in_network, v.tls, v.tls_subject, v.tls_issuer, v.page, v.page_kind, v.path_dependent
	FROM judge.dns_verdict v
	LEFT JOIN judge.location l ON l.addr = v.resolver
	LEFT JOIN LATERAL (SELECT told_country FROM raw.resolver r WHERE r.scan = v.scan AND r.addr = v.resolver AND told_country IS NOT NULL LIMIT 1) r ON true;
COMMENT ON VIEW v1.dns_verdict IS 'The cascades verdict on each pair with its evidence';
COMMENT ON COLUMN v1.dns_verdict.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_verdict.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_verdict.resolver IS 'Address asked';
COMMENT ON COLUMN v1.dns_verdict.domain IS 'Test domain';
COMMENT ON COLUMN v1.dns_verdict.qtype IS 'Record type: 1 A, 28 AAAA';
COMMENT ON COLUMN v1.dns_verdict.repetition IS 'From 0; each has its own source port';
COMMENT ON COLUMN v1.dns_verdict.control IS 'The resolver is a control';
COMMENT ON COLUMN v1.dns_verdict.country IS 'Where the resolver is';
COMMENT ON COLUMN v1.dns_verdict.asn IS 'Its autonomous system';
COMMENT ON COLUMN v1.dns_verdict.as_name IS 'The name of that';
COMMENT ON COLUMN v1.dns_verdict.word IS 'expected unexpected unknown';
COMMENT ON COLUMN v1.dns_verdict.rule IS 'Rule that decided: judge.dns_rule';
COMMENT ON COLUMN v1.dns_verdict.why IS 'The evidence that decided';
COMMENT ON COLUMN v1.dns_verdict.blocked IS '0 to 1: speaks for interference';
COMMENT ON COLUMN v1.dns_verdict.down IS '0 to 1: for a failing resolver or path';
COMMENT ON COLUMN v1.dns_verdict.ok IS '0 to 1: for the answer the domain gives';
COMMENT ON COLUMN v1.dns_verdict.answers IS 'Addresses';
COMMENT ON COLUMN v1.dns_verdict.rcode IS 'Response code';
COMMENT ON COLUMN v1.dns_verdict.controls_failed IS 'Controls, of two, without an address';
COMMENT ON COLUMN v1.dns_verdict.packets IS 'Packets heard for the test';
COMMENT ON COLUMN v1.dns_verdict.injected IS 'Differing answers to one question';
COMMENT ON COLUMN v1.dns_verdict.injected_addrs IS 'Addresses of those that differ';
COMMENT ON COLUMN v1.dns_verdict.late_us IS 'How much later the first that differs came, µs';
COMMENT ON COLUMN v1.dns_verdict.other_source IS 'Answered from elsewhere';
COMMENT ON COLUMN v1.dns_verdict.ede IS 'Extended error';
COMMENT ON COLUMN v1.dns_verdict.signed_missing IS 'The name is signed, the answer is not';
COMMENT ON COLUMN v1.dns_verdict.signature IS 'valid bogus expired no_key none: by keys that controls told; null: nothing signed, or no keys were asked for';
COMMENT ON COLUMN v1.dns_verdict.case_kept IS '0x20 came back';
COMMENT ON COLUMN v1.dns_verdict.udp_tcp IS 'agree or differ';
COMMENT ON COLUMN v1.dns_verdict.bogons IS 'Addresses no site has';
COMMENT ON COLUMN v1.dns_verdict.in_control IS 'A controls address';
COMMENT ON COLUMN v1.dns_verdict.in_subnet IS '… for the resolvers own network';
COMMENT ON COLUMN v1.dns_verdict.in_history IS '… in another scan';
COMMENT ON COLUMN v1.dns_verdict.in_network IS '… in the controls autonomous system';
COMMENT ON COLUMN v1.dns_verdict.tls IS 'valid same wrong none; null: not fetched';
COMMENT ON COLUMN v1.dns_verdict.tls_subject IS 'Of the wrong certificate';
COMMENT ON COLUMN v1.dns_verdict.tls_issuer IS 'And its issuer';
COMMENT ON COLUMN v1.dns_verdict.page IS 'Signature that matched';
COMMENT ON COLUMN v1.dns_verdict.page_kind IS 'false_positive or blockpage';
COMMENT ON COLUMN v1.dns_verdict.path_dependent IS 'Repetitions disagree';
COMMENT ON COLUMN v1.dns_verdict.kind IS 'pair or nobody';

CREATE VIEW v1.dns_resolver AS
	SELECT r.scan, r.addr AS resolver, (ARRAY['test', 'control', 'special'])[r.role] AS role, (ARRAY['usable', 'wrong', 'silent', 'refused', 'not_asked'])[r.state] AS state,
		r.names, coalesce(l.country, r.told_country)::text AS country, l.asn, l.as_name, (ARRAY['recursive', 'forwarder', 'transparent'])[r.class] AS class, r.egress,
		r.answered_from, r.infrastructure, r.infra_rule, (ARRAY['honest', 'rewritten', 'failed'])[r.nxdomain] AS nxdomain, p.domains, p.answered,
		p.non_zero_rcode, p.private_ip, p.zero_ip, p.connect_error, p.invalid_cert
	FROM (SELECT DISTINCT ON (scan, addr) * FROM raw.resolver ORDER BY scan, addr, role DESC, started DESC) r
	LEFT JOIN judge.location l ON l.addr = r.addr
	LEFT JOIN LATERAL (
		SELECT count(DISTINCT v.domain) AS domains, count(DISTINCT v.domain) FILTER (WHERE v.answers <> '{}') AS answered,
			count(DISTINCT v.domain) FILTER (WHERE v.rcode > 0) AS non_zero_rcode,
			count(DISTINCT v.domain) FILTER (WHERE EXISTS (SELECT FROM unnest(v.answers) a WHERE a <<= '10.0.0.0/8' OR a <<= '172.16.0.0/12' OR a <<= '192.168.0.0/16'
				OR a <<= '127.0.0.0/8' OR a <<= 'fc00::/7')) AS private_ip,
			count(DISTINCT v.domain) FILTER (WHERE EXISTS (SELECT FROM unnest(v.answers) a WHERE a <<= '0.0.0.0/8' OR a = '::')) AS zero_ip,
			count(DISTINCT v.domain) FILTER (WHERE v.outcome IN (2, 3)) AS connect_error, count(DISTINCT v.domain) FILTER (WHERE v.tls = 'wrong') AS invalid_cert
		FROM judge.dns_verdict v WHERE v.scan = r.scan AND v.resolver = r.addr AND v.kind = 1) p ON true;
COMMENT ON VIEW v1.dns_resolver IS 'Resolvers of a scan, what they are, and their error profile as published data have it';
COMMENT ON COLUMN v1.dns_resolver.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_resolver.resolver IS 'Address';
COMMENT ON COLUMN v1.dns_resolver.role IS 'test control special';
COMMENT ON COLUMN v1.dns_resolver.state IS 'usable wrong silent refused not_asked';
COMMENT ON COLUMN v1.dns_resolver.names IS 'PTR names';
COMMENT ON COLUMN v1.dns_resolver.country IS 'Where it is';
COMMENT ON COLUMN v1.dns_resolver.asn IS 'Autonomous system';
COMMENT ON COLUMN v1.dns_resolver.as_name IS 'Its name';
COMMENT ON COLUMN v1.dns_resolver.class IS 'recursive forwarder transparent; null: not known';
COMMENT ON COLUMN v1.dns_resolver.egress IS 'Who asked our zone for it';
COMMENT ON COLUMN v1.dns_resolver.answered_from IS 'Who answered instead of it';
COMMENT ON COLUMN v1.dns_resolver.infrastructure IS 'The infrastructure rule holds';
COMMENT ON COLUMN v1.dns_resolver.infra_rule IS 'Clause that decided';
COMMENT ON COLUMN v1.dns_resolver.nxdomain IS 'honest rewritten failed: for a name that does not exist';
COMMENT ON COLUMN v1.dns_resolver.domains IS 'Domains asked: the denominator of all that follow';
COMMENT ON COLUMN v1.dns_resolver.answered IS 'With an address';
COMMENT ON COLUMN v1.dns_resolver.non_zero_rcode IS 'With an error code';
COMMENT ON COLUMN v1.dns_resolver.private_ip IS 'With a private address';
COMMENT ON COLUMN v1.dns_resolver.zero_ip IS 'With 0.0.0.0';
COMMENT ON COLUMN v1.dns_resolver.connect_error IS 'Without an answer';
COMMENT ON COLUMN v1.dns_resolver.invalid_cert IS 'With a wrong certificate at the answer';

CREATE VIEW v1.dns_page AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, p.started, p.addr, p.domain, (ARRAY['test', 'control'])[p.role] AS role, r.reply, r.status, r.error, r.bytes, r.sha256,
		p.tls_version, p.trusted, p.name_match, p.subject, p.issuer, p.not_after, s.name AS signature, s.kind AS signature_kind, m.gave_up
	FROM raw.page p CROSS JOIN LATERAL (VALUES ('http', p.http_status, p.http_error, p.http_bytes, p.http_sha256),
		('https', p.https_status, p.https_error, p.https_bytes, p.https_sha256)) AS r (reply, status, error, bytes, sha256)
	LEFT JOIN judge.page_match m ON m.node = p.node AND m.stream = p.stream AND m.seq = p.seq AND m.item = p.item AND m.reply = r.reply
	LEFT JOIN ref.signature s ON s.id = m.signature;
COMMENT ON VIEW v1.dns_page IS 'Pages that addresses served for domains, with the signature that matched';
COMMENT ON COLUMN v1.dns_page.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_page.node IS 'v1.node.node';
COMMENT ON COLUMN v1.dns_page.stream IS 'Stream';
COMMENT ON COLUMN v1.dns_page.seq IS 'Batch';
COMMENT ON COLUMN v1.dns_page.item IS 'Position';
COMMENT ON COLUMN v1.dns_page.started IS 'When';
COMMENT ON COLUMN v1.dns_page.addr IS 'Address';
COMMENT ON COLUMN v1.dns_page.domain IS 'Asked for';
COMMENT ON COLUMN v1.dns_page.role IS 'test control';
COMMENT ON COLUMN v1.dns_page.reply IS 'http or https';
COMMENT ON COLUMN v1.dns_page.status IS 'Status code';
COMMENT ON COLUMN v1.dns_page.error IS 'What went wrong';
COMMENT ON COLUMN v1.dns_page.bytes IS 'Bytes of the body';
COMMENT ON COLUMN v1.dns_page.sha256 IS 'Its hash';
COMMENT ON COLUMN v1.dns_page.tls_version IS 'As on the wire';
COMMENT ON COLUMN v1.dns_page.trusted IS 'The chain leads to a known root';
COMMENT ON COLUMN v1.dns_page.name_match IS 'The certificate is for the domain';
COMMENT ON COLUMN v1.dns_page.subject IS 'Common name';
COMMENT ON COLUMN v1.dns_page.issuer IS 'And the issuers';
COMMENT ON COLUMN v1.dns_page.not_after IS 'Valid until';
COMMENT ON COLUMN v1.dns_page.signature IS 'That matched';
COMMENT ON COLUMN v1.dns_page.signature_kind IS 'false_positive or blockpage';
COMMENT ON COLUMN v1.dns_page.gave_up IS 'Signatures that met the match limit';

-- What became of each pair, judged or not: what the views below count.
CREATE VIEW judge.dns_counted AS
	SELECT p.scan, p.resolver, p.domain, p.qtype, coalesce(l.country, r.told_country)::text AS country, l.asn, l.as_name, p.state, v.word, v.injected,
		v.page_kind IS NOT DISTINCT FROM 'blockpage' AS block_page
	FROM raw.dns_pair p
	LEFT JOIN judge.dns_verdict v USING (scan, node, resolver, domain, qtype, repetition, kind)
	LEFT JOIN judge.location l ON l.addr = p.resolver
	LEFT JOIN LATERAL (SELECT told_country FROM raw.resolver r WHERE r.scan = p.scan AND r.addr = p.resolver AND told_country IS NOT NULL LIMIT 1) r ON true
	WHERE p.kind = 1 AND NOT coalesce(v.control, p.resolver IN (SELECT addr FROM ref.control_resolver)
			OR EXISTS (SELECT FROM raw.resolver c WHERE c.scan = p.scan AND c.addr = p.resolver AND c.role = 2))
		AND NOT EXISTS (SELECT FROM judge.dns_again g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item);
COMMENT ON VIEW judge.dns_counted IS 'Pairs of resolvers that are no controls, each once, asked or not, with their verdict if they have one';
COMMENT ON COLUMN judge.dns_counted.scan IS 'raw.scan.id';
COMMENT ON COLUMN judge.dns_counted.resolver IS 'Resolver';
COMMENT ON COLUMN judge.dns_counted.domain IS 'Test domain';
COMMENT ON COLUMN judge.dns_counted.qtype IS 'Record type';
COMMENT ON COLUMN judge.dns_counted.country IS 'Where the resolver is; null: not known';
COMMENT ON COLUMN judge.dns_counted.asn IS 'Its autonomous system; null: not known';
COMMENT ON COLUMN judge.dns_counted.as_name IS 'The name of that';
COMMENT ON COLUMN judge.dns_counted.state IS 'As raw.dns_pair.state';
COMMENT ON COLUMN judge.dns_counted.word IS 'As judge.dns_verdict.word; null: not judged';
COMMENT ON COLUMN judge.dns_counted.injected IS 'Differing answers to one question; null: not judged';
COMMENT ON COLUMN judge.dns_counted.block_page IS 'With the page of a known signature';

CREATE VIEW v1.dns_by_resolver AS
	SELECT scan, resolver, min(country) AS country, min(asn) AS asn, count(DISTINCT domain) FILTER (WHERE word IS NOT NULL) AS domains, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted GROUP BY scan, resolver;
COMMENT ON VIEW v1.dns_by_resolver IS 'Words per resolver';
COMMENT ON COLUMN v1.dns_by_resolver.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_by_resolver.resolver IS 'Resolver';
COMMENT ON COLUMN v1.dns_by_resolver.country IS 'Where it is';
COMMENT ON COLUMN v1.dns_by_resolver.asn IS 'Its autonomous system';
COMMENT ON COLUMN v1.dns_by_resolver.domains IS 'Domains of judged pairs';
COMMENT ON COLUMN v1.dns_by_resolver.pairs IS 'Pairs of resolvers that are no controls, asked or not; of a judged scan each once';
COMMENT ON COLUMN v1.dns_by_resolver.asked IS 'Of these, asked';
COMMENT ON COLUMN v1.dns_by_resolver.refused IS 'Of these, the test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.dns_by_resolver.not_asked IS 'Of these, the test was never asked for another reason';
COMMENT ON COLUMN v1.dns_by_resolver.judged IS 'Of the asked, with a verdict: expected, unexpected and unknown together';
COMMENT ON COLUMN v1.dns_by_resolver.expected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_resolver.unexpected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_resolver.unknown IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_resolver.injected IS 'With differing answers to one question';
COMMENT ON COLUMN v1.dns_by_resolver.block_pages IS 'With the page of a known signature';
COMMENT ON COLUMN v1.dns_by_resolver.unexpected_share IS 'unexpected / (expected + unexpected), 0 to 1; null: neither';

CREATE VIEW v1.dns_by_domain AS
	SELECT scan, domain, qtype, count(DISTINCT resolver) FILTER (WHERE word IS NOT NULL) AS resolvers, count(DISTINCT country) FILTER (WHERE word IS NOT NULL) AS countries, count(DISTINCT country) FILTER (WHERE word = 'unexpected') AS unexpected_countries, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted GROUP BY scan, domain, qtype;
COMMENT ON VIEW v1.dns_by_domain IS 'Words per domain';
COMMENT ON COLUMN v1.dns_by_domain.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_by_domain.domain IS 'Domain';
COMMENT ON COLUMN v1.dns_by_domain.qtype IS 'Record type';
COMMENT ON COLUMN v1.dns_by_domain.resolvers IS 'Resolvers with a judged pair';
COMMENT ON COLUMN v1.dns_by_domain.countries IS 'Countries these are in';
COMMENT ON COLUMN v1.dns_by_domain.unexpected_countries IS 'Of these, with an unexpected answer';
COMMENT ON COLUMN v1.dns_by_domain.pairs IS 'Pairs of resolvers that are no controls, asked or not; of a judged scan each once';
COMMENT ON COLUMN v1.dns_by_domain.asked IS 'Of these, asked';
COMMENT ON COLUMN v1.dns_by_domain.refused IS 'Of these, the test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.dns_by_domain.not_asked IS 'Of these, the test was never asked for another reason';
COMMENT ON COLUMN v1.dns_by_domain.judged IS 'Of the asked, with a verdict: expected, unexpected and unknown together';
COMMENT ON COLUMN v1.dns_by_domain.expected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_domain.unexpected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_domain.unknown IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_domain.injected IS 'With differing answers to one question';
COMMENT ON COLUMN v1.dns_by_domain.block_pages IS 'With the page of a known signature';
COMMENT ON COLUMN v1.dns_by_domain.unexpected_share IS 'unexpected / (expected + unexpected), 0 to 1; null: neither';

CREATE VIEW v1.dns_by_country AS
	SELECT scan, country, domain, qtype, count(DISTINCT resolver) FILTER (WHERE word IS NOT NULL) AS resolvers, count(DISTINCT asn) FILTER (WHERE word IS NOT NULL) AS networks, count(DISTINCT resolver) FILTER (WHERE word = 'unexpected') AS unexpected_resolvers,
		count(DISTINCT asn) FILTER (WHERE word = 'unexpected') AS unexpected_networks, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted GROUP BY scan, country, domain, qtype;
COMMENT ON VIEW v1.dns_by_country IS 'Words per country and domain';
COMMENT ON COLUMN v1.dns_by_country.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_by_country.country IS 'Where the resolvers are; null: not known';
COMMENT ON COLUMN v1.dns_by_country.domain IS 'Domain';
COMMENT ON COLUMN v1.dns_by_country.qtype IS 'Record type';
COMMENT ON COLUMN v1.dns_by_country.resolvers IS 'Resolvers with a judged pair';
COMMENT ON COLUMN v1.dns_by_country.networks IS 'Autonomous systems of these';
COMMENT ON COLUMN v1.dns_by_country.unexpected_resolvers IS 'Resolvers with an unexpected answer';
COMMENT ON COLUMN v1.dns_by_country.unexpected_networks IS 'Autonomous systems with one';
COMMENT ON COLUMN v1.dns_by_country.pairs IS 'Pairs of resolvers that are no controls, asked or not; of a judged scan each once';
COMMENT ON COLUMN v1.dns_by_country.asked IS 'Of these, asked';
COMMENT ON COLUMN v1.dns_by_country.refused IS 'Of these, the test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.dns_by_country.not_asked IS 'Of these, the test was never asked for another reason';
COMMENT ON COLUMN v1.dns_by_country.judged IS 'Of the asked, with a verdict: expected, unexpected and unknown together';
COMMENT ON COLUMN v1.dns_by_country.expected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_country.unexpected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_country.unknown IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_country.injected IS 'With differing answers to one question';
COMMENT ON COLUMN v1.dns_by_country.block_pages IS 'With the page of a known signature';
COMMENT ON COLUMN v1.dns_by_country.unexpected_share IS 'unexpected / (expected + unexpected), 0 to 1; null: neither';

CREATE VIEW v1.dns_by_network AS
	SELECT scan, asn, min(as_name) AS as_name, min(country) AS country, domain, qtype, count(DISTINCT resolver) FILTER (WHERE word IS NOT NULL) AS resolvers, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted GROUP BY scan, asn, domain, qtype;
COMMENT ON VIEW v1.dns_by_network IS 'Words per autonomous system and domain';
COMMENT ON COLUMN v1.dns_by_network.scan IS 'v1.scan.scan';
COMMENT ON COLUMN v1.dns_by_network.asn IS 'Autonomous system of the resolvers; null: not known';
COMMENT ON COLUMN v1.dns_by_network.as_name IS 'Its name';
COMMENT ON COLUMN v1.dns_by_network.country IS 'Where';
COMMENT ON COLUMN v1.dns_by_network.domain IS 'Domain';
COMMENT ON COLUMN v1.dns_by_network.qtype IS 'Record type';
COMMENT ON COLUMN v1.dns_by_network.resolvers IS 'Resolvers with a judged pair';
COMMENT ON COLUMN v1.dns_by_network.pairs IS 'Pairs of resolvers that are no controls, asked or not; of a judged scan each once';
COMMENT ON COLUMN v1.dns_by_network.asked IS 'Of these, asked';
COMMENT ON COLUMN v1.dns_by_network.refused IS 'Of these, the test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.dns_by_network.not_asked IS 'Of these, the test was never asked for another reason';
COMMENT ON COLUMN v1.dns_by_network.judged IS 'Of the asked, with a verdict: expected, unexpected and unknown together';
COMMENT ON COLUMN v1.dns_by_network.expected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_network.unexpected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_network.unknown IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_network.injected IS 'With differing answers to one question';
COMMENT ON COLUMN v1.dns_by_network.block_pages IS 'With the page of a known signature';
COMMENT ON COLUMN v1.dns_by_network.unexpected_share IS 'unexpected / (expected + unexpected), 0 to 1; null: neither';

CREATE VIEW v1.dns_by_week AS
	SELECT date_trunc('week', s.started)::date AS week, v.country, v.domain, v.qtype, count(DISTINCT v.scan) FILTER (WHERE word IS NOT NULL) AS scans, count(DISTINCT v.resolver) FILTER (WHERE word IS NOT NULL) AS resolvers, count(*) AS pairs,
		count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 4) AS refused, count(*) FILTER (WHERE state = 5) AS not_asked,
		count(word) AS judged, count(*) FILTER (WHERE word = 'expected') AS expected, count(*) FILTER (WHERE word = 'unexpected') AS unexpected,
		count(*) FILTER (WHERE word = 'unknown') AS unknown, count(*) FILTER (WHERE injected) AS injected, count(*) FILTER (WHERE block_page) AS block_pages,
		round(count(*) FILTER (WHERE word = 'unexpected')::numeric / nullif(count(*) FILTER (WHERE word <> 'unknown'), 0), 4) AS unexpected_share
	FROM judge.dns_counted v JOIN raw.scan s ON s.id = v.scan GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW v1.dns_by_week IS 'Words per week, country and domain, over all scans';
COMMENT ON COLUMN v1.dns_by_week.week IS 'Its Monday';
COMMENT ON COLUMN v1.dns_by_week.country IS 'Where the resolvers are';
COMMENT ON COLUMN v1.dns_by_week.domain IS 'Domain';
COMMENT ON COLUMN v1.dns_by_week.qtype IS 'Record type';
COMMENT ON COLUMN v1.dns_by_week.scans IS 'Scans with a judged pair';
COMMENT ON COLUMN v1.dns_by_week.resolvers IS 'Resolvers with a judged pair';
COMMENT ON COLUMN v1.dns_by_week.pairs IS 'Pairs of resolvers that are no controls, asked or not; of a judged scan each once';
COMMENT ON COLUMN v1.dns_by_week.asked IS 'Of these, asked';
COMMENT ON COLUMN v1.dns_by_week.refused IS 'Of these, the test was never asked: our own deny or opt-out list';
COMMENT ON COLUMN v1.dns_by_week.not_asked IS 'Of these, the test was never asked for another reason';
COMMENT ON COLUMN v1.dns_by_week.judged IS 'Of the asked, with a verdict: expected, unexpected and unknown together';
COMMENT ON COLUMN v1.dns_by_week.expected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_week.unexpected IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_week.unknown IS 'Of the judged';
COMMENT ON COLUMN v1.dns_by_week.injected IS 'With differing answers to one question';
COMMENT ON COLUMN v1.dns_by_week.block_pages IS 'With the page of a known signature';
COMMENT ON COLUMN v1.dns_by_week.unexpected_share IS 'unexpected / (expected + unexpected), 0 to 1; null: neither';

CREATE VIEW v1.dns_change AS
	SELECT * FROM (
		SELECT week, country, domain, qtype, lag(week) OVER w AS week_before, expected + unexpected AS decided, lag(expected + unexpected) OVER w AS decided_before,
			unexpected_share AS share, lag(unexpected_share) OVER w AS share_before,
			round(((unexpected_share - lag(unexpected_share) OVER w) / nullif(sqrt(
				(unexpected + lag(unexpected) OVER w)::numeric / nullif(expected + unexpected + lag(expected + unexpected) OVER w, 0)
				* (1 - (unexpected + lag(unexpected) OVER w)::numeric / nullif(expected + unexpected + lag(expected + unexpected) OVER w, 0))
				* (1.0 / nullif(expected + unexpected, 0) + 1.0 / nullif(lag(expected + unexpected) OVER w, 0))), 0))::numeric, 2) AS z
		FROM v1.dns_by_week WHERE expected + unexpected > 0 WINDOW w AS (PARTITION BY country, domain, qtype ORDER BY week)) c
	WHERE decided >= 5 AND decided_before >= 5 AND abs(z) > 3.3;
COMMENT ON VIEW v1.dns_change IS 'Weeks whose share of unexpected answers differs from that of the week measured before by more than chance (two-proportion test, |z| > 3.3, at least 5 decided pairs each)';
COMMENT ON COLUMN v1.dns_change.week IS 'Week';
COMMENT ON COLUMN v1.dns_change.country IS 'Where the resolvers are';
COMMENT ON COLUMN v1.dns_change.domain IS 'Domain';
COMMENT ON COLUMN v1.dns_change.qtype IS 'Record type';
COMMENT ON COLUMN v1.dns_change.week_before IS 'The week measured before';
COMMENT ON COLUMN v1.dns_change.decided IS 'Pairs expected or unexpected: the denominator';
COMMENT ON COLUMN v1.dns_change.decided_before IS 'Of the week before';
COMMENT ON COLUMN v1.dns_change.share IS 'Unexpected / decided';
COMMENT ON COLUMN v1.dns_change.share_before IS 'Of the week before';
COMMENT ON COLUMN v1.dns_change.z IS 'How far apart, in standard errors';

GRANT SELECT ON v1.scan, v1.dns_pair, v1.dns_try, v1.dns_packet, v1.dns_answer, v1.dns_satellite, v1.dns_verdict, v1.dns_resolver, v1.dns_page, v1.dns_by_resolver,
	v1.dns_by_domain, v1.dns_by_country, v1.dns_by_network, v1.dns_by_week, v1.dns_change TO waymark_judge, waymark_read;
GRANT SELECT ON judge.dns_counted TO waymark_judge, waymark_read;
