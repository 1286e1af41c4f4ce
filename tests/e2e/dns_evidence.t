#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Evidence that only an order can ask for: identifiers of servers and answers for other networks
# (EDNS), and who answers on the way, hop by hop. All of it in signed orders, carried out by an agent
# that is killed meanwhile, stored with the pair, and judged.
WORLD=tests/e2e/world/resolvers.conf
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
skip_unless_able "$@"
PATH=$PATH:/usr/sbin
for program in knotd kresd unbound nginx jq; do
	command -v $program >/dev/null && continue
	echo "1..0 # SKIP needs $program (make deps)"
	exit 0
done
begin_all
ulimit -n 8192
world_up && centre_up
ok $? "the world and its centre are up" "$(tail -n 1 "$D/lab.log" "$D/collector.log")"
CONFIG=('allow = discover' 'allow = dns' 'scan-rate = 4000' 'scan-rate-target = 200' 'scan-rate-net = 4000')
make_node de1 && admit de1 && start_agent de1
wait_for 60 agent_said de1 ev=link_up
ok $? "so is a node" "$(tail -n 1 "$D/agent-de1.log")"

orders() { # STATE: how many of the scan's orders stand so
	at_centre scan show "$scan" --json | jq "[.orders[] | select(.state == \"$1\")] | length"
}
ordered=0
order() { # VERB WORD…: prints the scan
	at_centre scan "$1" de1 "${@:2}" --operator-key "$D/operator" 2>"$D/order.log"
}
more() { ordered=$((ordered + $(grep -oE '[0-9]+ orders' "$D/order.log" | cut -d' ' -f1))); }
all_done() { [ "$(orders 'done')" = $ordered ]; }
carried_out() {
	more
	wait_for 60 all_done
	ok $? "$1" "$(at_centre scan show "$scan") $(cat "$D/order.log")"
}

printf '198.18.70.%s control\n' 1 2 3 >"$D/list"
printf '198.18.65.%s\n' 10 11 12 13 >>"$D/list" # New York, honest
printf '198.18.67.%s\n' 20 21 >>"$D/list"       # Moscow
printf '198.18.%s\n' 68.10 68.11 69.10 69.11 >>"$D/list" # behind injectors
printf '%s\n' cdn001.example cdn002.example social001.example site001.example signed001.example >"$D/domains"
scan=$(order discover --list "$D/list" --control scan.example --rounds 1 --every 0s --reserved --name evidence)
carried_out "resolvers are found"
order start --reserved --scan "$scan" --domains "$D/domains" --control scan.example --listen 500ms --nsid --dnssec --size 4096 >/dev/null
carried_out "they are asked, for identifiers too"
is "$(sql "SELECT DISTINCT options, size, repetition, subnet IS NULL FROM raw.dns_pair WHERE scan = '$scan' AND qtype = 1")" '15|4096|0|t' \
	"what was asked for stands with the pair"
# Five names, the one above them, the root.
is "$(sql "SELECT qtype, options, count(*), count(DISTINCT domain), string_agg(DISTINCT host(resolver), ',') FROM raw.dns_pair
	WHERE scan = '$scan' AND qtype <> 1 GROUP BY 1, 2 ORDER BY 1")" '43|71|21|7|198.18.70.1,198.18.70.2,198.18.70.3
48|71|21|7|198.18.70.1,198.18.70.2,198.18.70.3' "controls, and nobody else, were asked for keys, once for each name up to the root"
is "$(sql "SELECT count(*) > 0 AND bool_and(nsid IS NOT NULL) FROM v1.dns_packet WHERE scan = '$scan' AND edns AND NOT differs AND host(resolver) LIKE '198.18.65.%'")" t \
	"and so do the identifiers"

# --- answers for other networks ---
judged() { at_centre judge --scan "$scan" >"$D/judge.log" 2>&1; }
cdn() { # NET: rules by which its resolvers' CDN answers were judged
	sql "SELECT string_agg(DISTINCT rule, ',') FROM v1.dns_verdict WHERE scan = '$scan' AND domain LIKE 'cdn%' AND host(resolver) LIKE '$1'"
}
judged
ok $? "the scan is judged" "$(cat "$D/judge.log")"
is "$(sql "SELECT count(*), bool_or(signed_missing) FROM v1.dns_verdict WHERE scan = '$scan' AND domain = 'signed001.example' AND host(resolver) LIKE '198.18.65.%'")" \
	'4|f' "a signed name is answered with its signature"
