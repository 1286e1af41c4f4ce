-- SPDX-License-Identifier: Apache-2.0
--
-- A member that holds what cannot be read (a number that is text, one that no column can hold) makes its own
-- line unreadable, and no longer the whole of a published scan.

CREATE FUNCTION raw.satellite_holds(p_file text, d json) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	began timestamptz;
BEGIN
	IF p_file IN ('blockpages.json', 'control_pages.json') THEN
		PERFORM (d ->> 'trusted_cert')::boolean, (d ->> 'cert_hostname_match')::boolean, (d #>> '{https,TlsVersion}')::int, (d #>> '{https,CipherSuite}')::int;
	ELSIF p_file NOT LIKE '%.json' THEN
		PERFORM (d ->> 'domain_is_control')::boolean;
		PERFORM (a ->> 'asn')::bigint, (a ->> 'https_tls_version')::int, (a ->> 'https_tls_cipher_suite')::int FROM raw.elements(d -> 'answers') AS e (a, i);
		PERFORM json_object_agg(a ->> 'ip', 0) FROM raw.elements(d -> 'answers') AS e (a, i);
	ELSIF p_file IN ('results.json', 'results_verified.json', 'responses_control.json', 'interference.json', 'interference_err.json',
			'answers_control.json', 'answers_err.json', 'tagged_answers.json', 'tagged_responses.json') THEN
		PERFORM (d ->> 'passed_liveness')::boolean, (d ->> 'passed_control')::boolean, (d ->> 'connect_error')::boolean, (d ->> 'in_control_group')::boolean,
			(d ->> 'anomaly')::boolean, (d ->> 'excluded')::boolean, (d ->> 'passed')::boolean, (d ->> 'asnum')::bigint,
			(d #>> '{confidence,average}')::double precision, (d #>> '{confidence,untagged_controls}')::boolean,
			(d #>> '{confidence,untagged_response}')::boolean;
		PERFORM (v #>> '{}')::double precision FROM raw.elements(d #> '{confidence,matches}') AS e (v, i);
		PERFORM (m.value ->> 'asnum')::bigint FROM raw.elements(d -> 'response') AS e (v, i), raw.members(v -> 'response') m
			WHERE json_typeof(m.value) = 'object';
		began := coalesce(raw.time_or_null(d ->> 'start_time'), raw.time_or_null(d #>> '{response,0,start_time}'));
		PERFORM (extract(epoch FROM raw.time_or_null(v ->> 'start_time') - began) * 1000000)::int FROM raw.elements(d -> 'response') AS e (v, i);
	END IF;
	RETURN true;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END $$;
COMMENT ON FUNCTION raw.satellite_holds(text, json) IS 'Whether the members of a published line hold what lines of its file do';

-- Looking at every line costs half as much as reading it: that is done only of a publication that cannot be
-- read otherwise.
CREATE FUNCTION raw.satellite_read_whole(p_scan uuid, p_node int, p_stream int,
	OUT format text, OUT lines bigint, OUT faults bigint, OUT pairs bigint, OUT pages bigint, OUT resolvers bigint)
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	BEGIN
		SELECT * INTO STRICT format, lines, faults, pairs, pages, resolvers FROM raw.satellite_read(p_scan, p_node, p_stream);
	EXCEPTION WHEN data_exception THEN
		UPDATE raw.satellite_line SET fault = 'a member holds what it cannot' WHERE scan = p_scan AND NOT raw.satellite_holds(file, raw.json_or_null(doc));
		SELECT * INTO STRICT format, lines, faults, pairs, pages, resolvers FROM raw.satellite_read(p_scan, p_node, p_stream);
	END;
END $$;
COMMENT ON FUNCTION raw.satellite_read_whole(uuid, int, int) IS 'raw.satellite_read() of all lines that can be read: where one member stands in its way, its line is marked';

REVOKE ALL ON FUNCTION raw.satellite_read_whole FROM PUBLIC;
GRANT EXECUTE ON FUNCTION raw.satellite_read_whole TO waymark_store;
