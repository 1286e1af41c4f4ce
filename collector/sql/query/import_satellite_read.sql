-- SPDX-License-Identifier: Apache-2.0
-- $1 scan, $2 node, $3 stream.
SELECT r.format, r.faults, coalesce(r.pairs, 0), coalesce(r.pages, 0), coalesce(r.resolvers, 0),
	(SELECT serial FROM raw.scan WHERE id = $1)
FROM raw.satellite_read_whole($1, $2, $3) r
