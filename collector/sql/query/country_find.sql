-- SPDX-License-Identifier: Apache-2.0
SELECT 1 FROM ref.country WHERE iso2 = $1
