-- SPDX-License-Identifier: Apache-2.0
--
-- Scans that were judged by an older cascade are due: else weeks are compared of which two rules decided. All
-- verdicts of a scan are of one version; in an order, so that the first is found by index.

CREATE OR REPLACE VIEW judge.dns_due AS
	SELECT s.id AS scan, s.origin = 'import' OR s.ended IS NOT NULL OR s.created < now() - interval '1 hour' AS ended
	FROM raw.scan s LEFT JOIN judge.dns_scan d ON d.scan = s.id
	WHERE (d.scan IS NULL AND s.origin = 'import')
		OR ((d.scan IS NULL OR s.created > now() - interval '30 days') AND EXISTS (SELECT FROM judge.dns_news n WHERE n.scan = s.id))
		OR d.signatures < (SELECT max(id) FROM ref.signature_set)
		OR (SELECT v.version FROM judge.dns_verdict v WHERE v.scan = s.id ORDER BY v.resolver LIMIT 1) < (SELECT max(version) FROM judge.dns_rule);
COMMENT ON VIEW judge.dns_due IS 'Scans to be judged: new ones, those of which judge.dns_notice() found more, and all after signatures were loaded or the cascade became another';
