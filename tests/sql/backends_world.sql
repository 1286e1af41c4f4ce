-- SPDX-License-Identifier: Apache-2.0
--
-- judge_world.sql and more, with a remote end for each clause of the rule. Run 1 is empty with all apps
-- closed, run 6 with threema open and idle, run 8 with another app so; run 7 is isolated on side 1.
\ir judge_world.sql
BEGIN;
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000001', s, '198.18.87.1', 443, '{sync.threema.example}', '{5}')
	FROM generate_series(1, 2) s;

SELECT pg_temp.run(5, 'threema', 'de1', 'fr1', now() - interval '30 minutes');
SELECT pg_temp.chat('00000000-0000-4000-8000-000000000005');
SELECT pg_temp.flow(r, s, '198.18.60.1', 5222, '{g-01.threema.example}', '{10.1,20.2,30.1,40.3}'), -- score
	pg_temp.flow(r, s, '198.18.80.1', 443, '{files.blob.threema.ch}', '{10,20,30,40}'), -- media, whatever the time
	pg_temp.flow(r, s, '198.18.81.1', 3478, '{}', '{2}', 17), -- media: the relay of calls
	pg_temp.flow(r, s, '198.18.83.1', 50124, '{}', '{3}', 17), -- weak: both sides saw it, so it is no peer
	pg_temp.flow(r, s, '198.18.84.1', 3478, '{}', '{3}', 17), -- no-answer, below
	pg_temp.flow(r, s, '198.18.84.2', 443, '{g-02.threema.example}', '{10,20,30,40}'), -- no-answer, named or not
	pg_temp.flow(r, s, '224.0.0.251', 5353, '{}', '{3}', 17), -- local
	pg_temp.flow(r, s, '198.18.85.1', 123, '{}', '{3}', 17), -- system
	pg_temp.flow(r, s, '198.18.87.1', 443, '{sync.threema.example}', '{50}'), -- weak-in-empty
	pg_temp.flow(r, s, '198.18.50.1', 443, '{check.phone.example}', '{10,20,30,40}'), -- in-empty
	pg_temp.flow(r, s, '198.18.54.1', 853, '{}', '{3}'), -- resolver
	pg_temp.flow(r, s, '198.18.51.2', 443, '{mtalk.google.com}', '{10,20,30,40}'), -- push
	pg_temp.flow(r, s, '185.88.236.1', 5222, '{}', '{10.9,20.9,30.9,40.9}') -- score: no name, but a range
	FROM (SELECT '00000000-0000-4000-8000-000000000005'::uuid AS r) x, generate_series(1, 2) s;
SELECT pg_temp.flow(r, 1, '198.18.2.1', 40000, '{}', '{10,20,30,40}', 17), -- peer: where the other phone comes out
	pg_temp.flow(r, 2, '198.18.1.1', 50000, '{}', '{10,20,30,40}', 17),
	pg_temp.flow(r, 1, '198.18.82.1', 50123, '{}', '{3}', 17), -- peer: after STUN, seen by this side alone
	pg_temp.flow(r, 1, '198.18.88.1', 443, '{one.example}', '{10,20.5,30,40.5}'), -- score: a stranger, exactly in time
	pg_temp.flow(r, 1, '198.18.89.1', 4433, '{both.example}', '{10,20.5,30,40.5}'), -- weak: no known port
	pg_temp.flow(r, 2, '198.18.89.1', 4433, '{both.example}', '{10.5,20,30.5,40}')
	FROM (SELECT '00000000-0000-4000-8000-000000000005'::uuid AS r) x;
SELECT pg_temp.flow(r, s, '198.18.90.1', 443, '{sdk.example}', '{5,55}') -- in-idle: the app's own, but not its messages
	FROM (SELECT '00000000-0000-4000-8000-000000000005'::uuid AS r) x, generate_series(1, 2) s;
SELECT pg_temp.run(6, 'none', 'de1', 'fr1', now() - interval '25 minutes');
SELECT pg_temp.run(8, 'none', 'de1', 'fr1', now() - interval '24 minutes');
UPDATE registry.run SET idle = 'Threema', length = '120 s' WHERE id::text LIKE '%6';
UPDATE registry.run SET idle = 'wechat' WHERE id::text LIKE '%8';
SELECT pg_temp.flow(r, s, '198.18.90.1', 443, '{sdk.example}', '{5,55}'),
	pg_temp.flow(r, s, '198.18.88.1', 443, '{one.example}', '{1}'), -- messages move it: in time it counts all the same
	pg_temp.flow(r, s, '198.18.60.1', 5222, '{g-01.threema.example}', '{1}') -- known: an open app keeps its line
	FROM (SELECT '00000000-0000-4000-8000-000000000006'::uuid AS r) x, generate_series(1, 2) s;
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000008', 1, '198.18.89.1', 4433, '{both.example}', '{1}'); -- not this app's

SELECT pg_temp.run(7, 'threema', 'de1', 'fr1', now() - interval '20 minutes');
SELECT pg_temp.chat('00000000-0000-4000-8000-000000000007');
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000007', s, '198.18.89.1', 4433, '{both.example}',
	CASE s WHEN 1 THEN '{10,20.5,30,40.5}'::float8[] ELSE '{10.5,20,30.5,40}' END) FROM generate_series(1, 2) s;
SELECT pg_temp.flow('00000000-0000-4000-8000-000000000007', 1, '198.18.60.7', 5222, '{g-07.threema.example}', '{}'); -- weak: no message at it
INSERT INTO raw.step (begun, ended, node, stream, seq, item, run, side, name, outcome)
	SELECT now(), now(), pg_temp.node('gw'), 1, 1, nextval('pg_temp.item'), '00000000-0000-4000-8000-000000000007', s, 'isolation',
		CASE s WHEN 1 THEN 1 ELSE 2 END FROM generate_series(1, 2) s;
UPDATE raw.flow SET pkts_ba = 0, bytes_ba = 0, bytes_ab = 600 WHERE host(b) IN ('198.18.84.1', '198.18.84.2');
COMMIT;
