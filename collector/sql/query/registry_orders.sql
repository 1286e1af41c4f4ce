-- SPDX-License-Identifier: Apache-2.0
-- Orders to hand out. A SignedOrder carries its operator's key as field 2 (tag 0x12, length 0x20).
SELECT o.node, o.serial, o.expires, o.signed
FROM registry.orders AS o
WHERE o.expires > now() AND o.withdrawn_by IS NULL AND NOT EXISTS (
	SELECT FROM registry.operator_key AS k
	WHERE k.revoked <= now() AND position('\x1220'::bytea || k.sign IN o.signed) > 0
)
ORDER BY o.node, o.serial
LIMIT 20000
