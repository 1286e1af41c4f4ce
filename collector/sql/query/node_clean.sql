-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.node SET clean = $2::boolean WHERE name = $1 AND revoked IS NULL
