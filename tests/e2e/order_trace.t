#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An order signed by an operator goes through the collector to an agent, is obeyed or refused with
# its reason, and what the agent signed is in the database and verifies.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
need_root
bin=${WAYMARK_BIN:-$(cd "$(dirname "$0")/../.." && pwd)/build/bin}
waymark=$bin/waymark
dir=$(mktemp -d /tmp/wm-order.XXXXXX)
chmod 755 "$dir"
ns=wl-order-$$
export WAYMARK_DATA=$dir/data
unset WAYMARK_DB WAYMARK_KEYS
collector='' agent=''

finish() {
	[ -z "$agent" ] || kill "$agent" 2>/dev/null
	[ -z "$collector" ] || kill "$collector" 2>/dev/null
	wait
	"$waymark" db stop >/dev/null 2>&1
	ip netns del "$ns" 2>/dev/null
	rm -rf "$dir"
}
trap finish EXIT

# shellcheck disable=SC2317 # called by ok
explain() { tail -n 20 "$dir"/*.log "$dir/out" 2>/dev/null; }
within() { # SECONDS COMMAND…: until it succeeds
	local end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}
state_is() { # ORDER STATE
	"$waymark" order list --csv >"$dir/out" 2>&1
	grep "^$1," "$dir/out" | grep -q ",$2,"
}
logged() { grep -q "$2" "$dir/$1.log"; }

{
	"$waymark" db init && ip netns add "$ns" && ip -n "$ns" link set lo up &&
		ip -n "$ns" addr add 198.18.0.1/32 dev lo && ip -n "$ns" addr add 198.18.0.2/32 dev lo &&
		ip -n "$ns" addr add 2001:db8::2/128 dev lo nodad && ip -n "$ns" link add quiet type veth peer name still &&
		ip -n "$ns" link set quiet up && ip -n "$ns" link set still up && ip -n "$ns" route add 198.18.7.0/24 dev quiet &&
		ip -n "$ns" neigh add 198.18.7.1 lladdr 02:00:00:00:00:07 dev quiet &&
		"$bin/waymark-agent" keygen --keys "$dir/keys" &&
		"$waymark" operator keygen --keys "$dir/op" && "$waymark" operator keygen --keys "$dir/stranger" &&
		"$waymark" node add alpha --country CH --position 47.4,8.5 --address4 198.18.0.1 --key "$dir/keys/node.pub" &&
		"$waymark" operator add me --key "$dir/op/operator.pub" &&
		"$waymark" operator add stranger --key "$dir/stranger/operator.pub"
} >"$dir/out" 2>&1
ok $? 'a database, a node, two operators of whom the node knows one'

ip netns exec "$ns" "$bin/waymark-collector" --listen 'tcp://127.0.0.1:5757' >"$dir/collector.log" 2>&1 &
collector=$!
within 60 logged collector ev=ready
ok $? 'the collector is ready'
cat >"$dir/agent.conf" <<-CONF
	name = alpha
	role = vantage
	data = $dir/agent
	keys = $dir/keys
	collector = tcp://127.0.0.1:5757
	collector-key = $WAYMARK_DATA/collector.pub
	operator-key = $dir/op/operator.pub
	allow = trace
	deny = 198.18.0.3/32
	outside = lo
CONF
ip netns exec "$ns" "$bin/waymark-agent" --config "$dir/agent.conf" >"$dir/agent.log" 2>&1 &
agent=$!
within 60 logged agent ev=link_up
ok $? 'the agent is admitted'

order() { "$waymark" order trace alpha --targets "$1" --operator-key "$2" 2>"$dir/out"; }
id=$(order 198.18.0.2/tcp-syn/443,198.18.0.2,198.18.0.2/udp/33434 "$dir/op")
within 60 state_is "$id" 'done'
ok $? 'an order is carried out'
got=$("$waymark" db psql -- -Atc "SELECT count(*) FROM v1.trace WHERE stop = 'reached'" 2>"$dir/out")
[ "$got" = 3 ]
ok $? 'its traces are there'
id=$("$waymark" order trace alpha --targets 198.18.0.2/icmp --share 60s --operator-key "$dir/op" 2>"$dir/out")
within 60 state_is "$id" 'done'
ok $? 'so is one that lets its traces borrow'
id=$("$waymark" order trace alpha --targets 198.18.0.2/udp/33434,2001:db8::2/udp/33434,198.18.0.2/quic/443 \
	--sport 61007 --flow-label 77 --tos 184 --pmtu --again 0 --attempts 2 --first 1 --max-ttl 9 --gap 3 --wait 900ms \
	--operator-key "$dir/op" 2>"$dir/out")
within 60 state_is "$id" 'done'
ok $? 'one that chooses the flow and what its probes carry, too'
got=$("$waymark" db psql -- -Atc "SELECT method, family(dst), sport, flow_label, tos, path_mtu FROM v1.trace
	WHERE sport = 61007 AND stop = 'reached' ORDER BY 1, 2" 2>"$dir/out")
is "$got" 'quic|4|61007|0|184|
udp|4|61007|0|184|1500
udp|6|61007|77|184|1500' 'and the record says what was used'
id=$("$waymark" order trace alpha --mda --targets 198.18.0.2/udp/33434 --sport 61100 --tos 8 --probes 100 \
	--operator-key "$dir/op" 2>"$dir/out")
within 60 state_is "$id" 'done'
ok $? 'a graph takes its first port'
got=$("$waymark" db psql -- -Atc "SELECT DISTINCT p FROM v1.graph_interface, unnest(sports) p ORDER BY 1 LIMIT 1" 2>"$dir/out")
is "$got" 61100 'and says so'
id=$("$waymark" order trace alpha --targets 198.18.0.2/udp/33434 --sport 4711 --operator-key "$dir/op" 2>"$dir/out")
within 60 state_is "$id" refused_kind
ok $? 'the port of a program is refused'
! "$waymark" order trace alpha --targets 198.18.0.2 --flow-label 1048576 --operator-key "$dir/op" >"$dir/out" 2>&1 &&
	! "$waymark" order trace alpha --targets 198.18.0.2 --mda --pmtu --operator-key "$dir/op" >"$dir/out" 2>&1
ok $? 'what cannot be is refused where it is typed'
id=$(order 198.18.0.2 "$dir/stranger")
within 60 state_is "$id" refused_signature
ok $? 'an order signed by a stranger is refused, and the refusal is a result'
id=$(order 198.18.0.3 "$dir/op")
within 60 state_is "$id" refused_denied
ok $? 'so is one for an address on the deny list'
id=$("$waymark" order trace alpha --targets 198.18.7.1 --wait 60s --operator-key "$dir/op" 2>"$dir/out")
within 60 state_is "$id" accepted
"$waymark" order withdraw "$id" --operator-key "$dir/stranger" >"$dir/out" 2>&1
refusals() { [ "$(grep -c state=refused_signature "$dir/agent.log")" = "$1" ]; }
within 60 refusals 2 && state_is "$id" accepted
ok $? 'nor can a stranger take one back that is under way'
taken() { "$waymark" order withdraw "$id" --operator-key "$dir/op" >"$dir/out" 2>&1; }
within 60 taken && within 60 state_is "$id" withdrawn
ok $? 'its operator can'
! taken
ok $? 'once'
"$waymark" verify --all >"$dir/out" 2>&1
ok $? 'what is stored is what the node signed'
"$waymark" db check >"$dir/out" 2>&1
ok $? 'cursors equal their batches'

batches() { "$waymark" db psql -- -Atc 'SELECT count(*) FROM v1.trace' 2>/dev/null; }
before=$(batches)
"$waymark" node revoke alpha >"$dir/out" 2>&1
! order 198.18.0.2 "$dir/op"
ok $? 'a revoked node gets no orders'
[ "$before" = "$(batches)" ]
ok $? 'and delivers nothing'
done_testing
