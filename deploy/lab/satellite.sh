#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Open resolvers in a world in a box: discovery, the test inside its sandwich, what disputed answers
# serve, the verdicts, the exports; then all of it is held against what is true of that world.
# Everything it makes lies below one temporary folder and one lab; both go at the end, also after
# Ctrl-C.
#
# usage: satellite.sh BIN-FOLDER [WORLD]
#
# SATELLITE_KEEP=1 leaves the results (not the lab) in the folder it names at the end.
# Exit status: 0 every goal was met, 3 one was missed, 1 it could not be measured.
set -euo pipefail

bin=$(cd "${1:?usage: satellite.sh BIN-FOLDER [WORLD]}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
world=${2:-$here/world/satellite.conf}
lab=satellite$$
port=5757
control=a.root-servers.net
rate=${SATELLITE_RATE:-12000}
PATH=$bin:$PATH:/usr/sbin

say() { printf '%s\n' "$*" >&2; }
die() { say "satellite: $*"; exit 1; }

[ "$(id -u)" -eq 0 ] || die "needs root: it makes network namespaces. Run 'sudo make satellite'."

work=$(mktemp -d "${TMPDIR:-/tmp}/waymark-satellite.XXXXXX")
chmod 711 "$work"
pids=()
started=$SECONDS
data=--data=$work/centre

# shellcheck disable=SC2317 # called by the trap
clean_up() {
	status=$?
	trap '' INT TERM HUP
	trap - EXIT
	for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || :; done
	for pid in "${pids[@]}"; do
		for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	waymark db stop "$data" >/dev/null 2>&1 || :
	waymark-lab down --name "$lab" >/dev/null 2>&1 || :
	if [ -n "${SATELLITE_KEEP:-}" ]; then
		say "satellite: results are in $work"
	else
		rm -rf "$work"
	fi
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

host_field() { waymark-lab hosts "$world" | awk -F, -v name="$1" -v n="$2" '$1 == name { print $n }'; }
position() { sed -n "s/^router $(host_field "$1" 6) .*[ \t]at=\([^ \t]*\).*/\1/p" "$world"; }
truth() { waymark-lab truth "$world" "$@"; }
sql() { psql -XAtq -v ON_ERROR_STOP=1 "host=$work/centre/socket dbname=waymark user=waymark" "$@"; }
start() { # HOST LOG COMMAND…
	local host=$1 log=$2
	shift 2
	waymark-lab exec --name "$lab" "$host" -- "$@" >"$work/$log.log" 2>&1 &
	pids+=($!)
}
since=$SECONDS
stage() { # what begins; says how long the one before took
	say "== $* ($((SECONDS - since)) s)"
	since=$SECONDS
}

# --- the world and its centre --------------------------------------------------------------------

stage "the world: $(basename "$world")"
ulimit -n 8192
mapfile -t nodes < <(waymark-lab hosts "$world" | awk -F, '$2 == "vantage" { print $1 }')
node=${nodes[0]}
other=${nodes[1]:-$node}
waymark-lab up "$world" --name "$lab" >"$work/lab.log" 2>&1 || die "$(tail -n 1 "$work/lab.log")"
truth resolvers >"$work/resolvers.csv"
truth domains >"$work/domains.csv"
awk -F, '/test/ { print $1 }' "$work/domains.csv" >"$work/domains"
awk -F, '$3 == "nobody" { print $1 }' "$work/resolvers.csv" >"$work/nobody"
# Some twenty names of every kind are asked again: from another node, for AAAA, over TCP.
names=$(wc -l <"$work/domains")
awk -v each=$(((names + 19) / 20)) 'NR % each == int(each / 2)' "$work/domains" >"$work/some"
# Who asks for what: NODE TYPE TRANSPORT. Over TCP nothing is injected: it is evidence beside UDP.
parts=("$other AAAA udp" "$node A tcp")
[ "$other" = "$node" ] || parts+=("$other A udp")
for each in "$node A udp" "${parts[@]}"; do
	read -r who type how <<<"$each"
	[ "$how" = tcp ] || truth pairs --from "$who" --type "$type" | sed "1d; s/^/$who,/"
done >"$work/pairs.csv"

stage "the centre: a collector with its own PostgreSQL, the lab's networks, the signatures"
centre4=$(host_field centre 4)
waymark db init "$data" >"$work/db.log" 2>&1 || die "$(tail -n 1 "$work/db.log")"
waymark operator keygen --keys "$work/operator" >/dev/null
waymark operator add lab --key "$work/operator/operator.pub" "$data" >/dev/null
start centre collector waymark-collector "$data" --listen "tcp://$centre4:$port"
for _ in $(seq 1200); do grep -q 'ev=ready' "$work/collector.log" && break; sleep 0.1; done
grep -q 'ev=ready' "$work/collector.log" || die "the collector did not start: $(tail -n 1 "$work/collector.log")"
waymark-lab geo "$world" >"$work/geo.csv"
waymark geo import "$work/geo.csv" --table lab --version "$(date +%F)" "$data" >/dev/null 2>"$work/geo.log"
for set in blockpage false_positive; do
	waymark signatures load "$here/../signatures/${set}_signatures.json" --licence Apache-2.0 "$data" >>"$work/signatures.log" 2>&1 ||
		die "signatures: $(tail -n 1 "$work/signatures.log")"
done

start_node() { # NODE [--clean]
	local resolver
	waymark-agent keygen --keys "$work/$1/keys" >/dev/null
	waymark node add "$1" --role vantage --country "$(host_field "$1" 3)" --position "$(position "$1")" \
		--address4 "$(host_field "$1" 4)" --address6 "$(host_field "$1" 5)" --key "$work/$1/keys/node.pub" ${2:+"$2"} "$data" >/dev/null
	resolver=$(host_field "$(sed -n "s/^host $1 .*dns=\([^ ]*\).*/\1/p" "$world")" 4)
	cat >"$work/$1/agent.conf" <<-CONF
		name = $1
		role = vantage
		allow = discover
		allow = dns
		allow = fetch
		scan-rate = $rate
		scan-rate-target = 20
		scan-rate-net = $rate
		data = $work/$1/data
		keys = $work/$1/keys
		collector = tcp://$centre4:$port
		collector-key = $work/centre/collector.pub
		operator-key = $work/operator/operator.pub
		outside = eth0
		resolver = $resolver
	CONF
	start "$1" "agent-$1" waymark-agent --config "$work/$1/agent.conf"
}
start_node "$node"
[ "$other" = "$node" ] || start_node "$other" --clean # nobody stands between it and the web servers

# --- the scan ------------------------------------------------------------------------------------

# Orders a node to do something for the scan, and prints the scan's id. An order's end stands in the
# same stream as what it found, behind it: when all are done, all is in the database.
ordered=0
order() { # VERB NODE WORD…
	waymark scan "$@" --operator-key "$work/operator" "$data" 2>"$work/order.log" ||
		die "scan $1: $(tail -n 1 "$work/order.log")"
}
orders() { # with one of these states
	waymark scan show "$scan" --json "$data" | jq "[.orders[] | select(.state | test(\"$1\"))] | length"
}
last_words() { tail -qn 1 "$work"/agent-*.log; }
tally() { ordered=$((ordered + $(grep -oE '[0-9]+ orders' "$work/order.log" | awk '{ n += $1 } END { print n + 0 }'))); }
# However slow the machine is: it is given up when nothing came for ten minutes.
carried_out() { # TABLE that grew
	local until=$((SECONDS + 600)) came=0 now
	until [ "$(orders '^done$')" -ge "$ordered" ]; do
		[ "$(orders 'refused|failed|expired')" = 0 ] || die "an order was not carried out: $(last_words)"
		now=$(sql -c "SELECT sum(last_seq) FROM raw.stream")
		[ "$now" = "$came" ] || until=$((SECONDS + 600))
		came=$now
		[ $SECONDS -lt $until ] || die "nothing comes any more: $(last_words)"
		sleep 1
	done
	sql -c "ANALYZE raw.$1"
}
count() { sql -c "SELECT count(*) FROM raw.$1 WHERE scan = '$scan' ${2:+AND $2}"; }

stage "discovery: a sweep of $(awk '/^net .*host=crowd/ && !/:/ { n++ } END { print n }' "$world") prefixes"
mapfile -t prefixes < <(sed -n 's/^net \([0-9.]*\/[0-9]*\) host=crowd.*/\1/p' "$world")
# Real servers and resolvers with IPv6 addresses no sweep comes by; the control ones are known.
awk -F, 'NR > 1 && $3 != "nobody" {
	if ($2 == "control") print $1, "control"
	else if ($12 != "crowd" || $1 ~ /:/) print $1, "test" }' "$work/resolvers.csv" >"$work/listed"
scan=$(order discover "$node" "${prefixes[@]}" --list "$work/listed" --control "$control" --whoami '*.whoami.example' \
	--nothing lab.example --rounds 1 --reserved --name lab)
tally
carried_out resolver
say "   $(count resolver state=1) usable, $(count resolver 'infrastructure AND state = 1') of them infrastructure"

resolvers=$(sql -c "SELECT count(DISTINCT addr) FROM raw.resolver WHERE scan = '$scan' AND state = 1")
stage "the test: $resolvers resolvers x $names domains, each pair inside its sandwich"
order start "$node" --reserved --scan "$scan" --domains "$work/domains" --control "$control" --rate "$rate" >/dev/null
tally
carried_out dns_pair
# The same domains, asked where no resolver is: an answer from there was made on the way.
order start "$node" --reserved --scan "$scan" --resolvers "$work/nobody" --domains "$work/domains" --control "$control" --nobody >/dev/null
tally
carried_out dns_pair
pairs=$((resolvers * names))
[ "$(count dns_pair kind=1)" -eq $pairs ] || die "$(count dns_pair kind=1) pairs are accounted for, not $pairs"
say "   $pairs pairs, and $(count dns_pair kind=2) with $(wc -l <"$work/nobody") addresses where no resolver is"

stage "again: $(wc -l <"$work/some") of the domains, $(printf '%s; ' "${parts[@]}" | sed 's/; $//')"
for each in "${parts[@]}"; do
	read -r who type how <<<"$each"
	order start "$who" --reserved --scan "$scan" --domains "$work/some" --control "$control" --types "$type" --transport "$how" --rate $((rate / 2)) >/dev/null
	tally
done
carried_out dns_pair
pairs=$((pairs + resolvers * $(wc -l <"$work/some") * ${#parts[@]}))
[ "$(count dns_pair kind=1)" -eq $pairs ] || die "$(count dns_pair kind=1) pairs are accounted for, not $pairs"

stage "fetch: what answers serve that control resolvers gave, and what those serve that they did not give"
order fetch "$node" --scan "$scan" --rate 1000 >/dev/null
tally
carried_out page
say "   $(count page) pages, $(count page "node = ANY ((SELECT clean FROM raw.scan WHERE id = '$scan')::int[])") of them from a clean node"

stage "the verdicts"
waymark judge --scan "$scan" "$data" 2>&1 | sed 's/^/   /' >&2
waymark scan end "$scan" "$data" >/dev/null

stage "the exports"
mkdir "$work/export"
for format in v2.2-raw v2.2 v1; do
	mkdir "$work/export/$format"
	folder=$(waymark export satellite --format $format "$scan" "$work/export/$format" "$data") ||
		die "export $format failed"
	say "   $format: $(cat "$work/export/$format/${folder##*/}"/*.json | jq -c -n 'reduce inputs as $line (0; . + 1)') lines," \
		"each of them JSON, in $(find "$work/export/$format/${folder##*/}" -name '*.json' | wc -l) files"
	python3 "$here/../../tests/sql/satellite_forms.py" rules "$folder" >"$work/form.log" 2>&1 && [ ! -s "$work/form.log" ] ||
		die "$format is not what its readers demand: $(head -n 3 "$work/form.log")"
	say "   $format: form, keys, their order and types are those published"
	[ "$format" != v2.2 ] || [ "$(grep -c . "$work/export/v2.2/${folder##*/}/results.json")" -eq "$(sql -c "SELECT count(*) FROM judge.dns_satellite WHERE scan = '$scan'")" ] ||
		die "results.json has not a line for every pair"
done

stage "all of it held against the world"
{
	cat <<-SQL
		CREATE TEMP TABLE truth (node text, resolver inet, domain text, type text, does text, truth text, kind text, injected text, paths text);
		\copy truth FROM '$work/pairs.csv' CSV FORCE NOT NULL injected, paths
		CREATE TEMP TABLE told (resolver inet, name text, does text, country text, asn bigint, egress inet, ptr text, confirmed text,
			rate real, lie text, list text, software text);
		\copy told FROM '$work/resolvers.csv' CSV HEADER FORCE NOT NULL ptr, list
		\pset format aligned
		\pset tuples_only off
	SQL
	cat "$here/satellite.sql"
} >"$work/table.sql"
sql -v scan="$scan" -v nobody=yes -f "$work/table.sql" | tee "$work/table"
missed=$(grep -cE '\| (MISSED|NOT ASKED)$' "$work/table" || :)
say "satellite: $([ "$missed" = 0 ] && echo 'every goal is met' || echo "$missed goals are MISSED"), in $((SECONDS - started)) s"
[ "$missed" = 0 ] || exit 3
