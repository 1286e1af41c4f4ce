-- SPDX-License-Identifier: Apache-2.0
-- Scans of thousands of domains with hundreds of thousands of answers are judged in minutes: each answer's
-- address was looked up by an index that begins with the domain, by reading all of it.

CREATE OR REPLACE FUNCTION judge.dns_evidence(p_scan uuid) RETURNS void LANGUAGE plpgsql
	SET jit = off SET work_mem = '64MB' AS $$
DECLARE
	began timestamptz := (SELECT started FROM raw.scan WHERE id = p_scan);
BEGIN
	CREATE TEMP TABLE dns_page ON COMMIT DROP AS SELECT * FROM judge.dns_pages(p_scan);
	CREATE TEMP TABLE dns_packet ON COMMIT DROP AS SELECT * FROM judge.dns_packets(p_scan);
	CREATE TEMP TABLE dns_ask ON COMMIT DROP AS SELECT * FROM judge.dns_asked a WHERE a.scan = p_scan;
	-- Per address of a domain: what is a control's about it.
	CREATE TEMP TABLE dns_about ON COMMIT DROP AS
	WITH past AS (
		SELECT DISTINCT c.domain, c.qtype, u.addr FROM judge.dns_control c JOIN raw.scan s ON s.id = c.scan, unnest(c.ip) AS u (addr)
		WHERE c.scan <> p_scan AND c.source = 'asked' AND s.started >= began - interval '90 days' AND s.started <= began),
	site AS ( -- what the control's addresses serve
		SELECT g.domain, bool_or(g.valid) AS valid, bool_or(g.served) FILTER (WHERE family(g.addr) = 4) AS served4, bool_or(g.served) FILTER (WHERE family(g.addr) = 6) AS served6,
			array_agg(DISTINCT h.cert) FILTER (WHERE h.cert IS NOT NULL) AS certs
		FROM dns_page g JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = g.domain AND g.addr = ANY (c.ip)
		LEFT JOIN LATERAL unnest(g.certs) AS h (cert) ON true GROUP BY 1),
	doubtful AS ( -- what a control was answered twice: somebody may have answered for it
		SELECT DISTINCT domain, qtype FROM dns_packet WHERE injected AND kind = 1 AND resolver IN (SELECT judge.dns_controls(p_scan)))
	SELECT a.domain, a.qtype, a.addr, a.addr = ANY (coalesce(c.ip, '{}')) AS in_control,
		EXISTS (SELECT FROM past h WHERE h.domain = a.domain AND h.qtype = a.qtype AND h.addr = a.addr) AS in_history,
		coalesce(t.asnum = ANY (c.asnum), false) AS in_network,
		EXISTS (SELECT FROM ref.bogon b WHERE b.prefix >>= a.addr) AS bogon,
		EXISTS (SELECT FROM ref.signature s WHERE s.kind = 'address' AND raw.addr_or_null(s.pattern) = a.addr) AS block_address,
		coalesce(g.valid, false) AS valid, coalesce(g.certs && o.certs, false) AS same_cert,
		coalesce(cardinality(g.certs) > 0, false) AS some_cert, g.addr IS NOT NULL AS fetched, coalesce(g.served, false) AS served,
		g.subject, g.issuer, g.signature, g.kind AS signature_kind, coalesce(o.valid, false) AS site_valid,
		coalesce(g.valid, false) OR d.domain IS NULL AND (a.addr = ANY (coalesce(c.ip, '{}')) OR coalesce(g.certs && o.certs, false)) AS confirmed, coalesce(CASE family(a.addr) WHEN 4 THEN o.served4 ELSE o.served6 END, false) AS site_served
	FROM (SELECT domain, qtype, unnest(answers) AS addr FROM dns_ask
		UNION SELECT domain, qtype, unnest(injected_addrs) FROM dns_packet WHERE injected AND kind = 1) a
	LEFT JOIN judge.dns_control c ON c.scan = p_scan AND c.domain = a.domain AND c.qtype = a.qtype
	LEFT JOIN judge.dns_tag t ON t.scan = p_scan AND t.domain = a.domain AND t.addr = a.addr
	LEFT JOIN dns_page g ON g.domain = a.domain AND g.addr = a.addr
	LEFT JOIN site o ON o.domain = a.domain
	LEFT JOIN doubtful d ON d.domain = a.domain AND d.qtype = a.qtype;
	CREATE INDEX ON dns_about (domain, qtype, addr);
	CREATE INDEX ON dns_about (addr); -- the planner may look an address up by itself: not through the whole of the other
	CREATE INDEX ON dns_packet (domain, resolver);
	ANALYZE dns_about;
	ANALYZE dns_packet;
	ANALYZE dns_ask;
END $$;
