-- SPDX-License-Identifier: Apache-2.0
-- resolvers_ip.json: who answered the probe rightly, with the answer on the wire.
SELECT addr, payload FROM raw.resolver WHERE scan = $1 AND state = 1 AND payload IS NOT NULL ORDER BY addr, node, seq, item
