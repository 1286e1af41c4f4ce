#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A trace goes out from the address the kernel would choose, for every target: also where a /24 is parted by
# a route to one of its hosts, where it is our own, and where rules choose the table.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
chain 2
node c
link 0 c 30
on 0 ip route add 198.19.0.0/16 via 198.18.0.2
on 0 ip route add 198.19.0.9/32 via 198.18.30.2
on 0 ip route add 198.19.1.128/25 via 198.18.30.2
on 0 ip route add 198.19.3.0/24 via 198.18.0.2 src 198.18.30.1
on 0 ip addr add 198.18.30.77/24 dev x30

# sources TARGET…: target and source of each, in one run, told in the order of targets.
sources() {
	printf '%s\n' "$@" | on 0 timeout 30 "$PROGRAM" trace --json --quiet --method icmp --attempts 1 --again 0 --max-ttl 1 \
		--wait 100ms --rate 1000 --net-rate 10000 | python3 -c '
import json, sys
print(*sorted(d["target"] + "<" + d["src"] for d in map(json.loads, sys.stdin)))'
}
# kernel TARGET…: the same, of the kernel.
kernel() {
	local t
	for t; do echo "$t<$(on 0 ip -o route get "$t" | sed 's/.* src \([^ ]*\).*/\1/')"; done | sort | xargs
}
agree() { same "$(sources "$@")" "$(kernel "$@")"; }
check 'one /24, one source' agree 198.19.5.1 198.19.5.2 198.19.5.250
check 'one host of a /24 has a route of its own' agree 198.19.0.1 198.19.0.9 198.19.0.10
check 'a /24 in two halves' agree 198.19.1.1 198.19.1.129 198.19.1.2 198.19.1.130
check 'a route that names its source' agree 198.19.3.1 198.19.3.2 198.19.4.1
check 'our own networks and addresses' agree 198.18.0.2 198.18.30.2 198.18.30.77 198.18.0.1
on 0 sysctl -qw net.ipv4.fib_multipath_hash_policy=0 # of addresses alone, as ip route get has no ports
on 0 ip route add 198.19.8.0/24 nexthop via 198.18.0.2 nexthop via 198.18.30.2
check 'a route of two next hops, of which each host has one' agree 198.19.8.{1..12}
on 0 ip route del 198.19.8.0/24
on 0 ip nexthop add id 1 via 198.18.0.2 dev x0
on 0 ip nexthop add id 2 via 198.18.30.2 dev x30
on 0 ip nexthop add id 3 group 1/2
on 0 ip route add 198.19.8.0/24 nhid 3
check 'the same as an object of its own' agree 198.19.8.{1..12}
on 0 ip route del 198.19.8.0/24
on 0 ip route add default via 198.18.30.2 table 77
on 0 ip rule add to 198.19.7.7/32 lookup 77
check 'a rule for one host' agree 198.19.7.1 198.19.7.7 198.19.7.8
done_testing
