#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What goes wrong around the programs: each time one clear line that says what to do and the exit
# status of the manual; daemons go on where they should, and nothing that was accepted is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119
skip_unless_able
begin_all
mounts=()
end_own() { # after the programs have ended
	local at
	for at in "${mounts[@]}"; do umount -l "$at" 2>/dev/null; done
}
small_disk() { # PLACE SIZE
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=755" waymark-e2e "$1" && mounts+=("$1")
}

# The line is the one that is no log event.
says() { # STATUS PATTERN NAME COMMAND…
	local status=$1 pattern=$2 name=$3
	shift 3
	timeout 20 "$@" >"$D/out" 2>"$D/err"
	local got=$? line
	line=$(grep -v '^lvl=' "$D/err")
	[ "$got" = "$status" ] && [ "$(wc -l <<<"$line")" = 1 ] && grep -qE -- "$pattern" <<<"$line"
	ok $? "$name: $line" "status $got, wanted $status
wanted one line like: $pattern
$(tail -n 5 "$D/err")"
}

# --- files that are wrong ------------------------------------------------------------------------

printf 'world x\nrouter a as=1\n' >"$D/bad.conf"
says 2 "$D/bad.conf:2: " "a bad world" waymark-lab check "$D/bad.conf"
says 2 "$D/bad.conf:2: " "and it is not brought up" waymark-lab up "$D/bad.conf" --name "$LAB"
says 2 "nowhere.conf" "a world that is not there" waymark-lab up "$D/nowhere.conf" --name "$LAB"

# Two small disks: one for a node's data, one for the centre's.
small_disk "$D/de1/data" 12m && small_disk "$D/centre" 300m
ok $? "small disks"
# Slow enough that an order of a hundred traces is still at work when its disk has been filled.
CONFIG=("rate = 500" "rate-target = 500" "rate-net = 500")
world_up && centre_up && nodes_up
ok $? "world, centre and nodes are up" "$(cat "$D"/*.log 2>/dev/null | tail -n 5)"

config() { # LINE…: the node's own file with these lines after it
	cp "$D/de1/agent.conf" "$D/agent.conf"
	printf '%s\n' "$@" >>"$D/agent.conf"
	last=$(wc -l <"$D/agent.conf")
}
bad_config() { # LINE PATTERN
	config "$1"
	says 2 "$D/agent.conf:$last: $2" "agent: $1" waymark-agent --config "$D/agent.conf"
}
bad_config "colour = blue" 'unknown option "colour"'
bad_config "rate = many" 'rate: .*many'
bad_config "rate = 0" 'rate: 0 is outside'
bad_config "spool-limit = 1" 'spool-limit: .*outside'
bad_config "just words" '.*name = value'
for line in "role = king" "allow = everything" "deny = 300.0.0.0/8" "phone = p1" "log = loud"; do
	config "$line"
	says 2 "$D/agent.conf: .*" "agent: $line" waymark-agent --config "$D/agent.conf"
done
config "operator-key = /nowhere/operator.pub"
says 4 "$D/agent.conf: .*/nowhere/operator.pub" "agent: no operator's key" waymark-agent --config "$D/agent.conf"
says 2 "/nowhere/agent.conf" "agent: no configuration" waymark-agent --config /nowhere/agent.conf
config "keys = $D/nokeys"
says 4 "$D/nokeys.*keygen" "agent: no keys" waymark-agent --config "$D/agent.conf"
config "collector-key = $D/nowhere.pub" "data = $D/elsewhere"
says 4 "$D/nowhere.pub.*collector.pub" "agent: no collector's key" waymark-lab exec --name "$LAB" de1 -- waymark-agent --config "$D/agent.conf"

echo 'colour = blue' >"$D/collector.conf"
says 2 "$D/collector.conf:1: unknown option \"colour\"" "collector: unknown option" waymark-collector --config "$D/collector.conf"
echo 'credit = lots' >"$D/collector.conf"
says 2 "$D/collector.conf:1: credit" "collector: wrong value" waymark-collector --config "$D/collector.conf"
says 2 "nowhere.conf" "collector: no configuration" waymark-collector --config "$D/nowhere.conf"
says 2 "log-level" "collector: wrong level" waymark-collector "--data=$D/other" --log-level loud

