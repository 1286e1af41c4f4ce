-- SPDX-License-Identifier: Apache-2.0
-- Interest groups and whether they can see the app's path and the direct one of run $1.
SELECT g.title, bool_or(c.path <> 'network'), bool_or(c.path = 'network')
FROM ref.interest_group AS g
JOIN ref.group_member AS m ON m.name = g.name
JOIN v1.run AS r ON r.run = $1
JOIN v1.path_country AS c ON c.run = r.run AND c.iso2 = m.iso2
WHERE r.planned::date >= m.valid_from AND r.planned::date < m.valid_to AND g.name <> '5eyes-slide'
GROUP BY g.title, g.place ORDER BY g.place
