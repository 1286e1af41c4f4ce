-- SPDX-License-Identifier: Apache-2.0
UPDATE raw.scan SET ended = now() WHERE ended IS NULL
	AND id = (SELECT id FROM raw.scan WHERE id::text = $1 OR serial::text = $1 OR name = $1
		ORDER BY (id::text = $1) DESC, (serial::text = $1) DESC, serial DESC LIMIT 1)
