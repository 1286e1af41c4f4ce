-- SPDX-License-Identifier: Apache-2.0
SELECT registry.import_end($1)
