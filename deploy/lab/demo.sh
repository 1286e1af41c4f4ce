#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job in a world in a box: brings up the lab, a collector with its private database, one
# agent on each vantage node and gateway, sends real messages, prints both paths and both tables.
# Everything it makes lies below one temporary folder and one lab; both go at the end, also after
# Ctrl-C.
#
# usage: demo.sh BIN-FOLDER [WORLD]
#
# DEMO_KEEP=1 leaves the results (not the lab) in the folder it names at the end.
set -euo pipefail

bin=$(cd "${1:?usage: demo.sh BIN-FOLDER [WORLD]}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
world=${2:-$here/world/small.conf}
lab=demo$$
port=5757
apps=textsecure,threema,wechat,whatsapp
PATH=$bin:$PATH

say() { printf '%s\n' "$*" >&2; }
die() { say "demo: $*"; exit 1; }

[ "$(id -u)" -eq 0 ] || die "needs root: it makes network namespaces. Run 'sudo make demo'."

work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-demo.XXXXXX")
chmod 711 "$work"
pids=() campaign=
started=$SECONDS

# Agents first, so that they hand in what they hold; then the collector, its database, the lab.
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	status=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$campaign" ] || kill -TERM "$campaign" 2>/dev/null || :
	for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || :; done
	for pid in "${pids[@]}"; do
		for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	waymark db stop --data "$work/centre" >/dev/null 2>&1 || :
	waymark-lab down --name "$lab" >/dev/null 2>&1 || :
	if [ -n "${DEMO_KEEP:-}" ]; then
		say "demo: results are in $work"
	else
		rm -rf "$work"
	fi
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Fields of `waymark-lab hosts`: name,kind,country,v4,v6,at,app
hosts() { waymark-lab hosts "$world" | awk -F, -v kind="$1" '$2 == kind'; }
host_field() { waymark-lab hosts "$world" | awk -F, -v name="$1" -v n="$2" '$1 == name { print $n }'; }
attribute() { sed -n "s/^host $1 .*[ \t]$2=\([^ \t]*\).*/\1/p" "$world"; }
position() { sed -n "s/^router $(host_field "$1" 6) .*[ \t]at=\([^ \t]*\).*/\1/p" "$world"; }
start() { # HOST LOG COMMAND…
	local host=$1 log=$2
	shift 2
	waymark-lab exec --name "$lab" "$host" -- "$@" >"$work/$log.log" 2>&1 &
	pids+=($!)
}

say "== the world: $(basename "$world")"
waymark-lab up "$world" --name "$lab" >"$work/lab.log" 2>&1 || die "$(tail -n 1 "$work/lab.log")"
run=/run/waymark-lab/$lab

say "== the centre: a collector with its own PostgreSQL"
centre=$(hosts centre | cut -d, -f1)
centre4=$(host_field "$centre" 4)
data=--data=$work/centre
waymark db init "$data" >"$work/db.log" 2>&1 || die "$(tail -n 1 "$work/db.log")"
waymark operator keygen --keys "$work/operator" >/dev/null
waymark operator add demo --key "$work/operator/operator.pub" "$data" >/dev/null
start "$centre" collector waymark-collector "$data" --listen "tcp://$centre4:$port"
for _ in $(seq 200); do grep -q 'ev=ready' "$work/collector.log" && break; sleep 0.1; done
grep -q 'ev=ready' "$work/collector.log" || die "the collector did not start: $(tail -n 1 "$work/collector.log")"
start "$centre" reflector waymark-agent reflector --zone "$(attribute "$centre" reflector)"
waymark-lab geo "$world" >"$work/geo.csv"
waymark geo import "$work/geo.csv" --table lab --version "$(date +%F)" "$data" >/dev/null

add_node() { # NAME ROLE COUNTRY V4 V6 POSITION
	local dir=$work/$1
	mkdir -p "$dir"
	waymark-agent keygen --keys "$dir/keys" >/dev/null
	waymark node add "$1" --role "$2" --country "$3" --position "$6" --address4 "$4" \
		--address6 "$5" --key "$dir/keys/node.pub" "$data" >/dev/null
	local dns
	dns=$(attribute "$1" dns)
	cat >"$dir/agent.conf" <<-CONF
		name = $1
		role = $2
		allow = $2
		data = $dir/data
		keys = $dir/keys
		collector = tcp://$centre4:$port
		collector-key = $work/centre/collector.pub
		operator-key = $work/operator/operator.pub
		outside = eth0
		resolver = $(host_field "$dns" 4)
		resolver6 = $(host_field "$dns" 5)
		reflector = $centre4
		reflector6 = $(host_field "$centre" 5)
		whoami = $(attribute "$centre" reflector)
	CONF
	[ "$2" = vantage ] && echo 'allow = trace' >>"$dir/agent.conf"
	return 0
}

say "== the nodes: each makes its keys, the operator admits it"
nodes=()
while IFS=, read -r name _ country v4 v6 _; do
	add_node "$name" vantage "$country" "$v4" "$v6" "$(position "$name")"
	nodes+=("$name")
done < <(hosts vantage)
gateways=()
while IFS=, read -r name _ country v4 v6 _; do
	add_node "$name" gateway "$country" "$v4" "$v6" "$(position "$name")"
	gateways+=("$name")
done < <(hosts gateway)
while IFS=, read -r name _ _ v4 v6 _; do
	gateway=$(attribute "$name" gateway)
	waymark phone add "$name" --gateway "$gateway" --account "$name" --address4 "$v4" \
		--address6 "$v6" "$data" >/dev/null
	echo "phone = $name lan $run/$name.sock $v4 $v6" >>"$work/$gateway/agent.conf"
done < <(hosts phone)
for name in "${nodes[@]}" "${gateways[@]}"; do
	start "$name" "agent-$name" waymark-agent --config "$work/$name/agent.conf"
done

# Lanes: the first phone of the first gateway with the first of the second, and so on.
lanes=$(paste -d: <(hosts phone | grep -E "^p1" | cut -d, -f1) <(hosts phone | grep -E "^p2" | cut -d, -f1) | paste -sd,)
parallel=$(tr ',' '\n' <<<"$lanes" | wc -l)

say "== the runs: every pair of nodes within a region, each messenger, 2 messages each way"
# Waited for, not in the foreground: a trap would have to wait until all runs are over.
waymark run campaign --apps "$apps" --nodes "$(IFS=,; echo "${nodes[*]}")" --pairs region --empty \
	--phones "$lanes" --parallel "$parallel" --in 4 --length 10 --again 3 --operator-key "$work/operator" "$data" &
campaign=$!
result=0
wait $campaign || result=$?
[ $result -eq 0 ] || [ $result -eq 3 ] || die "no run came to its end; DEMO_KEEP=1 keeps the logs of a next try"

say ""
for app in ${apps//,/ }; do
	waymark path "${nodes[0]}" "${nodes[1]}" --app "$app" "$data"
	echo
done
waymark exposure leaving "$data"
echo
waymark exposure groups "$data"
say ""
waymark verify --all "$data" >"$work/verify.log" || die "$(grep -m 1 FAIL "$work/verify.log")"
say "demo: done in $((SECONDS - started)) s"
# 3, partly done: some runs failed, and the tables count what the others saw.
exit $result
