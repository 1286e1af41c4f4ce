-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.node SET revoked = now() WHERE name = $1 AND revoked IS NULL
