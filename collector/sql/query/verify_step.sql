-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/step.sql, in its order.
SELECT
	begun, ended, node, stream, seq, item, run, side, name, outcome, detail
FROM raw.step WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
