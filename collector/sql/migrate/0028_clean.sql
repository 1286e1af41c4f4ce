-- SPDX-License-Identifier: Apache-2.0
-- Clean nodes, on whose networks nobody interferes: what they fetch of a scan's control addresses is what
-- the sites serve, whatever stood there for the node that asked the resolvers.

ALTER TABLE registry.node ADD clean boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN registry.node.clean IS 'Nobody interferes on its network, as the operator says: it fetches what control resolvers gave';
ALTER TABLE raw.scan ADD clean int[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN raw.scan.clean IS 'registry.node.id of the clean nodes of this scan: their pages of control addresses count, and no other node''s';

-- Of what controls gave a page of a clean node stands in the place of all others there, if it got one.
CREATE FUNCTION judge.dns_pages_that_count(p_scan uuid) RETURNS SETOF raw.page LANGUAGE sql STABLE AS $$
	SELECT p.* FROM raw.page p
	WHERE p.scan = p_scan AND NOT EXISTS (SELECT FROM raw.scan s JOIN raw.page c ON c.scan = s.id AND c.node = ANY (s.clean)
		WHERE s.id = p_scan AND p.node <> ALL (s.clean) AND c.domain = p.domain AND c.addr = p.addr AND c.role = 2
			AND (c.http_state = 1 OR c.https_state = 1 OR c.chain IS NOT NULL))
$$;
COMMENT ON FUNCTION judge.dns_pages_that_count(uuid) IS 'The pages of a scan without those of which a clean node has a better one';

CREATE OR REPLACE FUNCTION judge.dns_pages(p_scan uuid) RETURNS TABLE (domain text, addr inet, valid boolean, certs bytea[], served boolean,
	asked_https boolean, subject text, issuer text, signature text, kind text) LANGUAGE sql STABLE AS $$
	SELECT p.domain, p.addr, coalesce(bool_or(p.trusted AND p.name_match), false),
		coalesce(array_agg(DISTINCT sha256(p.chain[1])) FILTER (WHERE p.chain IS NOT NULL), '{}'),
		bool_or(p.http_state = 1 OR p.https_state = 1), bool_or(p.https_state IN (1, 2, 3)), max(p.subject), max(p.issuer),
		(array_agg(s.name ORDER BY (s.kind = 'false_positive') DESC, ref.signature_order(s.scope), s.id) FILTER (WHERE s.id IS NOT NULL))[1],
		(array_agg(s.kind ORDER BY (s.kind = 'false_positive') DESC, ref.signature_order(s.scope), s.id) FILTER (WHERE s.id IS NOT NULL))[1]
	FROM judge.dns_pages_that_count(p_scan) p
	LEFT JOIN judge.page_match m ON m.node = p.node AND m.stream = p.stream AND m.seq = p.seq AND m.item = p.item
	LEFT JOIN ref.signature s ON s.id = m.signature
	WHERE (p.http_state IN (1, 2, 3) OR p.https_state IN (1, 2, 3))
		AND (p.node, family(p.addr)) IN (SELECT q.node, family(q.addr) FROM raw.page q WHERE q.scan = p_scan AND (q.http_state = 1 OR q.https_state = 1 OR q.chain IS NOT NULL))
	GROUP BY p.domain, p.addr
$$;

CREATE OR REPLACE FUNCTION judge.dns_tags(p_scan uuid) RETURNS void LANGUAGE plpgsql
	SET jit = off AS $$
BEGIN
	DELETE FROM judge.dns_tag WHERE scan = p_scan;
	IF EXISTS (SELECT FROM raw.scan WHERE id = p_scan AND origin = 'import') THEN
		INSERT INTO judge.dns_tag
		SELECT p_scan, a.domain, a.addr, t.http, t.cert, t.asnum, t.asname
		FROM (SELECT DISTINCT domain, unnest(addr) AS addr FROM raw.dns_pair WHERE scan = p_scan) a
		CROSS JOIN LATERAL (SELECT * FROM raw.satellite_tag t WHERE t.scan = p_scan AND t.addr = a.addr
			AND t.domain IN ('', a.domain) ORDER BY t.domain DESC LIMIT 1) t;
	ELSE
		INSERT INTO judge.dns_tag
		SELECT p_scan, a.domain, a.addr, g.http, g.cert, l.asn, l.as_name
		FROM (SELECT DISTINCT domain, unnest(addr) AS addr FROM raw.dns_pair WHERE scan = p_scan) a
		LEFT JOIN judge.location l ON l.addr = a.addr
		LEFT JOIN (
			SELECT addr, domain, max(encode(CASE WHEN http_status = 200 AND http_bytes > 0 THEN http_sha256
					WHEN https_status = 200 AND https_bytes > 0 THEN https_sha256 END, 'hex')) AS http,
				max(encode(sha256(chain[1]), 'hex')) AS cert
			FROM judge.dns_pages_that_count(p_scan) GROUP BY addr, domain) g ON g.addr = a.addr AND g.domain = a.domain;
	END IF;
END $$;

CREATE OR REPLACE VIEW v1.node AS
	SELECT id AS node, name, role, country, latitude, longitude, address4, address6, admitted, revoked, clean
	FROM registry.node;
COMMENT ON COLUMN v1.node.clean IS 'Nobody interferes on its network, as the operator says';

CREATE OR REPLACE VIEW v1.scan AS
	SELECT s.id AS scan, s.serial, s.name, s.origin, s.format, s.started, s.ended, s.control, p.pairs, p.asked, p.answered, p.timed_out, p.failed,
		p.refused, p.not_asked, p.resolvers, p.domains, d.judged,
		ARRAY(SELECT n.name FROM registry.node n WHERE n.id = ANY (s.clean) ORDER BY n.name) AS clean
	FROM raw.scan s LEFT JOIN judge.dns_scan d ON d.scan = s.id
	LEFT JOIN LATERAL (SELECT count(*) AS pairs, count(*) FILTER (WHERE state IN (1, 2, 3)) AS asked, count(*) FILTER (WHERE state = 1) AS answered,
		count(*) FILTER (WHERE state = 2) AS timed_out, count(*) FILTER (WHERE state = 3) AS failed, count(*) FILTER (WHERE state = 4) AS refused,
		count(*) FILTER (WHERE state = 5) AS not_asked, count(DISTINCT resolver) AS resolvers, count(DISTINCT domain) AS domains
		FROM raw.dns_pair p WHERE scan = s.id AND kind = 1 AND NOT EXISTS (SELECT FROM judge.dns_again g WHERE g.scan = p.scan AND g.node = p.node
			AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item)) p ON true;
COMMENT ON COLUMN v1.scan.clean IS 'Clean nodes: their pages of control addresses are what the sites serve';

CREATE OR REPLACE VIEW v1.dns_page AS
	SELECT p.scan, p.node, p.stream, p.seq, p.item, p.started, p.addr, p.domain, (ARRAY['test', 'control'])[p.role] AS role, r.reply, r.status, r.error, r.bytes, r.sha256,
		p.tls_version, p.trusted, p.name_match, p.subject, p.issuer, p.not_after, s.name AS signature, s.kind AS signature_kind, m.gave_up, p.node = ANY (c.clean) AS clean
	FROM raw.page p CROSS JOIN LATERAL (VALUES ('http', p.http_status, p.http_error, p.http_bytes, p.http_sha256),
		('https', p.https_status, p.https_error, p.https_bytes, p.https_sha256)) AS r (reply, status, error, bytes, sha256)
	LEFT JOIN judge.page_match m ON m.node = p.node AND m.stream = p.stream AND m.seq = p.seq AND m.item = p.item AND m.reply = r.reply
	LEFT JOIN ref.signature s ON s.id = m.signature
	LEFT JOIN raw.scan c ON c.id = p.scan;
COMMENT ON COLUMN v1.dns_page.clean IS 'Fetched by a clean node of the scan';
