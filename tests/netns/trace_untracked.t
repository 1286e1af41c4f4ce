#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The rule of docs/operator.md that keeps probes out of connection tracking does that, and changes
# nothing of what is traced; without it each flow takes an entry.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
need nft
chain 2
on 0 ip route add 198.19.0.0/16 via 198.18.0.2
on 0 ip -6 route add 2001:db8:ffff::/48 via 2001:db8::2
on 1 ip route add 198.19.0.0/16 via 198.18.1.2
on 1 ip -6 route add 2001:db8:ffff::/48 via 2001:db8:1::2
on 2 ip route add blackhole 198.19.0.0/16
on 2 ip -6 route add blackhole 2001:db8:ffff::/48
# What ends tunnels has such a chain: it switches tracking on.
on 0 nft 'add table inet node; add chain inet node after { type nat hook postrouting priority 100; }
add rule inet node after iifname "none0" masquerade'
tracked() { on 0 sysctl -n net.netfilter.nf_conntrack_count; }
traces() {
	{ seq 1 40 | sed 's/^/198.19.0./'; seq 1 40 | sed 's/^/2001:db8:ffff::/'; } |
		on 0 timeout 60 "$PROGRAM" trace --json --method "$1" --attempts 1 --gap 2 --wait 300ms --again 0 \
			--rate 2000 --first-rate 2000 --net-rate 2000
}

for method in udp icmp tcp-syn; do
	before=$(tracked)
	is "$(traces $method | wc -l)" 80 "$method: 80 traces"
	[ $(($(tracked) - before)) -ge 80 ]
	ok $? "$method: each takes an entry" "$before, $(tracked)"
done
sed -n '/^    table inet waymark_probes/,/^    }/p' docs/operator.md >"$TEMP/rules"
on 0 nft -f "$TEMP/rules"
ok $? "the rules of the manual can be loaded" "$(cat "$TEMP/rules")"
for method in udp icmp tcp-syn; do
	before=$(tracked)
	traces $method >"$TEMP/paths"
	# Old entries may end meanwhile; none may come.
	[ "$(tracked)" -le "$before" ]
	ok $? "$method: with them none does" "$before, $(tracked)"
	is "$(grep -c '"addr":"\(198.18.0.2\|2001:db8::2\)","rtt' "$TEMP/paths")" 80 "$method: the router is heard as ever"
done
done_testing
