-- SPDX-License-Identifier: Apache-2.0
COPY raw.resolver (
	started, node, stream, seq, item, ended, scan, addr, role, state, payload, rtt_us, ttl,
	answered_from, names, name_mark, ptr_rcode, infrastructure, infra_rule, class, egress, nxdomain,
	nx_addr, round_ms, round_rtt_us, round_outcome, round_rcode, told_country, told_country_name
) FROM STDIN (FORMAT binary)