printf '198.18.70.%s\n' 1 2 3 >"$D/controls"
signature() {
	sql "SELECT count(*), string_agg(DISTINCT signature || ' ' || coalesce(signature_why, ''), ',') FROM v1.dns_verdict
		WHERE scan = '$scan' AND domain = 'signed001.example' AND qtype = 1 AND host(resolver) LIKE '198.18.65.%'"
}
is "$(signature)" '4|indeterminate no_keys .' "which says nothing without a chain: the root of this world is none"
at_centre anchors load "$RUN/anchors" --source lab >"$D/judge.log" 2>&1
ok $? "its own anchor" "$(cat "$D/judge.log")"
judged
is "$(signature)" '4|secure signed001.example' "by which it is verified, with the keys that controls told"
order keys --scan "$scan" --reserved --size 4096 >/dev/null
is "$(grep -oE '[0-9]+ orders' "$D/order.log")" "$(sql "SELECT CASE WHEN EXISTS (SELECT FROM raw.dns_pair WHERE scan = '$scan' AND qtype IN (43, 48)
	GROUP BY domain HAVING count(*) FILTER (WHERE state = 1 AND qtype = 43) = 0 OR count(*) FILTER (WHERE state = 1 AND qtype = 48) = 0) THEN 1 ELSE 0 END") orders" \
	"only what nobody told yet is asked for again"
carried_out "and is"
before=$(cdn '198.18.65.%')
order start --reserved --scan "$scan" --resolvers "$D/controls" --domains "$D/domains" --control scan.example --listen 200ms \
	--subnet 198.18.65.0/24 --subnet 198.18.66.0/24 >/dev/null
carried_out "controls are asked as from two networks"
is "$(sql "SELECT string_agg(DISTINCT host(subnet) || ' ' || repetition || ' ' || options, ',' ORDER BY host(subnet) || ' ' || repetition || ' ' || options)
	FROM raw.dns_pair WHERE scan = '$scan' AND subnet IS NOT NULL")" '198.18.65.0 1000 35,198.18.66.0 1001 35' "each with a number of its own"
is "$(sql "SELECT DISTINCT scope FROM v1.dns_packet WHERE scan = '$scan' AND domain LIKE 'cdn%' AND repetition = 1000 AND answers <> '{}' AND try = 2")" 24 \
	"they answer for that network"
judged
ok $? "the scan is judged again: no pair stands in it twice" "$(cat "$D/judge.log")"
grep -q control_subnet <<<"$before"
is "$? $(cdn '198.18.65.%')" '1 control_subnet' "now a control gave New York's answers for New York"
is "$(cdn '198.18.67.%' | grep -c control_subnet)" 0 "and not for Moscow, for which none was asked"

# --- who answers on the way ---
is "$(sql "SELECT string_agg(DISTINCT rule, ',') FROM v1.dns_verdict WHERE scan = '$scan' AND domain = 'social001.example' AND host(resolver) LIKE '198.18.69.%'")" \
	injected "differing answers are an injection"
order trace --reserved --scan "$scan" --wait 1s --rate 60 >/dev/null
more
paths() { [ "$(sql "SELECT count(*) FROM raw.dns_pair WHERE scan = '$scan' AND kind = 3")" -ge "$1" ]; }
told() { ls "$D"/de1/data/scan-*.noted >/dev/null 2>&1 && [ -s "$(echo "$D"/de1/data/scan-*.noted)" ]; }
wait_for 60 told
kill_hard de1
start_agent de1
wait_for 60 all_done
ok $? "an agent killed meanwhile traces the rest" "$(at_centre scan show "$scan") $(cat "$D/order.log")"
wait_for 60 paths 4
wanted=$(sql "SELECT count(DISTINCT (resolver, domain)) FROM v1.dns_verdict WHERE scan = '$scan' AND injected")
is "$(sql "SELECT count(*), count(DISTINCT (resolver, domain)), bool_and(injected) FROM v1.dns_path WHERE scan = '$scan'")" "$wanted|$wanted|t" \
	"every injected pair is traced, once"
waymark-lab names "$WORLD" >"$D/names"
at() { # NET: cities of the routers where its answers were made
	sql "SELECT host(injector_router) || ' ' || ttl_copied FROM v1.dns_path WHERE scan = '$scan' AND host(resolver) LIKE '$1'" |
		while read -r router copied; do echo "$(grep "^$router," "$D/names" | cut -d, -f2 | grep -oE '(bjs|khi)1') $copied"; done | sort -u
}
is "$(at '198.18.68.%')" 'bjs1 true' "Beijing's injector is found, for all that it copies the TTL"
is "$(at '198.18.69.%')" 'khi1 false' "and Karachi's, for all that it answers second"
hops=$(sql "SELECT count(*) FILTER (WHERE control_router IS NOT NULL) >= 2, bool_or(control_answered), bool_or(test_answered)
	FROM v1.dns_path_hop WHERE scan = '$scan' AND host(resolver) = '198.18.69.10'")
is "$hops" 't|t|t' "hop by hop"
is "$(order trace --reserved --scan "$scan" >/dev/null; grep -o '[0-9]* orders' "$D/order.log")" '0 orders' "what was traced is not ordered again"
at_centre verify --all >"$D/verify.log" 2>&1
ok $? "what is stored is what the node signed" "$(tail -n 3 "$D/verify.log")"
done_testing
