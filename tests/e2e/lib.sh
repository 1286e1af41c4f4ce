# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the end-to-end tests: a small world, a centre, agents in it. Everything lies below one
# folder $D and one lab; end_all takes both away whatever happened, by pids of its own.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
BIN=${WAYMARK_BIN:-$PWD/build/bin}
WORLD=${WORLD:-tests/e2e/world/tiny.conf}
PATH=$BIN:$PATH
LAB=e2e$$
RUN=/run/waymark-lab/$LAB
PORT=5757
declare -A PID # of every program a test started, by name

skip_unless_able() { # PROGRAM…: which the test wants beyond the four that all do
	need_root
	[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
	need waymark waymark-agent waymark-collector waymark-lab "$@"
}

wait_for() { # SECONDS COMMAND…: until it succeeds
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.2
	done
}

begin_all() {
	D=$(mktemp -d /tmp/we2e.XXXXXX)
	chmod 711 "$D"
	trap end_all EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# Whatever a test adds to be taken away (mounts) goes into end_own.
end_own() { :; }
# shellcheck disable=SC2317 # called by the trap
end_all() {
	local status=$? name
	trap '' INT TERM HUP
	trap - EXIT
	for name in "${!PID[@]}"; do kill -TERM "${PID[$name]}" 2>/dev/null; done
	for name in "${!PID[@]}"; do
		for _ in $(seq 80); do kill -0 "${PID[$name]}" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "${PID[$name]}" 2>/dev/null
		wait "${PID[$name]}" 2>/dev/null
	done
	waymark db stop --data "$D/centre" >/dev/null 2>&1
	waymark-lab down --name "$LAB" >/dev/null 2>&1
	end_own
	if [ -n "${E2E_KEEP:-}" ]; then echo "# kept: $D" >&2; else rm -rf "$D"; fi
	exit $status
}

# --- the world -----------------------------------------------------------------------------------

hosts() { waymark-lab hosts "$WORLD" | awk -F, -v kind="$1" '$2 == kind'; }
host_field() { waymark-lab hosts "$WORLD" | awk -F, -v name="$1" -v n="$2" '$1 == name { print $n }'; }
address() { host_field "$1" "$((${2:-4} == 4 ? 4 : 5))"; }
attribute() { sed -n "s/^host $1 .*[ \t]$2=\([^ \t]*\).*/\1/p" "$WORLD"; }
position() { sed -n "s/^router $(host_field "$1" 6) .*[ \t]at=\([^ \t]*\).*/\1/p" "$WORLD"; }
in_host() { waymark-lab exec --name "$LAB" "$@"; }

# One line per equal path: addresses of FAMILY, `*` where a silent router stands.
true_paths() { # A B FAMILY
	waymark-lab path "$WORLD" "$1" "$2" | awk -v c="$(($3 == 4 ? 3 : 4))" '
		/ path [0-9]+ of / { if (line) print line; line = ""; next }
		$1 ~ /^[0-9]+$/ { line = line (line ? " " : "") ($NF == "yes" ? "*" : $c) }
		END { print line }'
}
one_way() { waymark-lab path "$WORLD" "$1" "$2" | awk '/ one way$/ { print $(NF-3); exit }'; } # ms

world_up() {
	waymark-lab up "$WORLD" --name "$LAB" >"$D/lab.log" 2>&1
}

# --- the centre ----------------------------------------------------------------------------------

at_centre() { # VERB…: its data folder comes last
	waymark "$@" "--data=$D/centre"
}
sql() { psql -XAtq "host=$D/centre/socket dbname=waymark user=waymark" -c "$1" 2>&1; }

start_collector() { # waits until it is ready
	local log=$D/collector.log
	: >"$log.new"
	waymark-lab exec --name "$LAB" centre -- waymark-collector "--data=$D/centre" --listen "tcp://$(address centre):$PORT" \
		2>"$log.new" &
	PID[collector]=$!
	wait_for 60 has_ended_or_ready
	cat "$log.new" >>"$log"
	grep -q 'ev=ready' "$log.new"
}
has_ended_or_ready() {
	grep -q 'ev=ready' "$D/collector.log.new" || ! kill -0 "${PID[collector]}" 2>/dev/null
}
collector_told() { grep -qE -- "$1" "$D/collector.log.new"; } # since its last start
collector_said() { cat "$D/collector.log" "$D/collector.log.new" 2>/dev/null; }

start_reflector() { # on the centre's host, which is neither node nor gateway
	: >"$D/reflector.log"
	waymark-lab exec --name "$LAB" centre -- waymark-agent reflector --zone "$(attribute centre reflector)" 2>"$D/reflector.log" &
	PID[reflector]=$!
	wait_for 60 grep -q 'ev=ready' "$D/reflector.log"
}

centre_up() {
	start_reflector || return 1
	at_centre db init >"$D/db.log" 2>&1 || return 1
	waymark operator keygen --keys "$D/operator" >/dev/null &&
		at_centre operator add test --key "$D/operator/operator.pub" >/dev/null &&
		start_collector
}

# --- the nodes -----------------------------------------------------------------------------------

make_node() { # NAME: keys and configuration, with the lines of CONFIG if a test has set it
	local name=$1 dir=$D/$1 role dns
	role=$(host_field "$name" 2)
	dns=$(attribute "$name" dns)
	mkdir -p "$dir"
	waymark-agent keygen --keys "$dir/keys" >/dev/null
	cat >"$dir/agent.conf" <<-CONF
		name = $name
		role = $role
		allow = $role
		data = $dir/data
		keys = $dir/keys
		collector = tcp://$(address centre):$PORT
		collector-key = $D/centre/collector.pub
		operator-key = $D/operator/operator.pub
		outside = eth0
		resolver = $(address "$dns")
		resolver6 = $(address "$dns" 6)
		reflector = $(address centre)
		reflector6 = $(address centre 6)
		whoami = $(attribute centre reflector)
	CONF
	[ "$role" = vantage ] && echo 'allow = trace' >>"$dir/agent.conf"
	printf '%s\n' ${CONFIG+"${CONFIG[@]}"} >>"$dir/agent.conf"
	return 0
}

admit() { # NAME
	at_centre node add "$1" --role "$(host_field "$1" 2)" --country "$(host_field "$1" 3)" \
		--position "$(position "$1")" --address4 "$(address "$1")" \
		--address6 "$(address "$1" 6)" --key "$D/$1/keys/node.pub" >/dev/null
}

add_phones() {
	local name gateway v4 v6
	while IFS=, read -r name _ _ v4 v6 _; do
		gateway=$(attribute "$name" gateway)
		[ "$(attribute "$name" family)" = 4 ] && v6=
		at_centre phone add "$name" --gateway "$gateway" --account "$name" \
			--address4 "$v4" ${v6:+--address6 "$v6"} >/dev/null || return 1
		echo "phone = $name lan $RUN/$name.sock $v4 $v6" >>"$D/$gateway/agent.conf"
	done < <(hosts phone)
}

start_agent() { # NAME
	waymark-lab exec --name "$LAB" "$1" -- waymark-agent --config "$D/$1/agent.conf" 2>>"$D/agent-$1.log" &
	PID[$1]=$!
}
# As many links as starts: the last start has its link too.
has_links() {
	local name
	for name in $(hosts vantage | cut -d, -f1) $(hosts gateway | cut -d, -f1); do
		awk '/ev=ready/ { up = 0 } /ev=link_up/ { up = 1 } END { exit !up }' "$D/agent-$name.log" ||
			return 1
	done
}
agent_said() { grep -qE -- "$2" "$D/agent-$1.log"; }

nodes_up() { # keys, admission, phones, agents; until all are welcome
	local name
	for name in $(hosts vantage | cut -d, -f1) $(hosts gateway | cut -d, -f1); do
		make_node "$name" && admit "$name" || return 1
	done
	add_phones || return 1
	for name in $(hosts vantage | cut -d, -f1) $(hosts gateway | cut -d, -f1); do
		start_agent "$name"
	done
	wait_for 60 has_links
}

# One process, by name, as the kernel would in an accident.
kill_hard() {
	kill -KILL "${PID[$1]}" 2>/dev/null
	wait "${PID[$1]}" 2>/dev/null
	unset "PID[$1]"
}
end_program() { # NAME: in good order; gives its exit status
	local pid=${PID[$1]}
	kill -TERM "$pid"
	unset "PID[$1]"
	wait "$pid"
}

run_start() { # A B APP PHONE_A PHONE_B [OPTION…]: prints what `run start --wait` prints
	local a=$1 b=$2 app=$3 pa=$4 pb=$5
	shift 5
	at_centre run start "$a" "$b" --app "$app" --phone-a "$pa" --phone-b "$pb" \
		--operator-key "$D/operator" --in 3 --length "${LENGTH:-8}" --wait --patience 30 "$@"
}
