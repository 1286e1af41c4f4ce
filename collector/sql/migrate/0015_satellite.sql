-- SPDX-License-Identifier: Apache-2.0
--
-- Published scans (Satellite v1, v2.0, v2.1, v2.2, v2.2-raw): their lines as they stand, the tags and
-- verdicts they were published with, and what reads single values of them.

CREATE TABLE raw.satellite_line (
	scan uuid NOT NULL,
	file text NOT NULL,
	line int NOT NULL,
	doc text NOT NULL,
	fault text,
	PRIMARY KEY (scan, file, line)
);
COMMENT ON TABLE raw.satellite_line IS 'Lines of published files as they stand: what an import was read from';
COMMENT ON COLUMN raw.satellite_line.scan IS 'raw.scan.id';
COMMENT ON COLUMN raw.satellite_line.file IS 'File name, e.g. results.json';
COMMENT ON COLUMN raw.satellite_line.line IS 'From 1';
COMMENT ON COLUMN raw.satellite_line.doc IS 'The line; U+0000 and unpaired surrogates became U+FFFD';
COMMENT ON COLUMN raw.satellite_line.fault IS 'Why it could not be read; null: it was';

CREATE TABLE raw.satellite_tag (
	scan uuid NOT NULL,
	domain text NOT NULL,
	addr inet NOT NULL,
	http text,
	cert text,
	asnum bigint,
	asname text,
	PRIMARY KEY (scan, domain, addr)
);
COMMENT ON TABLE raw.satellite_tag IS 'Tags that a publication gives an answer address';
COMMENT ON COLUMN raw.satellite_tag.scan IS 'raw.scan.id';
COMMENT ON COLUMN raw.satellite_tag.domain IS 'Domain it was the answer for; empty: for all';
COMMENT ON COLUMN raw.satellite_tag.addr IS 'Answer address';
COMMENT ON COLUMN raw.satellite_tag.http IS 'Hash of the page; null: none';
COMMENT ON COLUMN raw.satellite_tag.cert IS 'Hash of the certificate; null: none';
COMMENT ON COLUMN raw.satellite_tag.asnum IS 'Autonomous system; null: none';
COMMENT ON COLUMN raw.satellite_tag.asname IS 'Its name; null: none';

CREATE TABLE raw.satellite_told (
	scan uuid NOT NULL,
	resolver inet NOT NULL,
	domain text NOT NULL,
	qtype int NOT NULL,
	repetition int NOT NULL,
	passed_liveness boolean,
	connect_error boolean,
	in_control_group boolean,
	anomaly boolean,
	excluded boolean,
	exclude_reason text[],
	average double precision,
	matches double precision[],
	untagged_controls boolean,
	untagged_response boolean,
	passed boolean,
	answers inet[] NOT NULL,
	matched text[] NOT NULL,
	PRIMARY KEY (scan, resolver, domain, qtype, repetition)
);
COMMENT ON TABLE raw.satellite_told IS 'Verdicts that a publication gives, beside which ours are put';
COMMENT ON COLUMN raw.satellite_told.scan IS 'raw.scan.id';
COMMENT ON COLUMN raw.satellite_told.resolver IS 'Resolver';
COMMENT ON COLUMN raw.satellite_told.domain IS 'Domain';
COMMENT ON COLUMN raw.satellite_told.qtype IS 'Record type';
COMMENT ON COLUMN raw.satellite_told.repetition IS 'As raw.dns_pair';
COMMENT ON COLUMN raw.satellite_told.passed_liveness IS 'passed_liveness, or passed_control of v2.0 and v2.1; null: not told';
COMMENT ON COLUMN raw.satellite_told.connect_error IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.in_control_group IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.anomaly IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.excluded IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.exclude_reason IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.average IS 'confidence.average; null: not told';
COMMENT ON COLUMN raw.satellite_told.matches IS 'confidence.matches as it stands, which is not in the order of the answers; null: null or not told';
COMMENT ON COLUMN raw.satellite_told.untagged_controls IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.untagged_response IS 'Null: not told';
COMMENT ON COLUMN raw.satellite_told.passed IS 'passed of v1; null: not told';
COMMENT ON COLUMN raw.satellite_told.answers IS 'Answers in the order of the line';
COMMENT ON COLUMN raw.satellite_told.matched IS 'Per answer: its matched tags parted by commas; null: null';

