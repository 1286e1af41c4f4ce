#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two phones behind two gateways, both tunnelled to one node: what a server and a resolver see.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
run=$(run_id)
ends 1 a "$run" 51820
ends 2 b "$run" 51821

is "$(ask phone1 tcp 198.18.4.2 8000 40001 | cut -c1-7)" nothing 'without a tunnel the phone reaches nothing'
tunnels node "$work/node.a" "$work/node.b" && tunnels gate1 "$work/gate.a" && tunnels gate2 "$work/gate.b"
is $? 0 'both ends of both tunnels open'
[ "$tap_failed" = 0 ] || done_testing
wait_ready gate1; is $? 0 'the first shakes hands'
wait_ready gate2; is $? 0 'the second shakes hands'
sed 's/^/# /' "$work"/{node,gate1}.out | grep -v state

is "$(ask phone1 tcp 198.18.4.2 8000 40001)" 'server 198.18.3.2 40001' 'a server sees the node and the TCP port the phone used'
is "$(ask phone1 udp 198.18.4.2 8000 40002)" 'server 198.18.3.2 40002' 'a server sees the UDP port the phone used'
is "$(ask phone2 tcp 198.18.4.2 8000 40003)" 'server 198.18.3.2 40003' 'the same for the second phone'
is "$(ask phone1 tcp 2001:db8:4::2 8000 40004)" 'server 2001:db8:3::2 40004' 'the same by IPv6 and TCP'
is "$(ask phone2 udp 2001:db8:4::2 8000 40005)" 'server 2001:db8:3::2 40005' 'the same by IPv6 and UDP'
is "$(ask phone1 udp 198.18.200.8 53 40006)" 'resolver 198.18.3.2 40006' 'a UDP query to any resolver goes to the one of the node'
is "$(ask phone1 tcp 198.18.200.8 53 40007)" 'resolver 198.18.3.2 40007' 'a TCP query too'
is "$(ask phone1 udp 2001:db8:200::8 53 40008)" 'resolver 2001:db8:3::2 40008' 'a UDP query by IPv6 too'
is "$(ask phone2 tcp 2001:db8:200::8 53 40009)" 'resolver 2001:db8:3::2 40009' 'a TCP query by IPv6 too'
is "$(ask phone1 udp 198.18.71.1 53 40010)" 'resolver 198.18.3.2 40010' 'a query to the gateway itself too'
is "$(ask phone1 udp 2001:db8:71::1 53 40011)" 'resolver 2001:db8:3::2 40011' 'and by IPv6'
kept=0
for p in $(seq 41000 41039); do
	[ "$(ask phone1 udp 198.18.4.2 8000 "$p")" = "server 198.18.3.2 $p" ] && kept=$((kept + 1))
done
is $kept 40 'forty source ports of forty are kept'
is "$(ask phone1 tcp 198.18.72.2 8000 40012 | cut -c1-7)" nothing 'one phone does not reach the other through the node'
serve node service 198.18.3.2 8080
is "$(ask phone1 tcp 198.18.3.2 8080 40013 | cut -c1-7)" nothing 'a phone does not reach the services of the node'
at phone1 ping -c1 -W2 198.19.1.1 >/dev/null; is $? 0 'a phone may ping the other end of the tunnel'
at phone1 ping -c1 -W2 -M 'do' -s 1392 198.18.4.2 >/dev/null; is $? 0 '1420 bytes pass whole'
is "$(at phone1 ping -c1 -W2 -M 'do' -s 1400 198.18.4.2 2>&1 | grep -o 'mtu *= *1420')" 'mtu = 1420' 'a larger one comes back with the MTU'

