-- SPDX-License-Identifier: Apache-2.0
--
-- A publication is known again by what is in it, as a folder, an archive or a file, under whatever name:
-- imported twice it stood there as two scans, and every share over scans counted it twice.

ALTER TABLE raw.scan ADD digest bytea;
COMMENT ON COLUMN raw.scan.digest IS 'Of an imported one: SHA-256 over its lines, their files and numbers; null: measured';
CREATE INDEX ON raw.scan (digest);

-- Over parts of files, so that no value becomes as large as a scan.
CREATE FUNCTION raw.satellite_digest(p_scan uuid) RETURNS bytea LANGUAGE sql STABLE AS $$
	SELECT sha256(string_agg(p.digest, '' ORDER BY p.file COLLATE "C", p.part)) FROM (
		SELECT file, line / 10000 AS part, sha256(string_agg(sha256(convert_to(format('%s %s %s', file, line, doc), 'UTF8')), '' ORDER BY line)) AS digest
		FROM raw.satellite_line WHERE scan = p_scan GROUP BY 1, 2) p
$$;
COMMENT ON FUNCTION raw.satellite_digest(uuid) IS 'SHA-256 over the lines of a published scan, in whatever order their files came';

-- Two imports at once know each other, too: the second waits for the end of the first.
CREATE FUNCTION raw.satellite_same(p_scan uuid) RETURNS TABLE (serial bigint, name text)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('waymark import satellite'));
	UPDATE raw.scan s SET digest = raw.satellite_digest(p_scan) WHERE s.id = p_scan;
	RETURN QUERY SELECT o.serial, o.name FROM raw.scan o JOIN raw.scan s ON s.digest = o.digest
		WHERE s.id = p_scan AND o.id <> p_scan ORDER BY o.serial LIMIT 1;
END $$;
COMMENT ON FUNCTION raw.satellite_same(uuid) IS 'Notes the digest of a scan whose lines have just come; returns the first scan that has the same, if there is one';
REVOKE ALL ON FUNCTION raw.satellite_same(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raw.satellite_same(uuid) TO waymark_store;

UPDATE raw.scan SET digest = raw.satellite_digest(id) WHERE origin = 'import';
