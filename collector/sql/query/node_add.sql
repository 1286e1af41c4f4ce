-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.node (name, role, country, latitude, longitude, address4, address6, note, clean)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
