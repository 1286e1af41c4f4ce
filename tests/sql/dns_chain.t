#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Chains of trust in zones that knot signs, from a root of their own: what the judge makes of each
# answer is what unbound makes of it, which validates the same zones beside it. Good, absent, aliased,
# from wildcards, over, by wrong keys, changed, stripped, delegated without keys; by NSEC and by NSEC3.
if [ "$(id -u)" = 0 ] && [ -z "${DNS_CHAIN_INSIDE:-}" ]; then
	DNS_CHAIN_INSIDE=1 exec unshare -n -- bash "$0" "$@"
fi
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
PATH=$PATH:/usr/sbin
for program in knotd keymgr unbound ldns-signzone python3; do
	command -v $program >/dev/null || skip_all "needs $program (make deps)"
done
ip link set lo up
zones=$dir/zones
mkdir "$zones"
pids=()
# shellcheck disable=SC2317 # called by the trap
end_own() { [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null; }

expect 0 'zones are made' python3 "$here/dns_chain.py" make "$zones"
knotd -c "$zones/knot.conf" >"$dir/knot.log" 2>&1 &
pids+=($!)
python3 "$here/dns_chain.py" forge >"$dir/forge.log" 2>&1 &
pids+=($!)
for at in 127.0.0.1 127.0.0.2; do
	unbound -d -c "$zones/$at.conf" >"$dir/$at.log" 2>&1 &
	pids+=($!)
done
expect 0 'a database is made' "$waymark" db init
python3 "$here/dns_chain.py" ask "$zones" >"$dir/unbound" 2>"$dir/out"
ok $? 'unbound says what it makes of each name' "$(tail -n 3 "$dir"/*.log)"

sql >"$dir/out" 2>&1 <<'END'
INSERT INTO registry.node (name, role) VALUES ('alpha', 'vantage');
INSERT INTO raw.stream (node, epoch, last_seq) SELECT id, 1, 1 FROM registry.node;
INSERT INTO raw.scan (id, name, started, ended, control) VALUES ('00000000-0000-4000-8000-0000000000d3', 'chain', now(), now(), 'c.example');
INSERT INTO raw.resolver (started, node, stream, seq, item, ended, scan, addr, role, state, answered_from, names, name_mark, infrastructure, class,
	egress, nxdomain, nx_addr, round_ms, round_rtt_us, round_outcome, round_rcode)
VALUES (now(), 1, 1, 1, 1, now(), '00000000-0000-4000-8000-0000000000d3', '198.18.0.53', 2, 1, '{}', '{}', '{}', false, 1, '{}', 1, '{}', '{}', '{}', '{}', '{}');
END
ok $? 'a scan'
{
	cat <<'END'
CREATE FUNCTION pg_temp.pair(p_resolver inet, p_domain text, p_qtype int, p_wire bytea, p_rcode int, p_options int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO raw.dns_pair (started, node, stream, seq, item, scan, kind, state, profile, resolver, port, src, sport, domain, qtype, repetition, ended,
		options, listen_ms, try_role, try_transport, try_outcome, try_error, try_rcode, try_sent_us, try_first, answer_try, answer_at_us, answer_src,
		answer_ttl, answer_ip_id, answer_flags, answer_mark, answer_rcode, answer_ede, answer_signed, answer_wire, answers_lost, addr_answer, addr,
		addr_ttl, cname_answer, cname, size)
	SELECT now(), 1, 1, 1, (SELECT count(*) FROM raw.dns_pair), '00000000-0000-4000-8000-0000000000d3', 1, 1, 1, p_resolver, 53, '198.18.0.9', 4000, p_domain,
		p_qtype, 0, now(), p_options, 0, '{2}', '{1}', '{1}', '{0}', ARRAY[p_rcode], '{0}', '{1}', '{1}', '{100}', ARRAY[p_resolver], '{60}', '{1}', '{33152}',
		'{7}', ARRAY[p_rcode], '{NULL}', '{true}', ARRAY[p_wire], 0, CASE WHEN p_rcode = 0 AND p_qtype = 1 THEN '{1}' ELSE '{}' END::smallint[],
		CASE WHEN p_rcode = 0 AND p_qtype = 1 THEN '{198.18.0.1}' ELSE '{}' END::inet[], CASE WHEN p_rcode = 0 AND p_qtype = 1 THEN '{60}' ELSE '{}' END::bigint[],
		'{}', '{}', 4096
$$;
END
	cat "$zones/pairs.sql"
} | sql -f - >"$dir/out" 2>&1
ok $? 'with what the other one answered'
expect 0 'it is judged' "$waymark" judge --scan chain
is 'by the anchors of the Internet nothing is right here' 'bogus wrong_keys .' "SELECT DISTINCT signature || ' ' || signature_why FROM judge.dns_verdict"
expect 0 'its own anchor' "$waymark" anchors load "$zones/anchor"
expect 0 'those of the Internet go' "$waymark" anchors remove . 20326
expect 0 'both' "$waymark" anchors remove . 38696
expect 0 'it is judged again' "$waymark" judge --scan chain

declare -A found
while IFS='|' read -r pair got; do
	found[$pair]=$got
done < <(sql -c "SELECT domain || ' ' || qtype, signature || ' ' || coalesce(signature_why, '') FROM judge.dns_verdict")
declare -A why=(
	['www.good.example 1']='secure good.example' ['www.good.example 28']='secure good.example' ['none.good.example 1']='secure good.example'
	['deep.good.example 1']='secure good.example' ['alias.good.example 1']='secure good.example' ['astray.good.example 1']='bogus wrong_keys old.example'
	['plainly.good.example 1']='insecure unsigned plain.example' ['www.hashed.example 1']='secure hashed.example'
	['www.hashed.example 28']='secure hashed.example' ['none.hashed.example 1']='secure hashed.example'
	['www.plain.hashed.example 1']='insecure unsigned plain.hashed.example' ['www.plain.example 1']='insecure unsigned plain.example'
	['none.plain.example 1']='insecure unsigned plain.example' ['www.old.example 1']='bogus wrong_keys old.example'
	['www.wrong.example 1']='bogus wrong_keys wrong.example' ['right.forged.example 1']='secure forged.example'
	['changed.forged.example 1']='bogus changed forged.example' ['stripped.forged.example 1']='bogus stripped forged.example'
	['none.example 1']='secure example' ['x.wild.good.example 1']='secure good.example' ['y.x.wild.hashed.example 1']='secure hashed.example'
)
same=0
while read -r name type word; do
	got=${found[$name $type]}
	[ "${got%% *}" = "$word" ] && [ "$got" = "${why[$name $type]}" ]
	ok $? "$name $type: $word, as unbound says" "here: $got; wanted: ${why[$name $type]}"
	same=$((same + 1))
done <"$dir/unbound"
[ "$same" = ${#why[@]} ]
ok $? 'each of them was asked' "$same"
is 'secure answers are the domain'"'"'s, and so is their absence; forged ones are not; else nothing follows' \
	'changed signature_bogus|none signature_valid|right signature_valid|stripped no_control|www signature_valid' \
	"SELECT string_agg(DISTINCT split_part(domain, '.', 1) || ' ' || rule, '|') FROM judge.dns_verdict
	WHERE domain LIKE '%.forged.example' OR domain IN ('www.good.example', 'none.good.example')"

# --- what is still missing --------------------------------------------------------------------------------

missing() { # NAMES or NULL: whose keys nobody told
	sql -c "PREPARE zones AS $(cat "$root/collector/sql/query/scan_zones.sql")" -c "EXECUTE zones ('00000000-0000-4000-8000-0000000000d3', $1)" |
		paste -sd ' '
}
[ "$(missing NULL)" = '' ]
ok $? 'all was told' "$(missing NULL)"
run sql -c "UPDATE raw.dns_pair SET cname = '{www.else.example}' WHERE resolver = '198.18.0.53' AND domain = 'example'" \
	-c "UPDATE raw.dns_pair SET cname = '{www.lie.example}' WHERE resolver = '198.18.1.1'"
[ "$(missing NULL)" = 'else.example www.else.example' ]
ok $? 'but of where a control was led; whither others were is nothing to ask for' "$(missing NULL)"
dotted=$(missing "E'a\\\\.b.New.example.\\nwww.good.example'")
[ "$dotted" = 'a\.b.new.example new.example' ]
ok $? 'a dot within a label parts nothing' "$dotted"
run sql -c "DELETE FROM raw.dns_pair WHERE domain = 'good.example' AND qtype = 43"
[ "$(missing "'www.good.example'")" = good.example ]
ok $? 'half of it is told: all is asked again' "$(missing "'www.good.example'")"
done_testing
