#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9, ten times, at moments nobody chose: agents of vantage nodes and gateways, the collector,
# PostgreSQL, while runs go on. Afterwards every record an agent ever had on its disk is in the
# database exactly once, no phone spoke past its tunnel, and nothing of the dead is left.
#
# SEED=N repeats the moments of an earlier time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
skip_unless_able spool_driver
begin_all
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
echo "# SEED=$SEED"
mkdir "$D/kept"
agents="de1 us1 gw1 gw2"

world_up && centre_up && nodes_up
ok $? "world, centre and nodes are up" "$(cat "$D"/*.log 2>/dev/null | tail -n 5)"

# What leaves a gateway for an app's server was not in the tunnel.
servers() { hosts server | cut -d, -f"$1" | paste -sd,; }
for gateway in gw1 gw2; do
	in_host $gateway -- nft -f - <<-NFT
		table inet e2e {
			counter leak4 {}
			counter leak6 {}
			chain after {
				type filter hook postrouting priority 400;
				oifname "eth0" ip daddr { $(servers 4) } counter name leak4
				oifname "eth0" ip6 daddr { $(servers 5) } counter name leak6
			}
		}
	NFT
done
leaked() { in_host "$1" -- nft list counters table inet e2e | awk '/packets/ { sum += $2 } END { print sum }'; }

load() { # runs and lists of traces, one after another; what fails meanwhile is not our question
	local targets='' host node i=0
	for host in ts-us th-ch bg-push us1 de1 ns-de ns-us; do
		targets+="$(address $host)/icmp,$(address $host 6)/udp/33434,"
	done
	while :; do
		node=de1
		[ $((i % 2)) = 0 ] || node=us1
		at_centre order trace $node --targets "${targets%,}" \
			--operator-key "$D/operator"
		[ $((i % 4)) = 0 ] && for lane in p1a:p2a:textsecure p1b:p2b:threema; do
			IFS=: read -r a b app <<<"$lane"
			at_centre run start de1 us1 --app "$app" --phone-a "$a" --phone-b "$b" --in 1 --length 6 \
				--operator-key "$D/operator"
		done
		i=$((i + 1))
		sleep 2
	done >>"$D/load" 2>&1
}
load &
PID[load]=$!

# Whatever the spool trims later stays in our folder.
keep() { # AGENT
	local file
	for file in "$D/$1"/data/spool/*.seg; do
		ln -f "$file" "$D/kept/$1.${file##*/}" 2>/dev/null
	done
}
kills=0
strike() { # agent's name, collector or database
	kills=$((kills + 1))
	sleep "$((RANDOM % 3)).$((RANDOM % 10))"
	case $1 in
	collector)
		kill_hard collector
		sleep "0.$((RANDOM % 10))"
		start_collector
		;;
	database)
		kill -KILL "$(head -n 1 "$D/centre/pg/postmaster.pid")"
		;;
	*)
		keep "$1"
		kill_hard "$1"
		keep "$1"
		cp "$D/$1/data/spool/journal" "$D/kept/$1.$kills.journal"
		sleep "0.$((RANDOM % 10))"
		start_agent "$1"
		;;
	esac
}
# From here on there is something to lose.
# shellcheck disable=SC2317 # called by wait_for
arrived() { [ "$(sql "SELECT count(*) > 0 FROM raw.message WHERE received IS NOT NULL")" = t ]; }
wait_for 60 arrived
ok $? "messages arrive" "$(tail -n 5 "$D/load")"
for victim in de1 gw1 collector database us1 gw2 database collector de1 gw1; do
	strike $victim || echo "# $victim did not come back"
done
is $kills 10 "ten kills"

# A gateway's agent dies and stays dead: its phones are locked in.
for _ in $(seq 30); do # in the midst of a run
	in_host gw2 -- ip -o link | grep -q wmg && break
	sleep 0.3
