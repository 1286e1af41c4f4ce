#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is refused, by whom, and that it is said: a revoked node, an unknown key, and every kind of
# order that an agent must not obey. Bad orders are put straight into the database, as somebody who
# has taken the collector would.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
skip_unless_able spool_driver
begin_all

world_up && centre_up && nodes_up
ok $? "world, centre and nodes are up" "$(cat "$D"/*.log 2>/dev/null | tail -n 5)"
denied=$(address bg-push)
end_program us1
echo "deny = $denied/32" >>"$D/us1/agent.conf"
start_agent us1
in_host us1 -- nft -f - <<-NFT
	table inet e2e {
		counter sent {}
		chain out { type filter hook output priority 0; ip daddr $denied counter name sent; }
	}
NFT

trace() { # NODE TARGETS [OPTION…]: prints the order's id
	local node=$1 targets=$2
	shift 2
	at_centre order trace "$node" --targets "$targets" --operator-key "${KEY:-$D/operator}" "$@"
}
state() { sql "SELECT state FROM raw.outcome WHERE orders = '$1' AND state <> 1"; }
# shellcheck disable=SC2317 # called by wait_for
has_state() { [ -n "$(state "$1")" ]; }
# An order that its node cannot read or does not trust is called by the beginning of its digest.
called() { sql "SELECT unnest(digests) FROM registry.orders WHERE id = '$1'"; }
refused_as() { # ORDER STATE NAME: also when it is called by its digest
	local id=$1 got=
	for _ in $(seq 50); do
		for id in $1 $(called "$1"); do
			got=$(state "$id")
			[ -z "$got" ] || break 2
		done
		sleep 0.2
	done
	is "$got" "$2" "$3: refused, and recorded"
}
again() { # ORDER NODE: the same bytes, put in once more for NODE, good for an hour
	sql "WITH old AS (DELETE FROM registry.orders WHERE id = '$1' RETURNING *)
		INSERT INTO registry.orders (id, run, node, serial, expires, signed, digests)
		SELECT old.id, run, node.id, serial, now() + interval '1 hour', signed, digests
		FROM old, registry.node WHERE name = '$2'"
}
said_so() { # NODE WORD
	grep -qE "ev=order .*state=$2" "$D/agent-$1.log"
	ok $? "and logged by $1" "$(grep ev=order "$D/agent-$1.log" | tail -n 3)"
}

# --- an order that is right ----------------------------------------------------------------------

good=$(trace us1 "$(address th-ch)/tcp-syn/5222")
wait_for 60 has_state "$good"
is "$(state "$good")" 2 "an order that is right is done"
is "$(sql "SELECT count(*) FROM raw.trace WHERE dst = '$(address th-ch)' AND stop = 1")" 1 "and its trace is there"

# --- orders that are not -------------------------------------------------------------------------

waymark operator keygen --keys "$D/stranger" >/dev/null
id=$(KEY=$D/stranger trace us1 "$(address th-ch)")
refused_as "$id" 10 "an order signed with a key the node does not trust"
said_so us1 refused_signature

id=$(trace us1 "$denied,$(address th-ch)")
refused_as "$id" 15 "an order with a target on the node's deny list"
said_so us1 refused_denied

id=$(trace gw1 "$(address th-ch)")
refused_as "$id" 14 "an order of a kind the node does not allow"
said_so gw1 refused_kind

