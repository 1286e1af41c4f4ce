-- SPDX-License-Identifier: Apache-2.0
SELECT id FROM raw.scan ORDER BY serial
