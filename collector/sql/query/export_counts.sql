-- SPDX-License-Identifier: Apache-2.0
-- Pairs of a scan that go out, and those that the published form has no place for.
SELECT count(*) FILTER (WHERE kind = 1 AND state IN (1, 2, 3)), count(*) FILTER (WHERE kind <> 1 OR state NOT IN (1, 2, 3))
FROM raw.dns_pair WHERE scan = $1
