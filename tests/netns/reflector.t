#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A reflector two routers away says how it was reached: address, port, TTL, SYN options; it answers
# no more than it was asked, and not more often than it may; and it tells whom a resolver asks.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
agent=${WAYMARK_BIN:-$here/../../build/bin}/waymark-agent
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
need_root
need "$agent" unbound jq
prefix=wl-ref$$ pid='' resolver=''
work=$(mktemp -d)
finish() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid"; }
	[ -z "$resolver" ] || { kill "$resolver"; wait "$resolver"; }
	for h in asker nat mirror; do ip netns del "$prefix-$h" 2>/dev/null; done
	rm -rf "$work"
}
trap finish EXIT
at() { local host=$1; shift; ip netns exec "$prefix-$host" "$@"; }
explain() { cat "$work/log"; }
for h in asker nat mirror; do
	ip netns add "$prefix-$h"
	ip -n "$prefix-$h" link set lo up
done
ip -n "$prefix-asker" link add eth0 type veth peer name wa netns "$prefix-nat"
ip -n "$prefix-mirror" link add eth0 type veth peer name wm netns "$prefix-nat"
for e in asker:eth0:1.2 nat:wa:1.1 mirror:eth0:2.2 nat:wm:2.1; do
	IFS=: read -r h dev n <<<"$e"
	ip -n "$prefix-$h" addr add "198.18.$n/24" dev "$dev"
	ip -n "$prefix-$h" addr add "2001:db8:${n/./::}/64" dev "$dev" nodad
	ip -n "$prefix-$h" link set "$dev" up
done
for h in asker:1 mirror:2; do
	ip -n "$prefix-${h%:*}" route add default via "198.18.${h#*:}.1"
	ip -n "$prefix-${h%:*}" route add ::/0 via "2001:db8:${h#*:}::1"
done
at nat sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

ip netns exec "$prefix-mirror" "$agent" reflector --zone whoami.example --rate-net 50 2>"$work/log" &
pid=$!
for _ in $(seq 600); do grep -q ev=ready "$work/log" && break; sleep 0.05; done
ask() { at asker python3 "$here/reflector.py" "$@"; }
is "$(ask udp 198.18.2.2 5766 40001 ttl=50)" '198.18.1.2 40001 ttl=49 proto=17 syn=' 'UDP: address, port and TTL as they came'
is "$(ask udp 2001:db8:2::2 5767 40002 ttl=50)" '2001:db8:1::2 40002 ttl=49 proto=17 syn=' 'by IPv6, and on the second port'
ip netns exec "$prefix-mirror" timeout 20 tcpdump -nxc2 -i eth0 'tcp[tcpflags] == tcp-syn or ip6[53] == 2' \
	>"$work/syns" 2>"$work/dump" &
dump=$!
for _ in $(seq 600); do grep -q listening "$work/dump" && break; sleep 0.05; done
four=$(ask tcp 198.18.2.2 5766 40003 ttl=77 mss=1234)
six=$(ask tcp 2001:db8:2::2 5766 40004 ttl=78)
wait $dump
hex() { awk -v n="$1" '/IP/ { i++ } /0x/ && i == n { for (f = 2; f <= NF; f++) printf "%s", $f }' "$work/syns"; }
is "${four%syn=*}" '198.18.1.2 40003 ttl=76 proto=6 ' 'TCP: address, port and TTL of the SYN'
is "${four#*syn=}" "$(hex 1 | cut -c81-)" 'and its options, byte for byte as on the wire'
is "$(cut -c1-8 <<<"${four#*syn=}")" 020404d2 'which begin with the MSS that was sent'
is "${six%syn=*}" '2001:db8:1::2 40004 ttl=77 proto=6 ' 'the same by IPv6'
is "${six#*syn=}" "$(hex 2 | cut -c121-)" 'with the options'
at nat nft 'add table ip n; add chain ip n c { type nat hook postrouting priority 100; }; add rule ip n c oifname "wm" meta l4proto udp masquerade to :50000-50010'
is "$(ask udp 198.18.2.2 5766 40005 | cut -d' ' -f1,2 | sed 's/500[01][0-9]/500xx/')" '198.18.2.1 500xx' 'behind a NAT: the address and port of the NAT'
is "$(ask names 198.18.2.2 53 whoami.example)" 'no longer rcode=0 answers=0' 'a name of its zone is answered with nothing, in no more bytes'
is "$(ask names 198.18.2.2 53 elsewhere.example)" 'no longer rcode=5 answers=0' 'another one is refused'
cat >"$work/unbound.conf" <<-CONF
	server:
	  do-daemonize: no
	  use-syslog: no
	  chroot: ""
	  username: ""
	  pidfile: "$work/unbound.pid"
	  directory: "$work"
	  interface: 198.18.1.1
	  access-control: 0.0.0.0/0 allow
	  module-config: "iterator"
	  local-data: "scan.example A 198.18.50.1"
	stub-zone:
	  name: whoami.example
	  stub-addr: 198.18.2.2
	remote-control:
	  control-enable: no
CONF
ip netns exec "$prefix-nat" unbound -c "$work/unbound.conf" >"$work/unbound.log" 2>&1 &
resolver=$!
# shellcheck disable=SC2317 # called below
found() {
	at asker "${agent%-agent}" discover --json --reserved --list "$work/list" --control scan.example --right 198.18.50.1 \
		--whoami '*.whoami.example' --helper none --rounds 1 --wait 500ms >"$work/found" 2>"$work/err"
	grep -q usable "$work/found"
}
echo 198.18.1.1 >"$work/list"
for _ in $(seq 60); do found && break; sleep 0.5; done
is "$(jq -c '[.class, .egress]' "$work/found")" '["forwarder",["198.18.2.1"]]' 'discovery learns of it by which address a real resolver asks'
is "$(ask who 2001:db8:2::2 53 x.whoami.example 28)" '2001:db8:1::2' 'IPv6 in AAAA'
is "$(ask who 2001:db8:2::2 53 x.whoami.example 1)" '' 'and not in A'
sleep 1.2 # the second's worth of answers comes back
got=$(ask flood 198.18.2.2 5766 400)
is "$([ "$got" -ge 40 ] && [ "$got" -le 150 ] && echo few)" few "of 400 at once, and 400 that are no question, $got are answered"
kill $pid; wait $pid
is $? 0 'it leaves when told to'
pid=
is "$(grep -c 'ev=stop.*over_rate=[1-9].*strange=[1-9]' "$work/log")" 1 'and says what it did not answer'
done_testing
