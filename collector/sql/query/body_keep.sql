-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce((SELECT value::int FROM registry.setting WHERE name = 'keep_batches_days'), 7)
