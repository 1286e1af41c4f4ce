-- SPDX-License-Identifier: Apache-2.0
-- One line of `waymark flows --json` ($5); $1 node, $2 stream, $3 position, $4 run.
INSERT INTO raw.flow (started, ended, node, stream, seq, item, run, side, proto, a, aport, b, bport, pkts_ab, bytes_ab,
	pkts_ba, bytes_ba, names, how, app, burst_us, burst_bytes, kernel_drops, fragments, tcp_flags_a, tcp_flags_b,
	again_a, again_b, late_a, late_b, rtt_a_us, rtt_b_us)
SELECT to_timestamp(f.first), to_timestamp(f.last), $1, $2, 1, $3, $4, NULL,
	coalesce((SELECT number FROM (VALUES ('icmp', 1), ('igmp', 2), ('ipip', 4), ('tcp', 6), ('udp', 17), ('ipv6', 41),
		('gre', 47), ('esp', 50), ('ah', 51), ('icmp6', 58), ('sctp', 132)) AS p (name, number)
		WHERE p.name = f.proto), CASE WHEN f.proto ~ '^[0-9]{1,3}$' THEN f.proto::int END),
	f.a, f.aport, f.b, f.bport, f.pkts_ab, f.bytes_ab, f.pkts_ba, f.bytes_ba,
	ARRAY(SELECT n ->> 'name' FROM jsonb_array_elements(f.names) WITH ORDINALITY AS x (n, i) ORDER BY i),
	ARRAY(SELECT coalesce(array_position(ARRAY['dns', 'sni', 'quic', 'http', 'cert', 'httpdns'], n ->> 'how'), 0)::smallint
		FROM jsonb_array_elements(f.names) WITH ORDINALITY AS x (n, i) ORDER BY i),
	f.app, '{}', '{}', 0, coalesce(f.fragments, 0),
	-- Letters in the order of the header's bits; then who sent a SYN without and with ACK.
	(SELECT sum(1 << i - 1) FROM generate_series(1, 9) AS i WHERE t.flags_ab LIKE '%' || substr('FSRPAUECN', i, 1) || '%')
		+ CASE WHEN t.syn LIKE '%a%' THEN 512 ELSE 0 END + CASE WHEN t.syn_ack LIKE '%a%' THEN 1024 ELSE 0 END,
	(SELECT sum(1 << i - 1) FROM generate_series(1, 9) AS i WHERE t.flags_ba LIKE '%' || substr('FSRPAUECN', i, 1) || '%')
		+ CASE WHEN t.syn LIKE '%b%' THEN 512 ELSE 0 END + CASE WHEN t.syn_ack LIKE '%b%' THEN 1024 ELSE 0 END,
	t.again_ab, t.again_ba, t.late_ab, t.late_ba, round(t.rtt_a_ms * 1000), round(t.rtt_b_ms * 1000)
FROM jsonb_to_record($5::jsonb) AS f (proto text, a inet, aport int, b inet, bport int, pkts_ab bigint, bytes_ab bigint,
	pkts_ba bigint, bytes_ba bigint, first double precision, last double precision, names jsonb, app text,
	fragments int, tcp jsonb),
	jsonb_to_record(coalesce(f.tcp, '{}')) AS t (flags_ab text, flags_ba text, syn text, syn_ack text, rtt_a_ms numeric,
	rtt_b_ms numeric, again_ab int, again_ba int, late_ab int, late_ba int)
