-- SPDX-License-Identifier: Apache-2.0
--
-- blockpages.json and control_pages.json: $1 scan, $2 domain, $3 true for the pages of controls, which are a clean node's where there is
-- one.
SELECT json_build_object('ip', host(p.addr), 'keyword', p.domain,
	'http', CASE WHEN p.http_state = 1 THEN json_build_object('status_line', coalesce(v1.status_of(p.http_status_line), ''), 'headers', v1.headers_of(p.http_headers),
			'body', coalesce(v1.text_of(p.http_body), '')) ELSE to_json(coalesce(p.http_error, 'not asked')) END,
	'https', CASE WHEN p.https_state <> 1 THEN to_json(coalesce(p.https_error, 'not asked'))
		WHEN p.chain IS NULL THEN json_build_object('status_line', coalesce(v1.status_of(p.https_status_line), ''), 'headers', v1.headers_of(p.https_headers),
			'body', coalesce(v1.text_of(p.https_body), ''))
		ELSE json_build_object('status_line', coalesce(v1.status_of(p.https_status_line), ''), 'headers', v1.headers_of(p.https_headers),
			'body', coalesce(v1.text_of(p.https_body), ''), 'TlsVersion', coalesce(p.tls_version, 0), 'CipherSuite', coalesce(p.tls_cipher, 0),
			'Certificate', (SELECT json_agg(translate(encode(c, 'base64'), E'\n', '') ORDER BY i) FROM unnest(p.chain) WITH ORDINALITY AS u (c, i))) END,
	'fetched', p.http_state = 1 OR p.https_state = 1, 'start_time', v1.go_time(p.started), 'end_time', v1.go_time(p.ended),
	'trusted_cert', CASE WHEN p.chain IS NOT NULL THEN p.trusted END, 'cert_hostname_match', CASE WHEN p.chain IS NOT NULL THEN p.name_match END)
FROM judge.dns_pages_that_count($1) AS p WHERE p.domain = $2 AND (p.role = 2) = $3 ORDER BY p.addr, p.node, p.seq, p.item
