-- SPDX-License-Identifier: Apache-2.0
SELECT s.name, count(g.id) FILTER (WHERE g.kind = 'blockpage'), count(g.id) FILTER (WHERE g.kind = 'false_positive'),
	count(g.id) FILTER (WHERE g.kind = 'address'), s.licence, s.loaded
FROM ref.signature_set AS s LEFT JOIN ref.signature AS g ON g.set = s.id GROUP BY s.id ORDER BY s.id
