-- SPDX-License-Identifier: Apache-2.0
SELECT json_build_object('saddr', host(addr), 'data', encode(payload, 'hex')) FROM raw.resolver WHERE scan = $1 AND payload IS NOT NULL ORDER BY addr, node, seq, item
