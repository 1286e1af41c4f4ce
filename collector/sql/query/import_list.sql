-- SPDX-License-Identifier: Apache-2.0
SELECT i.name, i.measured::text, count(p.a), count(DISTINCT (p.a, p.b)), to_char(i.imported, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM judge.import AS i LEFT JOIN judge.import_pair AS p ON p.import = i.id GROUP BY i.id ORDER BY i.id
