-- SPDX-License-Identifier: Apache-2.0
--
-- One resolver's answers that count, of pairs asked for signatures, and when they came.
SELECT a.node, a.stream, a.seq, a.item, coalesce(a.packet, 0), a.domain, a.qtype,
	p.started + coalesce(p.answer_at_us[a.packet], 0) * interval '1 microsecond', coalesce(p.answer_wire[a.packet], '')
FROM judge.dns_asked AS a JOIN raw.dns_pair AS p USING (node, stream, seq, item)
WHERE a.scan = $1 AND a.resolver = $2 AND a.qtype NOT IN (43, 48) AND p.scan = $1 AND p.resolver = $2 AND p.state = 1 AND p.options & 4 <> 0
