-- SPDX-License-Identifier: Apache-2.0
-- The same table again comes into force again.
INSERT INTO judge.geo_table (name, version, digest, ranges, path) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name, version) DO UPDATE SET loaded = clock_timestamp(), path = EXCLUDED.path
	WHERE judge.geo_table.digest = EXCLUDED.digest
