-- SPDX-License-Identifier: Apache-2.0
-- One of that name is replaced.
WITH old AS (DELETE FROM ref.signature_set WHERE name = $1 RETURNING id)
INSERT INTO ref.signature_set (name, licence, digest)
SELECT $1 || CASE WHEN EXISTS (SELECT FROM old) THEN ' (new)' ELSE '' END, $2, sha256($3) RETURNING id
