#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A gateway behind a NAT that forgets after two seconds: with a keepalive the node can always reach
# the phone; and a control without, which shows that the NAT does forget.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
at core sysctl -qw net.netfilter.nf_conntrack_udp_timeout=2 net.netfilter.nf_conntrack_udp_timeout_stream=2
at core nft -f - <<-'RULES'
	table ip nat {
		chain after {
			type nat hook postrouting priority 100;
			ip saddr { 198.18.1.2, 198.18.2.2 } oifname "c3" masquerade random
		}
		chain gate {
			type filter hook forward priority 0;
			iifname "c3" oifname { "c1", "c2" } ct state new drop
		}
	}
RULES
run=$(run_id)
ends 1 a "$run" 51820
ends 2 b "$run" 51821
sed -i 's/^keepalive.*/keepalive 1/' "$work/gate.a"
sed -i 's/^keepalive.*/keepalive 0/' "$work/gate.b"
tunnels node "$work/node.a" "$work/node.b" && tunnels gate1 "$work/gate.a" && tunnels gate2 "$work/gate.b"
is $? 0 'two gateways behind one NAT open'
is "$(ask phone1 tcp 198.18.4.2 8000 40301)" 'server 198.18.3.2 40301' 'the one with a keepalive carries'
is "$(ask phone2 tcp 198.18.4.2 8000 40302)" 'server 198.18.3.2 40302' 'the one without does, too'
say node state; sleep 0.2
is "$(tail -n 2 "$work/node.out" | grep -c 'peer=198.18.3.1:')" 2 'the node hears both from the NAT'

# A server answers late: after the NAT has forgotten whoever was silent.
late() { # PHONE PORT
	at "$1" timeout 20 python3 - "$2" <<-'PHONE'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", int(sys.argv[1])))
		s.settimeout(9)
		s.sendto(b"?", ("198.18.4.2", 8100))
		try:
		    print(s.recv(100).decode())
		except socket.timeout:
		    print("nothing")
	PHONE
}
ip netns exec "$prefix-server" python3 - >"$work/late" <<-'SERVER' &
	import socket, time
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("198.18.4.2", 8100))
	print("serving", flush=True)
	peers = [s.recvfrom(100)[1] for _ in range(2)]
	time.sleep(5)
	for p in peers:
	    s.sendto(b"late", p)
SERVER
pids+=($!)
until grep -qs serving "$work/late"; do sleep 0.02; done
late phone1 40303 >"$work/late1" & one=$!
late phone2 40304 >"$work/late2" & two=$!
wait $one $two
is "$(cat "$work/late1")" late 'what comes after five silent seconds reaches the phone with the keepalive'
is "$(cat "$work/late2")" nothing 'control: it does not reach the other'
is "$(ask phone2 tcp 198.18.4.2 8000 40305)" 'server 198.18.3.2 40305' 'which carries again as soon as it speaks'
for h in node gate1 gate2; do hang_up $h; done
is "$(left_on node "$run"; left_on gate1 "$run"; left_on gate2 "$run")" '' 'closing leaves nothing'
done_testing
