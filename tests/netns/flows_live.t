#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark flows --live` between two namespaces: what passes is counted exactly, targets come while
# the flow lives, what is saved reads back to the same flows.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
need_root
waymark=${WAYMARK_BIN:-build/bin}/waymark
need "$waymark"
a=wl-flows-a-$$ b=wl-flows-b-$$
tmp=$(mktemp -d)
clean() {
	ip netns del "$a" 2>/dev/null
	ip netns del "$b" 2>/dev/null
	rm -rf "$tmp"
}
trap clean EXIT
explain() { cat "$tmp/err"; }

ip netns add "$a" && ip netns add "$b"
ip -n "$a" link add eth0 type veth peer name eth0 netns "$b"
for side in a b; do
	ns=${!side}
	ip netns exec "$ns" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	ip -n "$ns" link set lo up
	ip -n "$ns" addr add "198.18.7.$([ $side = a ] && echo 1 || echo 2)/24" dev eth0
	ip -n "$ns" link set eth0 up
done
ip netns exec "$a" "$waymark" flows --live eth0 --json --save "$tmp/saved.pcap" --filter "not arp" \
	--for 60s >"$tmp/flows" 2>"$tmp/err" &
flows=$!
ip netns exec "$a" "$waymark" flows --live eth0 --targets --json --local 198.18.7.1 --for 60s \
	>"$tmp/targets" 2>>"$tmp/err" &
targets=$!
sleep 1
ip netns exec "$a" ping -q -c 20 -i 0.01 -s 100 198.18.7.2 >/dev/null
ip netns exec "$a" bash -c 'for i in 1 2 3 4 5; do echo hello >/dev/udp/198.18.7.2/9; done' 2>/dev/null
for _ in $(seq 300); do
	grep -q '"port":9,' "$tmp/targets" && break
	sleep 0.1
done
grep -q '"proto":"udp","addr":"198.18.7.2","port":9,"local":"198.18.7.1"' "$tmp/targets"
ok $? "a target is told while its flow lives"
[ ! -s "$tmp/flows" ]
ok $? "the flow itself is not over yet"
sleep 0.5
kill -INT $flows $targets
wait $flows
[ $? -eq 130 ]
ok $? "an interrupt ends the capture with status 130"
wait $targets
# Port unreachable messages come back in the same flow, so only one direction is exact.
grep '"proto":"icmp","a":"198.18.7.1"' "$tmp/flows" | grep -q '"pkts_ab":20,"bytes_ab":2840,'
ok $? "20 echo requests of 142 bytes are counted"
[ "$(grep -c '"proto":"udp"' "$tmp/flows")" -ge 1 ]
ok $? "the UDP flow is there"
"$waymark" flows "$tmp/saved.pcap" --json | sort >"$tmp/again"
sort "$tmp/flows" | cmp -s - "$tmp/again"
ok $? "what was saved reads back to the same flows"
[ ! -s "$tmp/err" ]
ok $? "nothing was lost"
ip netns exec "$a" "$waymark" flows --live absent0 >/dev/null 2>"$tmp/err"
[ $? -eq 4 ] && grep -q "no interface absent0" "$tmp/err"
ok $? "an interface that is not there is named"
ip netns exec "$a" "$waymark" flows --live eth0 --filter "tcp prot 80" >/dev/null 2>"$tmp/err"
[ $? -eq 2 ] && grep -q "bad filter" "$tmp/err"
ok $? "a bad filter is a usage error"
done_testing
