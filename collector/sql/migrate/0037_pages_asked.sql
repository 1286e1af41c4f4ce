-- SPDX-License-Identifier: Apache-2.0
--
-- A page that was never asked for, its order taken back, is no page: it stands in no export, and in the way of
-- none that was fetched later.
CREATE OR REPLACE FUNCTION judge.dns_pages_that_count(p_scan uuid) RETURNS SETOF raw.page LANGUAGE sql STABLE AS $$
	SELECT p.* FROM raw.page p
	WHERE p.scan = p_scan AND NOT (p.http_state = 5 AND p.https_state = 5)
		AND NOT EXISTS (SELECT FROM raw.scan s JOIN raw.page c ON c.scan = s.id AND c.node = ANY (s.clean)
			WHERE s.id = p_scan AND p.node <> ALL (s.clean) AND c.domain = p.domain AND c.addr = p.addr AND c.role = 2
				AND (c.http_state = 1 OR c.https_state = 1 OR c.chain IS NOT NULL))
$$;
COMMENT ON FUNCTION judge.dns_pages_that_count(uuid) IS 'The pages of a scan that were asked for, without those of which a clean node has a better one';
