-- SPDX-License-Identifier: Apache-2.0
INSERT INTO ref.signature (set, place, name, kind, scope, pattern, country) VALUES ($1, $2, $3, $4, $5, $6, $7)
