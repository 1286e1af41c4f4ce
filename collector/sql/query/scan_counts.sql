-- SPDX-License-Identifier: Apache-2.0
-- What has come of a scan, by kind and state.
SELECT 'resolver', CASE state WHEN 1 THEN 'usable' WHEN 2 THEN 'wrong' WHEN 3 THEN 'silent' WHEN 4 THEN 'refused' WHEN 5 THEN 'not_asked' ELSE 'unknown' END, count(*)
FROM raw.resolver WHERE scan = $1::text::uuid GROUP BY state
UNION ALL
SELECT 'pair', CASE state WHEN 1 THEN 'answered' WHEN 2 THEN 'timeout' WHEN 3 THEN 'error' WHEN 4 THEN 'refused' WHEN 5 THEN 'not_asked' ELSE 'unknown' END, count(*)
FROM raw.dns_pair AS p WHERE scan = $1::text::uuid
	AND NOT EXISTS (SELECT FROM judge.dns_again AS g WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item)
GROUP BY state
UNION ALL
SELECT 'page', CASE WHEN 1 IN (http_state, https_state) THEN 'answered' WHEN 4 IN (http_state, https_state) THEN 'refused'
	WHEN 3 IN (http_state, https_state) THEN 'timeout' WHEN 2 IN (http_state, https_state) THEN 'failed' ELSE 'not_asked' END, count(*)
FROM raw.page WHERE scan = $1::text::uuid GROUP BY 2
ORDER BY 1, 2
