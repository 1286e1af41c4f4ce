-- SPDX-License-Identifier: Apache-2.0
SELECT id, path FROM judge.geo_table WHERE id = judge.geo_now()
