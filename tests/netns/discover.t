#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark discover` over a network of resolvers of every kind: every address asked exactly once and
# in no order, classes by a whoami zone, reverse names and the clause that decided, roles, rates,
# the deny list and the opt-out file.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
need_root
waymark=${WAYMARK_BIN:-build/bin}/waymark
need "$waymark"
here=wl-disc-a-$$ there=wl-disc-b-$$
tmp=$(mktemp -d)
server=
clean() {
	[ -n "$server" ] && kill "$server" 2>/dev/null
	ip netns del "$here" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$tmp"
}
trap clean EXIT
check() {
	local said
	said=$(jq -s "$2" "$1" 2>&1)
	is "$said" true "$3"
}

ip netns add "$here" && ip netns add "$there"
ip -n "$here" link add eth0 type veth peer name eth0 netns "$there"
for ns in "$here" "$there"; do
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
done
ip -n "$here" addr add 198.18.42.1/30 dev eth0
ip -n "$there" addr add 198.18.42.2/30 dev eth0
ip -n "$here" route add 198.18.0.0/15 via 198.18.42.2
ip -n "$there" route add local 198.18.40.0/24 dev lo
ip -n "$there" route add local 198.18.41.0/24 dev lo
# Here nobody listens, and the host says so.
ip -n "$there" route add unreachable 198.18.43.0/24
ip netns exec "$there" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
ip netns exec "$there" python3 tests/netns/discover_world.py "$tmp/log" >"$tmp/ready" &
server=$!
for _ in $(seq 600); do
	grep -q ready "$tmp/ready" && break
	sleep 0.1
done

discover() {
	ip netns exec "$here" "$waymark" discover --json --reserved --control scan.example \
		--right 198.18.50.1 --helper 198.18.41.53 --wait 500ms --every 200ms \
		--whoami '*.whoami.example' --nothing nothing.example --rate 2000 --target-rate 1000 \
		--net-rate 2000 "$@" 2>>"$tmp/err"
}
discover 198.18.40.0/24 198.18.40.16/28 198.18.43.0/30 --seed 7 >"$tmp/sweep"
ok $? "a sweep ends with status 0"
swept=$(grep -c ' scan.example$' "$tmp/log")
[ "$(grep ' scan.example$' "$tmp/log" | awk '{print $1}' | sort -u | wc -l)" -eq 256 ]
ok $? "every address was asked for the control name ($swept questions)"
[ "$(grep ' scan.example$' "$tmp/log" | awk '{print $1}' | sort | uniq -c |
	awk '$2 !~ /\.(1|2|3|4|5|6|7|8|9|10|11|12)$/ && $1 != 1' | wc -l)" -eq 0 ]
ok $? "and who is silent exactly once, overlapping prefixes or not"
[ "$(grep ' scan.example$' "$tmp/log" | awk '{print $1}' | head -100)" != \
	"$(grep ' scan.example$' "$tmp/log" | awk '{print $1}' | head -100 | sort -V)" ]
ok $? "in an order that is none"
check "$tmp/sweep" '[.[].addr | split(".")[3] | tonumber] | sort == [1,2,3,4,5,6,7,8,10,11,12]' \
	"who answers is found, one document each; an answer with a wrong id is none"
at() { echo "(.[] | select(.addr == \"198.18.40.$1\"))"; }
check "$tmp/sweep" "$(at 1)"' | .state == "usable" and .class == "recursive" and .egress == ["198.18.40.1"]' \
	"who asks himself is recursive"
check "$tmp/sweep" "$(at 12)"' | .class == "recursive"' "by another address of his network, too"
check "$tmp/sweep" "$(at 2)"' | .class == "forwarder" and .egress == ["198.18.77.5"]' \
	"who lets another ask is a forwarder, and whose egress it is"
check "$tmp/sweep" "$(at 3)"' | .class == "transparent" and .answered_from == ["198.18.40.200"] and
	.egress == ["198.18.77.6"] and .state == "usable"' \
	"a transparent forwarder is attributed to the address asked"
check "$tmp/sweep" "$(at 1)"' | .infrastructure and .infra_rule == "label:ns" and
	.names == [{"name":"ns1.good.example","confirmed":true,"embeds_address":false,"labelled":true}]' \
	"infrastructure, and the clause that decided"
