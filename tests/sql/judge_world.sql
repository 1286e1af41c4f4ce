-- SPDX-License-Identifier: Apache-2.0
--
-- A small made-up measurement, as the store would have written it: three nodes, an empty run, a
-- message run with one server, one whose server depends on the side, and one with gaps.
BEGIN;
INSERT INTO registry.node (name, role, country, latitude, longitude, address4)
	VALUES ('de1', 'vantage', 'DE', 50, 8, '198.18.1.1'), ('fr1', 'vantage', 'FR', 48, 2, '198.18.2.1'),
		('jp1', 'vantage', 'JP', 35, 135, '198.18.3.1'), ('gw', 'gateway', NULL, NULL, NULL, NULL);
INSERT INTO registry.phone (name, gateway, account, address4)
	SELECT 'p1', id, 'one', '198.19.1.1'::inet FROM registry.node WHERE name = 'gw'
	UNION ALL SELECT 'p2', id, 'two', '198.19.2.1' FROM registry.node WHERE name = 'gw';
INSERT INTO raw.stream (node, epoch) SELECT id, 1 FROM registry.node;

CREATE FUNCTION pg_temp.node(n text) RETURNS int LANGUAGE sql AS $$ SELECT id FROM registry.node WHERE name = n $$;
CREATE FUNCTION pg_temp.run(k int, app text, a text, b text, at timestamptz) RETURNS uuid LANGUAGE sql AS $$
	INSERT INTO registry.run (id, serial, app, a, b, phone_a, phone_b, planned, length)
	VALUES (('00000000-0000-4000-8000-' || lpad(k::text, 12, '0'))::uuid, nextval('registry.run_serial'), app,
		pg_temp.node(a), pg_temp.node(b), 'p1', 'p2', at, '60 s') RETURNING id $$;
CREATE SEQUENCE pg_temp.item;

-- Hops: an address per TTL from 1, null for silence. Three probes each; the first is lost at odd TTLs.
CREATE FUNCTION pg_temp.trace(r uuid, s int, n text, purpose int, method int, dst inet, dport int, hops inet[], at timestamptz)
RETURNS void LANGUAGE sql AS $$
	WITH probe AS (
		SELECT h, k, row_number() OVER (ORDER BY h, k) AS p, CASE WHEN k = 1 AND h % 2 = 1 THEN NULL ELSE hops[h] END AS addr
		FROM generate_series(1, cardinality(hops)) h, generate_series(1, 3) k),
	known AS (SELECT array_agg(x ORDER BY x) AS list FROM (SELECT DISTINCT x FROM unnest(hops) x WHERE x IS NOT NULL) d)
	INSERT INTO raw.trace (started, node, stream, seq, item, id, run, side, purpose, method, stop, duration_us, dst, sport,
		dport, flow_label, probes, kernel_drops, first_ttl, tries, addr, ref, rtt, answers, answer, reply_ttl)
	SELECT at, pg_temp.node(n), 1, 1, nextval('pg_temp.item'), 1, r, s, purpose, method,
		CASE WHEN dst = ANY (hops) THEN 1 ELSE 2 END, 1000, dst, 40000, dport, 0, count(*), 0, 1,
		decode(repeat('03', cardinality(hops)), 'hex'), (SELECT list FROM known),
		decode(string_agg(lpad(to_hex(coalesce(array_position((SELECT list FROM known), addr), 0)), 2, '0'), '' ORDER BY p), 'hex'),
		array_agg(CASE WHEN addr IS NOT NULL THEN 10.0 * h + k END ORDER BY p)::real[],
		ARRAY[(1 << 16) + (11 << 8)],
		decode(string_agg(CASE WHEN addr IS NULL THEN '00' ELSE '01' END, '' ORDER BY p), 'hex'),
		decode(string_agg('40', '' ORDER BY p), 'hex')
	FROM probe $$;

-- Bursts: seconds after the start of the run.
CREATE FUNCTION pg_temp.flow(r uuid, s int, far inet, bport int, names text[], bursts float8[], proto int DEFAULT 6)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO raw.flow (started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab, bytes_ab,
		pkts_ba, bytes_ba, names, how, burst_us, burst_bytes, kernel_drops)
	SELECT x.planned, x.planned + x.length, CASE s WHEN 1 THEN x.a ELSE x.b END, 1, 1, nextval('pg_temp.item'), r, s, proto,
		CASE s WHEN 1 THEN '198.19.1.1'::inet ELSE '198.19.2.1' END, 50000, far, bport, 10, 1000, 10, 1000, names,
		array_fill(1::smallint, ARRAY[cardinality(names)]),
		ARRAY(SELECT (t * 1000000)::bigint FROM unnest(bursts) t), array_fill(100, ARRAY[cardinality(bursts)]), 0
	FROM registry.run x WHERE x.id = r $$;

-- A message sent AT seconds after the start, shown half a second later.
CREATE FUNCTION pg_temp.message(r uuid, from_side int, mid text, at float8) RETURNS void LANGUAGE sql AS $$
	INSERT INTO raw.message (node, stream, seq, item, run, side, id, from_side, sent, received, status)
	SELECT pg_temp.node('gw'), 1, 1, nextval('pg_temp.item'), r, s, mid, from_side,
		CASE WHEN s = from_side THEN x.planned + at * interval '1 second' END,
		CASE WHEN s <> from_side THEN x.planned + (at + 0.5) * interval '1 second' END, 1
	FROM registry.run x, (VALUES (1), (2)) v(s) WHERE x.id = r $$;

