-- SPDX-License-Identifier: Apache-2.0
-- $1 streams, $2 where each cursor must stand, $3 where it goes. Fewer rows changed than streams
-- given: somebody else moved one, or this very transaction was committed before.
UPDATE raw.stream AS s
SET last_seq = v.last
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS v (id, was, last)
WHERE s.id = v.id AND s.last_seq = v.was
