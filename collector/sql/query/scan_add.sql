-- SPDX-License-Identifier: Apache-2.0
INSERT INTO raw.scan (id, name, started, control) VALUES ($1, $2, now(), $3)
