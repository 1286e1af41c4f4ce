-- SPDX-License-Identifier: Apache-2.0
SELECT greatest($2::bigint, coalesce(max(serial), 0) + 1) FROM registry.orders WHERE node = $1
