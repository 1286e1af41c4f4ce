-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('resolver', host(resolver), 'non_zero_rcode', to_char(non_zero_rcode::numeric / domains, 'FM0.0000'),
	'private_ip', to_char(private_ip::numeric / domains, 'FM0.0000'), 'zero_ip', to_char(zero_ip::numeric / domains, 'FM0.0000'),
	'connect_error', to_char(connect_error::numeric / domains, 'FM0.0000'), 'invalid_cert', to_char(invalid_cert::numeric / domains, 'FM0.0000'))
FROM v1.dns_resolver WHERE scan = $1 AND domains > 0 ORDER BY resolver
