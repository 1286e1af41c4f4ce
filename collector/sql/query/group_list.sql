-- SPDX-License-Identifier: Apache-2.0
SELECT name FROM ref.interest_group ORDER BY place
