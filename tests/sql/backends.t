#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Which remote ends were the messenger's: every clause of the rule in a made-up run; imported captures
# without messages; what people decide otherwise; and the labelled captures of ../shared/data, where
# they are. Against a private cluster, through the real verbs.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
shared=$shared/a_messaging_pcap

expect 0 'a database is made' "$waymark" db init
sql -f "$here/backends_world.sql" >"$dir/out" 2>&1
ok $? 'eight runs, three of them empty'
expect 0 'are judged' "$waymark" judge

# --- the clauses --------------------------------------------------------------------------------------

run5="run = '00000000-0000-4000-8000-000000000005'"
clause() { # ADDRESS WANT NAME: decision and clause on side 1
	is "$3" "$2" "SELECT decision || ' ' || rule || ' ' || version FROM v1.server WHERE $run5 AND side = 1 AND addr = '$1'"
}
clause 198.18.60.1 'backend score 2' 'a server in time, with name and port, is a backend'
clause 185.88.236.1 'backend score 2' 'so is one without a name in a published range'
clause 198.18.88.1 'backend score 2' 'and a stranger that is exactly in time, on a known port'
clause 198.18.89.1 'unknown weak 2' 'but not on any port'
clause 198.18.51.2 'push push 2' 'push is a class of its own'
clause 198.18.80.1 'media media 2' 'so are files, however well in time'
clause 198.18.81.1 'media media 2' 'and the relay of calls'
clause 198.18.84.1 'unknown no-answer 2' 'STUN that nobody answers is no backend'
clause 198.18.84.2 'unknown no-answer 2' 'nor is a known name that never answers'
clause 198.18.2.1 'peer peer 2' 'where the other phone comes out is a peer'
clause 198.18.82.1 'peer peer 2' 'so is a nameless high port after STUN that one side alone saw'
clause 198.18.83.1 'unknown weak 2' 'what both sides saw is no peer'
clause 224.0.0.251 'background local 2' 'the local network is background'
clause 198.18.85.1 'background system 2' 'so is what phones do by themselves'
clause 198.18.50.1 'background in-closed 2' 'and what an empty run with all apps closed showed, however well in time'
clause 198.18.90.1 'background in-idle 2' 'and what the open and idle app did without messages'
clause 198.18.87.1 'background weak-in-empty 2' 'also with a known name, when it is out of time'
clause 198.18.54.1 'resolver resolver 2' 'a resolver is told by its port'
is 'everything in an empty run is background' 'background empty-run' "SELECT DISTINCT decision || ' ' || rule
	FROM v1.server WHERE run::text ~ '[168]\$'"
is 'the parts are kept' '1 1 0 1 1 1.00' "SELECT by_time || ' ' || by_both || ' ' || by_addr || ' ' || by_name || ' ' || by_port
	|| ' ' || round(score::numeric, 2) FROM v1.server WHERE $run5 AND side = 1 AND addr = '198.18.60.1'"
is 'what only one side had is not on both' '1 0' "SELECT by_time || ' ' || by_both FROM v1.server WHERE $run5 AND addr = '198.18.88.1'"
is 'servers that differ by side correspond by name' '1' "SELECT DISTINCT by_both FROM v1.server
	WHERE run::text LIKE '%3' AND decision = 'backend'"
is 'volume is told' '1.00' "SELECT round(sum(by_volume)::numeric, 2) FROM v1.server WHERE $run5 AND side = 1"
is 'one idle run of the app and one with all closed, and which showed it' 'false true|true false|false true|false false' \
	"SELECT string_agg(in_closed::text || ' ' || in_idle, '|' ORDER BY array_position('{198.18.90.1,198.18.50.1,198.18.88.1,198.18.89.1}'::inet[], addr))
	FROM v1.server WHERE $run5 AND side = 1 AND addr IN ('198.18.90.1', '198.18.50.1', '198.18.88.1', '198.18.89.1')"
is 'its bytes are brought to the length of the run and taken off' '1000 2000 0 0.00' "SELECT (SELECT quiet FROM v1.server WHERE $run5
	AND side = 1 AND addr = '198.18.90.1') || ' ' || quiet || ' ' || (SELECT quiet FROM v1.server WHERE $run5 AND side = 1
	AND addr = '198.18.89.1') || ' ' || round(by_volume::numeric, 2) FROM v1.server WHERE $run5 AND side = 1 AND addr = '198.18.50.1'"
