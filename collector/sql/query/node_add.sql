-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.node (name, role, country, latitude, longitude, address4, address6, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
