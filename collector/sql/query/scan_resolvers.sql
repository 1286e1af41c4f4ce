-- SPDX-License-Identifier: Apache-2.0
-- Resolvers that discovery found usable in a scan; with $2 only those that are infrastructure, control resolvers in any case.
SELECT addr FROM raw.resolver WHERE scan = $1::text::uuid AND state = 1 AND (NOT $2::boolean OR infrastructure OR role = 2)
GROUP BY addr ORDER BY bool_or(role = 2) DESC, addr