is 'a gateway that does not tell says nothing of isolation' 'true 0' "SELECT bool_and(isolated IS NULL) || ' ' || max(by_isolation)
	FROM v1.server WHERE $run5"
is 'a stranger in time is a backend where the app alone could speak' '1 t 1 backend score 0.70|2 f 0 unknown weak 0.50' \
	"SELECT string_agg(concat_ws(' ', side, isolated, by_isolation, decision, rule, round(score::numeric, 2)), '|' ORDER BY side)
	FROM v1.server WHERE run::text LIKE '%7' AND addr = '198.18.89.1'"
is 'a known name on a known port, isolated, is no backend without one message' '0.70 0 unknown weak' "SELECT round(score::numeric, 2)
	|| ' ' || matched || ' ' || decision || ' ' || rule FROM v1.server WHERE run::text LIKE '%7' AND side = 1 AND addr = '198.18.60.7'"
is 'the bursts are kept beside the messages' '4 4' "SELECT count(*) || ' ' || count(*) FILTER (WHERE both_sides)
	FROM v1.server_hit WHERE $run5 AND side = 1 AND addr = '198.18.60.1'"
is 'each clause is told in words' '0' "SELECT count(*) FROM judge.server s WHERE NOT EXISTS (
	SELECT FROM judge.clause c WHERE c.version = s.version AND c.name = s.rule AND c.says <> '')"

is 'ports are read as they are written' 'true true false true false false' "SELECT concat_ws(' ', judge.port_in('443', 17::smallint, 443)::text,
	judge.port_in('tcp/5242,udp/7985-7987', 17::smallint, 7986)::text, judge.port_in('tcp/5242,udp/7985-7987', 6::smallint, 7986)::text,
	judge.port_in('tcp/5242,udp/7985-7987', 6::smallint, 5242)::text, judge.port_in('443', 6::smallint, 44)::text,
	judge.port_in('443', 6::smallint, 4434)::text)"

# --- the verb -----------------------------------------------------------------------------------------

expect 0 'a run is shown' "$waymark" backends 5
says '198.18.60.1 *5222  backend *1.00' && says 'g-01.threema.example'
ok $? 'every end with decision, score and names'
expect 0 'with the reasons' "$waymark" backends 5 --why
says 'clause    score: score of 0.6 or more, .*(rule 2)' && says 'score     1.00 = 0.4 x time 1.00'
ok $? 'the clause and the parts'
says 'received m2  burst .* the other side too' && says 'closed    seen in empty run 1 (of 1)' &&
	says 'idle      seen in empty run 6 (of 1)' && says 'taken off 2000 of its bytes'
ok $? 'the messages beside the bursts, and what the empty run showed'
expect 0 'as CSV' "$waymark" backends 00000000-0000-4000-8000-000000000005 --csv
says '^1,tcp,198.18.60.1,5222,backend,1.00,1.00,1.00,1,0,1,4/4,true,2000,,score,g-01.threema.example,'
ok $? 'by its id'
"$waymark" backends 5 --why --json 2>"$dir/out" |
	python3 -c 'import json,sys
d=[json.loads(l) for l in sys.stdin]
s=[x for x in d if x["addr"]=="198.18.60.1" and x["side"]==1][0]
assert s["decision"]=="backend" and len(s["hits"])==4 and s["hits"][0]["both_sides"] is True and s["isolated"] is None' 2>>"$dir/out"
ok $? 'as JSON'
expect 4 'no such run is not found' "$waymark" backends 99
expect 2 'a run is wanted' "$waymark" backends
expect 2 'reasons are no table' "$waymark" backends 5 --why --csv

# --- what people decide -------------------------------------------------------------------------------

