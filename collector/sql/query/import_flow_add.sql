-- SPDX-License-Identifier: Apache-2.0
-- One line of `waymark flows --json` ($5); $1 node, $2 stream, $3 position, $4 run.
INSERT INTO raw.flow (started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab, bytes_ab,
	pkts_ba, bytes_ba, names, how, app, burst_us, burst_bytes, kernel_drops)
SELECT to_timestamp(f.first), to_timestamp(f.last), $1, $2, 1, $3, $4, NULL,
	coalesce((SELECT number FROM (VALUES ('icmp', 1), ('igmp', 2), ('ipip', 4), ('tcp', 6), ('udp', 17), ('ipv6', 41),
		('gre', 47), ('esp', 50), ('ah', 51), ('icmp6', 58), ('sctp', 132)) AS p (name, number)
		WHERE p.name = f.proto), CASE WHEN f.proto ~ '^[0-9]{1,3}$' THEN f.proto::int END),
	f.a, f.aport, f.b, f.bport, f.pkts_ab, f.bytes_ab, f.pkts_ba, f.bytes_ba,
	ARRAY(SELECT n ->> 'name' FROM jsonb_array_elements(f.names) WITH ORDINALITY AS x (n, i) ORDER BY i),
	ARRAY(SELECT coalesce(array_position(ARRAY['dns', 'sni', 'quic', 'http', 'cert', 'httpdns'], n ->> 'how'), 0)::smallint
		FROM jsonb_array_elements(f.names) WITH ORDINALITY AS x (n, i) ORDER BY i),
	f.app, '{}', '{}', 0
FROM jsonb_to_record($5::jsonb) AS f (proto text, a inet, aport int, b inet, bport int, pkts_ab bigint, bytes_ab bigint,
	pkts_ba bigint, bytes_ba bigint, first double precision, last double precision, names jsonb, app text)
