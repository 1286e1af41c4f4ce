#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job end to end: runs in a small world, and everything they leave in the database held
# against what the world file says. Paths contain the true routers and nothing else.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119
skip_unless_able
begin_all

world_up && centre_up && nodes_up
ok $? "world, centre and nodes are up" "$(cat "$D"/*.log 2>/dev/null | tail -n 5)"
waymark-lab geo "$WORLD" >"$D/geo.csv"
at_centre geo import "$D/geo.csv" --table lab --version 2026-01-01 >/dev/null
is $? 0 "addresses of the world have a place"

# Two lanes: each pair of phones works through its own list, one run after another.
lane() { # PHONE_A PHONE_B NAME:A:B:APP[:IDLE]…
	local pa=$1 pb=$2 name a b app idle
	shift 2
	for what in "$@"; do
		IFS=: read -r name a b app idle <<<"$what"
		run_start "$a" "$b" "$app" "$pa" "$pb" ${idle:+--idle "$idle"} >"$D/run.$name" 2>&1
		echo $? >"$D/status.$name"
	done
}
# While the self pair runs, both its phones use one source port to one server.
in_host ts-us -- python3 tests/e2e/taken_ports.py serve 7777 >"$D/taken.server" &
PID[taken]=$!
for phone in p1b p2b; do
	in_host $phone -- python3 tests/e2e/taken_ports.py talk "$(address ts-us)" 7777 $phone >"$D/taken.$phone" &
	PID[$phone]=$!
done
lane p1a p2a empty:de1:us1:none ts:de1:us1:textsecure idle:de1:us1:none:threema &
one=$!
lane p1b p2b self:de1:de1:threema th:de1:us1:threema &
two=$!
wait $one $two
for name in empty idle ts th self; do
	is "$(cat "$D/status.$name")" 0 "run $name: all four nodes did their part" 2>&1
	[ "$(cat "$D/status.$name")" = 0 ] || sed 's/^/# /' "$D/run.$name"
done

id() { head -n 1 "$D/run.$1"; }

# --- self-test -----------------------------------------------------------------------------------

for run in empty ts th self; do
	is "$(sql "SELECT string_agg(DISTINCT substr(name, 10), ' ' ORDER BY substr(name, 10)),
			count(*), bool_and(outcome = 1), bool_and(detail IS NOT NULL)
		FROM raw.step WHERE run = '$(id $run)' AND name LIKE 'selftest-%' AND name NOT LIKE '%-ipv6'")" \
		"clock egress guard handshake leak loss mtu port resolver rtt syn ttl|24|t|t" \
		"run $run: both tunnels passed each item of the self-test"
done
item() { # RUN SIDE ITEM
	sql "SELECT outcome, detail FROM raw.step WHERE run = '$(id "$1")' AND side = $2 AND name = 'selftest-$3'"
}
is "$(item ts 1 mtu)" "1|value 1420 limit 1420 bytes" "with value and limit"
is "$(item ts 1 mtu-ipv6)" "1|value 1420 limit 1420 bytes" "by IPv6 too"
is "$(sql "SELECT count(*), bool_and(outcome = 1) FROM raw.step WHERE run = '$(id ts)' AND name LIKE 'selftest-%-ipv6'")" "6|t" \
	"loss, round trip and MTU are told for IPv6"
has "$(sql "SELECT detail FROM raw.step WHERE run = '$(id ts)' AND side = 1 AND name = 'tunnel' AND detail <> ''")" \
	' WireGuard, MTU 1420 with the MSS set$' "the choice of MTU is told with the run"
