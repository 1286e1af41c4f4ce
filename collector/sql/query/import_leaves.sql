-- SPDX-License-Identifier: Apache-2.0
-- Certificates of the imported pages of node $1 and stream $2, a handful after item $3.
SELECT item, domain, chain[1] FROM raw.page
WHERE node = $1 AND stream = $2 AND seq = 1 AND item > $3 AND chain IS NOT NULL ORDER BY item LIMIT 1000
