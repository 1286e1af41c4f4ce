-- SPDX-License-Identifier: Apache-2.0
SELECT node, stream, seq, item, reply, coalesce(status_line, ''), coalesce(headers, ''), coalesce(body, '')
FROM judge.page_unmatched WHERE scan = $1 LIMIT 200
