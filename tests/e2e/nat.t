#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A vantage node and a gateway that are both behind NAT find each other through the collector; with
# NATs that use another port for each destination the run fails and says why.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119
skip_unless_able
begin_all

# A box between a host and its uplink: it takes over the uplink with its addresses, the host gets a
# private one behind it. Nothing comes in that did not go out before.
box() { # HOST NUMBER
	local host=$1 ns=wl-tun-nat$$-$2 four gateway
	four=$(address "$host")
	gateway=$(in_host "$host" -- ip -4 route show default | awk '{ print $3 }')
	ip netns add "$ns"
	BOXES+=("$ns")
	in_host "$host" -- ip link set eth0 netns "$ns"
	in_host "$host" -- ip link add eth0 type veth peer name lan0 netns "$ns"
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
	ip -n "$ns" link set lan0 up
	ip -n "$ns" addr add "$four/24" dev eth0
	ip -n "$ns" addr add "198.18.24$2.1/24" dev lan0
	ip -n "$ns" route add default via "$gateway" dev eth0 2>/dev/null ||
		ip -n "$ns" route add default via "$gateway" dev eth0 onlink
	in_host "$host" -- ip link set eth0 up
	in_host "$host" -- ip addr add "198.18.24$2.2/24" dev eth0
	in_host "$host" -- ip route replace default via "198.18.24$2.1" dev eth0
	ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1
	ip netns exec "$ns" nft -f - <<-RULES
		table ip box {
			chain in { type filter hook input priority 0; iifname "eth0" ct state new drop; }
			chain through { type filter hook forward priority 0; iifname "eth0" ct state new drop; }
			chain after { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
		}
	RULES
}
BOXES=()
end_own() {
	local ns
	for ns in "${BOXES[@]}"; do ip netns del "$ns" 2>/dev/null; done
}
random_ports() { # BOX: another port for each destination
	ip netns exec "$1" nft 'flush chain ip box after; add rule ip box after oifname "eth0" masquerade random'
}
# The node has no address that others could call: it is admitted without one.
admit() {
	local addresses=(--address4 "$(address "$1")" --address6 "$(address "$1" 6)")
	[ "$1" = de1 ] && addresses=()
	at_centre node add "$1" --role "$(host_field "$1" 2)" --country "$(host_field "$1" 3)" \
		--position "$(position "$1")" "${addresses[@]}" --key "$D/$1/keys/node.pub" >/dev/null
}

make_own=$(declare -f make_node)
eval "of_${make_own}"
make_node() { # as the others, but for the gateway that isolates
	of_make_node "$1" && { [ "$1" != gw1 ] || echo 'isolate = yes' >>"$D/gw1/agent.conf"; }
}
world_up && box de1 1 && box gw1 2
ok $? "the world is up; a node and a gateway are behind boxes"
if [ "$tap_failed" = 0 ]; then centre_up && nodes_up; fi
ok $? "all agents have a link to the collector" "$(cat "$D"/agent-*.log 2>/dev/null | tail -n 5)"
step() { # RUN NODE NAME
	sql "SELECT s.outcome, s.detail FROM raw.step s JOIN registry.node n ON n.id = s.node
		WHERE s.run = '$(head -n 1 "$D/run.$1")' AND n.name = '$2' AND s.name = '$3' ORDER BY s.begun DESC LIMIT 1"
}
# The gateway behind the box lets the app alone speak, the other lets all: nodes_up wrote both files.
LENGTH=6 run_start de1 us1 textsecure p1a p2a >"$D/run.meet" 2>&1
is $? 0 "a run through both boxes does all its work"
[ "$(tail -n 1 "$D/run.meet" | grep -c failed)" = 0 ] || sed 's/^/# /' "$D/run.meet"
has "$(step meet de1 meet)" "^1\\|seen at $(address de1) port 5[0-9]+, the other end at $(address gw1) port [23][0-9]+$" \
	"the node knows where both are seen"
has "$(step meet gw1 meet)" "^1\\|seen at $(address gw1) port [23][0-9]+, the other end at $(address de1) port 5[0-9]+$" \
	"and so does the gateway"
has "$(step meet gw1 selftest-egress)" "^1\\|IPv4 $(address de1); IPv6 neither node nor phone" \
	"the world sees the phone where it sees the node"
is "$(sql "SELECT count(*) FROM raw.message WHERE run = '$(head -n 1 "$D/run.meet")' AND received IS NOT NULL")" 4 \
	"messages go each way"
is "$(step meet gw2 meet)" "" "the side with a public node needs no meeting"

is "$(step meet gw1 isolate)|$(step meet gw2 isolate)" "1|the phone lets the app alone speak|" \
	"the phone of the gateway that isolates tells that it does"
noise() { # SIDE: flows to what phones talk to by themselves
	sql "SELECT count(*) > 0 FROM raw.flow WHERE run = '$(head -n 1 "$D/run.meet")' AND side = $1
		AND b IN ($(for h in bg-check bg-time bg-push; do printf "'%s', '%s', " "$(address $h)" "$(address $h 6)"; done) '::')"
}
[ "$(noise 2)" = t ] || sql "SELECT side, b, bport, names FROM raw.flow WHERE run = '$(head -n 1 "$D/run.meet")'" | sed 's/^/# /'
is "$(noise 1)|$(noise 2)" "f|t" "and says nothing but what the app says, as the other does"

random_ports "${BOXES[0]}"
random_ports "${BOXES[1]}"
LENGTH=2 run_start de1 us1 none p1a p2a >"$D/run.never" 2>&1
why() { # NODE
	sql "SELECT u.detail FROM registry.orders o JOIN raw.outcome u ON u.orders = o.id JOIN registry.node n ON n.id = o.node
		WHERE o.run = '$(head -n 1 "$D/run.never")' AND n.name = '$1' AND u.state = 3"
}
for node in gw1 de1; do
	has "$(why $node)" 'both ends are behind NATs that use another port for each destination; that wants a relay, which there is none' \
		"$node: two boxes that vary are refused with the reason"
done
has "$(step never gw1 meet)" '^2\|.*\(another for each destination\).*\(another for each destination\)' \
	"the step says what was seen"
done_testing
