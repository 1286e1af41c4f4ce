-- SPDX-License-Identifier: Apache-2.0
SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1
