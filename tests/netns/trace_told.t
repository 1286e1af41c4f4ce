#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What an answer tells besides who sent it: what routers had made of the probe by then (a remarked
# TOS, bleached ECN), the MTU of a link too narrow, the answer's own header, the target's options.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
need dnsmasq traceroute jq
chain 5

# told FILTER ARG…: what jq's FILTER makes of the trace, lines joined.
told() {
	local filter=$1
	shift
	timeout 30 ip netns exec "wl-$WORLD-0" "$PROGRAM" trace --json --wait 500ms --attempts 2 \
		--target-rate 1000 "$@" 2>/dev/null | jq -c "$filter" | tr '\n' ' '
}
SEEN='.hops[] | [.replies[] | select(.addr) | .seen.tos][0]'

told . 2001:db8:4::2 >/dev/null # neighbours get to know each other

# Node 2 bleaches IPv4, node 3 IPv6: only the ECN bits.
on 2 nft -f - <<'END'
table inet bleach { chain on_way { type filter hook forward priority 0; ip dscp set cs0; }; }
END
on 3 nft -f - <<'END'
table inet bleach { chain on_way { type filter hook forward priority 0; ip6 ecn set not-ect; }; }
END
for method in udp icmp tcp-syn; do
	check "$method: routers behind a bleaching one saw another TOS" \
		same "$(told "$SEEN" 198.18.4.2 --method $method --tos 40)" "null null 0 0 $(
			[ $method = udp ] && echo 0 || echo null) "
	check "$method: the traffic class keeps its codepoint and loses its ECN" \
		same "$(told "$SEEN" 2001:db8:4::2 --method $method --tos 41)" "null null null 40 $(
			[ $method = udp ] && echo 40 || echo null) "
done
check "without a TOS nothing is seen to differ" same "$(told "$SEEN" 198.18.4.2)" \
	"null null null null null "

check "answers have their own TOS, until node 2 bleaches those too" same \
	"$(told '[.hops[] | [.replies[] | select(.addr) | .tos][0]]' 198.18.4.2)" \
	"[192,192,null,null,null] "
# shellcheck disable=SC2016
on 5 perl -MIO::Socket::IP -e '
	$s = IO::Socket::IP->new(LocalHost => "0.0.0.0", LocalPort => 8080, Listen => 5) or die;
	print "up\n"; $| = 1; sleep 600' >"$TEMP/server" &
for _ in $(seq 300); do on 5 ss -ltn | grep -q :8080 && break; sleep 0.1; done
# The kernel answers a SYN without options with its segment size alone.
check "the options of a SYN-ACK are kept" same \
	"$(told '.hops[-1].replies[0].tcp_options' 198.18.4.2 --method tcp-syn --port 8080)" '"020405b4" '

check "JSON, read back, is the same" bash -c '
	ip netns exec "$0" "$1" trace --json --tos 40 198.18.4.2 >"$2/a" 2>/dev/null
	grep -q seen "$2/a" && "$1" trace --read "$2/a" --format json | cmp - "$2/a"' \
	"wl-$WORLD-0" "$PROGRAM" "$TEMP"
# --- path MTU ---------------------------------------------------------------------------------------

# Behind node 2 a link of 1400, behind node 3 one of 1280.
on 2 nft delete table inet bleach
on 3 nft delete table inet bleach
on 2 ip link set x2 mtu 1400 && on 3 ip link set x2 mtu 1400
on 3 ip link set x3 mtu 1280 && on 4 ip link set x3 mtu 1280
MTU='[.path_mtu, .stop_reason, ([.hops[].replies[] | select(.mtu) | [.addr, .mtu]] | unique)]'
for method in udp icmp; do
	check "$method: path MTU and where it falls, IPv4" same \
		"$(told "$MTU" 198.18.4.2 --method $method --pmtu)" \
		'[1280,"reached",[["198.18.1.2",1400],["198.18.2.2",1280]]] '
	check "$method: path MTU and where it falls, IPv6" same \
		"$(told "$MTU" 2001:db8:4::2 --method $method --pmtu)" \
		'[1280,"reached",[["2001:db8:1::2",1400],["2001:db8:2::2",1280]]] '
	check "$method: and every hop is told" same "$(told . 198.18.4.2 --method $method --pmtu |
		jq -r '.hops[].replies[] | select(.addr and (.mtu | not)) | .addr' | uniq)" \
		"$(for i in $(seq 0 4); do echo "198.18.$i.2"; done)"
done
on 2 ip link set x2 mtu 1500 && on 3 ip link set x2 mtu 1500
on 3 ip link set x3 mtu 1500 && on 4 ip link set x3 mtu 1500

# --- names of hops ---------------------------------------------------------------------------------

mkdir -p "/etc/netns/wl-$WORLD-0"
remove_names() { rm -rf "/etc/netns/wl-$WORLD-0"; clean; }
trap remove_names EXIT
echo 'nameserver 198.18.0.2' >"/etc/netns/wl-$WORLD-0/resolv.conf"
on 1 dnsmasq --keep-in-foreground --no-resolv --no-hosts --pid-file= --user=root \
	--local=/in-addr.arpa/ --local=/ip6.arpa/ --ptr-record=2.0.18.198.in-addr.arpa,near.example \
	--ptr-record=2.2.18.198.in-addr.arpa,far.example >"$TEMP/dns" 2>&1 &
for _ in $(seq 300); do on 1 ss -lun | grep -q :53 && break; sleep 0.1; done
check "names of hops, in JSON" same \
	"$(told '[.hops[].replies[0].name]' 198.18.4.2 --names)" \
	'["near.example",null,"far.example",null,null] '
timeless() { sed -E 's/[0-9]+\.[0-9]+ ms/T ms/g; s/ +$//'; }
check "text with names is what traceroute prints with names" same \
	"$(on 0 "$PROGRAM" trace --names --method icmp --target-rate 1000 198.18.4.2 | timeless)" \
	"$(on 0 traceroute -I -m 32 -w 5 198.18.4.2 44 | timeless)"
kill %% 2>/dev/null
# shellcheck disable=SC2046
kill $(ip netns pids "wl-$WORLD-1") 2>/dev/null
check "a resolver that is silent costs a few seconds, not the trace" same \
	"$(told '[.hops[].replies[0].addr] | length' 198.18.4.2 --names)" "5 "
done_testing
