-- SPDX-License-Identifier: Apache-2.0
SELECT id, addr::text, port, run, app, decision, reason, made_by, to_char(made, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	to_char(withdrawn, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM judge.server_override ORDER BY id