# What a program on the node would see and show, seen from the phone: no hop of ours.
way4=$'198.18.3.1\n198.18.4.2'
way6=$'2001:db8:3::1\n2001:db8:4::2'
is "$(at phone1 traceroute -n -q1 -N1 -m3 -w2 198.18.4.2 | awk 'NR > 1 {print $2}')" "$way4" 'a traceroute from the phone begins at the first router of the node'
is "$(at phone1 traceroute -n -q1 -N1 -m3 -w2 2001:db8:4::2 | awk 'NR > 1 {print $2}')" "$way6" 'by IPv6 too'
is "$(at node traceroute -n -q1 -N1 -m3 -w2 198.18.4.2 | awk 'NR > 1 {print $2}')" "$way4" 'which is what the node itself sees'
ttl_seen() { # FAMILY HOST TTL: of an echo request, at the server
	rm -f "$work/ttl.err"
	at server timeout 5 tcpdump -nvc1 -i eth0 "icmp[icmptype] == icmp-echo or (icmp6 and ip6[40] == 128)" \
		>"$work/ttl" 2>"$work/ttl.err" &
	local dump=$!
	until grep -qs listening "$work/ttl.err"; do sleep 0.02; done
	at "$2" ping "-$1" -n -c1 -W1 -t "$3" "$([ "$1" = 4 ] && echo 198.18.4.2 || echo 2001:db8:4::2)" >"$work/ping"
	wait $dump
	grep -oE '(ttl|hlim) [0-9]+' "$work/ttl"
}
for ttl in 64 128 250; do
	is "$(ttl_seen 4 phone1 $ttl)" "ttl $((ttl - 1))" "a server sees $ttl less the one real router"
done
is "$(ttl_seen 6 phone1 64)" 'hlim 63' 'by IPv6 too'
is "$(ttl_seen 4 node 64)" 'ttl 63' 'as from the node itself'
ttl_seen 4 phone2 64 >/dev/null
is "$(grep -o 'ttl=[0-9]*' "$work/ping")" ttl=63 'and the phone sees what the node would of the answer'


# What a program on the node would get: answers that arrive there with a TTL of 1, and ICMP errors.
at server nft -f - <<-'RULES'
	table inet old {
		chain out {
			type filter hook output priority 0
			ip saddr 198.18.4.2 ip ttl set 2
			ip6 saddr 2001:db8:4::2 ip6 nexthdr != icmpv6 ip6 hoplimit set 2
			ip6 saddr 2001:db8:4::2 icmpv6 type { echo-reply, destination-unreachable } ip6 hoplimit set 2
		}
	}
RULES
is "$(ask node udp 198.18.4.2 8000 40020)" 'server 198.18.3.2 40020' 'an answer that arrives with a TTL of 1 is heard on the node'
is "$(ask phone1 udp 198.18.4.2 8000 40021)" 'server 198.18.3.2 40021' 'and by the phone'
is "$(ask phone2 tcp 2001:db8:4::2 8000 40022)" 'server 2001:db8:3::2 40022' 'by IPv6 and TCP too'
is "$(ask phone1 udp 198.18.4.2 8001 40023)" 'nothing: [Errno 111] Connection refused' 'an ICMP error that arrives with a TTL of 1 reaches the phone'
is "$(ask phone1 udp 2001:db8:4::2 8001 40024)" 'nothing: [Errno 111] Connection refused' 'by IPv6 too'
at server nft delete table inet old
at phone1 ping -n -c1 -W2 198.18.4.2 | grep -q 'ttl=63'; is $? 0 'others arrive as before'

is "$(counted phone)" 0 'nothing of a phone went outside its tunnel'

if [ "$(backend gate1)" = user ]; then
	is "$(stat -c %a /run/wireguard/*"${run:0:11}".sock | sort -u)" 600 'control sockets are for root alone'
else
	skip 'control sockets are for root alone' 'the kernel has none'
fi
is "$(grep -rl -f "$work/gate.a.key" /run/waymark/tunnel; grep -al -f "$work/gate.a.key" /proc/[0-9]*/{cmdline,environ} 2>/dev/null)" '' 'no key lies in a record, on a command line or in an environment'

for h in node gate1 gate2; do hang_up $h; done
sed 's/^/# /' "$work"/{node,gate1}.out | grep closed
is "$(left_on node "$run"; left_on gate1 "$run"; left_on gate2 "$run")" '' 'closing leaves nothing'
is "$(ask phone1 tcp 198.18.4.2 8000 40014 | cut -c1-7)" nothing 'the phone is locked in again'
is "$(counted phone)" 0 'and still nothing of a phone went outside'
done_testing
