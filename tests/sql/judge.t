#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Verdicts and tables: the published tables from the fixture, byte for byte, by the views that serve
# measured runs; dated membership; gaps; self pairs; corrections by hand; the judging of servers;
# captures as runs. Against a private cluster, through the real verbs.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
oracle=$root/tests/data/oracle

expect 0 'a database is made' "$waymark" db init

# --- the published tables ---------------------------------------------------------------------------

expect 4 'nothing to show yet is said' "$waymark" exposure leaving
expect 0 'the fixture is imported' "$waymark" import pairs "$oracle/fixture_pairs.csv"
for table in leaving:table2 groups:table3; do
	"$waymark" exposure "${table%:*}" --csv >"$dir/csv" 2>"$dir/out"
	tr -d '\r' <"$oracle/${table#*:}.csv" >"$dir/want"
	diff "$dir/want" "$dir/csv" >>"$dir/out" 2>&1
	ok $? "exposure ${table%:*}: 0 differences to ${table#*:}.csv"
done
expect 1 'a set is imported once' "$waymark" import pairs "$oracle/fixture_pairs.csv"
expect 0 'the day of measuring decides the groups' \
	"$waymark" import pairs "$oracle/fixture_pairs.csv" --name later --measured 2020-02-01
is 'GB is in the EU before 2020-02-01' 't f' "SELECT string_agg(CASE WHEN a.n > b.n THEN 't' ELSE 'f' END, ' ' ORDER BY k) FROM
	(SELECT 1 AS k, sum(accessible) AS n FROM v1.accessible WHERE set = 'fixture_pairs' AND grp = 'eu' UNION ALL
	 SELECT 2, sum(accessible) FROM v1.accessible WHERE set = 'later' AND grp = '5eyes') a JOIN
	(SELECT 1 AS k, sum(accessible) AS n FROM v1.accessible WHERE set = 'later' AND grp = 'eu' UNION ALL
	 SELECT 2, sum(accessible) FROM v1.accessible WHERE set = 'fixture_pairs' AND grp = '5eyes') b USING (k)"
is 'its last day as a member is 2020-01-31' '1 0' "SELECT
	(SELECT count(*) FROM ref.group_member WHERE name = 'eu' AND iso2 = 'GB' AND date '2020-01-31' >= valid_from AND date '2020-01-31' < valid_to)
	|| ' ' || (SELECT count(*) FROM ref.group_member WHERE name = 'eu' AND iso2 = 'GB' AND date '2020-02-01' < valid_to)"
"$waymark" exposure leaving --set fixture_pairs --without-self --csv | cut -d, -f1,3 | head -2 | tail -1 >"$dir/out"
[ "$(cat "$dir/out")" = Europe,105 ]
ok $? 'without self pairs Europe has 105'
expect 0 'bounds are exact' "$waymark" exposure leaving --set fixture_pairs --intervals --json
says '"region":"Asia".*"path":"network".*"low_pct":8.3,"high_pct":41.0'
ok $? 'Clopper-Pearson of 6 in 28'
expect 4 'an unknown set is not found' "$waymark" exposure leaving --set nowhere
expect 4 'an unknown group is not found' "$waymark" exposure groups --group nowhere
expect 0 'a group can be asked for' "$waymark" exposure groups --set later --group russia --csv
says 'Russia,120'
ok $? 'and is shown'

printf 'a,b,path,side_a,side_b\nDE,FR,network,DE;FR,FR\nDE,JP,network,DE;US;JP,JP\nFR,DE,network,DE,FR\n' >"$dir/twice.csv"
expect 2 'a pair twice is refused' "$waymark" import pairs "$dir/twice.csv" || true
printf 'a,b,path,side_a,side_b\nDE,FR,network,DE;XX,FR\n' >"$dir/bad.csv"
expect 2 'a code that is no country is refused' "$waymark" import pairs "$dir/bad.csv"
says 'bad.csv:2:'
ok $? 'with its line'
is 'nothing of a refused file stays' 0 "SELECT count(*) FROM judge.import WHERE name IN ('twice', 'bad')"
printf 'a,b,path,side_a,side_b\nDE,FR,network,DE;FR,FR\nDE,JP,network,DE;US;JP,JP\nDE,JP,threema,DE;CH,JP\n' >"$dir/cross.csv"
expect 0 'pairs between regions are imported' "$waymark" import pairs "$dir/cross.csv"
"$waymark" exposure leaving --set cross --csv >"$dir/out"
[ "$(wc -l <"$dir/out")" -eq 2 ]
ok $? 'they are in no row'
"$waymark" exposure leaving --set cross --cross-region --csv >"$dir/out"
says '^Asia - Europe,142+150,1,1,100,,0,' && says '^Between regions,,1,1,100'
ok $? 'unless asked for: outside both regions is leaving'

# --- runs -------------------------------------------------------------------------------------------

