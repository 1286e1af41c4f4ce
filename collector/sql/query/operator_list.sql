-- SPDX-License-Identifier: Apache-2.0
SELECT name, encode(sign, 'hex'), to_char(added, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	to_char(revoked, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM registry.operator_key ORDER BY name, added
