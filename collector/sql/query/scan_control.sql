-- SPDX-License-Identifier: Apache-2.0
UPDATE raw.scan SET control = coalesce(control, $2), ended = NULL WHERE id = $1
