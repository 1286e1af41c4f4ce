-- SPDX-License-Identifier: Apache-2.0
-- One line per address; where it served several pages, the tags of one.
SELECT json_build_object('asname', max(t.asname), 'asnum', max(t.asnum), 'cert', max(t.cert), 'http', max(t.http), 'ip', host(t.addr))
FROM judge.dns_tag AS t WHERE t.scan = $1 AND num_nonnulls(t.http, t.cert, t.asnum, t.asname) > 0 GROUP BY t.addr ORDER BY t.addr
