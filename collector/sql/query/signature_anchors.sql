-- SPDX-License-Identifier: Apache-2.0
SELECT format('%s IN DS %s %s %s %s', CASE zone WHEN '.' THEN '.' ELSE zone || '.' END, tag, algorithm, digest_type, encode(digest, 'hex'))
FROM judge.dns_anchors($1)
