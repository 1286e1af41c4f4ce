-- SPDX-License-Identifier: Apache-2.0
-- A scan by its id, its number or its name (the latest of that name).
SELECT id, serial, name, format, started, control FROM raw.scan
WHERE id::text = $1 OR serial::text = $1 OR name = $1 ORDER BY (id::text = $1) DESC, (serial::text = $1) DESC, serial DESC LIMIT 1