is "$(item ts 1 egress)" "1|IPv4 $(address de1); IPv6 $(address de1 6)" "outside, the phone has the node's addresses"
is "$(item ts 2 egress)" "1|IPv4 $(address us1); IPv6 $(address us1 6)" "as has the other"
is "$(item ts 1 resolver)" "1|the phone's $(address ns-de), the node's $(address ns-de)" "it uses the node's resolver"
is "$(item ts 2 resolver)" "1|the phone's $(address ns-us), the node's $(address ns-us)" "and the other the other's"
routers=$(($(true_paths de1 centre 4 | head -n 1 | wc -w) - 1))
is "$(item ts 1 ttl)" "1|IPv4 phone $routers hops, node $routers; IPv6 phone $routers hops, node $routers" \
	"its TTL has lost no more than the routers between take"
has "$(item ts 1 syn)" '1\|IPv4 02040564[0-9a-f]*, MSS set to 1380; IPv6 02040550[0-9a-f]*, MSS set to 1360' \
	"its SYN has all its options, with the MSS of the tunnel"
has "$(item ts 1 port)" '1\|udp/IPv4 ([0-9]+) of \1 kept; tcp/IPv4 ([0-9]+) of \2 kept; udp/IPv6 ([0-9]+) of \3 kept; tcp/IPv6' \
	"its source ports are its own"
has "$(item ts 1 leak)" '1\|0 packets of the phone left by the uplink, [4-9] entered; [1-9] of our own' \
	"before the tunnel nothing got out"
is "$(sql "SELECT count(*) FROM raw.flow WHERE bport = 5766")" 0 "the test's questions are no flows of the phone"

# Each fault stops its run with the item's name: a node that counts hops twice and one that changes
# ports; a gateway whose phone gets past the guard, and a node that meddles with SYNs.
why() { # RUN GATEWAY
	sql "SELECT u.detail FROM registry.orders o JOIN raw.outcome u ON u.orders = o.id JOIN registry.node n ON n.id = o.node
		WHERE o.run = '$(id "$1")' AND n.name = '$2' AND u.state = 3"
}
in_host de1 -- nft 'add table ip fault; add chain ip fault c { type filter hook postrouting priority 0; };
	add rule ip fault c iifname "wmh*" oifname "eth0" ip ttl set 50'
in_host us1 -- nft 'add table inet fault; add chain inet fault c { type nat hook postrouting priority 90; };
	add rule inet fault c iifname "wmh*" oifname "eth0" meta l4proto { tcp, udp } masquerade random'
LENGTH=2 run_start de1 us1 none p1a p2a >"$D/run.bad1" 2>&1
in_host de1 -- nft delete table ip fault
in_host us1 -- nft delete table inet fault
has "$(why bad1 gw1)" '^selftest-ttl failed: IPv4 phone [0-9]+ hops, node [0-9]+' "a node that takes hops fails the run by name"
has "$(why bad1 gw2)" '^selftest-port failed: udp/IPv4 0 of [1-9]' "one that changes source ports, too"
in_host gw1 -- nft 'add table netdev fault; add chain netdev fault c { type filter hook ingress device "lan1" priority 0; };
	add rule netdev fault c udp dport 5766 fwd to "eth0"'
in_host us1 -- nft 'add table inet fault; add chain inet fault c { type filter hook forward priority 0; };
	add rule inet fault c iifname "wmh*" tcp flags syn tcp option maxseg size set 536'
LENGTH=2 run_start de1 us1 none p1a p2a --mtu 1500 >"$D/run.bad2" 2>&1
in_host gw1 -- nft delete table netdev fault
in_host us1 -- nft delete table inet fault
has "$(why bad2 gw1)" '^selftest-leak failed: [1-9] packets of the phone left by the uplink' \
	"a phone that gets past the guard fails the run by name"
has "$(sql "SELECT detail FROM raw.step WHERE run = '$(id bad2)' AND side = 2 AND name = 'tunnel' AND detail <> ''")" \
	'MTU 1500 with outer packets in fragments$' "a run may have an MTU of 1500"
