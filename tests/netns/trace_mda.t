#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# waymark trace --mda finds every interface and link: of diamonds of kernel routers that hash flows,
# of a simulated router that balances packets, and of random diamonds (DIAMONDS of them, 8 unless
# told); from 50 on beside scamper's tracelb, asked for the same ones at 95 % and at 99 % for each
# router: of few the probes are a matter of luck, and scamper takes 150 ms for each.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
DIAMONDS=${DIAMONDS:-8}
DRIVER=build/bin/diamond_driver
need "$DRIVER" scamper jq

# mda ARG…: from node a, fast.
mda() {
	timeout 120 ip netns exec "wl-$WORLD-${FROM:-a}" "$PROGRAM" trace --mda --wait 500ms \
		--target-rate 5000 --net-rate 5000 --rate 5000 --json "$@"
}

# links FILE: "from to" of every link, sorted; nodes FILE: "ttl addr".
links() { jq -r '.links[] | "\(.from) \(.to)"' "$1" | sort -u; }
nodes() { jq -r '.nodes[] | "\(.ttl) \(.addr)"' "$1" | sort -u; }

# a - b = (c d) = meshed with (e f) = g - h
node a b c d e f g h
link a b 1
link b c 2
link b d 3
link c e 4
link c f 5
link d e 6
link d f 7
link e g 8
link f g 9
link g h 10
# way NODE V4 V6…: NODE's ways to h and back to a.
way() {
	local n=$1 forth=$2 back=$3 v4=() v6=() x
	for x in $forth; do
		v4+=(nexthop via "198.18.$x.2")
		v6+=(nexthop via "2001:db8:$x::2")
	done
	on "$n" ip route add 198.18.10.0/24 "${v4[@]}"
	on "$n" ip -6 route add 2001:db8:10::/64 "${v6[@]}"
	[ -z "$back" ] && return
	on "$n" ip route add 198.18.1.0/24 via "198.18.$back.1"
	on "$n" ip -6 route add 2001:db8:1::/64 via "2001:db8:$back::1"
}
way b '2 3' ''
# Kernels of one machine hash alike: what b decided would be decided again by c and d.
for n in c d; do
	on $n sysctl -qw net.ipv4.fib_multipath_hash_policy=3 net.ipv4.fib_multipath_hash_fields=0x30 \
		net.ipv6.fib_multipath_hash_policy=3 net.ipv6.fib_multipath_hash_fields=0x30
done
way c '4 5' 2
way d '6 7' 3
way e 8 4
way f 9 5
on g ip route add 198.18.1.0/24 via 198.18.8.1
on g ip -6 route add 2001:db8:1::/64 via 2001:db8:8::1
on a ip route add default via 198.18.1.2
on a ip -6 route add default via 2001:db8:1::2
on h ip route add default via 198.18.10.1
on h ip -6 route add default via 2001:db8:10::1

# A router answers from the address nearest to us: e and f each from the link to c, as their route
# back says.
want_links='b c
b d
c e
c f
d e
d f
e g
f g
g h'
# The names of the routers that have the addresses.
named() {
	sed -E 's/198\.18\.(1)\.2|2001:db8:1::2/b/g; s/198\.18\.2\.2|2001:db8:2::2/c/g
		s/198\.18\.3\.2|2001:db8:3::2/d/g; s/198\.18\.[46]\.2|2001:db8:[46]::2/e/g
		s/198\.18\.[57]\.2|2001:db8:[57]::2/f/g; s/198\.18\.[89]\.2|2001:db8:[89]::2/g/g
		s/198\.18\.10\.2|2001:db8:10::2/h/g' | sort -u
}
for target in 198.18.10.2 2001:db8:10::2; do
	for method in udp tcp-syn tcp-ack quic; do
		mda $target --method $method >"$TEMP/graph.json" </dev/null
		check "$method to $target: every link of a meshed diamond" \
			same "$(links "$TEMP/graph.json" | named)" "$want_links"
		check "$method to $target: no hop taken for balancing by packet or a change" \
			same "$(jq -c '[.hops[] | select(.per_packet or .changed) | .ttl]' "$TEMP/graph.json")" "[]"
	done
