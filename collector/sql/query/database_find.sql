-- SPDX-License-Identifier: Apache-2.0
SELECT 1 FROM pg_catalog.pg_database WHERE datname = 'waymark'