is "$(item bad2 2 mtu)|$(item bad2 2 mtu-ipv6)" "1|value 1500 limit 1500 bytes|1|value 1500 limit 1500 bytes" "which is tested"
has "$(why bad2 gw2)" '^selftest-syn failed: IPv4 02040218[0-9a-f]*, sent 020405b4' "a node that changes SYNs, too"
in_host gw1 -- nft -f - <<-'RULES'
	table ip hush {
		chain out {
			type filter hook output priority 0
			oifname "wmg*" meta l4proto icmp drop
		}
	}
RULES
# What failed is made once more: by then the fault is gone.
at_centre run campaign --nodes de1 --empty --phones p1a:p2a --length 4 --in 8 --patience 30 \
	--operator-key "$D/operator" >"$D/run.hush" 2>&1 &
PID[campaign]=$!
wait_for 60 grep -q '^run .* failed, will be made again: ' "$D/run.hush"
ok $? "a run whose tunnel answers no echo fails, and its campaign goes on" "$(cat "$D/run.hush")"
in_host gw1 -- nft delete table ip hush
wait "${PID[campaign]}"
is "$?|$(sed -n '$s/.*\(runs .*\); mess.*\(failed .*\)/\1, \2/p' "$D/run.hush")" "0|runs 1/1, failed 0" "and makes it again"
unset "PID[campaign]"
is "$(sql "SELECT detail FROM registry.orders o JOIN raw.outcome u ON u.orders = o.id
	WHERE o.run = '$(sed -n 's/^run \([^ ]*\) .*/\1/p' "$D/run.hush")' AND u.detail LIKE 'selftest%'")" \
	"selftest-loss failed: value 100 limit 20 %" "with the name of the item"

of() { sql "SELECT $2 FROM raw.$3 WHERE run = '$(id "$1")' ${4:-}"; }

# --- messages ------------------------------------------------------------------------------------

