#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real programs talk in namespaces (a resolver, curl, OpenSSL, ping), tcpdump records it, and `waymark
# flows` tells of the recording what tshark does: flows, DNS answers over UDP and TCP, names of TLS.
here=$(cd "$(dirname "$0")" && pwd)
waymark=${WAYMARK_BIN:-$here/../../build/bin}/waymark
# shellcheck source=tests/tap.sh
. "$here/../tap.sh"
need_root
need "$waymark" tshark tcpdump curl openssl dnsmasq python3 ping
world=wl-beside$$
tmp=$(mktemp -d)
pids=()
at() { ip netns exec "$world-$1" "${@:2}"; }
world_end() {
	local p
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null; wait "$p" 2>/dev/null; done
	ip netns del "$world-c" 2>/dev/null
	ip netns del "$world-s" 2>/dev/null
	rm -rf "$tmp" "/etc/netns/$world-c"
}
trap world_end EXIT
explain() { cat "$tmp/out" 2>/dev/null; }
wait_for() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return 0; sleep 0.05; done; return 1; }

ip netns add "$world-c"
ip netns add "$world-s"
ip -n "$world-c" link add eth0 type veth peer name eth0 netns "$world-s"
for side in c:1 s:2; do
	ip -n "$world-${side%:*}" link set lo up
	ip -n "$world-${side%:*}" addr add "198.18.9.${side#*:}/24" dev eth0
	ip -n "$world-${side%:*}" addr add "2001:db8:9::${side#*:}/64" dev eth0 nodad
	ip -n "$world-${side%:*}" link set eth0 up
	at "${side%:*}" ethtool -K eth0 tso off gso off gro off >/dev/null 2>&1
done
mkdir -p "/etc/netns/$world-c"
echo 'nameserver 198.18.9.2' >"/etc/netns/$world-c/resolv.conf"
ip netns exec "$world-s" dnsmasq --keep-in-foreground --no-resolv --no-hosts --pid-file= --user=root \
	--address=/chat.example/198.18.9.2 --address=/chat.example/2001:db8:9::2 --host-record=edge.cdn.example,198.18.9.2,2001:db8:9::2 \
	--cname=www.cdn.example,edge.cdn.example --cname=cdn.example.net,www.cdn.example --address=/big.example/198.18.9.2 >"$tmp/dns" 2>&1 &
pids+=($!)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key" -out "$tmp/cert" -days 2 -subj /CN=chat.example 2>/dev/null
ip netns exec "$world-s" openssl s_server -quiet -accept 443 -cert "$tmp/cert" -key "$tmp/key" -www >"$tmp/tls" 2>&1 &
pids+=($!)
ip netns exec "$world-s" python3 -m http.server 80 --bind :: --directory "$tmp" >"$tmp/http" 2>&1 &
pids+=($!)
ip netns exec "$world-c" tcpdump --immediate-mode -i eth0 -s 0 -U -w "$tmp/real.pcap" >"$tmp/dump" 2>&1 &
dump=$!
pids+=("$dump")
wait_for grep -q listening "$tmp/dump"
wait_for at c curl -s -m 2 -o /dev/null http://198.18.9.2/

for name in a.chat.example www.cdn.example cdn.example.net missing.example; do
	at c getent ahosts "$name" >/dev/null
done
echo 'options use-vc' >>"/etc/netns/$world-c/resolv.conf"
for name in tcp.chat.example www.cdn.example; do at c getent ahosts "$name" >/dev/null; done
sed -i /use-vc/d "/etc/netns/$world-c/resolv.conf"
at c curl -s -m 5 -o /dev/null http://media.chat.example/
for family in 4 6; do
	at c curl -sk -m 5 -$family -o /dev/null https://api.chat.example/
	at c curl -sk -m 5 -$family --http1.1 -o /dev/null https://www.cdn.example/
done
echo Q | at c timeout 5 openssl s_client -connect 198.18.9.2:443 -servername only.sni.example -alpn h2 >/dev/null 2>&1
echo Q | at c timeout 5 openssl s_client -connect 198.18.9.2:443 -noservername -tls1_2 >/dev/null 2>&1
at c ping -c 2 -i 0.2 -s 3000 198.18.9.2 >/dev/null
at c ping -c 1 -s 3000 2001:db8:9::2 >/dev/null
at c curl -s -m 1 -o /dev/null http://198.18.9.2:81/ # refused
sleep 0.3
kill "$dump"
wait "$dump" 2>/dev/null

python3 "$here/../beside/beside.py" "$waymark" "$tmp/real.pcap" >"$tmp/out" 2>&1
ok $? "flows, DNS and names of real programs are those tshark tells"
"$waymark" flows "$tmp/real.pcap" --names --csv >"$tmp/out" 2>&1
[ "$(grep -cE ',443,(api.chat.example|www.cdn.example|only.sni.example),' "$tmp/out")" = 5 ]
ok $? "five hellos with their names"
"$waymark" flows "$tmp/real.pcap" --dns --json >"$tmp/out" 2>&1
grep -q '"qname":"cdn.example.net","qtype":1,"rcode":0,"cname":\["www.cdn.example","edge.cdn.example"\],"addrs":\["198.18.9.2"\]' "$tmp/out"
ok $? "a chain of aliases is followed to its end"
"$waymark" flows "$tmp/real.pcap" --json >"$tmp/out" 2>&1
grep '"bport":80,' "$tmp/out" | grep -q '"name":"media.chat.example","how":"http"' &&
	grep '"proto":"tcp".*"bport":53,' "$tmp/out" >/dev/null
ok $? "HTTP Host and DNS over TCP were among it"
done_testing