expect 0 'a table is loaded' "$waymark" geo import "$here/judge_geo.csv" --table t --version 1
expect 0 'again is fine' "$waymark" geo import "$here/judge_geo.csv" --table t --version 1
sed 's/,FR,/,ES,/' "$here/judge_geo.csv" >"$dir/other.csv"
expect 1 'another table of that name and version is refused' "$waymark" geo import "$dir/other.csv" --table t --version 1
printf 'network,country\n198.18.0.0/24,DE\n198.18.0.128/25,FR\n' >"$dir/overlap.csv"
expect 2 'ranges that overlap are refused' "$waymark" geo import "$dir/overlap.csv" --table o --version 1
says 'line 3: overlaps the range of line 2'
ok $? 'with both lines'
sql -f "$here/judge_world.sql" >"$dir/out" 2>&1
ok $? 'three nodes and four runs'
expect 0 'the runs are judged' "$waymark" judge
says '4 runs judged'
ok $? 'all four'
expect 0 'judging again' "$waymark" judge
says '0 runs judged'
ok $? 'changes nothing'
decisions() { # RUN SIDE
	echo "SELECT string_agg(host(addr) || ' ' || decision, ', ' ORDER BY addr) FROM v1.server
		WHERE run = '00000000-0000-4000-8000-00000000000$1' AND side = $2"
}
is 'background, push, strangers and resolver are told from the server' \
	'198.18.50.9 background, 198.18.51.1 push, 198.18.52.1 unknown, 198.18.53.1 unknown, 198.18.54.1 resolver, 198.18.60.1 backend' \
	"$(decisions 2 1)"
is 'the evidence is kept' '1 1 4 4' "SELECT by_name || ' ' || by_time || ' ' || matched || ' ' || messages FROM v1.server
	WHERE run::text LIKE '%2' AND side = 1 AND decision = 'backend'"
is 'a server may differ by side' '198.18.70.1 backend|198.18.71.1 backend' "SELECT ($(decisions 3 1)) || '|' || ($(decisions 3 2))"

sql >"$dir/out" 2>&1 <<'END'
INSERT INTO raw.flow SELECT now(), now(), node, stream, seq, 9000 + item, run, side, proto, a, aport, '198.18.52.1', 443,
	1, 100, 1, 100, '{stream.example}', '{1}', NULL, '{}', '{}', 0 FROM raw.flow WHERE run::text LIKE '%1' LIMIT 1;
END
expect 0 'an empty run shows more' "$waymark" judge
is 'and all runs are judged anew' background "SELECT DISTINCT decision FROM v1.server WHERE run::text LIKE '%2' AND addr = '198.18.52.1'"

expect 0 'the path of de1 and fr1' "$waymark" path de1 fr1 --app threema --csv
sed -n '2,6p' "$dir/out" | cut -d, -f2-4 | tr '\n' ' ' >"$dir/hops"
[ "$(cat "$dir/hops")" = 'de1,1,198.18.1.254 de1,2,198.18.61.1 de1,3,198.18.60.1 fr1,2,198.18.61.2 fr1,1,198.18.2.254 ' ]
ok $? 'goes to the server and on along the receiver'"'"'s way'
expect 0 'from the other end too' "$waymark" path fr1 de1 --app threema --json
says '"a":"fr1","b":"de1".*"direct_ab":\[{"ttl":1,"addr":"198.18.2.254".*"application":\[{"ttl":1,"addr":"198.18.2.254"'
ok $? 'turned round'
expect 0 'a silent hop' "$waymark" path de1 jp1 --app wechat
says '^de1 *2  \*' && says 'Newly able to see it: China'
ok $? 'is shown as a gap, and who is newly able to see is said'
expect 4 'no such run is not found' "$waymark" path de1 fr1 --app whatsapp
expect 2 'an app is wanted' "$waymark" path de1 fr1

"$waymark" exposure leaving --json >"$dir/out"
says '"set":"runs","region":"Europe".*"path":"threema","n":2,"leaving":0,"pct":0,"unknown":1,"self_n":1'
ok $? 'runs come first; a gap is unknown, self pairs are counted'
is 'a self pair needs no direct path' 't' "SELECT whole FROM v1.path_quality WHERE run::text LIKE '%4' AND path = 'network'"
"$waymark" exposure leaving --csv | head -1 >"$dir/out"
head -1 "$oracle/table2.csv" | tr -d '\r' | diff - "$dir/out" >>"$dir/out"
ok $? 'measured runs have the same columns'

expect 0 'a correction' "$waymark" geo override 198.18.61.0/24 US --reason 'RTT from Zurich'
expect 0 'wins' "$waymark" path de1 fr1 --app threema --csv
says '198.18.61.1,,64505,Alp,US,1.00'
ok $? 'over the table'
expect 0 'is listed' "$waymark" geo override
says 'RTT from Zurich'
ok $? 'with its reason'
expect 0 'is explained' "$waymark" geo explain 198.18.61.1 --csv
says '^override 1,.*,true,US' && says '^t,1,false,CH'
ok $? 'beside what the table says'
"$waymark" exposure leaving --csv | grep '^Europe,150,2,0,0,,100,,,,2,,$' >"$dir/out"
ok $? 'and counts in the tables'
expect 0 'and can be withdrawn' "$waymark" geo override --withdraw 1
expect 4 'once' "$waymark" geo override --withdraw 1
expect 2 'a correction wants a reason' "$waymark" geo override 198.18.61.0/24 US

