-- SPDX-License-Identifier: Apache-2.0
--
-- The columns of copy/dns_pair.sql, in its order.
SELECT
	started, node, stream, seq, item, scan, kind, state, profile, resolver, port, src, sport, domain,
	qtype, repetition, control, ended, options, subnet, detail, listen_ms, try_role, try_transport,
	try_outcome, try_error, try_text, try_rcode, try_sent_us, try_first, try_ttl, try_sport,
	answer_try, answer_at_us, answer_src, answer_ttl, answer_ip_id, answer_flags, answer_mark,
	answer_rcode, answer_ede, answer_signed, answer_wire, answers_lost, addr_answer, addr, addr_ttl,
	cname_answer, cname, size, answer_scope, answer_nsid
FROM raw.dns_pair WHERE node = $1 AND stream = $2 AND seq = $3
ORDER BY item