replay=$(sql "INSERT INTO registry.orders (id, run, node, serial, expires, signed, digests)
	SELECT gen_random_uuid(), run, node, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, expires, signed, digests
	FROM registry.orders WHERE id = '$good' RETURNING id")
[ -n "$replay" ]
ok $? "a used order is handed out again"
wait_for 60 agent_said us1 'state=refused_serial'
# shellcheck disable=SC2317 # called by wait_for
twice() { [ "$(sql "SELECT count(*) FROM raw.outcome WHERE orders = '$good' AND state = 12")" = 1 ]; }
wait_for 60 twice
ok $? "an order that comes twice: refused, and recorded"
said_so us1 refused_serial

end_program us1
id=$(trace us1 "$(address th-ch)" --expires 1s)
sleep 1.5
again "$id" us1
start_agent us1
refused_as "$id" 13 "an order that comes too late"
said_so us1 refused_expired

end_program us1
id=$(trace us1 "$(address th-ch)")
again "$id" de1
end_program de1
start_agent de1
refused_as "$id" 11 "an order for another node"
said_so de1 refused_audience
start_agent us1

wait_for 60 has_links
is "$(sql "SELECT count(*) FROM raw.trace")" 1 "of all these nothing was traced"
is "$(in_host us1 -- nft list counters table inet e2e | awk '/packets/ { print $2 }')" 0 \
	"no packet went to the denied address"
list=$(at_centre order list --csv)
for word in refused_signature refused_denied refused_kind refused_expired refused_audience; do
	has "$list" "$word" "the list of orders says $word"
done

# --- a revoked node ------------------------------------------------------------------------------

nobody() { # targets that keep a node tracing for half a minute: 50 probes a second to one address
	seq -f "$(address bg-time)/udp/%g" 40001 40150 | paste -sd,
}
count() { sql "SELECT count(*) FROM raw.batch b JOIN registry.node n ON n.id = b.node WHERE n.name = '$1'"; }
# shellcheck disable=SC2317 # called by wait_for
delivers() { [ "$(count "$1")" -gt "$2" ]; }
trace de1 "$(nobody)" >/dev/null
trace us1 "$(nobody)" >/dev/null
de=$(count de1) us=$(count us1)
wait_for 60 delivers de1 $((de + 1)) && wait_for 60 delivers us1 $((us + 1))
ok $? "two nodes deliver"
at_centre node revoke de1 >/dev/null
is $? 0 "one is revoked while its connection is open"
wait_for 60 agent_said de1 'revoked'
ok $? "and is told so" "$(tail -n 5 "$D/agent-de1.log")"
de=$(count de1) us=$(count us1)
trace us1 "$(address th-ch)" >/dev/null
wait_for 60 delivers us1 "$us"
ok $? "the other goes on"
sleep 2
is "$(count de1)" "$de" "nothing further of the revoked node is stored"
kill -0 "${PID[de1]}"
ok $? "its agent lives on"
[ "$("$BIN/spool_driver" "$D"/de1/data/spool/*.seg | grep -c ^batch)" -gt "$de" ]
ok $? "and keeps what it measured since"
trace de1 "$(address th-ch)" >/dev/null 2>"$D/err"
is "$?" 4 "nobody orders anything from it: $(cat "$D/err")"

# --- an unknown key ------------------------------------------------------------------------------

mkdir "$D/late"
waymark-agent keygen --keys "$D/late/keys" >/dev/null
sed -e "s,$D/us1/,$D/late/,; s/^name = .*/name = late/" "$D/us1/agent.conf" >"$D/late/agent.conf"
waymark-lab exec --name "$LAB" ns-us -- waymark-agent --config "$D/late/agent.conf" 2>"$D/agent-late.log" &
PID[late]=$!
wait_for 60 agent_said late 'ev=link_refused'
ok $? "an agent with an unknown key is told that it is refused" "$(tail -n 3 "$D/agent-late.log")"
sleep 2
is "$(agent_said late link_up && echo up)$(sql "SELECT count(*) FROM registry.node WHERE name = 'late'")" 0 \
	"and never gets in"
collector_said | grep -q 'ev=refused_key'
ok $? "the collector says so too"
at_centre node add late --country US --position 40,-74 --key "$D/late/keys/node.pub" >/dev/null
wait_for 60 agent_said late 'ev=link_up'
ok $? "admitted, it comes in without a restart" "$(tail -n 3 "$D/agent-late.log")"
kill -0 "${PID[late]}"
ok $? "(the same process)"
done_testing