# --- captures as runs -------------------------------------------------------------------------------

capture=$root/tests/data/capture/tls-conn-with-extensions.pcap
"$waymark" flows "$capture" --json >"$dir/flows.json" 2>"$dir/out"
expect 0 'a capture is stored' "$waymark" flows "$capture" --store
is 'with all its packets and bytes' \
	"$(python3 -c 'import json,sys
f=[json.loads(l) for l in open(sys.argv[1])]
print(len(f), sum(x["pkts_ab"]+x["pkts_ba"] for x in f), sum(x["bytes_ab"]+x["bytes_ba"] for x in f))' "$dir/flows.json")" \
	"SELECT count(*) || ' ' || sum(pkts_ab + pkts_ba) || ' ' || sum(bytes_ab + bytes_ba) FROM v1.flow WHERE node_name = 'import'"
is 'with who opened, answered and ended, as tcpdump shows it' 't t f f f f 0 0.091 19.290' \
	"SELECT concat_ws(' ', syn, syn_ack, fin_a, fin_b, rst_a, rst_b, again_a + again_b + late_a + late_b + fragments,
		rtt_a_ms, rtt_b_ms) FROM v1.flow WHERE proto = 6 AND node_name = 'import'"
is 'and whose flags they were' "$((2 + 8 + 16 + 512)) $((2 + 8 + 16 + 1024))" \
	"SELECT tcp_flags_a || ' ' || tcp_flags_b FROM raw.flow WHERE proto = 6 AND run = (SELECT run FROM v1.import_run)"
is 'as one run of its own' "tls-conn-with-extensions.pcap" "SELECT note FROM v1.import_run"
expect 5 'without a database that is said' "$waymark" flows "$capture" --store --data "$dir/nothing"
[ "$(wc -l <"$dir/out")" -eq 1 ]
ok $? 'in one line'
printf 'no capture' >"$dir/none.pcap"
expect 1 'what is no capture is refused' "$waymark" flows "$dir/none.pcap" --store
echo '{"proto": "tcp"' >"$dir/broken.json"
expect 2 'what is no line of flows is refused' "$waymark" import flows "$dir/broken.json"
is 'and leaves nothing' 1 "SELECT count(*) FROM v1.import_run"

# --- roles and comments -----------------------------------------------------------------------------

denied() { # NAME ROLE SQL
	! run sql -c "SET ROLE $2" -c "$3" && says 'permission denied'
	ok $? "$1"
}
denied 'the judge may not change an observation' waymark_judge 'DELETE FROM raw.trace'
denied 'the store may not give verdicts' waymark_store "INSERT INTO judge.verdict SELECT id, 0, 0, now() FROM registry.run"
denied 'a reader may not correct' waymark_read "INSERT INTO judge.override (prefix, country, reason) VALUES ('198.18.0.0/24', 'DE', 'x')"
sql -c 'SET ROLE waymark_read' -c 'SELECT count(*) FROM v1.path_hop' -c 'SELECT count(*) FROM v1.leaving' \
	-c 'SELECT count(*) FROM v1.accessible' -c 'SELECT count(*) FROM v1.server' -c 'SELECT count(*) FROM v1.between' >"$dir/out" 2>&1
ok $? 'a reader may read every view'
hba=$(sql -c 'SHOW hba_file')
sed -i '1i local all analyst trust' "$hba"
sql -c 'CREATE ROLE analyst LOGIN' -c 'GRANT waymark_read TO analyst' -c 'SELECT pg_reload_conf()' >"$dir/out" 2>&1
ok $? 'an account that may only read'
reader="$("$waymark" db path | sed 's/user=[^ ]*/user=analyst/')"
expect 1 'gives no verdict' "$waymark" judge --db "$reader"
expect 0 'sees one table' "$waymark" exposure leaving --db "$reader"
expect 0 'and the other' "$waymark" exposure groups --set fixture_pairs --db "$reader"
expect 0 'and the paths' "$waymark" path de1 fr1 --app threema --db "$reader"

expect 0 'every object says what it is' "$waymark" db check
says 'ok    comments'
ok $? 'by the check of the database'

# Time exceeded, an echo reply, a SYN-ACK: only the first quotes a probe.
is 'an answer that quotes nothing has no quoted TTL' '11|t
0|f
0|f' "BEGIN; UPDATE raw.trace SET answers = ARRAY[(1 << 16) + (11 << 8)]; SELECT DISTINCT icmp_type, quoted_ttl = 1 FROM v1.reply WHERE addr IS NOT NULL;
	UPDATE raw.trace SET answers = ARRAY[1 << 16]; SELECT DISTINCT icmp_type, quoted_ttl IS NOT NULL FROM v1.reply WHERE addr IS NOT NULL AND family(addr) = 4;
	UPDATE raw.trace SET answers = ARRAY[2 << 16]; SELECT DISTINCT icmp_type, quoted_ttl IS NOT NULL FROM v1.reply WHERE addr IS NOT NULL; ROLLBACK"
done_testing