final() { # NAME WANT RUN-END
	is "$1" "$2" "SELECT string_agg(DISTINCT decision || coalesce(' ' || override, ''), ', ') FROM v1.server
		WHERE run::text LIKE '%$3' AND addr = '198.18.60.1'"
}
override() { expect "$1" "$2" "$waymark" backends override "${@:3}"; }
override 0 'a person decides otherwise' 198.18.60.0/24 --app threema --decision media --reason 'pictures only'
final 'and it is in force' 'media 1' 5
final 'in every run of the app' 'media 1' 4
is 'the rule is still told' backend "SELECT DISTINCT judged FROM v1.server WHERE $run5 AND addr = '198.18.60.1'"
is 'the path goes without it' 0 "SELECT count(*) FROM v1.path_trace WHERE path = 'threema'"
override 0 'one run wins over all' 198.18.60.1 --port 5222 --run 5 --decision backend --reason 'seen in its log' --by ada
final 'there' 'backend 2' 5
final 'not elsewhere' 'media 1' 4
expect 0 'judging again' "$waymark" judge --all
final 'changes none of it' 'backend 2' 5
expect 0 'the reasons' "$waymark" backends 5 --why
says 'override  2: ada says backend .* seen in its log; the rule said backend'
ok $? 'tell who and why'
override 0 'all of them are listed' --list --csv
says '^1,198.18.60.0/24,,,threema,media,pictures only,' && says '^2,198.18.60.1/32,5222,.*,backend,seen in its log,ada,20'
ok $? 'with date and reason'
override 0 'one is withdrawn' --withdraw 1
final 'and no longer in force' backend 4
override 4 'once' --withdraw 1
override 0 'it stays in the list'
says 'pictures only'
ok $? 'with the day it was withdrawn'
override 2 'a decision wants a reason' 198.18.60.1 --decision media
override 2 'and one of the words' 198.18.60.1 --decision server --reason x
override 2 'and an address' 198.18.60 --decision media --reason x
override 2 'and a port' 198.18.60.1 --port 70000 --decision media --reason x
override 4 'of a run that is there' 198.18.60.1 --run 99 --decision media --reason x
edited() { # NAME SQL
	! run sql -c "$2" && says 'is not edited'
	ok $? "$1"
}
edited 'a silent edit is refused' "UPDATE judge.server_override SET decision = 'push' WHERE id = 2"
edited 'and so is deleting' 'DELETE FROM judge.server_override'
edited 'or putting a withdrawn one back' 'UPDATE judge.server_override SET withdrawn = NULL WHERE id = 1'

# --- captures without messages ------------------------------------------------------------------------

flow() { # PROTO A APORT B BPORT PKTS_AB BYTES_AB PKTS_BA BYTES_BA [NAME HOW]
	printf '{"proto":"%s","a":"%s","aport":%s,"b":"%s","bport":%s,"pkts_ab":%s,"bytes_ab":%s,"pkts_ba":%s,"bytes_ba":%s,"first":10,"last":20,"names":[%s],"app":null}\n' \
		"$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" "$9" "${10:+{\"name\":\"${10}\",\"how\":\"${11:-dns}\"\}}"
}
{
	flow udp 192.168.1.2 50001 192.168.1.1 53 1 80 1 160
	flow tcp 192.168.1.2 50002 198.18.3.1 443 9 900 9 900 chat.viber.com sni
	flow tcp 198.18.3.2 443 192.168.1.2 50003 9 900 9 900 chat2.viber.com
	flow tcp 192.168.1.2 50004 198.18.3.3 4244 9 900 9 900
	flow tcp 192.168.1.2 50005 198.18.3.4 4244 2 400 0 0
	flow tcp 192.168.1.2 50006 198.18.3.5 4244 2 148 0 0
	flow tcp 192.168.1.2 50007 198.18.3.6 443 9 900 9 900 shop.example
	flow tcp 192.168.1.2 50008 198.18.3.7 443 9 900 9 900 dl-media.viber.com
	flow tcp 192.168.1.2 50009 149.154.167.51 443 9 900 9 900
	flow udp 192.168.1.2 50010 192.168.1.9 40000 9 900 9 900
} >"$dir/flows.json"
last() { # NAME WANT [SQL]: of the run stored last
	is "$1" "$2" "SELECT string_agg(host(addr) || ':' || port || ' ' || decision || ' ' || rule, ', ' ORDER BY addr, port)
		FROM v1.server WHERE run = (SELECT run FROM v1.import_run ORDER BY serial DESC LIMIT 1) AND ${3:-true}"
}
expect 0 'a capture with its app' "$waymark" import flows "$dir/flows.json" --app Viber
expect 0 'is judged like a run' "$waymark" judge
last 'by names, ports and answers; the phone is the local end' '192.168.1.1:53 resolver resolver, 192.168.1.9:40000 peer peer, 198.18.3.1:443 backend known-name, 198.18.3.2:443 backend known-name, 198.18.3.3:4244 backend known-port, 198.18.3.4:4244 backend known-port, 198.18.3.5:4244 unknown no-answer, 198.18.3.6:443 unknown no-sign, 198.18.3.7:443 media media' "addr <> '149.154.167.51'"
last 'another messenger'"'"'s range says nothing' '149.154.167.51:443 unknown no-sign' "addr = '149.154.167.51'"
expect 0 'a capture of nobody knows what' "$waymark" import flows "$dir/flows.json"
expect 0 'is judged too' "$waymark" judge
last 'by the names and ranges of all, not by ports' '149.154.167.51:443 backend known-address, 198.18.3.1:443 backend known-name, 198.18.3.2:443 backend known-name' "decision = 'backend'"
is 'and says by which' 'telegram prefix 149.154.160.0/20' "SELECT sign FROM v1.server WHERE addr = '149.154.167.51' AND decision = 'backend'"