# Over the way's own delay a message may be late by this much, in ms: a lost packet costs TCP a second
LATE=${LATE:-2000}
# ms from phone to phone: through the tunnels, over the server
way() { # A B SERVER
	local sum
	sum=$(one_way gw1 "$1")+$(one_way "$1" "$3")+$(one_way "$3" "$2")+$(one_way "$2" gw2)
	awk "BEGIN { print $sum }"
}
messages() { # RUN A B SERVER
	local out times
	out=$(way "$2" "$3" "$4")
	is "$(sql "SELECT count(*), count(*) FILTER (WHERE s.sent IS NOT NULL AND s.delivered IS NOT NULL),
			count(*) FILTER (WHERE r.received IS NOT NULL)
		FROM raw.message s JOIN raw.message r USING (run, id)
		WHERE run = '$(id "$1")' AND s.side = s.from_side AND r.side <> r.from_side")" \
		"4|4|4" "run $1: two messages each way are sent, delivered and received"
	times=$(sql "SELECT round(extract(epoch FROM r.received - s.sent) * 1000, 1) AS there,
			round(extract(epoch FROM s.delivered - s.sent) * 1000, 1) AS back
		FROM raw.message s JOIN raw.message r USING (run, id)
		WHERE run = '$(id "$1")' AND s.side = s.from_side AND r.side <> r.from_side")
	awk -F'|' -v out="$out" -v late="$LATE" '
		$1 < out - 1 || $1 > out + late || $2 < 2 * out - 2 || $2 > 2 * out + late { bad = 1 }
		END { exit bad || NR != 4 }' <<<"$times"
	ok $? "run $1: no message is faster than its way of $out ms, none much slower" "$times"
}
messages ts de1 us1 ts-us
messages th de1 us1 th-ch
messages self de1 de1 th-ch
is "$(of empty 'count(*)' message)" 0 "the empty run sends none"

# --- flows and servers ---------------------------------------------------------------------------

at_centre judge >"$D/judge" 2>&1
is $? 0 "the runs are judged"
servers() { # RUN SIDE SERVER PORT NAME
	local addresses
	addresses="'$(address "$3")', '$(address "$3" 6)'"
	is "$(of "$1" 'count(*) > 0' flow "AND side = $2 AND proto = 6 AND bport = $4 AND b IN ($addresses)
		AND '$5' = ANY(names) AND 1 = ANY(how) AND 2 = ANY(how)")" t \
		"run $1, side $2: a flow to $3 port $4 with its name from DNS and TLS"
	is "$(sql "SELECT count(*) > 0, bool_and(addr IN ($addresses) AND port = $4 AND proto = 6)
		FROM judge.server_now WHERE run = '$(id "$1")' AND side = $2 AND final = 'backend'")" "t|t" \
		"run $1, side $2: exactly the messenger's server is its backend"
	[ "$(sql "SELECT count(*) FROM judge.server_now WHERE run = '$(id "$1")' AND side = $2 AND final = 'backend'")" -gt 0 ] ||
		sql "SELECT addr, port, decision, score, by_name, by_port, by_time, in_empty, matched, messages
		FROM judge.server_now WHERE run = '$(id "$1")' AND side = $2" | sed 's/^/# /'
}
for side in 1 2; do
	servers ts $side ts-us 443 chat.textsecure.example
	servers th $side th-ch 5222 chat.threema.example
	servers self $side th-ch 5222 chat.threema.example
done
is "$(sql "SELECT count(*) FROM judge.server_now WHERE run = '$(id empty)' AND final = 'backend'")" 0 \
	"the empty run has no messenger's server"

is "$(of idle "count(*)" message) $(of idle "string_agg(DISTINCT name, ' ' ORDER BY name)" step "AND name IN ('open', 'close', 'idle') AND outcome = 1")" \
	"0 close open" "with the app open and idle no message is sent either"
is "$(sql "SELECT string_agg(kind || coalesce(' ' || idle, ''), ', ' ORDER BY kind) FROM v1.run WHERE run IN ('$(id empty)', '$(id idle)', '$(id th)')")" \
	"closed, idle threema, messages" "the two kinds of empty run are told apart"
is "$(sql "SELECT count(*) > 0, bool_and(in_idle), bool_or(in_closed), bool_and(quiet > 0) FROM v1.server
	WHERE run = '$(id th)' AND decision = 'backend'")" "t|t|f|t" "an idle app has its line to its server, a closed one has not: a backend it stays"
is "$(sql "SELECT count(*) > 0, bool_and(decision = 'background') FROM v1.server WHERE run = '$(id th)' AND in_closed AND rule = 'in-closed'")" "t|t" \
	"what a closed phone speaks with is background"
is "$(at_centre backends "$(id th)" --why 2>&1 | grep -cE '^  (closed|idle) +seen in empty run')" \
	"$(sql "SELECT count(*) FILTER (WHERE in_closed) + count(*) FILTER (WHERE in_idle) FROM v1.server WHERE run = '$(id th)'")" \
	"and --why says which kind showed it"

# --- both sides of the translation ---------------------------------------------------------------

is "$(cat "$D/taken.p1b" "$D/taken.p2b")" "5
5" "two phones of one run use one port of one node, and both are answered"
is "$(sql "SELECT count(*), count(DISTINCT inner_port), count(DISTINCT outer_port), count(*) FILTER (WHERE port_changed)
	FROM v1.mapping WHERE run = '$(id self)' AND inner_port = 40000 AND dst_port = 7777")" "2|1|2|1" \
	"the port that was taken has another outside, and both mappings are told"
for side in 1 2; do
	saw=$(awk -v name=p${side}b '$1 == name { n++ } END { print n }' "$D/taken.server")
	is "$(sql "SELECT DISTINCT outer_port FROM v1.mapping WHERE run = '$(id self)' AND side = $side AND inner_port = 40000
		AND dst_port = 7777")" "$(awk -v name=p${side}b '$1 == name { print $2 }' "$D/taken.server" | sort -u)" \
		"side $side: the server saw the very port of the mapping"
	is "$(sql "SELECT pkts_ab, pkts_ba, outer_pkts_ab >= pkts_ab, outer_pkts_ba, host(outer_a), host(outer_b), mappings,
			outer_aport = (SELECT outer_port FROM v1.mapping m WHERE m.run = f.run AND m.side = f.side AND m.inner_port = 40000
				AND m.dst_port = 7777)
		FROM v1.flow f WHERE run = '$(id self)' AND side = $side AND aport = 40000 AND bport = 7777")" \
		"$saw|$saw|t|$saw|$(address de1)|$(address ts-us)|1|t" "side $side: the flow inside is joined with its twin outside"
done
# A flow that bears another port outside is traced inside as it is there.
for side in 1 2; do
	is "$(sql "SELECT count(*), bool_and(sport = (SELECT outer_port FROM v1.mapping m WHERE m.run = t.run AND m.side = t.side
			AND m.inner_port = 40001 AND m.dst_port = 7778)), bool_and(probes > 0)
		FROM v1.trace t WHERE run = '$(id self)' AND side = $side AND method = 'flow' AND dport = 7778")" "1|t|t" \
		"side $side: the trace inside a flow has the port that the outside sees"
done
is "$(sql "SELECT count(DISTINCT sport) FROM v1.trace WHERE run = '$(id self)' AND method = 'flow' AND dport = 7778")" 2 \
	"which is another one where the phone's own was taken"
# Probes inside a flow leave by the uplink alone. What is left over of a connection of the run before, an
# end or a reset, is let through nowhere: those are the flows of a packet or two.
is "$(sql "SELECT count(*) > 20, bool_and(mappings = 1), bool_and(outer_pkts_ab >= pkts_ab AND outer_pkts_ba >= pkts_ba),
		bool_and(outer_b = b OR bport = 53), bool_and(outer_drops = 0 AND kernel_drops = 0)
	FROM v1.flow WHERE run IN ('$(id ts)', '$(id th)', '$(id self)') AND proto IN (6, 17)
		AND pkts_ba > 2")" "t|t|t|t|t" \
	"every TCP and UDP flow of the runs has its twin on the uplink, with no packet less"
for what in ts:1:de1:ts-us:443 ts:2:us1:ts-us:443 th:1:de1:th-ch:5222 th:2:us1:th-ch:5222; do
	IFS=: read -r run side from server port <<<"$what"
	far=$(one_way "$from" "$server")
	is "$(sql "SELECT count(*) > 0, bool_and(syn AND syn_ack), bool_and(rtt_a_ms > 0),
			min(rtt_b_ms) BETWEEN 2 * $far - 0.1 AND 2 * $far + 5000
		FROM v1.flow WHERE run = '$(id "$run")' AND side = $side AND proto = 6 AND bport = $port
			AND b IN ('$(address "$server")', '$(address "$server" 6)') AND pkts_ba > 2")" "t|t|t|t" \
		"run $run, side $side: flows to the server tell their handshake, and the world's round trip to it"
done
# Not of every flow: a connection may outlive the capture.
is "$(sql "SELECT count(*) FILTER (WHERE fin_a OR rst_a) > 0, count(*) FILTER (WHERE fin_b OR rst_b) > 0
	FROM v1.flow WHERE run IN ('$(id ts)', '$(id th)') AND proto = 6")" "t|t" "flows tell who ended them"
is "$(sql "SELECT count(*) > 0, count(syn), count(rtt_b_ms) FROM v1.flow WHERE run = '$(id ts)' AND proto <> 6")" "t|0|0" \
	"what is not TCP tells none"
if ldd "$(command -v waymark-agent)" | grep -q ndpi; then labels="DNS TLS"; else labels=; fi
is "$(sql "SELECT string_agg(DISTINCT app, ' ' ORDER BY app) FROM v1.flow WHERE run = '$(id ts)'
	AND (proto = 17 AND bport = 53 OR proto = 6 AND bport = 443 AND b IN ('$(address ts-us)', '$(address ts-us 6)') AND pkts_ba > 2)")" \
	"$labels" "flows of a run are labelled by the node, where it is built with nDPI"
is "$(sql "SELECT count(*), count(DISTINCT (run, side, place)), bool_and(packets > 0 AND sha256 ~ '^[0-9a-f]{64}\$')
	FROM v1.capture WHERE run IN ('$(id ts)', '$(id th)', '$(id self)')")" "12|12|t" "two captures of each side of each run are kept"
bad=0
while IFS='|' read -r node sha packets; do
	file=$D/$node/data/captures/$sha.pcap
	[ "$(sha256sum <"$file" | cut -c1-64)" = "$sha" ] && grep -q "^$sha" "$D/$node/data/captures/MANIFEST.tsv" &&
		[ "$(waymark flows "$file" --csv | awk -F, 'NR > 1 { n += $6 + $8 } END { print n + 0 }')" = "$packets" ] || bad=$((bad + 1))
done < <(sql "SELECT node_name, sha256, packets FROM v1.capture")
is $bad 0 "each file is there, has its digest for a name, stands in the manifest, and holds the packets told"

# --- paths ---------------------------------------------------------------------------------------

# Lines "DST HOP HOP …" of the traces of one purpose and method, `*` where nobody answered.
traced() { # RUN SIDE WHERE
	sql "SELECT host(t.dst) || ' ' || string_agg(coalesce(h.addr, '*'), ' ' ORDER BY h.ttl)
		FROM raw.trace t JOIN LATERAL (SELECT q.ttl, string_agg(DISTINCT host(q.addr), '/') AS addr
			FROM v1.hop q WHERE (q.started, q.node, q.stream, q.seq, q.item) =
				(t.started, t.node, t.stream, t.seq, t.item) GROUP BY q.ttl) h ON true
		WHERE t.run = '$(id "$1")' AND t.side = $2 AND t.stop = 1 AND $3
		GROUP BY t.stream, t.seq, t.item, t.dst"
}
true_routers() { # RUN SIDE FROM TO WHERE NAME: as many traces as WANTED at least, all of them true
	local dst hops family seen=0
	while read -r dst hops; do
		[ -n "$dst" ] || continue
		seen=$((seen + 1))
		family=4
		[[ $dst == *:* ]] && family=6
		true_paths "$3" "$4" $family | grep -qxF -- "$hops"
		ok $? "run $1, side $2: $6 IPv$family to $4 is the true path" "got:    $hops
wanted: $(true_paths "$3" "$4" $family)"
	done < <(traced "$1" "$2" "$5")
	[ $seen -gt 0 ]
	ok $? "run $1, side $2: $6 to $4 is there"
}
at_server() { # SERVER PORT
	echo "t.purpose = 1 AND t.method = 3 AND t.dport = $2 AND t.dst IN ('$(address "$1")', '$(address "$1" 6)')"
}
true_routers ts 1 de1 ts-us "$(at_server ts-us 443)" "TCP to the app's port"
true_routers ts 2 us1 ts-us "$(at_server ts-us 443)" "TCP to the app's port"
true_routers th 1 de1 th-ch "$(at_server th-ch 5222)" "TCP to the app's port"
true_routers th 2 us1 th-ch "$(at_server th-ch 5222)" "TCP to the app's port"
true_routers self 2 de1 th-ch "$(at_server th-ch 5222)" "TCP to the app's port"
# Each address family a phone used has its trace.
for run in ts:443 th:5222; do
	is "$(sql "SELECT count(*) FROM (SELECT DISTINCT side, b FROM raw.flow WHERE run = '$(id "${run%:*}")' AND bport = ${run#*:} AND proto = 6
			AND 'chat.${run%:*}' <> ''
			AND EXISTS (SELECT FROM unnest(names) x WHERE x LIKE 'chat.%')) f
		WHERE NOT EXISTS (SELECT FROM raw.trace t WHERE t.run = '$(id "${run%:*}")' AND t.side = f.side AND t.dst = f.b
			AND t.method = 3 AND t.dport = ${run#*:} AND t.stop = 1)")" 0 \
		"run ${run%:*}: every address the phones spoke with was traced to its end"
done
true_routers ts 1 de1 us1 "t.purpose = 2 AND family(t.dst) = 4" "the direct path"
true_routers ts 2 us1 de1 "t.purpose = 2 AND family(t.dst) = 4" "the direct path"
true_routers ts 1 de1 us1 "t.purpose = 2 AND family(t.dst) = 6" "the direct path"
true_routers ts 2 us1 de1 "t.purpose = 2 AND family(t.dst) = 6" "the direct path"
is "$(sql "SELECT count(*) FROM raw.trace t, unnest(t.addr) a WHERE NOT host(a) = ANY(string_to_array('$(
	waymark-lab geo "$WORLD" | awk -F, 'NR > 1 { print $1 }' | sed 's,/.*,,' | paste -sd,)', ','))")" 0 \
	"no trace has an address that the world does not have"

# --- seeing it -----------------------------------------------------------------------------------

for app in textsecure threema; do
	at_centre path de1 us1 --app $app >"$D/path" 2>&1
	is $? 0 "path prints the way of $app"
	has "$(cat "$D/path")" "$(address "$([ $app = threema ] && echo th-ch || echo ts-us)")|$(address "$([ $app = threema ] && echo th-ch || echo ts-us)" 6)" \
		"with its server"
	at_centre path de1 us1 --app $app --json 2>/dev/null | python3 -c 'import json,sys
lines = [json.loads(x) for x in sys.stdin]; assert lines'
	ok $? "and as JSON"
done
for table in leaving groups; do
	at_centre exposure $table >"$D/table" 2>&1
	is $? 0 "exposure $table prints"
	[ "$(wc -l <"$D/table")" -ge 2 ]
	ok $? "with rows" "$(cat "$D/table")"
	at_centre exposure $table --csv >/dev/null 2>&1
	is $? 0 "and as CSV"
done
# --- a run taken back ----------------------------------------------------------------------------

taken=$(at_centre run start de1 us1 --app threema --phone-a p1a --phone-b p2a --length 60 --operator-key "$D/operator" 2>"$D/taken")
# shellcheck disable=SC2317 # called by wait_for
states() { # STATE HOW-MANY [DETAIL]
	[ "$(sql "SELECT count(*) FROM raw.outcome u JOIN registry.orders o ON o.id = u.orders
		WHERE o.run = '$taken' AND u.state = $1 AND coalesce(u.detail, '') LIKE '${3:-%}'")" = "$2" ]
}
# shellcheck disable=SC2317 # called by wait_for
begun() { [ "$(sql "SELECT count(*) FROM raw.step WHERE run = '$taken' AND name = 'open' AND outcome = 1")" = 2 ]; }
left() { for host in de1 us1 gw1 gw2; do in_host $host -- sh -c "ip -br link; ip netns list"; done | grep -c '^wm'; }
wait_for 60 states 1 4 && wait_for 60 begun
has "$(left)" "^[1-9]" "a run is under way, with its tunnels"
at_centre order withdraw "$taken" --operator-key "$D/operator" >"$D/taken" 2>&1
is "$?|$(cat "$D/taken")" "0|waymark order withdraw: 4 orders taken back, of 4 nodes" "a run under way is taken back"
wait_for 30 states 4 4 stopped
ok $? "all four nodes stop it" "$(sql "SELECT state, detail FROM raw.outcome WHERE run = '$taken'")"
is "$(left)" 0 "and no tunnel of it is left"

at_centre verify --all >"$D/verify" 2>&1
is $? 0 "every stored batch is what its node signed"
tail -n 1 "$D/verify" | sed 's/^/# /'
done_testing
