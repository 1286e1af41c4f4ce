#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 24 phones in 12 pairs through one node at once. The two phones of a pair have equal addresses and
# are behind different gateways; every phone uses the same source port at the same time.
# shellcheck source=tests/netns/tunnel_world.sh
. "$(dirname "$0")/tunnel_world.sh"
pairs=12
world_start

# Phone I of gateway N stands on an interface of its own; the same address behind both gateways.
phone_add() { # N I
	local n=$1 i=$2 host=p$1x$2
	hosts="$hosts $host"
	ip netns add "$prefix-$host"
	ip -n "$prefix-$host" link set lo up
	ip -n "$prefix-gate$n" link add "lan$i" type veth peer name eth0 netns "$prefix-$host"
	ip -n "$prefix-gate$n" addr add 198.18.80.1 peer "198.18.80.$((i + 1))" dev "lan$i"
	ip -n "$prefix-gate$n" link set "lan$i" up
	ip -n "$prefix-$host" addr add "198.18.80.$((i + 1))" peer 198.18.80.1 dev eth0
	ip -n "$prefix-$host" link set eth0 up
	ip -n "$prefix-$host" route add default via 198.18.80.1
}

for i in $(seq $pairs); do
	run=$(run_id)
	runs="$runs ${run:0:11}"
	for n in 1 2; do
		side=$([ $n = 1 ] && echo a || echo b)
		phone_add $n "$i"
		ends $n "$i$side" "$run" $((51800 + 2 * i + n))
		sed -i "/^inner/d; /^phone/d; s/^side.*/side $side/; s/^inside.*/inside lan$i/" "$work"/{node,gate}."$i$side"
		printf 'phone 198.18.80.%d\ninner 198.19.%d.%d 198.19.%d.%d\n' $((i + 1)) $n $((4 * i + 1)) $n $((4 * i + 2)) >>"$work/node.$i$side"
		printf 'phone 198.18.80.%d\ninner 198.19.%d.%d 198.19.%d.%d\n' $((i + 1)) $n $((4 * i + 2)) $n $((4 * i + 1)) >>"$work/gate.$i$side"
	done
done

start=$(date +%s%N)
# shellcheck disable=SC2046
tunnels node $(eval echo "$work/node.{1..$pairs}{a,b}") &&
	tunnels gate1 $(eval echo "$work/gate.{1..$pairs}a") &&
	tunnels gate2 $(eval echo "$work/gate.{1..$pairs}b")
is $? 0 '24 tunnels end at one node, 12 begin at each of two gateways'
echo "# all 48 ends in $((($(date +%s%N) - start) / 1000000)) ms"
awk '/^opened wmv/{n++; s += $3; if ($3 > m) m = $3} END {print "# a tunnel opens in", s / n, "ms, at most", m}' "$work/node.out"
is "$(awk '/^opened/ && $3 >= 10000' "$work"/{node,gate1,gate2}.out)" '' 'each in less than 10 s, however busy the machine is'
for g in gate1 gate2; do
	for _ in $(seq 600); do
		say $g state
		sleep 0.1
		[ "$(tail -n $pairs "$work/$g.out" | grep -c ' ready ')" = $pairs ] && break
	done
	is "$(tail -n $pairs "$work/$g.out" | grep -c ' ready ')" $pairs "all of $g shake hands"
done
is "$(at node ip -br link | grep -c wmh)" 24 'each has a namespace of its own behind the node'

# Own ports: all 24 at once, each is seen with its own.
for i in $(seq $pairs); do
	for n in 1 2; do
		ask "p${n}x$i" udp 198.18.4.2 8000 $((42000 + 100 * n + i)) >"$work/own.$n.$i" &
		asked[n * 100 + i]=$!
	done
done
wait "${asked[@]}"
right=0
for i in $(seq $pairs); do
	for n in 1 2; do
		[ "$(cat "$work/own.$n.$i")" = "server 198.18.3.2 $((42000 + 100 * n + i))" ] && right=$((right + 1))
	done
done
is $right 24 '24 phones at once keep their source ports'

# One port for all: each gets its own answer, and a port on the node that no other has.
for i in $(seq $pairs); do
	for n in 1 2; do
		ask "p${n}x$i" tcp 198.18.4.2 8000 43000 >"$work/same.$n.$i" &
		asked[n * 100 + i]=$!
	done
done
wait "${asked[@]}"
is "$(cat "$work"/same.* | grep -c '^server 198.18.3.2 ')" 24 'the same port for all: all are answered'
is "$(cat "$work"/same.* | sed 's/server/\n&/g' | grep -c ' 43000$')" 1 'one has the port itself'
is "$(cat "$work"/same.* | sed 's/server/\n&/g' | grep server | sort -u | wc -l)" 24 'the others each another'

# What connection tracking told of all that: each phone by the name of its tunnel.
say node mappings
for _ in $(seq 600); do grep -q '^mapped' "$work/node.out" && break; sleep 0.1; done
mapped() { # TUNNEL PROTO PORT: the address and port outside
	awk -v t="$1" -v p="$2" -v port="$3" '$1 == "mapping" && $2 == t && $3 == p && $5 == port { print $9, $10 }' "$work/node.out"
}
told=0 own=0 changed=0 i=0
for run in $runs; do
	i=$((i + 1))
	for n in 1 2; do
		t=wmv$([ $n = 1 ] && echo a || echo b)$run
		[ "server $(mapped "$t" 6 43000)" = "$(cat "$work/same.$n.$i")" ] && told=$((told + 1))
		[ "$(mapped "$t" 17 $((42000 + 100 * n + i)))" = "198.18.3.2 $((42000 + 100 * n + i))" ] && own=$((own + 1))
		[ "$(mapped "$t" 6 43000)" = "198.18.3.2 43000" ] || changed=$((changed + 1))
	done
done
is $told 24 'each of the 24 has the mapping whose port the server saw'
is $changed 23 'of which 23 are of a port that was taken'
is $own 24 'and own ports are mapped to themselves'
is "$(counted phone)" 0 'nothing of a phone went outside its tunnel'
is "$(ask p1x1 udp 198.18.200.8 53 44000)" 'resolver 198.18.3.2 44000' 'a query goes to the resolver of the node'

start=$(date +%s%N)
for h in node gate1 gate2; do hang_up $h; done
echo "# all closed in $((($(date +%s%N) - start) / 1000000)) ms"
is "$(for run in $runs; do left_on node "$run"; left_on gate1 "$run"; left_on gate2 "$run"; done | sort -u)" '' 'closing leaves nothing'
is "$(ask p1x1 tcp 198.18.4.2 8000 40001 | cut -c1-7)" nothing 'the phones are locked in again'

# A gateway that calls before the node is there, while the node follows connections for others.
tunnels node "$work/node.1a"
ends 2 early "$(run_id)" 51999
sed -i "/^phone 2001/d; s/^side.*/side b/; s/^phone.*/phone 198.18.80.3/; s/^inside.*/inside lan2/" "$work"/{node,gate}.early
tunnels gate2 "$work/gate.early"
sleep 0.5
tunnels node "$work/node.early"
for _ in $(seq 600); do # WireGuard asks again after five seconds
	say gate2 state
	sleep 0.05
	tail -n 1 "$work/gate2.out" | grep -q ' ready ' && break
done
tail -n 1 "$work/gate2.out" | grep -q ' ready '
is $? 0 'a gateway that called too early is heard when it calls again'
is "$(ask p2x2 udp 198.18.4.2 8000 44001)" 'server 198.18.3.2 44001' 'and carries'
done_testing