# --- somebody else has it ------------------------------------------------------------------------

config
says 1 "another agent has $D/de1/data/spool" "agent: its spool is in use" \
	waymark-lab exec --name "$LAB" de1 -- waymark-agent --config "$D/agent.conf"
says 1 "port is in use" "collector: its port is in use" waymark-lab exec --name "$LAB" centre -- \
	waymark-collector "--data=$D/centre" --listen "tcp://$(address centre):$PORT"
says 2 "listen" "collector: an endpoint that is none" waymark-collector "--data=$D/centre" --listen nonsense

# --- not allowed ---------------------------------------------------------------------------------

mkdir -m 777 "$D/nobody" && cp -r "$D/de1/keys" "$D/nobody/keys" && chown -R nobody "$D/nobody"
cp "$BIN/waymark-agent" "$D/centre/collector.pub" "$D/operator/operator.pub" "$D/nobody/" && chmod -R a+rX "$D/nobody"
chmod 600 "$D/nobody/keys/node.key"
config "data = $D/nobody/data" "keys = $D/nobody/keys" "collector-key = $D/nobody/collector.pub"
sed -i "s,^operator-key = .*,operator-key = $D/nobody/operator.pub," "$D/agent.conf" && chmod 644 "$D/agent.conf"
says 1 "run as root.*CAP_NET_(RAW|ADMIN)" "agent: as nobody" waymark-lab exec --name "$LAB" de1 -- \
	setpriv --reuid=65534 --regid=65534 --clear-groups "$D/nobody/waymark-agent" --config "$D/agent.conf"
rm -rf "$D/nobody/data"
says 1 "CAP_NET_(RAW|ADMIN)" "agent: without its capabilities" waymark-lab exec --name "$LAB" de1 -- \
	capsh --drop=cap_net_raw,cap_net_admin -- -c "exec $BIN/waymark-agent --config $D/agent.conf"
chmod 644 "$D/nobody/keys/node.key"
config "keys = $D/nobody/keys"
says 1 "node.key.*(chmod|0600)" "agent: a key that others may read" waymark-agent --config "$D/agent.conf"

# --- the database --------------------------------------------------------------------------------

says 5 "$D/nowhere" "collector: no database there" waymark-collector "--data=$D/other" --db "host=$D/nowhere dbname=waymark"
says 5 "$D/nowhere" "waymark: no database there" waymark node list --db "host=$D/nowhere dbname=waymark"
says 5 "." "waymark: no data folder" waymark node list --data "$D/nofolder"
given="host=$D/centre/socket user=waymark"
sql "CREATE DATABASE old TEMPLATE template0" >/dev/null
waymark db init --db "$given dbname=old" >/dev/null 2>&1
psql -XAtqc 'DELETE FROM registry.migration WHERE number = (SELECT max(number) FROM registry.migration)' "$given dbname=old"
says 2 "waymark db migrate" "collector: a schema too old" waymark-collector "--data=$D/other" --db "$given dbname=old" --listen 'tcp://127.0.0.1:*'

# --- the agent's disk is full --------------------------------------------------------------------

# COUNT traces from NODE, each a record that its spool must take, to several networks.
trace() { # NODE COUNT
	local i list='' at
	at=("$(address ns-de)" "$(address bg-time)" "$(address us1 6)" "$(address ts-us)" "$(address gw1 6)")
	for i in $(seq "$2"); do list+=${at[$((i % 5))]}/udp/$((50000 + i)),; done
	at_centre order trace "$1" --operator-key "$D/operator" --targets "${list%,}"
}
ended() { [ "$(sql "SELECT count(*) FROM raw.outcome WHERE orders = '$1' AND state = 2")" = 1 ]; }
stored() { sql "SELECT count(*) FROM raw.trace t JOIN registry.node n ON n.id = t.node WHERE n.name = '$1'"; }
lost() { sql "SELECT coalesce(sum(records), 0) FROM raw.gap g JOIN registry.node n ON n.id = g.node WHERE n.name = '$1'"; }

