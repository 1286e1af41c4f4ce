-- SPDX-License-Identifier: Apache-2.0
--
-- What a trace was asked to send: the TOS of its probes, and the path MTU where it looked for that. Both were in
-- raw.trace.extra, where v1 did not show them.

CREATE FUNCTION v1.extra_number(extra bytea, wanted int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	WITH RECURSIVE walk(at, len) AS (
		SELECT 0, get_byte(extra, 3) WHERE length(extra) >= 4
		UNION ALL
		SELECT w.at + 4 + w.len, get_byte(extra, w.at + 4 + w.len + 3) FROM walk w
		WHERE w.at + 4 + w.len + 4 <= length(extra))
	SELECT ('x' || lpad(encode(substring(extra FROM at + 5 FOR len), 'hex'), 8, '0'))::bit(32)::int
	FROM walk WHERE get_byte(extra, at + 2) = wanted LIMIT 1
$$;
COMMENT ON FUNCTION v1.extra_number(bytea, int) IS 'The first entry of a kind in raw.trace.extra (proto/trace.proto), as a number; null: none';

CREATE OR REPLACE VIEW v1.trace AS
	SELECT t.node, n.name AS node_name, t.stream, t.seq, t.item, t.id, t.started, t.run, t.side,
		(ARRAY['target', 'direct', 'adhoc'])[t.purpose] AS purpose, v1.method_name(t.method) AS method,
		v1.stop_name(t.stop) AS stop, t.duration_us / 1000.0 AS duration_ms, t.src, t.dst, t.sport, t.dport,
		t.flow_label, t.probes, t.kernel_drops, t.peer, length(t.tries) AS hops, t.addr AS addresses,
		CASE WHEN t.proto > 0 THEN t.proto END AS proto,
		coalesce(v1.extra_number(t.extra, 11), 0) AS tos, v1.extra_number(t.extra, 10) AS path_mtu
	FROM raw.trace t JOIN registry.node n ON n.id = t.node;
COMMENT ON COLUMN v1.trace.tos IS 'TOS or traffic class of its probes';
COMMENT ON COLUMN v1.trace.path_mtu IS 'Largest packet the path takes, as far as the trace came; null: it did not look';