done
probes() { mda 198.18.10.2 --seed 7 --sport 50000 | jq -c '[.sport, .nodes[].flows[0]] | unique'; }
check "the same seed and first port, the same flows" same "$(probes </dev/null)" "$(probes </dev/null)"
check "which begin where they were told to" same "$(probes </dev/null | jq '.[0]')" 50000
mda 198.18.10.2 --method icmp >"$TEMP/graph.json" </dev/null
check "icmp: a kernel hashes addresses only, and a chain is found" \
	same "$(jq -c '[.hops[].interfaces]' "$TEMP/graph.json")" "[1,1,1,1,1]"

mda 198.18.10.2 --deny 198.18.10.0/24 >"$TEMP/graph.json" 2>/dev/null </dev/null
check "a denied target is refused with status 7" same "$? $(jq -r .stop_reason "$TEMP/graph.json")" "7 refused"

# --- random diamonds, beside scamper -----------------------------------------------------------------

ip netns add "wl-$WORLD-tun" && NODES+=(tun)
on tun ip link set lo up
on tun "$DRIVER" serve dia0 &
for _ in $(seq 300); do on tun ip link show dia0 >/dev/null 2>&1 && break; sleep 0.1; done
on tun ip addr add 198.18.200.1/32 dev dia0
on tun ip link set dia0 up txqueuelen 10000
on tun ip route add 198.18.0.0/15 dev dia0 src 198.18.200.1
for ((i = 0; i < DIAMONDS; i++)); do echo "198.19.$((i / 256)).$((i % 256))"; done >"$TEMP/targets"
# shellcheck disable=SC2046
"$DRIVER" truth $(seq 0 $((DIAMONDS - 1))) >"$TEMP/truth"

# The same flows each time: what 95 % find is found in 95 % of runs otherwise.
FROM=tun mda --seed "${SEED:-1}" <"$TEMP/targets" >"$TEMP/ours95.json"
check "all $DIAMONDS random diamonds are traced" same "$(wc -l <"$TEMP/ours95.json")" "$DIAMONDS"
FROM=tun mda --seed "${SEED:-1}" --confidence 99 <"$TEMP/targets" >"$TEMP/ours99.json"
if [ "$DIAMONDS" -ge 50 ]; then
	for c in 95 99; do
		timeout 1500 ip netns exec "wl-$WORLD-tun" scamper -O json -o "$TEMP/scamper$c.json" -p 2000 \
			-w "$DIAMONDS" -c "tracelb -P udp-dport -c $c -w 1 -W 15 -Q 30000" \
			-f "$TEMP/targets" >/dev/null 2>&1 &
		scampers+=($!)
	done
	wait "${scampers[@]}"
fi
FROM=tun mda 198.19.255.5 >"$TEMP/packets.json" </dev/null
check "balancing by packet is told, and is no change of route" \
	same "$(jq -c '[.hops[] | select(.per_packet) | .ttl][0], ([.hops[] | .changed] | any)' "$TEMP/packets.json" | tr '\n' ' ')" "3 false "

compare() { python3 tests/netns/trace_mda.py "$TEMP" "$DIAMONDS"; }
compare | sed 's/^/# /'
verdict=$(compare | tail -n 1)
check "random diamonds: at most 5 % are not whole" grep -qw whole <<<"$verdict"
check "random diamonds: at 99 %, at most one and 2 %" grep -qw whole99 <<<"$verdict"
check "random diamonds: no interface is told that is not there" grep -qw true <<<"$verdict"
if [ "$DIAMONDS" -ge 50 ]; then
	check "random diamonds: no more probes than scamper at 95 and at 99 %" \
		grep -qw frugal <<<"$verdict"
fi
done_testing