-- Readers that give null for what they cannot read -------------------------------------------------------

CREATE FUNCTION raw.json_or_null(t text) RETURNS json LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN t::json;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character OR statement_too_complex THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION raw.json_or_null(text) IS 'The text as JSON, or null';

CREATE FUNCTION raw.addr_or_null(t text) RETURNS inet LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN CASE WHEN t !~ '/' THEN t::inet END;
EXCEPTION WHEN invalid_text_representation THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION raw.addr_or_null(text) IS 'The text as one address, or null';

CREATE FUNCTION raw.base64_or_null(t text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN decode(t, 'base64');
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION raw.base64_or_null(text) IS 'The bytes, or null';

-- Go writes 2021-04-18 14:49:01.62448452 -0400 EDT m=+10140.5; the raw form is RFC 3339.
CREATE FUNCTION raw.time_or_null(t text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
	RETURN substring(btrim(t) FROM
		'^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}(?:[.][0-9]+)? ?(?:[-+][0-9:]{4,6}|Z)')::timestamptz;
EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow THEN
	RETURN NULL;
END $$;
COMMENT ON FUNCTION raw.time_or_null(text) IS 'A time as Go or RFC 3339 writes it, or null';

CREATE FUNCTION raw.date_in(t text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
	RETURN raw.time_or_null(regexp_replace(substring(t FROM '20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:-[0-9]{2}-[0-9]{2}-[0-9]{2})?'),
		'^(.{10})(?:-(..)-(..)-(..))?$', CASE WHEN t ~ '20[0-9]{2}(-[0-9]{2}){5}' THEN '\1 \2:\3:\4Z' ELSE '\1 00:00:00Z' END));
COMMENT ON FUNCTION raw.date_in(text) IS 'The date, and if it is there the time, in the name of a published folder; UTC';

CREATE FUNCTION raw.error_code(t text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN t IS NULL OR t IN ('null', '') THEN 0 WHEN t LIKE '%i/o timeout' THEN 1
		WHEN t LIKE '%connection refused' THEN 2 WHEN t LIKE '%no route to host' THEN 3
		WHEN t LIKE '%network is unreachable' THEN 4 WHEN t LIKE '%message too long' THEN 5
		WHEN t LIKE '%connection reset by peer' THEN 6 WHEN t LIKE '%short read' THEN 8
		WHEN t LIKE '%protocol error' THEN 9 WHEN t LIKE '%too many open files' THEN 12 ELSE 13 END::smallint;
COMMENT ON FUNCTION raw.error_code(text) IS 'Code of raw.dns_pair.try_error for an error in the publication''s words';

CREATE FUNCTION raw.header_lines(h json) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE json_typeof(h)
		WHEN 'object' THEN (SELECT string_agg(k || ': ' || v || E'\r\n', '' ORDER BY i, j)
			FROM json_each(h) WITH ORDINALITY AS e (k, vs, i),
			json_array_elements_text(CASE json_typeof(vs) WHEN 'array' THEN vs ELSE '[]' END) WITH ORDINALITY AS f (v, j))
		WHEN 'array' THEN (SELECT string_agg(v || E'\r\n', '' ORDER BY j)
			FROM json_array_elements_text(h) WITH ORDINALITY AS f (v, j)) END;
COMMENT ON FUNCTION raw.header_lines(json) IS 'Headers as lines, each with CRLF: from {"Name": ["value"]} or ["Name: value"]';

CREATE FUNCTION raw.members(j json) RETURNS TABLE (key text, value json, place bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$ SELECT k, v, i FROM json_each(CASE json_typeof(j) WHEN 'object' THEN j ELSE '{}' END) WITH ORDINALITY AS e (k, v, i) $$;
COMMENT ON FUNCTION raw.members(json) IS 'Members of an object in their order; nothing of anything else';

CREATE FUNCTION raw.elements(j json) RETURNS TABLE (value json, place bigint) LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$ SELECT v, i FROM json_array_elements(CASE json_typeof(j) WHEN 'array' THEN j ELSE '[]' END) WITH ORDINALITY AS e (v, i) $$;
COMMENT ON FUNCTION raw.elements(json) IS 'Elements of an array in their order; nothing of anything else';

GRANT INSERT, SELECT ON raw.satellite_line TO waymark_store;
GRANT SELECT ON raw.satellite_line, raw.satellite_tag, raw.satellite_told TO waymark_judge;
