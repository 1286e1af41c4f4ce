-- SPDX-License-Identifier: Apache-2.0
SELECT raw.trim_bodies()
