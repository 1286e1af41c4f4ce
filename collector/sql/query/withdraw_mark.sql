-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.orders SET withdrawn_by = $2 WHERE id = $1
