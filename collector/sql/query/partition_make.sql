-- SPDX-License-Identifier: Apache-2.0
SELECT raw.make_partitions()
