-- SPDX-License-Identifier: Apache-2.0
-- Control resolvers that this scan found usable, or else those of its list.
WITH c AS (SELECT addr, bool_or(state = 1) AS usable FROM raw.resolver WHERE scan = $1 AND role = 2 GROUP BY addr)
SELECT addr FROM c WHERE usable OR NOT EXISTS (SELECT FROM c WHERE usable) ORDER BY addr
