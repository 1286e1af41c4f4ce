#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What tunnel_open says when it cannot, and that it then leaves nothing.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
run=$(run_id)
ends 1 a "$run" 51820
ends 2 b "$run" 51820

# refused HOST FILE WORDS SENTENCE: the driver fails, says WORDS and leaves nothing.
refused() {
	local said
	said=$(at "$1" "$driver" open "$2" </dev/null 2>&1 >/dev/null)
	case $said in
	*"$3"*) is yes yes "$4" ;;
	*) is "$said" "… $3 …" "$4" ;;
	esac
	is "$(left_on "$1" "$run")" '' '… and leaves nothing'
}

mkfifo "$work/hold"
at node python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 51820)); print("bound", flush=True); sys.stdin.read()' \
	<"$work/hold" >"$work/bound" &
holder=$!
exec {hold}>"$work/hold"
for _ in $(seq 250); do grep -qs bound "$work/bound" && break; sleep 0.02; done
refused node "$work/node.a" 'UDP port is in use' 'a UDP port in use'
exec {hold}>&-
wait $holder
sed 's/^outside .*/outside nope0/' "$work/node.a" >"$work/bad"
refused node "$work/bad" nope0 'an uplink that is not there'
sed 's/^resolver 198.*/resolver 127.0.0.53/' "$work/node.a" >"$work/bad"
refused node "$work/bad" loopback 'a resolver on the loopback'
at node ip route add 198.19.1.3 via 198.18.3.1
refused node "$work/node.a" 'File exists' 'a block of inner addresses that is routed elsewhere'
at node ip route del 198.19.1.3
said=$(at node capsh --drop=cap_net_admin -- -c "exec '$driver' open '$work/node.a'" </dev/null 2>&1 >/dev/null) || true
case $said in
*permit:* | *"capsh: "* | *"not found"*) is yes yes 'without CAP_NET_ADMIN' ;;
*) is "$said" 'permit: …' 'without CAP_NET_ADMIN' ;;
esac
is "$(left_on node "$run")" '' '… and leaves nothing'
tunnels node "$work/node.a"
case $(at node "$driver" open "$work/node.a" </dev/null 2>&1 >/dev/null) in
*'open already'*) is yes yes 'the same tunnel twice' ;;
*) is no yes 'the same tunnel twice' ;;
esac
is "$(say node state; sleep 0.2; tail -n 1 "$work/node.out" | cut -d' ' -f4)" waiting '… and the first lives on'
hang_up node
is "$(left_on node "$run")" '' '… and closes clean'
done_testing
