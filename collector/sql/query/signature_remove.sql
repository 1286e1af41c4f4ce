-- SPDX-License-Identifier: Apache-2.0
DELETE FROM ref.signature_set WHERE name = $1
