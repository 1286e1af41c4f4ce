#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A kernel router that deals packets out over four ways, whatever their flow, and then one that goes by
# flow, on the same wires: each is told for what it is, and every hop and link is the truth. IPv4 and
# IPv6.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/diamond.sh
. tests/netns/diamond.sh
need jq
diamond

# b's ways: one table a branch, chosen by the mark a rule in nftables gives each packet.
for i in 0 1 2 3; do
	on b ip route add 198.18.9.0/24 via 198.18.$((2 + i)).2 table $((100 + i))
	on b ip -6 route add 2001:db8:9::/64 via 2001:db8:$((2 + i))::2 table $((100 + i))
	on b ip rule add fwmark $((100 + i)) lookup $((100 + i))
	on b ip -6 rule add fwmark $((100 + i)) lookup $((100 + i))
done
deal() { # EXPRESSION
	on b nft -f - <<-END
		table inet deal
		delete table inet deal
		table inet deal { chain in { type filter hook prerouting priority mangle;
			iifname "x1" ip daddr 198.18.9.0/24 meta mark set $1
			iifname "x1" ip6 daddr 2001:db8:9::/64 meta mark set $1; }; }
	END
}

mda() { # TARGET METHOD: a way is missed once in ten thousand runs
	timeout 120 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --mda --wait 500ms --target-rate 2000 \
		--net-rate 2000 --rate 2000 --confidence 99.99 --json "$1" --method "$2" >"$TEMP/graph" </dev/null
}
nodes() { jq -r '.nodes[] | "\(.ttl) \(.addr)"' "$TEMP/graph" | named | sort -u; }
links() { jq -r '.links[] | "\(.from) \(.to)"' "$TEMP/graph" | named | sort -u; }
hops() { jq -c "[.hops[] | select(.$1) | .ttl]" "$TEMP/graph"; }
want_nodes=$(printf '%s\n' '1 b' '2 '{c0,d0,e0,f0} '3 '{c1,d1,e1,f1} '4 g' '5 h')
want_links=$(printf '%s\n' 'b '{c0,d0,e0,f0} 'c0 c1' 'c1 g' 'd0 d1' 'd1 g' 'e0 e1' 'e1 g' 'f0 f1' 'f1 g' 'g h')

for target in 198.18.9.2 2001:db8:9::2; do
	case $target in *:*) parted='[2,3,4]' ;; *) parted='[2,3]' ;; esac
	deal 'numgen random mod 4 offset 100'
	for method in udp tcp-syn icmp; do
		mda $target $method
		check "by packet, $method to $target: every interface, none that is not there" \
			same "$(nodes)" "$want_nodes"
		check "by packet, $method to $target: told as such where packets part, and as no change" \
			same "$(hops per_packet) $(hops changed)" "$parted []"
		# Ten probes to a hop: all the same only once in 4^9.
		plain 61000 $target --method $method --attempts 10 >"$TEMP/plain"
		check "by packet, $method to $target: a plain trace has only routers that are there, in their places" \
			grep -qxE 'b [cdef]0(,[cdef]0)+ [cdef]1(,[cdef]1)+ g h' "$TEMP/plain"
	done

	deal 'jhash th sport . th dport mod 4 seed 0x77617931 offset 100'
	for method in udp tcp-syn; do
		mda $target $method
		check "by flow, $method to $target: every interface, none that is not there" \
			same "$(nodes)" "$want_nodes"
		check "by flow, $method to $target: every link" same "$(links)" "$want_links"
		check "by flow, $method to $target: no hop taken for balancing by packet or a change" \
			same "$(hops per_packet) $(hops changed)" "[] []"
		plain '61000 61001 61002 61003' $target --method $method --attempts 10 >"$TEMP/paths"
		check "by flow, $method to $target from four ports: one way each" \
			same "$(grep -cxE 'b ([cdef])0 \11 g h' "$TEMP/paths")" 4
	done
done
done_testing
