#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two phones at one node, one tunnel with an inner MTU of 1420 and one of 1500: what passes whole,
# what comes back instead, what a server sees; and what a net that drops fragments does to each.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
run=$(run_id)
ends 1 a "$run" 51820
ends 2 b "$run" 51821
echo 'mtu 1500' | tee -a "$work/node.b" >>"$work/gate.b"
at core nft -f - <<-'RULES'
	table ip pieces {
		counter one { }
		counter two { }
		chain in {
			type filter hook prerouting priority -500;
			ip frag-off & 0x3fff != 0 ip saddr 198.18.1.2 counter name one
			ip frag-off & 0x3fff != 0 ip saddr 198.18.2.2 counter name two
			ip frag-off & 0x3fff != 0 ip daddr 198.18.1.2 counter name one
			ip frag-off & 0x3fff != 0 ip daddr 198.18.2.2 counter name two
		}
	}
RULES
tunnels node "$work/node.a" "$work/node.b" && tunnels gate1 "$work/gate.a" && tunnels gate2 "$work/gate.b"
is $? 0 'a tunnel of each kind opens'
wait_ready gate1 && wait_ready gate2
is $? 0 'both shake hands'

whole() { # PHONE -4|-6 PAYLOAD: "whole", or what came back
	local out
	# The first may only learn the way's MTU; the second tells.
	out=$(at "$1" ping "$2" -n -c2 -i0.3 -W2 -M 'do' -s "$3" "$([ "$2" = -4 ] && echo 198.18.4.2 || echo 2001:db8:4::2)" 2>&1)
	if grep -q 'bytes from' <<<"$out"; then echo whole; else
		grep -oE 'mtu ?= ?[0-9]+' <<<"$out" | grep -oE '[0-9]+' | sort -u
	fi
}
is "$(whole phone2 -4 1472)" whole '1500: an IPv4 packet of 1500 bytes that must not be fragmented passes'
is "$(whole phone2 -6 1452)" whole '1500: an IPv6 packet of 1500 bytes passes'
is "$(whole phone1 -4 1392)" whole '1420: 1420 bytes pass'
is "$(whole phone1 -4 1472)" 1420 '1420: for a larger one "fragmentation needed" with the MTU comes back'
is "$(whole phone1 -6 1372)" whole '1420: by IPv6 1420 bytes pass'
is "$(whole phone1 -6 1452)" 1420 '1420: for a larger one "packet too big" comes back'
pieces() { at core nft -j list counter ip pieces "$1" | sed 's/.*"packets": \([0-9]*\).*/\1/'; }
is "$([ "$(pieces two)" -gt 0 ] && echo pieces)" pieces 'outer packets of the second came in fragments'
is "$(pieces one)" 0 'and none of the first did'

mss() { # PHONE ADDR PORT: of the SYN a server sees
	rm -f "$work/mss.err"
	at server timeout 20 tcpdump -nvc1 -i eth0 "tcp port 8000 and (tcp[tcpflags] == tcp-syn or ip6[53] == 2)" \
		>"$work/mss" 2>"$work/mss.err" &
	local dump=$!
	until grep -qs listening "$work/mss.err"; do sleep 0.02; done
	ask "$1" tcp "$2" 8000 "$3" >/dev/null
	wait $dump
	grep -oE 'mss [0-9]+' "$work/mss"
}
is "$(mss phone2 198.18.4.2 40501)" 'mss 1460' '1500: a server sees the MSS of a program on the node'
is "$(mss phone2 2001:db8:4::2 40502)" 'mss 1440' 'by IPv6 too'
is "$(mss phone1 198.18.4.2 40503)" 'mss 1380' '1420: a server sees what fits the tunnel'
is "$(mss phone1 2001:db8:4::2 40504)" 'mss 1360' 'by IPv6 too'

cat >"$work/bulk.py" <<'PEER'
import socket, sys
N = 300000
if sys.argv[1] == "serve":
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("198.18.4.2", 8200))
    s.listen()
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: do not fragment
    u.bind(("198.18.4.2", 8201))
    print("serving", flush=True)
    for _ in range(2):
        c = s.accept()[0]
        got = 0
        while got < N:
            got += len(c.recv(65536))
        c.sendall(b"x" * N)
        c.close()
    peer = u.recvfrom(100)[1]
    for _ in range(20):
        try:
            u.sendto(b"y" * 1472, peer)
        except OSError:
            print("too big for the way", flush=True)
            break
        import time
        time.sleep(0.2)
elif sys.argv[1] == "udp":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", 40505))
    s.sendto(b"?", ("198.18.4.2", 8201))
else:
    s = socket.create_connection(("198.18.4.2", 8200), 15)
    s.sendall(b"x" * N)
    got = 0
    while True:
        b = s.recv(65536)
        if not b:
            break
        got += len(b)
    print(got)
PEER
ip netns exec "$prefix-server" python3 "$work/bulk.py" serve >"$work/bulk" &
pids+=($!)
until grep -qs serving "$work/bulk"; do sleep 0.02; done
is "$(at phone2 timeout 20 python3 "$work/bulk.py" ask)" 300000 '1500: 300 kB go each way by TCP'
is "$(at phone1 timeout 20 python3 "$work/bulk.py" ask)" 300000 '1420: they do, too'
at phone1 python3 "$work/bulk.py" udp
for _ in $(seq 600); do grep -q 'too big' "$work/bulk" && break; sleep 0.05; done
is "$(grep -c 'too big' "$work/bulk")" 1 '1420: a server that sends 1500 bytes is told that they do not fit'
is "$(at server ip route get 198.18.3.2 | grep -o 'mtu 1420')" 'mtu 1420' 'with the MTU of the tunnel'

at core nft 'add rule ip pieces in ip frag-off & 0x3fff != 0 drop'
is "$(whole phone2 -4 1472)" '' 'where the net drops fragments 1500 bytes do not pass: what the self-test is for'
is "$(whole phone2 -4 1000)" whole 'while small ones do'
is "$(whole phone1 -4 1392)" whole 'and 1420 is not touched'
for h in node gate1 gate2; do hang_up $h; done
is "$(left_on node "$run"; left_on gate1 "$run"; left_on gate2 "$run")" '' 'closing leaves nothing'
done_testing
