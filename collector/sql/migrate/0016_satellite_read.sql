-- SPDX-License-Identifier: Apache-2.0
--
-- Published scans become rows of the same tables as ours. Files are read from raw.satellite_line, in the
-- order of their keys: `json`, never `jsonb`, which has none. Where data and documentation differ, the data win.

CREATE FUNCTION registry.import_scan(p_id uuid, p_name text, OUT node int, OUT stream int)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO registry.node (name, role, note) VALUES ('import', 'import', 'Stands for imported files')
		ON CONFLICT (name) DO NOTHING;
	SELECT n.id INTO STRICT node FROM registry.node AS n WHERE n.name = 'import' AND n.role = 'import';
	INSERT INTO raw.scan (id, name, origin, started, note) VALUES (p_id, p_name, 'import',
		coalesce(raw.date_in(p_name), to_timestamp(0)), 'imported');
	INSERT INTO raw.stream (node, epoch)
		VALUES (node, ('x' || right(replace(p_id::text, '-', ''), 16))::bit(64)::bigint)
		RETURNING id INTO stream;
END $$;
COMMENT ON FUNCTION registry.import_scan IS 'Makes the scan of a published folder; returns node and stream for its facts';

-- What the lines say, one row per trip (one question and its answer) and one per answer. Temporary tables
-- of the session that imports: satellite_pair, satellite_trip, satellite_answer.
CREATE FUNCTION raw.satellite_stage(p_scan uuid, p_format text) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	CREATE TEMP TABLE satellite_pair (file text, line int, resolver inet, domain text, control boolean,
		started timestamptz, ended timestamptz, doc json) ON COMMIT DROP;
	CREATE TEMP TABLE satellite_trip (file text, line int, trip int, url text, error text, rcode int,
		sent timestamptz, addrs json) ON COMMIT DROP;

	INSERT INTO satellite_pair
	SELECT l.file, l.line, raw.addr_or_null(coalesce(d ->> 'vp', d ->> 'resolver', d ->> 'ip')),
		lower(rtrim(coalesce(d ->> 'test_url', d ->> 'query'), '.')), l.file IN ('answers_control.json', 'responses_control.json'),
		raw.time_or_null(coalesce(d ->> 'start_time', d #>> '{response,0,start_time}')),
		raw.time_or_null(coalesce(d ->> 'end_time', d #>> ARRAY['response', (json_array_length(r) - 1)::text, 'end_time'])), d
	FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x,
		LATERAL (SELECT CASE json_typeof(d -> 'response') WHEN 'array' THEN d -> 'response' ELSE '[]' END AS r) y
	WHERE l.scan = p_scan AND l.fault IS NULL AND l.file IN ('answers_control.json', 'responses_control.json',
		'interference.json', 'interference_err.json', 'answers_err.json', 'results.json', 'results_verified.json');

	-- v1: one trip.
	INSERT INTO satellite_trip
	SELECT file, line, 1, domain,
		CASE json_typeof(doc -> 'error') WHEN 'string' THEN doc ->> 'error' WHEN 'object' THEN (doc -> 'error')::text END,
		CASE WHEN doc -> 'error' IS NULL THEN 0 ELSE -1 END, NULL, doc -> 'answers'
	FROM satellite_pair WHERE p_format = 'v1';

	-- v2.0 and v2.1: answers, rcodes and errors are members of one object; errors belong to the rcodes -1 in
	-- their order, and some data lack the rcode of an error.
	INSERT INTO satellite_trip
	WITH r AS (
		SELECT file, line, domain, doc, doc -> 'response' AS o,
			(SELECT array_agg((v #>> '{}')::int ORDER BY i) FROM raw.elements(doc #> '{response,rcode}') AS e (v, i)
				WHERE v #>> '{}' ~ '^-?[0-9]{1,4}$') AS rcodes,
			coalesce((SELECT array_agg(v #>> '{}' ORDER BY i) FROM raw.elements(doc #> '{response,error}') AS e (v, i)), '{}') AS errors
		FROM satellite_pair
		WHERE p_format IN ('v2.0', 'v2.1') AND json_typeof(doc -> 'response') = 'object'),
	s AS (
		SELECT r.*, EXISTS (SELECT FROM raw.members(o) m WHERE m.key NOT IN ('rcode', 'error')) AS filled,
			coalesce((SELECT count(*) FROM unnest(rcodes) c WHERE c = -1), 0) AS lost
		FROM r),
	t AS (
		SELECT file, line, domain, c AS rcode, i AS place,
			CASE WHEN c = -1 THEN errors[(SELECT count(*) FROM unnest(rcodes[:i::int]) b WHERE b = -1)] END AS error,
			CASE WHEN i = cardinality(rcodes) AND c = 0 THEN o END AS addrs
		FROM s, unnest(rcodes) WITH ORDINALITY AS u (c, i)
		UNION ALL
		SELECT file, line, domain, -1, 0.5 + i / 1000.0, e, NULL
		FROM s, unnest(errors) WITH ORDINALITY AS u (e, i) WHERE i > lost
		UNION ALL
		SELECT file, line, domain, 0, 1, NULL, o FROM s WHERE rcodes IS NULL AND filled)
	SELECT file, line, row_number() OVER (PARTITION BY file, line ORDER BY place), domain, error, rcode, NULL, addrs FROM t;
	-- The control failed: nothing else is told of it.
	INSERT INTO satellite_trip
	SELECT file, line, CASE WHEN (doc -> 'response')::text ~ '^\s*\{\s*\}\s*$' THEN 0 ELSE 1000 END, 'control', 'not told', -1, NULL, NULL
	FROM satellite_pair WHERE p_format IN ('v2.0', 'v2.1') AND NOT control AND doc ->> 'passed_control' = 'false';

	-- Trips as the elements of an array: v2.2, and controls of v2.1.
	INSERT INTO satellite_trip
	SELECT file, line, i, lower(rtrim(v ->> 'url', '.')), v ->> 'error', (v ->> 'rcode')::int,
		raw.time_or_null(v ->> 'start_time'), v -> 'response'
	FROM satellite_pair, raw.elements(doc -> 'response') AS e (v, i)
	WHERE p_format <> 'v1' AND json_typeof(doc -> 'response') = 'array';

	-- The raw form: one line per trip, joined by measurement_id under the first line.
	INSERT INTO satellite_trip
	WITH t AS (
		SELECT l.file, min(l.line) OVER (PARTITION BY l.file, d ->> 'measurement_id') AS first, l.line, d
		FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x
		WHERE l.scan = p_scan AND l.fault IS NULL AND l.file NOT LIKE '%.json' AND p_format = 'v2.2-raw')
	SELECT file, first, row_number() OVER (PARTITION BY file, first ORDER BY line), lower(rtrim(d ->> 'domain', '.')),
		d ->> 'received_error', (d ->> 'received_rcode')::int, NULL,
		(SELECT json_object_agg(a ->> 'ip', json_build_object('http', a -> 'censys_http_body_hash',
			'cert', a -> 'censys_ip_cert', 'asnum', a -> 'asn', 'asname', a -> 'as_name')) FROM raw.elements(d -> 'answers') AS e (a, i))
	FROM t;
	INSERT INTO satellite_pair
	WITH t AS (
		SELECT l.file, min(l.line) OVER w AS first, l.line, d,
			first_value(lower(rtrim(d ->> 'domain', '.'))) OVER (w ORDER BY (d ->> 'domain_is_control')::boolean, l.line) AS domain
		FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x
		WHERE l.scan = p_scan AND l.fault IS NULL AND l.file NOT LIKE '%.json' AND p_format = 'v2.2-raw'
		WINDOW w AS (PARTITION BY l.file, d ->> 'measurement_id'))
	SELECT file, first, raw.addr_or_null(d ->> 'resolver_ip'), domain, d ->> 'resolver_is_trusted' = 'true',
		raw.time_or_null(d ->> 'start_time'), raw.time_or_null(d ->> 'end_time'), d
	FROM t WHERE line = first;

	CREATE TEMP TABLE satellite_answer ON COMMIT DROP AS
	SELECT t.file, t.line, t.trip, m.place, raw.addr_or_null(m.key) AS addr, m.value
	FROM satellite_trip t, LATERAL (
		SELECT key, value, place FROM raw.members(t.addrs) WHERE key NOT IN ('rcode', 'error')
		UNION ALL SELECT value #>> '{}', NULL, place FROM raw.elements(t.addrs)) m;
	CREATE INDEX ON satellite_trip (file, line);
	CREATE INDEX ON satellite_answer (file, line);
	ANALYZE satellite_pair;
	ANALYZE satellite_trip;
	ANALYZE satellite_answer;
END $$;
COMMENT ON FUNCTION raw.satellite_stage(uuid, text) IS 'Takes published lines apart into temporary tables: pairs, trips, answers';

CREATE FUNCTION raw.satellite_pairs(p_scan uuid, p_node int, p_stream int, p_profile smallint) RETURNS bigint
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stored bigint;
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	CREATE TEMP TABLE satellite_key ON COMMIT DROP AS
	SELECT p.file, p.line, p.resolver, p.domain, q.qtype, p.control, p.started, p.ended,
		coalesce(array_position(ARRAY['plain', 'v2.1', 'v2.2', 'waymark'], p.doc #>> '{waymark,profile}')::smallint, p_profile) AS profile,
		(row_number() OVER (PARTITION BY p.resolver, p.domain, q.qtype ORDER BY p.control DESC, p.file, p.line) - 1)::int AS repetition,
		row_number() OVER (ORDER BY p.file, p.line) - 1 AS item
	FROM satellite_pair p,
		-- The published forms have no type, and no profile but their own: our own lines say them.
		LATERAL (SELECT CASE WHEN p.doc #>> '{waymark,qtype}' ~ '^[0-9]{1,5}$' THEN (p.doc #>> '{waymark,qtype}')::int
				WHEN bool_and(family(a.addr) = 6) THEN 28 ELSE 1 END AS qtype
			FROM satellite_answer a WHERE a.file = p.file AND a.line = p.line) q
	WHERE p.resolver IS NOT NULL AND p.domain IS NOT NULL;
	CREATE UNIQUE INDEX ON satellite_key (file, line);

	INSERT INTO raw.dns_pair (started, node, stream, seq, item, scan, kind, state, profile, resolver, port, src, sport,
		domain, qtype, repetition, control, ended, options, subnet, detail, listen_ms, try_role, try_transport, try_outcome,
		try_error, try_text, try_rcode, try_sent_us, try_first, try_ttl, try_sport, answer_try, answer_at_us, answer_src,
		answer_ttl, answer_ip_id, answer_flags, answer_mark, answer_rcode, answer_ede, answer_signed, answer_wire,
		answers_lost, addr_answer, addr, addr_ttl, cname_answer, cname)
	WITH trip AS (
		SELECT t.*, (k.domain = t.url) AS test, raw.error_code(t.error) AS code,
			row_number() OVER (PARTITION BY t.file, t.line ORDER BY t.trip) AS n,
			bool_or(k.domain = t.url) OVER (PARTITION BY t.file, t.line ORDER BY t.trip) AS after,
			substring(t.error FROM '^read udp [^ ]*:([0-9]{1,5})->')::int AS port,
			raw.addr_or_null(btrim(substring(t.error FROM '^read udp ([^ ]*):[0-9]{1,5}->'), '[]')) AS src
		FROM satellite_trip t JOIN satellite_key k USING (file, line)),
	packet AS (
		SELECT file, line, trip, n, rcode, row_number() OVER (PARTITION BY file, line ORDER BY n) AS p
		FROM trip WHERE code = 0 AND rcode >= 0),
	tries AS (
		SELECT t.file, t.line, min(t.src::text)::inet AS src, min(t.url) FILTER (WHERE NOT test) AS control,
			array_agg((CASE WHEN test THEN 2 WHEN after THEN 3 ELSE 1 END)::smallint ORDER BY t.n) AS role,
			array_agg((CASE WHEN p.p IS NOT NULL THEN 1 WHEN code = 1 THEN 2 WHEN code = 0 OR t.error = 'no_answer' THEN 4
				ELSE 3 END)::smallint ORDER BY t.n) AS outcome,
			array_agg(code ORDER BY t.n) AS code, array_agg(nullif(t.error, 'null') ORDER BY t.n) AS text,
			array_agg(CASE WHEN p.p IS NOT NULL THEN t.rcode END::smallint ORDER BY t.n) AS rcode,
			array_agg((extract(epoch FROM t.sent - k.started) * 1000000)::int ORDER BY t.n) AS sent,
			array_agg(p.p::smallint ORDER BY t.n) AS first, array_agg(t.port ORDER BY t.n) AS sport,
			bool_or(p.p IS NOT NULL AND test) AS answered,
			(array_agg(code ORDER BY t.n DESC) FILTER (WHERE test))[1] AS last
		FROM trip t JOIN satellite_key k USING (file, line) LEFT JOIN packet p USING (file, line, n) GROUP BY 1, 2),
	packets AS (
		SELECT file, line, array_agg(n::smallint ORDER BY p) AS try, array_agg(rcode::smallint ORDER BY p) AS rcode, count(*)::int AS n
		FROM packet GROUP BY 1, 2),
	addrs AS (
		SELECT a.file, a.line, array_agg(p.p::smallint ORDER BY p.p, a.place) AS packet, array_agg(a.addr ORDER BY p.p, a.place) AS addr
		FROM satellite_answer a JOIN packet p USING (file, line, trip) WHERE a.addr IS NOT NULL GROUP BY 1, 2)
	SELECT coalesce(k.started, began), p_node, p_stream, 1, k.item, p_scan, 1,
		CASE WHEN coalesce(t.answered, false) THEN 1 WHEN t.last = 1 THEN 2 ELSE 3 END, k.profile, k.resolver, 53, t.src, 0,
		k.domain, k.qtype, k.repetition, t.control, k.ended, 1, NULL, NULL, 0, coalesce(t.role, '{}'),
		array_fill(0::smallint, ARRAY[coalesce(cardinality(t.role), 0)]), coalesce(t.outcome, '{}'), coalesce(t.code, '{}'),
		coalesce(t.text, '{}'), coalesce(t.rcode, '{}'), coalesce(t.sent, '{}'), coalesce(t.first, '{}'), NULL, t.sport,
		coalesce(p.try, '{}'), array_fill(NULL::int, ARRAY[coalesce(p.n, 0)]), array_fill(k.resolver, ARRAY[coalesce(p.n, 0)]),
		array_fill(NULL::smallint, ARRAY[coalesce(p.n, 0)]), array_fill(NULL::int, ARRAY[coalesce(p.n, 0)]),
		array_fill(NULL::int, ARRAY[coalesce(p.n, 0)]), array_fill(NULL::int, ARRAY[coalesce(p.n, 0)]), coalesce(p.rcode, '{}'),
		array_fill(NULL::int, ARRAY[coalesce(p.n, 0)]), array_fill(false, ARRAY[coalesce(p.n, 0)]),
		array_fill(NULL::bytea, ARRAY[coalesce(p.n, 0)]), 0, coalesce(a.packet, '{}'), coalesce(a.addr, '{}'),
		array_fill(NULL::bigint, ARRAY[coalesce(cardinality(a.addr), 0)]), '{}', '{}'
	FROM satellite_key k LEFT JOIN tries t USING (file, line) LEFT JOIN packets p USING (file, line) LEFT JOIN addrs a USING (file, line);
	GET DIAGNOSTICS stored = ROW_COUNT;
	RETURN stored;
END $$;
COMMENT ON FUNCTION raw.satellite_pairs(uuid, int, int, smallint) IS 'Puts what raw.satellite_stage took apart into raw.dns_pair; returns how many pairs';

CREATE FUNCTION raw.satellite_verdicts(p_scan uuid, p_format text) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO raw.satellite_told (scan, resolver, domain, qtype, repetition, passed_liveness, connect_error, in_control_group,
		anomaly, excluded, exclude_reason, average, matches, untagged_controls, untagged_response, passed, answers, matched)
	SELECT p_scan, k.resolver, k.domain, k.qtype, k.repetition, coalesce(d ->> 'passed_liveness', d ->> 'passed_control')::boolean,
		(d ->> 'connect_error')::boolean, (d ->> 'in_control_group')::boolean, (d ->> 'anomaly')::boolean,
		(d ->> 'excluded')::boolean,
		CASE json_typeof(d -> 'exclude_reason') WHEN 'array' THEN ARRAY(SELECT json_array_elements_text(d -> 'exclude_reason')) END,
		(d #>> '{confidence,average}')::double precision,
		CASE json_typeof(d #> '{confidence,matches}') WHEN 'array' THEN ARRAY(
			SELECT json_array_elements_text(d #> '{confidence,matches}')::double precision) END,
		(d #>> '{confidence,untagged_controls}')::boolean, (d #>> '{confidence,untagged_response}')::boolean,
		(d ->> 'passed')::boolean,
		ARRAY(SELECT a.addr FROM satellite_answer a WHERE a.file = k.file AND a.line = k.line AND a.addr IS NOT NULL
			ORDER BY a.trip, a.place),
		ARRAY(SELECT (SELECT string_agg(x, ',' ORDER BY i) FROM json_array_elements_text(CASE
				WHEN json_typeof(a.value) = 'array' THEN a.value
				WHEN json_typeof(a.value -> 'matched') = 'array' THEN a.value -> 'matched' ELSE '[]' END) WITH ORDINALITY AS e (x, i))
			FROM satellite_answer a WHERE a.file = k.file AND a.line = k.line AND a.addr IS NOT NULL ORDER BY a.trip, a.place)
	FROM satellite_key k JOIN satellite_pair p USING (file, line), LATERAL (SELECT p.doc AS d) x
	WHERE NOT k.control AND p_format <> 'v2.2-raw';

	INSERT INTO raw.satellite_tag (scan, domain, addr, http, cert, asnum, asname)
	SELECT p_scan, k.domain, a.addr, max(nullif(a.value ->> 'http', '')), max(nullif(a.value ->> 'cert', '')),
		max(nullif((a.value ->> 'asnum')::bigint, 0)), max(nullif(a.value ->> 'asname', ''))
	FROM satellite_answer a JOIN satellite_key k USING (file, line)
	WHERE json_typeof(a.value) = 'object' AND a.addr IS NOT NULL GROUP BY k.domain, a.addr
	UNION ALL
	SELECT p_scan, '', raw.addr_or_null(d ->> 'ip'), max(nullif(d ->> 'http', '')), max(nullif(d ->> 'cert', '')),
		max(nullif((d ->> 'asnum')::bigint, 0)), max(nullif(d ->> 'asname', ''))
	FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x
	WHERE l.scan = p_scan AND l.fault IS NULL AND l.file IN ('tagged_answers.json', 'tagged_responses.json')
		AND raw.addr_or_null(d ->> 'ip') IS NOT NULL
	GROUP BY 3;
END $$;
COMMENT ON FUNCTION raw.satellite_verdicts(uuid, text) IS 'Keeps the verdicts and the tags that the publication gives';

CREATE FUNCTION raw.satellite_pages(p_scan uuid, p_node int, p_stream int) RETURNS bigint
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stored bigint;
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	WITH page AS (
		SELECT l.file = 'control_pages.json' AS control, l.file, l.line, d ->> 'ip' AS ip, d ->> 'keyword' AS domain,
			d ->> 'start_time' AS first, d ->> 'end_time' AS last, d -> 'http' AS h, d -> 'https' AS s,
			(d ->> 'trusted_cert')::boolean AS trusted, (d ->> 'cert_hostname_match')::boolean AS name_match,
			NULL::text AS subject, NULL::text AS issuer, NULL::timestamptz AS not_before, NULL::timestamptz AS not_after, NULL::text[] AS names
		FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x
		WHERE l.scan = p_scan AND l.fault IS NULL AND l.file IN ('blockpages.json', 'control_pages.json')
		UNION ALL
		-- The raw form has the pages inside the answers, without bodies.
		SELECT DISTINCT ON (d ->> 'domain', a ->> 'ip') d ->> 'resolver_is_trusted' = 'true', l.file, l.line * 1000 + i::int, a ->> 'ip',
			d ->> 'domain', d ->> 'start_time', d ->> 'end_time',
			CASE WHEN a ->> 'http_error' IS NOT NULL THEN a -> 'http_error' WHEN a ->> 'http_response_status' IS NOT NULL THEN
				json_build_object('status_line', a -> 'http_response_status', 'headers', a -> 'http_response_headers') END,
			CASE WHEN a ->> 'https_error' IS NOT NULL THEN a -> 'https_error' WHEN a ->> 'https_response_status' IS NOT NULL THEN
				json_build_object('status_line', a -> 'https_response_status', 'headers', a -> 'https_response_headers',
				'TlsVersion', a -> 'https_tls_version', 'CipherSuite', a -> 'https_tls_cipher_suite', 'Certificate', a -> 'https_tls_cert') END,
			NULL, NULL, a ->> 'https_tls_cert_common_name', a ->> 'https_tls_cert_issuer',
			raw.time_or_null(regexp_replace(a ->> 'https_tls_cert_start_date', '$', 'Z')),
			raw.time_or_null(regexp_replace(a ->> 'https_tls_cert_end_date', '$', 'Z')),
			CASE WHEN json_typeof(a -> 'https_tls_cert_alternative_names') = 'array' THEN
				ARRAY(SELECT json_array_elements_text(a -> 'https_tls_cert_alternative_names')) END
		FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x, raw.elements(d -> 'answers') AS e (a, i)
		WHERE l.scan = p_scan AND l.fault IS NULL AND l.file NOT LIKE '%.json'
			AND coalesce(a ->> 'http_error', a ->> 'http_response_status', a ->> 'https_error', a ->> 'https_response_status') IS NOT NULL),
	reply AS (
		SELECT p.*, raw.addr_or_null(ip) AS addr, ht.*, st.*,
			ARRAY(SELECT raw.base64_or_null(v #>> '{}') FROM (
				SELECT v, i FROM raw.elements(s -> 'Certificate') AS e (v, i)
				UNION ALL SELECT s -> 'Certificate', 1 WHERE json_typeof(s -> 'Certificate') = 'string') c ORDER BY i) AS chain
		FROM page p,
			LATERAL (SELECT CASE json_typeof(h) WHEN 'object' THEN 1 WHEN 'string' THEN CASE WHEN h #>> '{}' ~ 'timeout|deadline exceeded'
					THEN 3 ELSE 2 END ELSE 0 END AS h_state, CASE json_typeof(h) WHEN 'string' THEN h #>> '{}' END AS h_error,
				CASE json_typeof(h) WHEN 'object' THEN convert_to(h ->> 'body', 'UTF8') END AS h_body) ht,
			LATERAL (SELECT CASE json_typeof(s) WHEN 'object' THEN 1 WHEN 'string' THEN CASE WHEN s #>> '{}' ~ 'timeout|deadline exceeded'
					THEN 3 ELSE 2 END ELSE 0 END AS s_state, CASE json_typeof(s) WHEN 'string' THEN s #>> '{}' END AS s_error,
				CASE json_typeof(s) WHEN 'object' THEN convert_to(s ->> 'body', 'UTF8') END AS s_body) st)
	INSERT INTO raw.page (started, node, stream, seq, item, ended, scan, addr, domain, role,
		http_state, http_error, http_us, http_status, http_status_line, http_headers, http_body, http_bytes, http_sha256, http_cut,
		https_state, https_error, https_us, https_status, https_status_line, https_headers, https_body, https_bytes, https_sha256, https_cut,
		tls_version, tls_cipher, chain, trusted, name_match, verify, tls_error, subject, issuer, not_before, not_after, names)
	SELECT coalesce(raw.time_or_null(first), began), p_node, p_stream, 1, row_number() OVER (ORDER BY file, line) - 1,
		coalesce(raw.time_or_null(last), raw.time_or_null(first), began), p_scan, addr, lower(rtrim(domain, '.')), CASE WHEN control THEN 2 ELSE 1 END,
		h_state, h_error, NULL, substring(h ->> 'status_line' FROM '[0-9]{3}')::int, h ->> 'status_line', raw.header_lines(h -> 'headers'),
		h_body, length(h_body), sha256(h_body), false,
		s_state, s_error, NULL, substring(s ->> 'status_line' FROM '[0-9]{3}')::int, s ->> 'status_line', raw.header_lines(s -> 'headers'),
		s_body, length(s_body), sha256(s_body), false,
		(s ->> 'TlsVersion')::int, (s ->> 'CipherSuite')::int, CASE WHEN cardinality(chain) > 0 AND array_position(chain, NULL) IS NULL THEN chain END,
		trusted, name_match, NULL, NULL, subject, issuer, not_before, not_after, names
	FROM (SELECT addr, domain, control, file, line, first, last, trusted, name_match, subject, issuer, not_before, not_after, names, chain,
			h_state, h_error, h_body, s_state, s_error, s_body,
			CASE json_typeof(h) WHEN 'object' THEN h END AS h, CASE json_typeof(s) WHEN 'object' THEN s END AS s
		FROM reply WHERE addr IS NOT NULL AND domain IS NOT NULL) r;
	GET DIAGNOSTICS stored = ROW_COUNT;
	RETURN stored;
END $$;
COMMENT ON FUNCTION raw.satellite_pages(uuid, int, int) IS 'Puts published pages into raw.page; returns how many';

-- SQL does not read certificates: the importer does, and puts here what they say. Whether one was trusted, or
-- for the domain, is a verdict of then: the publication tells it, or nobody.
CREATE FUNCTION raw.satellite_leaves(p_node int, p_stream int, p_leaves text) RETURNS void
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE raw.page p SET subject = coalesce(p.subject, d ->> 'subject'), issuer = coalesce(p.issuer, d ->> 'issuer'),
		not_before = coalesce(p.not_before, (d ->> 'not_before')::timestamptz),
		not_after = coalesce(p.not_after, (d ->> 'not_after')::timestamptz), names = coalesce(p.names, ARRAY(SELECT json_array_elements_text(d -> 'names')))
	FROM json_array_elements(replace(p_leaves, '\u0000', '\ufffd')::json) d
	WHERE p.node = p_node AND p.stream = p_stream AND p.seq = 1 AND p.item = (d ->> 'item')::int
		AND EXISTS (SELECT FROM registry.node n WHERE n.id = p_node AND n.role = 'import')
$$;
COMMENT ON FUNCTION raw.satellite_leaves(int, int, text) IS 'Puts what certificates say beside published pages, where the publication does not say it itself';

CREATE FUNCTION raw.satellite_resolvers(p_scan uuid, p_node int, p_stream int) RETURNS bigint
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stored bigint;
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	WITH told AS (
		SELECT raw.addr_or_null(coalesce(d ->> 'vp', d ->> 'resolver', d ->> 'saddr')) AS addr, d ->> 'name' AS name,
			coalesce(d #>> '{location,country_code}', (SELECT c.iso2 FROM ref.country c WHERE c.name = d ->> 'country')) AS country,
			coalesce(d #>> '{location,country_name}', d ->> 'country') AS country_name, d ->> 'data' AS data,
			ARRAY(SELECT json_array_elements_text(CASE json_typeof(d -> 'names') WHEN 'array' THEN d -> 'names' ELSE '[]' END)) AS names
		FROM raw.satellite_line l, LATERAL (SELECT l.doc::json AS d) x
		WHERE l.scan = p_scan AND l.fault IS NULL AND l.file IN ('resolvers.json', 'tagged_resolvers.json', 'resolvers_raw.json',
			'resolvers_ptr.json', 'resolvers_ip.json')
		UNION ALL
		SELECT p.resolver, CASE WHEN p.control THEN 'control' ELSE p.doc ->> 'resolver_name' END,
			coalesce(p.doc ->> 'resolver_country', p.doc #>> '{location,country_code}'), p.doc #>> '{location,country_name}', NULL, '{}'
		FROM satellite_pair p),
	one AS (
		SELECT addr, max(CASE WHEN name IN ('control', 'special') THEN name END) AS role,
			array_agg(DISTINCT x) FILTER (WHERE x NOT IN ('', 'control', 'special')) AS names,
			max(nullif(country, '')) AS country, max(nullif(country_name, '')) AS country_name, max(data) AS data
		FROM told LEFT JOIN LATERAL unnest(names || name) x ON true WHERE addr IS NOT NULL GROUP BY addr)
	INSERT INTO raw.resolver (started, node, stream, seq, item, ended, scan, addr, role, state, payload, answered_from, names, name_mark,
		infrastructure, class, egress, nxdomain, nx_addr, round_ms, round_rtt_us, round_outcome, round_rcode, told_country, told_country_name)
	SELECT began, p_node, p_stream, 1, row_number() OVER (ORDER BY addr) - 1, began, p_scan, addr,
		CASE role WHEN 'control' THEN 2 WHEN 'special' THEN 3 ELSE 1 END, 1,
		CASE WHEN data ~ '^([0-9a-fA-F]{2})*$' THEN decode(data, 'hex') END, '{}', coalesce(names, '{}'),
		array_fill(0::smallint, ARRAY[coalesce(cardinality(names), 0)]), false, 0, '{}', 0, '{}', '{}', '{}', '{}', '{}',
		country, country_name
	FROM one;
	GET DIAGNOSTICS stored = ROW_COUNT;
	RETURN stored;
END $$;
COMMENT ON FUNCTION raw.satellite_resolvers(uuid, int, int) IS 'Puts published resolvers into raw.resolver; returns how many';

-- The whole: lines that are no JSON object are marked, the format is found by what the files hold.
CREATE FUNCTION raw.satellite_read(p_scan uuid, p_node int, p_stream int,
	OUT format text, OUT lines bigint, OUT faults bigint, OUT pairs bigint, OUT pages bigint, OUT resolvers bigint)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	UPDATE raw.satellite_line SET fault = 'no JSON object'
	WHERE scan = p_scan AND coalesce(json_typeof(raw.json_or_null(doc)), '') <> 'object';
	-- What a line of its kind cannot do without.
	UPDATE raw.satellite_line l SET fault = 'lacks a member that lines of its kind have'
	WHERE scan = p_scan AND fault IS NULL AND CASE
		WHEN file IN ('results.json', 'results_verified.json', 'responses_control.json') THEN
			raw.addr_or_null(doc::json ->> 'vp') IS NULL OR doc::json ->> 'test_url' IS NULL
			OR coalesce(json_typeof(doc::json -> 'response'), '') NOT IN ('array', 'object')
			OR EXISTS (SELECT FROM raw.elements(doc::json -> 'response') e WHERE e.value ->> 'url' IS NULL OR e.value ->> 'rcode' !~ '^-?[0-9]{1,4}$')
		WHEN file IN ('interference.json', 'interference_err.json', 'answers_control.json', 'answers_err.json') THEN
			raw.addr_or_null(coalesce(doc::json ->> 'resolver', doc::json ->> 'ip')) IS NULL OR doc::json ->> 'query' IS NULL
		WHEN file NOT LIKE '%.json' THEN raw.addr_or_null(doc::json ->> 'resolver_ip') IS NULL OR doc::json ->> 'domain' IS NULL
			OR doc::json ->> 'measurement_id' IS NULL OR coalesce(doc::json ->> 'received_rcode', '') !~ '^-?[0-9]{1,4}$'
		ELSE false END;
	IF extract(epoch FROM began) <= 0 THEN -- the name has no date
		began := coalesce((SELECT min(raw.time_or_null(doc::json ->> 'start_time')) FROM raw.satellite_line l
			WHERE scan = p_scan AND fault IS NULL), began);
		UPDATE raw.scan SET started = began WHERE id = p_scan;
	END IF;
	SELECT count(*), count(*) FILTER (WHERE fault IS NOT NULL) INTO lines, faults FROM raw.satellite_line WHERE scan = p_scan;
	SELECT CASE
		WHEN bool_or(file NOT LIKE '%.json') THEN 'v2.2-raw'
		WHEN bool_or(file IN ('interference.json', 'interference_err.json', 'answers_control.json', 'answers_err.json', 'tagged_answers.json')) THEN 'v1'
		WHEN bool_or(file IN ('results.json', 'results_verified.json') AND doc::json ->> 'passed_liveness' IS NOT NULL) THEN 'v2.2'
		WHEN bool_or(file IN ('results.json', 'results_verified.json', 'responses_control.json', 'tagged_responses.json')) THEN
			CASE WHEN extract(epoch FROM began) > 0 AND began < '2021-04-14' THEN 'v2.0' ELSE 'v2.1' END
		WHEN bool_or(file = 'resolvers.json' AND doc::json ->> 'vp' IS NULL) THEN 'v1'
		ELSE 'v2.2' END INTO format
	FROM raw.satellite_line WHERE scan = p_scan AND fault IS NULL;
	IF lines > faults THEN
		UPDATE raw.scan s SET format = satellite_read.format WHERE id = p_scan;
		PERFORM raw.satellite_stage(p_scan, format);
		UPDATE raw.scan SET started = t.first, ended = t.last,
			control = (SELECT c.url FROM satellite_trip c JOIN satellite_pair p USING (file, line)
				WHERE c.url NOT IN (p.domain, 'control') LIMIT 1)
		FROM (SELECT coalesce(min(p.started), began) AS first, max(p.ended) AS last FROM satellite_pair p) t WHERE id = p_scan;
		pairs := raw.satellite_pairs(p_scan, p_node, p_stream, CASE format WHEN 'v1' THEN 1 WHEN 'v2.0' THEN 2 WHEN 'v2.1' THEN 2 ELSE 3 END::smallint);
		PERFORM raw.satellite_verdicts(p_scan, format);
		pages := raw.satellite_pages(p_scan, p_node, p_stream);
		resolvers := raw.satellite_resolvers(p_scan, p_node, p_stream);
		DROP TABLE satellite_pair, satellite_trip, satellite_answer, satellite_key;
	END IF;
END $$;
COMMENT ON FUNCTION raw.satellite_read(uuid, int, int) IS 'Reads the lines of a published scan into the tables of ours; returns the format and how many of what';

REVOKE ALL ON FUNCTION registry.import_scan, raw.satellite_stage, raw.satellite_pairs, raw.satellite_verdicts, raw.satellite_pages,
	raw.satellite_leaves, raw.satellite_resolvers, raw.satellite_read FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.import_scan, raw.satellite_leaves, raw.satellite_read TO waymark_store;
