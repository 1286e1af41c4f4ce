-- SPDX-License-Identifier: Apache-2.0
--
-- A published scan whose lines carry no time (v1) is of the day its folder says, whatever name it is given
-- here: it began in 1970 when it had another.

CREATE FUNCTION registry.import_scan(p_id uuid, p_name text, p_folder text, OUT node int, OUT stream int)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	SELECT i.node, i.stream INTO STRICT node, stream FROM registry.import_scan(p_id, p_name) AS i;
	UPDATE raw.scan SET started = raw.date_in(p_folder) WHERE id = p_id AND raw.date_in(p_folder) IS NOT NULL;
END $$;
COMMENT ON FUNCTION registry.import_scan(uuid, text, text) IS 'Makes the scan of a published folder, of the day that stands in the folder''s name; returns node and stream for its facts';
REVOKE ALL ON FUNCTION registry.import_scan(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.import_scan(uuid, text, text) TO waymark_store;