# Twelve megabytes have no room for a segment: records wait in the journal.
order=$(trace de1 20)
wait_for 60 agent_said de1 'ev=cannot_store'
ok $? "agent: a full disk is told: $(grep -m 1 cannot_store "$D/agent-de1.log")"
sleep 4
is "$(grep -c cannot_store "$D/agent-de1.log")" 1 "once, not at every record"
kill -0 "${PID[de1]}"
ok $? "and the agent goes on"
mount -o remount,size=64m "$D/de1/data"
wait_for 60 agent_said de1 'ev=stores_again'
ok $? "room again is told too"
wait_for 60 ended "$order"
is "$(stored de1)|$(lost de1)" "20|0" "all that was taken is stored"

# Not even the journal has room: what is lost is counted, and an order whose serial cannot be noted
# down, and which could therefore be played again after a crash, is refused.
said() { grep -q "$(tr -d - <<<"$1").*state=$2" "$D/agent-de1.log"; } # ORDER STATE
order=$(trace de1 100)
wait_for 60 said "$order" accepted
# A sealed batch gives the journal's pages back: the ballast takes them too, until it is told to end.
touch "$D/filling"
while [ -e "$D/filling" ]; do
	dd if=/dev/zero bs=4k count=20000 2>/dev/null >>"$D/de1/data/ballast"
	sleep 0.01
done &
filler=$!
full() { [ "$(grep -c cannot_store "$D/agent-de1.log")" -ge 2 ]; }
wait_for 60 full
ok $? "agent: no room for the journal is told" "$(tail -n 3 "$D/agent-de1.log")"
late=$(trace de1 1)
wait_for 60 said "$late" refused_busy
ok $? "an order whose serial cannot be kept is refused" "$(tail -n 3 "$D/agent-de1.log")"
wait_for 60 said "$order" 'done'
rm "$D/filling"
wait "$filler"
rm "$D/de1/data/ballast"
trace de1 1 >/dev/null
# Of 121 traces and the outcomes of the two orders whatever is not stored was counted. A refused
# order may be handed out once more, and is then refused once more; and a few hops' names, learnt
# meanwhile, may be among the lost.
told=$(grep -cE "(${order//-/}|${late//-/}).*state=" "$D/agent-de1.log")
outcomes() { sql "SELECT count(*) FROM raw.outcome WHERE orders IN ('$order', '$late')"; }
accounted() { echo $(($(stored de1) + $(lost de1) + $(outcomes))); }
complete() { [ "$(accounted)" -ge $((121 + told)) ]; }
wait_for 60 complete
sleep 2
sum=$(accounted)
[ "$sum" -ge $((121 + told)) ] && [ "$sum" -le $((121 + told + 8)) ]
ok $? "every record is stored or counted as lost ($(stored de1) traces, $(outcomes) of $told outcomes, $(lost de1) lost)" "accounted for: $sum"
[ "$(lost de1)" -gt 0 ] && [ "$(stored de1)" -gt 20 ]
ok $? "some of each"

# --- the database goes away and comes back -------------------------------------------------------

before=$(stored us1)
at_centre db stop >/dev/null 2>&1
is $? 0 "the database is stopped"
wait_for 60 collector_told 'ev=database_down'
ok $? "collector: an outage is told"
kill -0 "${PID[collector]}"
ok $? "and it goes on"
says 5 "db start" "waymark: the database is stopped" waymark node list "--data=$D/centre"
at_centre db start >/dev/null 2>&1
is $? 0 "the database is started"
order=$(trace us1 10)
wait_for 60 ended "$order"
is "$(stored us1)" $((before + 10)) "and results come in again"

# --- the database's disk is full -----------------------------------------------------------------

before=$(stored us1)
order=$(trace us1 30)
dd if=/dev/zero of="$D/centre/ballast" bs=64k 2>/dev/null
wait_for 60 grep -q "$(tr -d - <<<"$order").*state=done" "$D/agent-us1.log"
ok $? "a node works on while the database's disk is full"
sleep 2
grep -iE 'database|disk|space' "$D/collector.log.new" | tail -n 3 | sed 's/^/# /'
rm "$D/centre/ballast"
wait_for 60 ended "$order"
ok $? "with room again its results come in" "$(tail -n 5 "$D/collector.log.new")"
is "$(stored us1)|$(lost us1)" "$((before + 30))|0" "each once, none lost"
kill -0 "${PID[collector]}"
ok $? "collector: a full disk does not end it"
done_testing
