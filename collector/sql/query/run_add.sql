-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.run (id, serial, app, a, b, phone_a, phone_b, planned, length, idle)
VALUES ($1, nextval('registry.run_serial'), $2, $3, $4, $5, $6, $7, make_interval(secs => $8), nullif($9, ''))
RETURNING serial
