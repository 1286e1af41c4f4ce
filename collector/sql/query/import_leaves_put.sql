-- SPDX-License-Identifier: Apache-2.0
SELECT raw.satellite_leaves($1, $2, $3)
