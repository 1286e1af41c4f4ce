-- SPDX-License-Identifier: Apache-2.0
--
-- resolvers_err.json: who answered the probe rightly and whose PTR question gave no name. Of what is in
-- the error only that it is an object is documented; here it is as Go writes that of a look-up.
SELECT json_build_object('resolver', host(addr), 'error', json_build_object(
	'Err', CASE ptr_rcode WHEN 0 THEN 'no such host' WHEN 3 THEN 'no such host' ELSE 'server misbehaving' END, 'Name', host(addr), 'IsTimeout', false))
FROM raw.resolver WHERE scan = $1 AND state = 1 AND names = '{}' AND ptr_rcode IS NOT NULL ORDER BY addr, node, seq, item
