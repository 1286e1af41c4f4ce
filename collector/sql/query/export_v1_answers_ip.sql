-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('answer', host(addr)) FROM (SELECT DISTINCT unnest(answers) AS addr FROM judge.dns_satellite WHERE scan = $1) AS a ORDER BY addr
