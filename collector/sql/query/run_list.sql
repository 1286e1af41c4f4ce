-- SPDX-License-Identifier: Apache-2.0
SELECT run, serial, app, a, b, to_char(planned, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), extract(epoch FROM length), sent, received, flows, traces, done, failed, kind, idle
FROM v1.run ORDER BY serial
