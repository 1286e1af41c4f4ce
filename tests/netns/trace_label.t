#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The IPv6 flow label of probes: chosen or given, the same for every probe of a trace, told in its
# document, and what routers that balance by it see: read from the packets themselves.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh

# a - b = (c d) = e - f; b balances by addresses and flow label alone (policy 0).
node a b c d e f
link a b 1
link b c 2
link b d 3
link c e 4
link d e 5
link e f 6
for n in b c d e; do on $n sysctl -qw net.ipv6.fib_multipath_hash_policy=0; done
on a ip -6 route add default via 2001:db8:1::2
on b ip -6 route add 2001:db8:6::/64 nexthop via 2001:db8:2::2 nexthop via 2001:db8:3::2
on c ip -6 route add 2001:db8:6::/64 via 2001:db8:4::2
on d ip -6 route add 2001:db8:6::/64 via 2001:db8:5::2
on c ip -6 route add 2001:db8:1::/64 via 2001:db8:2::1
on d ip -6 route add 2001:db8:1::/64 via 2001:db8:3::1
on e ip -6 route add 2001:db8:1::/64 via 2001:db8:4::1
on f ip -6 route add default via 2001:db8:6::1
target=2001:db8:6::2

# Every packet that reaches b from a: `FLOW-LABEL HOP-LIMIT PORT`, until killed.
cat >"$TEMP/look.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
s.bind(("x1", 0x86dd))
with open(sys.argv[1], "w", buffering=1) as out:
    print("up", file=out)
    while True:
        p, at = s.recvfrom(2000)
        if at[2] != socket.PACKET_OUTGOING and p[6] in (6, 17, 58) and not (p[6] == 58 and p[40] != 128):
            port = p[44:46] if p[6] == 58 else p[40:42]
            print(int.from_bytes(p[1:4], "big") & 0xfffff, p[7], int.from_bytes(port, "big"), file=out)
END
looked() { # ARG…: traces, and leaves what b saw in seen, the document in json
	rm -f "$TEMP/seen"
	on b python3 "$TEMP/look.py" "$TEMP/seen" 2>/dev/null &
	local looker=$!
	for _ in $(seq 600); do grep -qs up "$TEMP/seen" && break; sleep 0.05; done
	timeout 30 ip netns exec "wl-$WORLD-a" "$PROGRAM" trace --wait 300ms --target-rate 1000 --json "$@" \
		>"$TEMP/json" </dev/null
	for _ in $(seq 600); do
		[ "$(wc -l <"$TEMP/seen")" -gt "$(jq .probes_sent "$TEMP/json")" ] && break
		sleep 0.05
	done
	# shellcheck disable=SC2046
	kill $(ip netns pids "wl-$WORLD-b") 2>/dev/null
	wait $looker 2>/dev/null
	sed -i 1d "$TEMP/seen"
}
labels() { cut -d' ' -f1 "$TEMP/seen" | sort -un | paste -sd' '; }
ports() { cut -d' ' -f3 "$TEMP/seen" | sort -un | wc -l; }

for method in udp icmp tcp-syn tcp-ack quic; do
	looked $target --method $method --flow-label 74565
	check "$method: every probe bears the label that was given" same "$(labels)" 74565
	check "$method: probes of all hops were seen" test "$(cut -d' ' -f2 "$TEMP/seen" | sort -u | wc -l)" -ge 4
	check "$method: the document tells it" same "$(jq .flow_id "$TEMP/json")" 74565
	looked $target --method $method
	check "$method: one that was not given is one for the whole trace, and told" \
		same "$(labels)" "$(jq .flow_id "$TEMP/json")"
	first=$(labels)
	looked $target --method $method --flow-label auto
	check "$method: and another in the next" bash -c "[ '$first' != '$(labels)' ]"
done
looked $target --flow-label 0
check "zero is a label like others" same "$(labels) $(jq .flow_id "$TEMP/json")" "0 0"
looked $target --flow-label 1048575
check "the largest fits" same "$(labels)" 1048575
for bad in 1048576 -1 x ''; do
	on a "$PROGRAM" trace $target --flow-label="$bad" >/dev/null 2>&1
	check "\"$bad\" is no label" same $? 2
done

# One label takes one way, whatever the port; MDA varies it on purpose and finds both.
ways() { jq -c '[.hops[].interfaces]' "$TEMP/json"; }
looked $target --mda --confidence 99.9 # of a hundred runs five miss a way with the usual 95
check "mda: routers that balance by flow label are seen to" same "$(ways)" '[1,2,2,1]' # e answers from where a packet came
check "mda: each flow has its own" test "$(labels | wc -w)" -ge 6
check "mda: and the document tells the label of each" \
	same "$(jq -c '[.flow_labels[]] | unique | length' "$TEMP/json")" "$(labels | wc -w)"
looked $target --mda --flow-label 5
check "mda: with one label they have one way" same "$(ways)" '[1,1,1,1]'
check "mda: for many ports" test "$(ports)" -ge 6
check "mda: and one label" same "$(labels)" 5
on a "$PROGRAM" trace --read - --format json <"$TEMP/json" >"$TEMP/again"
check "mda: read again, it is the same to the letter" cmp "$TEMP/json" "$TEMP/again"
check "mda: flows are then told by their ports" same "$(jq .flow_id "$TEMP/json")" "$(jq .sport "$TEMP/json")"
done_testing
