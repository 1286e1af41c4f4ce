-- SPDX-License-Identifier: Apache-2.0
SELECT name, value FROM registry.setting ORDER BY name
