-- SPDX-License-Identifier: Apache-2.0
SELECT id FROM registry.node WHERE name = $1 AND revoked IS NULL