done
keep gw2
kill_hard gw2
keep gw2
cp "$D/gw2/data/spool/journal" "$D/kept/gw2.last.journal"
in_host p2a -- ping -c 2 -i 0.2 -W 1 "$(address bg-time)" >/dev/null 2>&1
is $? 1 "a phone whose gateway's agent is dead reaches nobody"
start_agent gw2
end_program load 2>/dev/null

wait_for 60 has_links
ok $? "all agents are back" "$(tail -n 3 "$D"/agent-*.log)"
# shellcheck disable=SC2317 # called by wait_for
idle() { # no order under way at any agent
	! grep -q '^open' "$D"/*/data/orders
}
wait_for 60 idle
ok $? "and come to the end of their orders"
for gateway in gw1 gw2; do
	is "$(leaked $gateway)" 0 "no packet of a phone left $gateway outside a tunnel"
	in_host $gateway -- ping -c 1 -W 1 "$(address bg-time)" >/dev/null 2>&1
	is "$(leaked $gateway)" 1 "(one would have been counted)"
done
for agent in $agents; do
	is "$(in_host "$agent" -- nft list tables | grep -v -e e2e -e waymark_guard)$(in_host "$agent" -- \
		ip -o link | grep -c -e wmg -e wmv -e wmh)" 0 "$agent: no table and no tunnel of the dead is left"
done
undrained=
for agent in $agents; do
	keep "$agent"
	end_program "$agent" || undrained="$undrained $agent"
	agent_said "$agent" left_undrained && undrained="$undrained $agent"
	keep "$agent"
	cp "$D/$agent/data/spool/journal" "$D/kept/$agent.end.journal"
done
is "$undrained" "" "agents hand in what they hold when they are told to end"

"$BIN/spool_driver" "$D"/kept/* >"$D/held"
grep unreadable "$D/held"
is "$(grep -c unreadable "$D/held")" 0 "all that was ever on an agent's disk is readable"
awk '/^batch/ { print $2, $3, $4, $5 }' "$D/held" | sort -u >"$D/held.batches"
awk '/^trace/ { print $2, $4 }' "$D/held" | sort -u >"$D/held.traces"
sql "SELECT s.epoch || ' ' || b.seq || ' ' || b.records || ' ' || encode(b.digest, 'hex')
	FROM raw.batch b JOIN raw.stream s ON s.id = b.stream" | sort >"$D/db.batches"
sql "SELECT s.epoch || ' ' || t.id FROM raw.trace t JOIN raw.stream s ON s.id = t.stream" | sort >"$D/db.traces"
[ -s "$D/held.batches" ] && diff "$D/held.batches" "$D/db.batches" >"$D/diff"
ok $? "every batch that was sealed is in the database once, byte for byte: $(wc -l <"$D/db.batches")" "$(head -n 20 "$D/diff")"
[ -s "$D/held.traces" ] && diff "$D/held.traces" "$D/db.traces" >"$D/diff"
ok $? "every trace that was recorded is in the database exactly once: $(wc -l <"$D/db.traces")" "$(head -n 20 "$D/diff")"
is "$(sql "SELECT count(*) FROM raw.stream s WHERE s.last_seq <> (SELECT count(*) FROM raw.batch b WHERE b.stream = s.id)
		OR s.last_seq <> (SELECT coalesce(max(b.seq), 0) FROM raw.batch b WHERE b.stream = s.id)
		OR s.last_seq = 0")" 0 "the numbers of each stream have no hole"
is "$(sql "SELECT count(*) FROM raw.stream")" 4 "each agent kept its stream"
is "$(sql "SELECT count(*) FROM raw.gap")$(sql "SELECT count(*) FROM raw.quarantine")" 00 "nothing was lost, nothing set apart"
at_centre verify --all >"$D/verify" 2>&1
is $? 0 "every stored batch is what its node signed"
is "$(sql "SELECT count(*) > 0 FROM raw.outcome WHERE detail = 'the agent was restarted meanwhile'")" t \
	"orders that died with an agent are reported"
done_testing
