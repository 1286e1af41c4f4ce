-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.operator_key SET revoked = now() WHERE name = $1 AND revoked IS NULL
