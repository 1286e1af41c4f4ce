-- SPDX-License-Identifier: Apache-2.0
-- The scan that holds what scan $1 holds; no row: none.
SELECT serial, name FROM raw.satellite_same($1)
