-- SPDX-License-Identifier: Apache-2.0
--
-- Orders of a scan of open resolvers belong to the scan as those of a run belong to the run.

ALTER TABLE registry.orders ADD COLUMN scan uuid REFERENCES raw.scan;
COMMENT ON COLUMN registry.orders.scan IS 'Scan it belongs to; null: none';
CREATE INDEX ON registry.orders (scan);
