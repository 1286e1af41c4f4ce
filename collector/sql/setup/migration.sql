-- SPDX-License-Identifier: Apache-2.0
--
-- Run in the transaction of every migration: the first of them makes the schema that holds this.
CREATE TABLE IF NOT EXISTS registry.migration (
	number int PRIMARY KEY,
	name text NOT NULL,
	digest bytea NOT NULL,
	applied timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE registry.migration IS 'Migrations that were applied to this database';
COMMENT ON COLUMN registry.migration.number IS 'Number of the file';
COMMENT ON COLUMN registry.migration.name IS 'Path of the file';
COMMENT ON COLUMN registry.migration.digest IS 'SHA-256 of the file: what was applied never changes';
COMMENT ON COLUMN registry.migration.applied IS 'When';
GRANT SELECT ON registry.migration TO waymark_store, waymark_judge;
