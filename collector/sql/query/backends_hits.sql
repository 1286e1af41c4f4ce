-- SPDX-License-Identifier: Apache-2.0
-- Messages beside bursts, of a whole run.
SELECT side, CASE proto WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' ELSE proto::text END, host(addr), port, message,
	CASE side WHEN from_side THEN 'sent' ELSE 'received' END, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
	to_char(burst, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), round(extract(epoch FROM burst - at), 3), both_sides
FROM v1.server_hit WHERE run = $1::uuid ORDER BY at, message
