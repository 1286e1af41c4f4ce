#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# waymark trace through seven kernel routers: every hop as built, and as Linux traceroute sees it.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
need traceroute perl
chain 8

want4=$(for i in $(seq 0 7); do echo "198.18.$i.2"; done)
want6=$(echo 2001:db8::2; for i in $(seq 7); do echo "2001:db8:$i::2"; done)

# shellcheck disable=SC2016
on 8 perl -MIO::Socket::IP -e '
	$s = IO::Socket::IP->new(LocalHost => "::", LocalPort => 8080, Listen => 5,
		V6Only => 0) or die; print "up\n"; $| = 1; sleep 600' >"$TEMP/server" &
for _ in $(seq 300); do on 8 ss -ltn | grep -q :8080 && break; sleep 0.1; done

peer() {
	on 0 traceroute -n -q 1 -w 1 "$@" 2>/dev/null | hops
}

for target in 198.18.7.2 2001:db8:7::2; do
	case $target in *:*) want=$want6 ;; *) want=$want4 ;; esac
	check "udp to $target" same "$(trace $target --method udp)" "$want"
	check "icmp to $target" same "$(trace $target --method icmp)" "$want"
	check "tcp-syn to a closed port of $target" \
		same "$(trace $target --method tcp-syn --port 9)" "$want"
	check "tcp-syn to an open port of $target" \
		same "$(trace $target --method tcp-syn --port 8080)" "$want"
	check "traceroute -U agrees on $target" same "$(peer -U -p 33434 $target)" "$want"
	check "traceroute -I agrees on $target" same "$(peer -I $target)" "$want"
	check "traceroute -T agrees on $target" same "$(peer -T -p 8080 $target)" "$want"
done

# Answers to an open port say SYN and ACK; the kernel's own RST ends the half-open connection.
on 0 "$PROGRAM" trace 198.18.7.2 --method tcp-syn --port 8080 --json >"$TEMP/json"
check "an open port answers with SYN-ACK" grep -q '"tcp_flags":18' "$TEMP/json"
check "the trace says it reached" grep -q '"stop_reason":"reached"' "$TEMP/json"
check "nothing was dropped" grep -q '"kernel_drops":0' "$TEMP/json"
half_open() { [ "$(on 8 ss -tn state syn-recv | wc -l)" -le 1 ]; }
check "no half-open connection stays behind" half_open

# A silent router is a gap, not an end.
on 4 nft -f - <<'END'
table inet mute { chain out { type filter hook output priority 0;
	icmp type time-exceeded drop; icmpv6 type time-exceeded drop; }; }
END
check "walks past a silent router (IPv4)" \
	same "$(trace 198.18.7.2 --method icmp)" "$(echo "$want4" | sed 4s/.*/*/)"
check "walks past a silent router (IPv6)" \
	same "$(trace 2001:db8:7::2 --method udp)" "$(echo "$want6" | sed 4s/.*/*/)"

# Unreachable: the router says so, and that ends it.
on 6 ip route add unreachable 198.18.7.0/25
on 0 "$PROGRAM" trace 198.18.7.2 --json --wait 500ms >"$TEMP/json"
check "an unreachable ends the trace" grep -q '"stop_reason":"unreachable"' "$TEMP/json"
on 6 ip route del unreachable 198.18.7.0/25

# A loop: 5 and 6 send it back and forth.
on 6 ip route add 198.18.7.2/32 via 198.18.5.1
on 0 "$PROGRAM" trace 198.18.7.2 --json --wait 500ms >"$TEMP/json"
check "a loop is seen as one" grep -q '"stop_reason":"loop"' "$TEMP/json"
on 6 ip route del 198.18.7.2/32

# Nobody there at all.
on 7 nft -f - <<'END'
table inet wall { chain in { type filter hook forward priority 0; ip daddr 198.18.7.2 drop; }; }
END
on 0 "$PROGRAM" trace 198.18.7.2 --json --wait 300ms >"$TEMP/json"
check "silence to the end is a gap" grep -q '"stop_reason":"gap"' "$TEMP/json"

# A vantage node's own firewall and NAT: answers are read before it.
on 7 nft delete table inet wall
on 0 nft -f - <<'END'
table inet vantage {
	chain in { type filter hook input priority 0; policy drop; }
	chain nat { type nat hook postrouting priority 100; masquerade; }
}
END
for method in udp icmp tcp-syn; do
	check "$method passes the local firewall and NAT" \
		same "$(trace 198.18.7.2 --method $method)" "$(echo "$want4" | sed 4s/.*/*/)"
done
on 0 "$PROGRAM" trace 198.18.7.2 --json --method tcp-syn >"$TEMP/json"
check "and nothing of ours was rewritten" grep -vq '"rewritten":true' "$TEMP/json"
on 0 nft delete table inet vantage

# A NAT on the way is seen in the quotes.
on 2 nft -f - <<'END'
table ip nat { chain out { type nat hook postrouting priority 100;
	oifname "x2" masquerade fully-random; }; }
END
check "hops behind a NAT are found" \
	same "$(trace 198.18.7.2 --method tcp-syn)" "$(echo "$want4" | sed 4s/.*/*/)"
on 2 nft delete table ip nat

# Policy and people.
on 0 "$PROGRAM" trace 198.18.7.2 --deny 198.18.7.0/24 --json >"$TEMP/json"
check "a denied target is refused with status 7" test $? = 7
check "and sends nothing" grep -q '"stop_reason":"refused","probes_sent":0' "$TEMP/json"
on 0 timeout -s INT 1 "$PROGRAM" trace 198.18.7.2 --json --wait 10s --gap 20 >"$TEMP/json"
interrupted() { grep -q '"addr":"198.18.0.2"' "$TEMP/json"; }
check "Ctrl-C prints what there is" interrupted
# shellcheck disable=SC2016
check "Ctrl-C leaves with status 130" bash -c \
	'timeout --preserve-status -s INT 1 ip netns exec "$0" "$1" trace 198.18.7.2 --wait 10s; [ $? = 130 ]' \
	"wl-$WORLD-0" "$PROGRAM"
printf '198.18.3.2 icmp\n2001:db8:2::2 tcp-syn 443\n\n198.18.1.2 udp 33434 # note\n' |
	on 0 "$PROGRAM" trace --json >"$TEMP/json"
check "targets are read from standard input" \
	same "$(grep -o '"stop_reason":"reached"' "$TEMP/json" | wc -l)" 3

# What is busy or has no place waits, and is begun when it is free.
twice() { timeout 20 ip netns exec "wl-$WORLD-0" "$PROGRAM" trace 198.18.3.2 198.18.3.2 198.18.2.2 --json "$@" | wc -l; }
check "one at a time" same "$(twice --parallel 1)" 3
check "a flow named twice is traced twice" same "$(twice --sport 50000)" 3
check "graphs one at a time" same "$(twice --mda --parallel 1)" 3
check "a target named twice has two graphs" same "$(twice --mda)" 3
refused() { timeout 20 "$PROGRAM" trace 198.18.3.2 "$@" >/dev/null 2>&1; echo $?; }
for option in '--mda --pmtu' '--mda --live x0' '--mda --again 1' '--mda --max-ttl 64' '--confidence 99' '--mode full'; do
	# shellcheck disable=SC2086
	check "options that mean nothing together are refused: $option" same "$(refused $option)" 2
done
full() { timeout 20 ip netns exec "wl-$WORLD-0" "$PROGRAM" trace 198.18.3.2 "$@" >/dev/full 2>/dev/null; echo $?; }
for option in --json --mda; do
	check "a full disk is a failure: $option" same "$(full $option)" 1
done
done_testing
