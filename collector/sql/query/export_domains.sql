-- SPDX-License-Identifier: Apache-2.0
SELECT DISTINCT domain FROM raw.page WHERE scan = $1 ORDER BY 1
