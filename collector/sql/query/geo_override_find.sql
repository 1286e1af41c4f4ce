-- SPDX-License-Identifier: Apache-2.0
SELECT prefix::text, country, reason, made_by, to_char(made, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), id
FROM judge.override WHERE withdrawn IS NULL AND prefix >>= $1::inet ORDER BY masklen(prefix) DESC, made DESC
