#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of an agent: what vanishes with it, what the next one sweeps, and what it leaves alone.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
world_start
run=$(run_id)
other=$(run_id)
ends 1 a "$run" 51820
ends 2 b "$other" 51821

tunnels node "$work/node.a"
first=$pid_node
tunnels node "$work/node.b" && tunnels gate1 "$work/gate.a" && tunnels gate2 "$work/gate.b"
is $? 0 'two agents on the node, one tunnel each, and two gateways'
wait_ready gate1 && wait_ready gate2
is $? 0 'both carry'

kill -9 "$first"; wait "$first" 2>/dev/null
kill -9 "$pid_gate1"; wait "$pid_gate1" 2>/dev/null
sleep 0.1
is "$(at node nft list tables | grep -c "${run:0:11}")" 0 'the rules of the killed agent are gone at once'
for _ in $(seq 600); do # the kernel takes a namespace apart when it has time
	at node ip -o link | grep -q "${run:0:11}" || break
	sleep 0.05
done
is "$(at node ip -o link | grep -c "${run:0:11}")" 0 'its namespace with all interfaces soon after'
is "$(at node "$driver" sweep)" 'swept 1' 'the sweep takes the dead one'
is "$(at node "$driver" sweep)" 'swept 0' 'and only once'
is "$(ask phone2 tcp 198.18.4.2 8000 40201)" 'server 198.18.3.2 40201' 'the living one still carries'
is "$(at gate1 "$driver" sweep)" 'swept 1' 'the gateway is swept'
is "$(left_on gate1 "$run"; left_on node "$run" | grep -v "${other:0:11}" | grep -v wireguard-go)" '' 'nothing of the dead is left'
is "$(ask phone1 tcp 198.18.4.2 8000 40202 | cut -c1-7)" nothing 'its phone is locked in'
hang_up node; hang_up gate2
is "$(left_on node "$other"; left_on gate2 "$other")" '' 'the living one closes clean'
done_testing
