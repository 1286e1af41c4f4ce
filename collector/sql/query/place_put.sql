-- SPDX-License-Identifier: Apache-2.0
-- A code that is no country means "not known".
INSERT INTO judge.place (geo, addr, country, asn, as_name)
VALUES ($1, $2, (SELECT iso2 FROM ref.country WHERE iso2 = $3), $4, $5)
ON CONFLICT (geo, addr) DO NOTHING
