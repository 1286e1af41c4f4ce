-- SPDX-License-Identifier: Apache-2.0
COPY raw.page (
	started, node, stream, seq, item, ended, scan, addr, domain, role, http_state, http_error,
	http_us, http_status, http_status_line, http_headers, http_body, http_bytes, http_sha256,
	http_cut, https_state, https_error, https_us, https_status, https_status_line, https_headers,
	https_body, https_bytes, https_sha256, https_cut, tls_version, tls_cipher, chain, trusted,
	name_match, verify, tls_error, subject, issuer, not_before, not_after, names
) FROM STDIN (FORMAT binary)
