-- SPDX-License-Identifier: Apache-2.0
SELECT path, string_agg(DISTINCT iso2, ' ' ORDER BY iso2) FROM v1.path_country WHERE run = $1 GROUP BY path
