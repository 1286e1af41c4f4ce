-- SPDX-License-Identifier: Apache-2.0
SELECT s.id, s.serial, s.name, s.origin, s.format, to_char(s.started, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	to_char(s.ended, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), s.control,
	(SELECT count(*) FROM registry.orders o WHERE o.scan = s.id)
FROM raw.scan s ORDER BY s.serial