# Sites alone: greetings to messengers' names, their pages, and a certificate of many houses.
names() { # NAMES-JSON: in place of the names of the flow before
	sed "s/\"names\":\[[^]]*\]/\"names\":[$1]/"
}
cert() { # NAME…: as a certificate told them
	printf '{"name":"%s","how":"cert"},' "$@" | sed 's/,$//'
}
{
	flow tcp 192.168.1.2 51001 198.18.4.1 443 5 900 4 4000 edge-mqtt.facebook.com sni
	flow tcp 192.168.1.2 51002 198.18.4.2 443 90 9000 90 90000 web.telegram.org sni
	flow tcp 192.168.1.2 51003 198.18.4.3 443 90 9000 90 90000 |
		names "$(cert cdn.example chat.viber.com shop.example)"
	flow tcp 192.168.1.2 51004 198.18.4.4 443 4 400 4 4000 g.whatsapp.net
} >"$dir/sites.json"
for app in '' --app=Viber --app=telegram --app=messenger --app=whatsapp; do
	expect 0 "sites ${app:-of nobody knows what}" "$waymark" import flows "$dir/sites.json" $app
	"$waymark" judge >"$dir/out" 2>&1
	last 'have no backend' '' "decision = 'backend'"
	[ -n "$app" ] || last 'and each says why' '198.18.4.1:443 unknown no-talk, 198.18.4.2:443 background site, 198.18.4.3:443 unknown no-sign, 198.18.4.4:443 unknown no-talk'
done
{
	flow tcp 192.168.1.2 51001 198.18.4.1 443 90 9000 90 9000 | names "$(cert '*.viber.com' www.viber.com)"
	flow tcp 192.168.1.2 51002 198.18.4.2 443 90 9000 90 9000 | names "$(cert '*.messenger.com' '*.fbcdn.net' mqtt.facebook.com)"
	flow tcp 192.168.1.2 51003 198.18.4.3 443 90 9000 90 9000 |
		names "{\"name\":\"chat.viber.com\",\"how\":\"dns\"},$(cert cdn.example shop.example)"
	flow tcp 192.168.1.2 51004 149.154.167.51 443 90 9000 90 9000 | names "$(cert chat.viber.com shop.example)"
	flow tcp 192.168.1.2 51005 198.18.4.5 443 3 400 3 4000 chat3.viber.com sni
} >"$dir/flows.json"
expect 0 'a certificate of one house, or of one messenger' "$waymark" import flows "$dir/flows.json"
"$waymark" judge >"$dir/out" 2>&1
last 'is a name; with one of many, DNS or the range is; and who talks elsewhere may greet' '149.154.167.51:443 backend known-address, 198.18.4.1:443 backend known-name, 198.18.4.2:443 backend known-name, 198.18.4.3:443 backend known-name, 198.18.4.5:443 backend known-name'
is 'houses are told apart below countries too' 't f t f' "SELECT concat_ws(' ', judge.one_house('{*.shop.example.co.uk,example.co.uk}'),
	judge.one_house('{a.co.uk,b.co.uk}'), judge.one_house('{}'), judge.one_house('{line.naver.jp,shop.naver.jp,a.example}'))"