check "$tmp/sweep" "[$(at 2).infra_rule, $(at 6).infra_rule, $(at 7).infra_rule, $(at 10).infra_rule,
	$(at 12).infra_rule]"' == ["label:dns", "label:cache", "not-confirmed", "embedded-address", "label"]' \
	"or why it is none"
check "$tmp/sweep" "$(at 4)"' | .state == "wrong" and .class == "unknown" and .infra_rule == null and
	(.rounds | length == 3 and all(.[]; .outcome == "rcode" and .rcode == 5))' "refusals"
check "$tmp/sweep" "[$(at 5).rounds[0].outcome, $(at 8).rounds[0].outcome, $(at 11).rounds[0].outcome]"' ==
	["other_address", "private_address", "zero"]' "wrong addresses of three kinds"
check "$tmp/sweep" "$(at 6)"' | .nxdomain == "rewritten" and .nx_addrs == ["198.18.66.6"]' \
	"who makes up names that do not exist"
check "$tmp/sweep" "$(at 1).nxdomain"' == "honest"' "and who does not"
check "$tmp/sweep" "$(at 7)"' | .state == "usable" and (.rounds | length) == 3 and .rounds[0].outcome == "right" and
	.rounds[2].outcome == "no_answer"' "the error profile tells who stopped answering"
check "$tmp/sweep" "$(at 1)"' | .rounds[2].after_ms >= 400 and .ip_ttl == 64 and .rtt_ms > 0 and
	(.data | length > 40)' "times, TTL and bytes of the answer"
[ "$(grep -c '198.18.43' "$tmp/log")" -eq 0 ] && grep -q ' 260 of the sweep' "$tmp/err"
ok $? "addresses that are unreachable are part of the sweep"

printf '198.18.40.1 control\n198.18.40.2\n198.18.40.99 special # silent\n198.18.43.1\n' >"$tmp/list"
discover --list "$tmp/list" --rounds 1 >"$tmp/listed"
ok $? "a list"
check "$tmp/listed" '[.[] | [.addr, .role, .state, .rounds[0].outcome]] | sort ==
	[["198.18.40.1","control","usable","right"],["198.18.40.2","test","usable","right"],
	["198.18.40.99","special","silent","no_answer"],["198.18.43.1","test","silent","unreachable"]]' \
	"has one document for every line, silent or not, with its role"

echo "198.18.40.2/32" >"$tmp/optout"
discover --list "$tmp/list" --rounds 1 --deny-file "$tmp/optout" >"$tmp/denied"
[ $? -eq 3 ]
ok $? "an address on the opt-out list is refused: status 3"
check "$tmp/denied" '[.[] | select(.addr == "198.18.40.2").state] == ["refused"]' "and told as a result"
: >"$tmp/log"
ip netns exec "$here" "$waymark" discover 198.18.40.0/24 --control scan.example --helper none 2>"$tmp/deny"
grep -q ' 256 denied, 0 sent' "$tmp/deny" && [ ! -s "$tmp/log" ]
ok $? "reserved addresses are denied unless they are asked for"

# A list that is interrupted is told whole.
for i in $(seq 250); do echo "198.18.40.$i"; done >"$tmp/long"
discover --list "$tmp/long" --rate 20 --parallel 50 >"$tmp/cut" &
sleep 1
pkill -INT -P $! -x waymark
wait $!
[ "$(jq -r .addr "$tmp/cut" | sort -u | wc -l)" -eq 250 ] && [ "$(jq -r .state "$tmp/cut" | grep -c not_asked)" -gt 180 ]
ok $? "an interrupted list is told whole, what was not asked as such"

# The opt-out list may grow while the sweep runs.
: >"$tmp/grow"
: >"$tmp/log"
discover 198.18.40.0/24 --rounds 1 --rate 12 --deny-file "$tmp/grow" >"$tmp/grown" &
sweep=$!
sleep 1
echo "198.18.40.0/24 # all of us" >"$tmp/grow"
wait $sweep
asked=$(grep -c ' scan.example$' "$tmp/log")
[ "$asked" -gt 5 ] && [ "$asked" -lt 200 ]
ok $? "who opts out while it runs is asked no more within ten seconds ($asked of 256 were)"
done_testing