CREATE FUNCTION pg_temp.chat(r uuid) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.message(r, 1, 'm1', 10), pg_temp.message(r, 2, 'm2', 20), pg_temp.message(r, 1, 'm3', 30),
		pg_temp.message(r, 2, 'm4', 40) $$;

-- 1: the empty run shows a time service and the vendor's check.
SELECT pg_temp.run(1, 'none', 'de1', 'fr1', now() - interval '2 hours');
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000001', s, '198.18.50.1', 443, '{check.phone.example}', '{5,25}')
	FROM generate_series(1, 2) s;

-- 2: de1 and fr1 by threema; the server is in CH. Around it: the check, a push service, a stranger
-- that always talks, a stranger that talks at other times, a server that never answers, a resolver.
SELECT pg_temp.run(2, 'threema', 'de1', 'fr1', now() - interval '1 hour');
SELECT pg_temp.chat('00000000-0000-4000-8000-000000000002');
SELECT pg_temp.flow(r, s, '198.18.60.1', 5222, '{g-01.threema.example}', '{1,10.1,20.2,30.1,40.3}'),
	pg_temp.flow(r, s, '198.18.50.9', 443, '{check.phone.example}', '{10,20,30,40}'),
	pg_temp.flow(r, s, '198.18.51.1', 5228, '{mtalk.google.com}', '{10,20,30,40}'),
	pg_temp.flow(r, s, '198.18.52.1', 443, '{stream.example}', (SELECT array_agg(t::float8) FROM generate_series(0, 60) t)),
	pg_temp.flow(r, s, '198.18.53.1', 443, '{api.threema.example}', '{4,15,25,35,55}'),
	pg_temp.flow(r, s, '198.18.54.1', 53, '{}', '{9,19}', 17)
	FROM (SELECT '00000000-0000-4000-8000-000000000002'::uuid AS r) x, generate_series(1, 2) s;
SELECT pg_temp.trace(r, 1, 'de1', 1, 3, '198.18.60.1', 5222, '{198.18.1.254,198.18.61.1,198.18.60.1}', at),
	pg_temp.trace(r, 2, 'fr1', 1, 3, '198.18.60.1', 5222, '{198.18.2.254,198.18.61.2,198.18.60.1}', at),
	pg_temp.trace(r, 1, 'de1', 2, 1, '198.18.2.1', 0, '{198.18.1.254,198.18.2.254,198.18.2.1}', at),
	pg_temp.trace(r, 2, 'fr1', 2, 1, '198.18.1.1', 0, '{198.18.2.254,198.18.1.254,198.18.1.1}', at)
	FROM (SELECT '00000000-0000-4000-8000-000000000002'::uuid AS r, now() - interval '1 hour' AS at) x;

-- 3: de1 and jp1 by wechat: another server on each side, a silent hop on the way of de1.
SELECT pg_temp.run(3, 'wechat', 'de1', 'jp1', now() - interval '50 minutes');
SELECT pg_temp.chat('00000000-0000-4000-8000-000000000003');
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000003', 1, '198.18.70.1', 8080, '{long.wechat.example}', '{10,20.4,30,40.4}'),
	pg_temp.flow('00000000-0000-4000-8000-000000000003', 2, '198.18.71.1', 8080, '{long.wechat.example}', '{10.4,20,30.4,40}');
SELECT pg_temp.trace(r, 1, 'de1', 1, 3, '198.18.70.1', 8080, '{198.18.1.254,NULL,198.18.70.1}', at),
	pg_temp.trace(r, 2, 'jp1', 1, 3, '198.18.71.1', 8080, '{198.18.3.254,198.18.71.1}', at),
	pg_temp.trace(r, 1, 'de1', 2, 1, '198.18.3.1', 0, '{198.18.1.254,198.18.3.254,198.18.3.1}', at),
	pg_temp.trace(r, 2, 'jp1', 2, 1, '198.18.1.1', 0, '{198.18.3.254,198.18.1.254,198.18.1.1}', at)
	FROM (SELECT '00000000-0000-4000-8000-000000000003'::uuid AS r, now() - interval '50 minutes' AS at) x;

-- 4: de1 with itself by threema, no direct path, and fr1's half ends in a gap.
SELECT pg_temp.run(4, 'threema', 'de1', 'de1', now() - interval '40 minutes');
SELECT pg_temp.chat('00000000-0000-4000-8000-000000000004');
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000004', s, '198.18.60.1', 5222, '{g-01.threema.example}', '{10.2,20.2,30.2,40.2}')
	FROM generate_series(1, 2) s;
SELECT pg_temp.trace(r, 1, 'de1', 1, 3, '198.18.60.1', 5222, '{198.18.1.254,198.18.61.1,198.18.60.1}', at),
	pg_temp.trace(r, 2, 'de1', 1, 3, '198.18.60.1', 5222, '{198.18.1.254,NULL,NULL}', at)
	FROM (SELECT '00000000-0000-4000-8000-000000000004'::uuid AS r, now() - interval '40 minutes' AS at) x;
COMMIT;
