-- SPDX-License-Identifier: Apache-2.0
-- Measured and imported runs, by id or number.
SELECT run::text, serial, app FROM v1.run WHERE run::text = $1 OR serial::text = $1
UNION ALL SELECT run::text, serial, app FROM v1.import_run WHERE run::text = $1 OR serial::text = $1
