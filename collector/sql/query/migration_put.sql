-- SPDX-License-Identifier: Apache-2.0
INSERT INTO registry.migration (number, name, digest) VALUES ($1, $2, sha256(convert_to($3::text, 'UTF8')))
