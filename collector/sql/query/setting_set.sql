-- SPDX-License-Identifier: Apache-2.0
UPDATE registry.setting SET value = $2 WHERE name = $1
