-- SPDX-License-Identifier: Apache-2.0
SELECT digest = $3::bytea FROM judge.geo_table WHERE name = $1 AND version = $2