# --- labelled captures --------------------------------------------------------------------------------

capture() { # FILE APP WANT
	local name="$1 as ${2:-nobody knows what}"
	if [ ! -d "$shared" ]; then
		skip "$name" 'no ../shared/data'
		return
	fi
	# shellcheck disable=SC2086
	if ! run "$waymark" flows "$shared/$1" --store ${2:+--app $2} || ! run "$waymark" judge; then
		ok 1 "$name is stored and judged"
		return
	fi
	is "$name" "$3" "SELECT coalesce(string_agg(DISTINCT host(addr) || ':' || port, ' '), 'none') FROM v1.server
		WHERE run = (SELECT run FROM v1.import_run ORDER BY serial DESC LIMIT 1) AND decision = 'backend'"
}
capture whatsapp_login_chat.pcap whatsapp 158.85.58.15:5222
capture whatsapp_login_call.pcap whatsapp 184.173.179.37:5222
[ ! -d "$shared" ] || last 'a call talks with a peer directly' '91.253.176.65:9344 peer peer, 91.253.176.65:9665 peer peer' "decision = 'peer'"
[ ! -d "$shared" ] || last 'and asks in vain' '1.194.90.191:51727 unknown no-answer, 1.194.90.191:60312 unknown no-answer' "addr = '1.194.90.191'"
capture xz1_wa_merged.fixed.pcap whatsapp '157.240.30.55:443 157.240.30.55:5222'
capture signal.pcap signal '34.225.240.173:443 35.169.3.40:443'
[ ! -d "$shared" ] || last 'its files come from a CDN' '13.35.253.42:443 media media' "decision = 'media'"
capture threema.pcap threema 185.88.236.110:5222
capture wechat.pcap wechat '203.205.147.171:443 203.205.151.162:443'
[ ! -d "$shared" ] || last 'beside it there is push' '64.233.167.188:5228 push push' "decision = 'push'"
capture telegram.pcap telegram '91.108.12.1:536 91.108.12.3:530 91.108.12.5:523 91.108.12.5:537 91.108.16.1:527 91.108.16.1:529 91.108.16.3:537 91.108.16.4:538 91.108.8.1:533 91.108.8.7:521 91.108.8.8:529 91.108.8.8:538'
capture line.pcap line '125.209.252.210:20610 147.92.165.194:443 147.92.169.90:29070 147.92.242.232:443'
capture viber.pcap viber '44.192.202.74:4244 52.0.252.145:4244 52.0.252.2:5242 52.0.253.101:4244'
capture KakaoTalk_chat.pcap kakaotalk '103.246.57.251:8080 139.150.0.125:443 210.103.240.15:443'
capture discord.pcap discord 162.159.128.233:443
capture discord.pcap '' 162.159.128.233:443
capture signal.pcap '' '34.225.240.173:443 35.169.3.40:443'
capture xz1_messenger.pcap messenger '157.240.30.11:443 157.240.30.34:443'
for app in '' whatsapp signal threema wechat telegram line viber kakaotalk discord messenger; do
	capture android.pcap "$app" none
	capture ../f_wire_vectors/tls_quic/ndpi/sites.pcapng "$app" none
done

# Captures without a messenger that are not in ../shared: made up from a seed, and other people's.
without() { # FILE NAME
	"$waymark" flows "$1" --store >"$dir/out" 2>&1
	"$waymark" flows "$1" --store --app whatsapp >>"$dir/out" 2>&1
	"$waymark" judge >>"$dir/out" 2>&1
	is "$2: no backend, whatever the messenger" '0 t' "SELECT count(*) FILTER (WHERE decision = 'backend') || ' ' || CASE WHEN count(*) > 0 THEN 't' END
		FROM v1.server WHERE run IN (SELECT run FROM v1.import_run ORDER BY serial DESC LIMIT 2)"
}
for seed in 21 22 23; do
	python3 "$root/tests/beside/made.py" $seed "$dir/made.pcap" && without "$dir/made.pcap" "made-up traffic $seed"
done
for file in raw_packets tls-conn-with-extensions mixed-vlan-mpls; do
	without "$root/tests/data/capture/$file.pcap" "$file"
done

expect 0 'every object says what it is' "$waymark" db check
done_testing
