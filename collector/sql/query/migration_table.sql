-- SPDX-License-Identifier: Apache-2.0
SELECT to_regclass('registry.migration') IS NOT NULL
