-- SPDX-License-Identifier: Apache-2.0
-- Exports that know neither node nor transport carry them in a key of ours, as results.json does.

CREATE FUNCTION judge.dns_how(p_scan uuid, p_resolver inet) RETURNS TABLE (node int, domain text, qtype int, repetition int, waymark json) LANGUAGE sql STABLE AS $$
	SELECT p.node, p.domain, p.qtype, p.repetition, json_build_object('qtype', p.qtype, 'repetition', p.repetition, 'node', n.name,
		'transport', (ARRAY['udp', 'tcp', 'tls', 'https'])[nullif(p.try_transport[1], 0)])
	FROM raw.dns_pair p JOIN registry.node n ON n.id = p.node
	WHERE p.scan = p_scan AND p.resolver = p_resolver AND p.kind = 1 AND p.state IN (1, 2, 3) AND NOT EXISTS (SELECT FROM judge.dns_again g
		WHERE g.scan = p.scan AND g.node = p.node AND g.stream = p.stream AND g.seq = p.seq AND g.item = p.item)
$$;
COMMENT ON FUNCTION judge.dns_how(uuid, inet) IS 'What published forms do not say of the pairs of a resolver: type, repetition, node, transport';
