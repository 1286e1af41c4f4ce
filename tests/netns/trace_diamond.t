#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A diamond of four equal routes hashed by flow (fib_multipath_hash_policy=1): within a trace the
# flow is constant, so each hop has one address; over many source ports all branches are seen.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh

# a - b = (c d e f) = g - h
node a b c d e f g h
link a b 1
link g h 9
net=2
for branch in c d e f; do
	link b $branch $net
	link $branch g $((net + 10))
	on $branch ip route add 198.18.9.0/24 via 198.18.$((net + 10)).2
	on $branch ip route add 198.18.1.0/24 via 198.18.$net.1
	on $branch ip -6 route add 2001:db8:9::/64 via 2001:db8:$((net + 10))::2
	on $branch ip -6 route add 2001:db8:1::/64 via 2001:db8:$net::1
	net=$((net + 1))
done
on a ip route add default via 198.18.1.2
on a ip -6 route add default via 2001:db8:1::2
on h ip route add default via 198.18.9.1
on h ip -6 route add default via 2001:db8:9::1
on b ip route add 198.18.9.0/24 nexthop via 198.18.2.2 nexthop via 198.18.3.2 \
	nexthop via 198.18.4.2 nexthop via 198.18.5.2
on b ip -6 route add 2001:db8:9::/64 nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2 \
	nexthop via 2001:db8:4::2 nexthop via 2001:db8:5::2
on g ip route add 198.18.1.0/24 via 198.18.12.1
on g ip -6 route add 2001:db8:1::/64 via 2001:db8:12::1

FROM=a
for target in 198.18.9.2 2001:db8:9::2; do
	for method in tcp-syn udp icmp; do
		: >"$TEMP/branches"
		constant=yes
		for sport in $(seq 61000 61023); do
			trace $target --method $method --sport "$sport" --attempts 3 --gap 2 \
				>"$TEMP/hops" </dev/null
			grep -q , "$TEMP/hops" && constant="no: $sport: $(tr '\n' ' ' <"$TEMP/hops")"
			[ "$(sed -n '$p' "$TEMP/hops")" = $target ] || constant="no: $sport not reached"
			sed -n 2p "$TEMP/hops" >>"$TEMP/branches"
		done
		check "$method to $target keeps to one branch" same "$constant" yes
		branches=$(sort -u "$TEMP/branches" | wc -l)
		# Linux hashes addresses only for ICMP echo: one branch whatever the id.
		[ $method = icmp ] || check "$method to $target: 24 source ports see all four" \
			same "$branches" 4
	done
done
done_testing
