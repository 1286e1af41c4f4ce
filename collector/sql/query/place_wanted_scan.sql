-- SPDX-License-Identifier: Apache-2.0
SELECT a.addr FROM judge.dns_addresses($1) AS a (addr)
WHERE a.addr IS NOT NULL AND NOT EXISTS (SELECT FROM judge.place AS p WHERE p.geo = $2 AND p.addr = a.addr)
