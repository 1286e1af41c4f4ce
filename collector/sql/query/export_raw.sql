-- SPDX-License-Identifier: Apache-2.0
--
-- v2.2-raw: $1 scan, $2 resolver; one line per round trip. What is ours stands under waymark.
WITH asked AS MATERIALIZED ( -- once, not once a pair
	SELECT node, stream, seq, item, packet FROM judge.dns_asked WHERE scan = $1 AND resolver = $2),
about AS (
	SELECT c.trusted, CASE WHEN c.trusted THEN 'control' WHEN r.role = 3 THEN 'special' ELSE rtrim(r.names[1], '.') || '.' END AS name,
		l.asn, l.as_name, coalesce(r.told_country, l.country)::text AS country
	FROM (SELECT $2::inet IN (SELECT judge.dns_controls($1)) AS trusted) AS c
	LEFT JOIN (SELECT * FROM raw.resolver WHERE scan = $1 AND addr = $2 ORDER BY state = 5, role DESC, started DESC LIMIT 1) AS r ON true
	LEFT JOIN judge.location AS l ON l.addr = $2),
trip AS (
	SELECT p.*, i, a.packet AS counts, p.try_role[i] = 2 AS test, x.has, s.name AS source,
		row_number() OVER (PARTITION BY p.node, p.domain, p.qtype, p.repetition, p.try_role[i] = 2 ORDER BY i) - 1 AS retry
	FROM raw.dns_pair AS p JOIN asked AS a USING (node, stream, seq, item)
	JOIN raw.scan AS s ON s.id = p.scan
	CROSS JOIN generate_subscripts(p.try_role, 1) AS i
	CROSS JOIN LATERAL (SELECT p.try_role[i] = 2 AND p.try_first[i] IS NOT DISTINCT FROM a.packet AND a.packet IS NOT NULL AS has,
		coalesce(p.try_first[i] = ANY (p.addr_answer), false) AS some) AS x
	WHERE p.scan = $1 AND p.resolver = $2 AND p.try_outcome[i] <> 5 AND p.qtype NOT IN (43, 48) AND (x.has OR NOT x.some))
SELECT json_build_object('domain', CASE WHEN t.test THEN t.domain ELSE coalesce(t.control, 'a.root-servers.net') END, 'domain_is_control', NOT t.test,
	'date', to_char(t.started AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'start_time', v1.iso_time(t.started), 'end_time', v1.iso_time(coalesce(t.ended, t.started)),
	'retry', CASE WHEN t.test THEN t.retry END, 'resolver_ip', host(t.resolver), 'resolver_name', b.name, 'resolver_is_trusted', b.trusted,
	'resolver_netblock', NULL, 'resolver_asn', b.asn, 'resolver_as_name', b.as_name, 'resolver_as_full_name', NULL, 'resolver_as_class', NULL,
	'resolver_country', b.country, 'resolver_organization', NULL,
	'received_error', v1.error_text(CASE WHEN t.try_outcome[i] = 4 THEN nullif(t.try_error[i], 9) ELSE t.try_error[i] END, t.try_text[i], t.try_transport[i], t.src, coalesce(t.try_sport[i], t.sport), t.resolver, t.port),
	'received_rcode', CASE WHEN t.try_outcome[i] = 1 THEN coalesce(t.try_rcode[i], -1) ELSE -1 END,
	'answers', CASE WHEN t.has THEN (SELECT coalesce(json_agg(json_build_object('ip', host(u.addr), 'asn', g.asnum, 'as_name', g.asname, 'ip_organization', NULL,
			'censys_http_body_hash', g.http, 'censys_ip_cert', g.cert, 'http_error', w.http_error, 'http_response_status', v1.status_of(w.http_status_line),
			'http_response_headers', v1.header_list(w.http_headers), 'http_response_body', NULL, 'https_error', w.https_error, 'https_tls_version', w.tls_version,
			'https_tls_cipher_suite', w.tls_cipher, 'https_tls_cert', translate(encode(w.chain[1], 'base64'), E'\n', ''), 'https_tls_cert_common_name', w.subject,
			'https_tls_cert_issuer', w.issuer, 'https_tls_cert_start_date', to_char(w.not_before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
			'https_tls_cert_end_date', to_char(w.not_after AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'),
			'https_tls_cert_alternative_names', coalesce(to_json(w.names), '[]'), 'https_response_status', v1.status_of(w.https_status_line),
			'https_response_headers', v1.header_list(w.https_headers), 'https_response_body', NULL) ORDER BY u.i), '[]')
		FROM (SELECT a.addr, min(j) AS i FROM unnest(t.addr, t.addr_answer) WITH ORDINALITY AS a (addr, packet, j) WHERE a.packet = t.counts GROUP BY 1) AS u
		LEFT JOIN judge.dns_tag AS g ON g.scan = $1 AND g.domain = t.domain AND g.addr = u.addr
		LEFT JOIN LATERAL (SELECT * FROM judge.dns_pages_that_count($1) AS p WHERE p.domain = t.domain AND p.addr = u.addr ORDER BY p.started LIMIT 1) AS w ON true)
		ELSE '[]' END,
	'measurement_id', md5(concat_ws(' ', t.scan, t.node, t.resolver, t.domain, t.qtype, t.repetition)), 'source', $3::text,
	'waymark', json_build_object('qtype', t.qtype, 'repetition', t.repetition, 'node', n.name, 'transport', (ARRAY['udp', 'tcp', 'tls', 'https'])[nullif(t.try_transport[i], 0)]))
FROM trip AS t CROSS JOIN about AS b JOIN registry.node AS n ON n.id = t.node ORDER BY t.domain, t.qtype, t.node, t.repetition, t.i
