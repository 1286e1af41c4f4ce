#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What leaves a gateway's uplink when its tunnel is dead: nothing; and that the count would show it.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
run=$(run_id)
ends 1 a "$run" 51820

# Everything a phone can try: both families, both transports, names, an echo.
try_all() {
	local tries=()
	ask phone1 tcp 198.18.4.2 8000 40101 & tries+=($!)
	ask phone1 udp 198.18.4.2 8000 40102 & tries+=($!)
	ask phone1 tcp 2001:db8:4::2 8000 40103 & tries+=($!)
	ask phone1 udp 2001:db8:4::2 8000 40104 & tries+=($!)
	ask phone1 udp 198.18.200.8 53 40105 & tries+=($!)
	ask phone1 udp 198.18.71.1 53 40106 & tries+=($!)
	at phone1 ping -c2 -i0.3 -W1 198.18.4.2 & tries+=($!)
	at phone1 ping -c2 -i0.3 -W1 2001:db8:4::2 & tries+=($!)
	wait "${tries[@]}"
} >"$work/tried" 2>/dev/null

tunnels node "$work/node.a" && tunnels gate1 "$work/gate.a" && wait_ready gate1
is $? 0 'the tunnel is up'
is "$(ask phone1 tcp 198.18.4.2 8000 40100)" 'server 198.18.3.2 40100' 'and carries'

# The worst that can happen to either backend.
if [ "$(backend gate1)" = user ]; then
	kill -9 "$(ip netns pids "$prefix-gate1" | xargs ps -o pid=,comm= -p | awk '/wireguard-go/{print $1}')"
else
	at gate1 ip link del "$(at gate1 ip -o link | grep -o 'wmg[ab][0-9a-f]*' | head -n 1)"
fi
for _ in $(seq 600); do at gate1 ip -o link | grep -q 'wmg' || break; sleep 0.02; done
count_again # until now the tunnel's own packets were right to leave
try_all
is "$(counted gate)" 0 'with wireguard-go killed 0 packets leave by the uplink'
is "$(grep -c ^nothing "$work/tried")" 6 'and nothing answers the phone'
say gate1 state; sleep 0.2
is "$(tail -n 1 "$work/gate1.out" | cut -d' ' -f4)" dead 'the tunnel says that it is dead'
sleep 2 # the kernel tells one host six times at once, then once a second
has "$(ask phone1 tcp 198.18.4.2 8000 40107)" 'nothing: .Errno' 'the phone is told, and need not wait until it gives up'

kill -9 "$pid_gate1"; wait "$pid_gate1" 2>/dev/null
count_again
try_all
is "$(counted gate)" 0 'with the agent killed too 0 packets leave'

is "$(at gate1 "$driver" sweep)" 'swept 1' 'a restarted agent sweeps'
count_again
try_all
is "$(counted gate)" 0 'after the sweep 0 packets leave'
tunnels gate1 "$work/gate.a" && wait_ready gate1
is "$?$(ask phone1 udp 198.18.4.2 8000 40108)" '0server 198.18.3.2 40108' 'and the same tunnel opens again'
hang_up gate1

at gate1 nft delete table inet waymark_guard # as docs/operator.md tells to
count_again
try_all
[ "$(counted phone)" -gt 4 ]; is $? 0 "control: without the guard the phone leaks ($(counted phone) packets)"
hang_up node
is "$(left_on node "$run"; left_on gate1 "$run")" '' 'closing leaves nothing'
done_testing
