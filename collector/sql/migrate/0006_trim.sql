-- SPDX-License-Identifier: Apache-2.0
--
-- Signed bodies are kept for keep_batches_days (registry.setting), digests and signatures for ever.

CREATE FUNCTION raw.trim_bodies() RETURNS bigint
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	days int;
	gone bigint;
BEGIN
	SELECT value::int INTO days FROM registry.setting WHERE name = 'keep_batches_days';
	DELETE FROM raw.batch_body WHERE received < now() - make_interval(days => coalesce(days, 7));
	GET DIAGNOSTICS gone = ROW_COUNT;
	RETURN gone;
END $$;
COMMENT ON FUNCTION raw.trim_bodies IS 'Deletes signed bodies older than keep_batches_days; returns how many';
REVOKE ALL ON FUNCTION raw.trim_bodies FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raw.trim_bodies TO waymark_store;
CREATE INDEX ON raw.batch_body USING brin (received);
