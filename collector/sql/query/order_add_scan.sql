-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.orders (id, scan, node, serial, expires, signed, digests)
VALUES ($1, $2, $3, $4, $5, $6, ARRAY[$7, $8]::uuid[])
