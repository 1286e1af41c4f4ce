#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A diamond of four equal routes hashed by flow (fib_multipath_hash_policy=1): within a trace the
# flow is constant, so every hop is of one branch and every link is there; over 32 source ports all
# branches are seen. IPv4 and IPv6.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/diamond.sh
. tests/netns/diamond.sh
need jq
diamond
on b ip route add 198.18.9.0/24 nexthop via 198.18.2.2 nexthop via 198.18.3.2 \
	nexthop via 198.18.4.2 nexthop via 198.18.5.2
on b ip -6 route add 2001:db8:9::/64 nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2 \
	nexthop via 2001:db8:4::2 nexthop via 2001:db8:5::2

for target in 198.18.9.2 2001:db8:9::2; do
	for method in tcp-syn udp icmp; do
		plain "$(seq -s ' ' 61000 61031)" $target --method $method --attempts 3 >"$TEMP/paths"
		check "$method to $target: each of 32 source ports has a whole path of one branch" \
			same "$(grep -cxE 'b ([cdef])0 \11 g h' "$TEMP/paths")" 32
		# Linux hashes addresses only for ICMP echo: one branch whatever the id.
		[ $method = icmp ] && want=1 || want=4
		check "$method to $target: they see $want of four branches" \
			same "$(sort -u "$TEMP/paths" | wc -l)" "$want"
	done
done
done_testing
