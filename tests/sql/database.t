#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A private cluster through the real code: made, migrated, checked, killed, checked again; roles;
# every statement; nodes and their keys; verify against every kind of tampering.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
driver=$bin/sql_driver
need "$driver"
# shellcheck disable=SC2317 # called when it ends
end_own() { "$waymark" db stop --data "$dir/other" >>"$dir/stop" 2>&1; }

# shellcheck disable=SC2317 # called by run
as() { # ROLE STATEMENT
	sql -c "SET ROLE $1" -c "$2"
}

# --- the cluster ---
expect 5 'a database that is not there is unreachable' "$waymark" node list
grep -q 'waymark db start' "$dir/out"
ok $? 'and the line says what to do'
expect 0 'db init makes a private cluster' "$waymark" db init
expect 0 'db init again changes nothing' "$waymark" db init
expect 0 'db check finds nothing wrong' "$waymark" db check
! grep -qE '^(warn|fail)' "$dir/out"
ok $? 'not even a warning'
expect 0 'a second cluster beside it' "$waymark" db init --data "$dir/other"
expect 0 'the first still answers' "$waymark" node list
long=$dir/$(printf 'a%.0s' {1..60})/$(printf 'b%.0s' {1..60})
expect 0 'a long path gets a short socket' "$waymark" db init --data "$long"
run "$waymark" db path --data "$long"
socket=$(sed "s/host='\\([^']*\\)'.*/\\1/" "$dir/out")
expect 0 'and stops' "$waymark" db stop --data "$long"
case $socket in /run/waymark-* | /tmp/waymark-*) rmdir "$socket" ;; esac

kill -9 "$(head -1 "$WAYMARK_DATA/pg/postmaster.pid")"
expect 5 'after kill -9 it is unreachable' "$waymark" db check
expect 0 'and starts again' "$waymark" db start
expect 0 'and is whole' "$waymark" db check
expect 0 'stop' "$waymark" db stop
expect 0 'stop when stopped' "$waymark" db stop
expect 0 'start' "$waymark" db start
expect 0 'start when started' "$waymark" db start
mkdir -p "$dir/foreign/pg" && echo precious >"$dir/foreign/pg/file"
expect 1 "a folder pg that is somebody's is left alone" "$waymark" db init --data "$dir/foreign"
[ -f "$dir/foreign/pg/file" ]
ok $? 'with what is in it'
closed=$dir/closed
mkdir -m 700 "$closed"
if [ "$(id -u)" -eq 0 ]; then
	expect 2 'a folder that the server cannot pass is named' "$waymark" db init --data "$closed/x"
	! run su -s /bin/sh nobody -c "psql -XAt \"$("$waymark" db path)\" -c 'SELECT 1'"
	ok $? 'another user of the machine is not let in'
fi

# --- the schema ---
expect 0 'every statement fits the schema' "$driver" prepare "$("$waymark" db path)"
sql -c "SELECT 1 FROM raw.stream" >"$dir/out" 2>&1
sql -c "UPDATE registry.migration SET digest = '\\x00' WHERE number = 1"
expect 1 'a migration that changed is refused' "$waymark" db migrate
sql -c "DELETE FROM registry.migration WHERE number = 1" -c "INSERT INTO registry.migration VALUES (9000, 'x', '\\x00')"
expect 2 'a database newer than the program is refused' "$waymark" db migrate
expect 1 'and db check says so' "$waymark" db check
sql -c "DELETE FROM registry.migration WHERE number = 9000"
# Back to how it was: what the runner wrote for number 1.
sql -c "INSERT INTO registry.migration SELECT 1, 'migrate/0001_base.sql', sha256(pg_read_binary_file('$root/collector/sql/migrate/0001_base.sql'))" 2>"$dir/out" ||
	sql -v text="$(cat "$root/collector/sql/migrate/0001_base.sql")" <<-'SQL' 2>"$dir/out"
		INSERT INTO registry.migration SELECT 1, 'migrate/0001_base.sql', sha256(convert_to(:'text' || E'\n', 'UTF8'));
	SQL
expect 0 'put right, migrate is content' "$waymark" db migrate

# --- settings ---
for bad in 'keep_batches_days x' 'keep_batches_days -1' 'tunnel_mtu 9000' 'tunnel_port_first 65000' 'tunnel4 198.19.128.1/17' 'tunnel4 2001:db8::/48' 'tunnel6 198.19.0.0/16'; do
	# shellcheck disable=SC2086
	expect 2 "a setting is not $bad" "$waymark" setting set $bad
done
expect 2 'nor' "$waymark" setting set keep_batches_days 1.5
says 'setting set: keep_batches_days: "1.5" is not a whole number'
ok $? 'which is told with what it may be'
expect 0 'but a number' "$waymark" setting set keep_batches_days 30
expect 4 'what is none is not known' "$waymark" setting set keep_days 30
[ "$(sql -c "SELECT string_agg(name || ' ' || value, ',' ORDER BY name) FROM registry.setting WHERE name NOT LIKE 'tunnel_' ")" = \
	'keep_batches_days 30,tunnel_mtu 1420,tunnel_port_first 52000' ]
ok $? 'and nothing else has changed'

# --- partitions: whatever is partitioned, as the catalogue has it ---
today=$(date -u +%Y%m%d)
sql -c "DROP TABLE raw.dns_pair_$today" -c "CREATE TABLE raw.later (started timestamptz NOT NULL, node int) PARTITION BY RANGE (started)" \
	-c "COMMENT ON TABLE raw.later IS 'x'" -c "COMMENT ON COLUMN raw.later.started IS 'x'" -c "COMMENT ON COLUMN raw.later.node IS 'x'"
expect 0 'partitions that are missing are no failure' "$waymark" db check
grep -q "^warn.*missing: dns_pair_$today later_$today later_" "$dir/out" && ! grep -q 'missing.* trace_' "$dir/out"
ok $? 'and are named, of every partitioned table'
expect 0 'and made' "$waymark" db migrate
expect 0 'so that nothing is missing' "$waymark" db check
! grep -q '^warn' "$dir/out"
ok $? 'of any of them'
sql -c "DROP TABLE raw.later" -c "INSERT INTO registry.node (name, role) VALUES ('wrong', 'vantage'), ('file', 'import')"
stray() { # NODE STARTED: a pair, which lands in the default partition
	sql -c "INSERT INTO raw.dns_pair SELECT (jsonb_populate_record(NULL::raw.dns_pair, jsonb_object_agg(attname, CASE
			WHEN attname = 'started' THEN to_jsonb('$2'::text) WHEN attname = 'node' THEN to_jsonb((SELECT id FROM registry.node WHERE name = '$1'))
			WHEN atttypid = 'inet'::regtype THEN '\"198.18.0.1\"' WHEN atttypid = 'text'::regtype THEN '\"x\"'
			WHEN typcategory = 'A' THEN '[]' ELSE '1' END))).*
		FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
		WHERE attrelid = 'raw.dns_pair'::regclass AND attnum > 0 AND (attnotnull OR attname = 'node')"
}
stray file 2021-04-25 && stray wrong 1970-01-01 && expect 0 'dates of an imported file are its own, and what was not asked has none' "$waymark" db check
! grep -q '^warn' "$dir/out"
ok $? 'nothing is said of them'
stray wrong 2021-04-25 && expect 0 'a pair of a node whose clock is wrong' "$waymark" db check
grep -q '^warn *partitions *raw.dns_pair: 1 dated outside' "$dir/out"
ok $? 'is told'
sql -c "DELETE FROM raw.dns_pair" -c "DELETE FROM registry.node"

# --- roles ---
bad=
may() { run as "$1" "$2" || bad+="$1 may not: $2"$'\n'; }
never() { # ROLE STATEMENT
	! run as "$1" "$2" && grep -q 'permission denied' "$dir/out" || bad+="$1, $2: $(cat "$dir/out")"$'\n'
}
may waymark_store 'SELECT 1 FROM registry.node_key, registry.orders'
may waymark_store 'SELECT raw.make_partitions()'
never waymark_store 'UPDATE raw.trace SET dport = 1'
never waymark_store 'DELETE FROM raw.batch'
never waymark_store "INSERT INTO registry.setting VALUES ('x', 'y')"
never waymark_store 'SELECT 1 FROM judge.server'
[ -z "$bad" ]
ok $? 'the store appends facts and nothing else' "$bad"
bad=
may waymark_judge 'SELECT 1 FROM raw.trace'
never waymark_judge 'INSERT INTO raw.stream (node, epoch) VALUES (1, 1)'
never waymark_judge 'UPDATE registry.node SET revoked = now()'
[ -z "$bad" ]
ok $? 'the judge reads facts and changes none' "$bad"
bad=
may waymark_read 'SELECT 1 FROM v1.node, v1.run'
never waymark_read 'SELECT 1 FROM raw.batch'
never waymark_read 'SELECT 1 FROM registry.node_key'
never waymark_read "INSERT INTO ref.country (iso2, name, m49) VALUES ('ZZ', 'x', 1)"
[ -z "$bad" ]
ok $? 'readers see views' "$bad"
expect 1 'db psql does not write' "$waymark" db psql -- -v ON_ERROR_STOP=1 -c 'CREATE TEMP TABLE x ()' -c 'CREATE TABLE v1.x ()' || true

# --- somebody's own PostgreSQL, where we are no superuser ---
sql -c 'CREATE ROLE plain LOGIN' -c 'CREATE DATABASE own OWNER plain'
own="$("$waymark" db path | sed 's/dbname=waymark/dbname=own/') options='-c role=plain'"
sql -c 'ALTER ROLE waymark_read RENAME TO kept_read'
expect 1 'who may not make roles is told what to run' "$waymark" db migrate --db "$own"
grep -q 'CREATE ROLE waymark_read' "$dir/out"
ok $? 'word for word'
sql -c 'ALTER ROLE kept_read RENAME TO waymark_read' -c 'GRANT waymark_store, waymark_judge, waymark_read TO plain'
expect 0 'and migrates when they are there' "$waymark" db migrate --db "$own"
expect 0 'db check with --db' "$waymark" db check --db "$own"
expect 2 'it is not ours to stop' "$waymark" db stop --db "$own"

# --- nodes ---
for k in a b c g1 g2; do "$driver" keygen "$dir/$k" waymark-node-v1; done
expect 0 'node add' "$waymark" node add alpha --country CH --position 47.37,8.54 --address4 198.18.0.1 --key "$dir/a/node.pub"
expect 1 'a name is given once' "$waymark" node add alpha --country CH --position 47.37,8.54 --key "$dir/b/node.pub"
expect 1 'a key is given once' "$waymark" node add beta --country CH --position 47.37,8.54 --key "$dir/a/node.pub"
expect 2 'a country that is none' "$waymark" node add beta --country UK --position 47.37,8.54 --key "$dir/b/node.pub"
expect 2 'a position off the globe' "$waymark" node add beta --country GB --position 97.37,8.54 --key "$dir/b/node.pub"
expect 4 'a node that is not there' "$waymark" node show beta
sql -c 'LISTEN waymark_nodes' -c "UPDATE registry.node SET note = 'x' WHERE name = 'alpha'" >"$dir/out" 2>&1
grep -q 'waymark_nodes' "$dir/out"
ok $? 'a change of a node is told'
expect 0 'rotate' "$waymark" node rotate alpha --key "$dir/b/node.pub" --overlap 0s
[ "$(sql -c "SELECT count(*) FILTER (WHERE valid_to <= now()), count(*) FROM registry.node_key")" = '1|2' ]
ok $? 'ends the old key and adds the new'
expect 0 'gateways' "$waymark" node add g1 --role gateway --key "$dir/g1/node.pub"
run "$waymark" node add g2 --role gateway --key "$dir/g2/node.pub"
run "$waymark" phone add p1 --gateway g1 --account alice --address4 192.168.7.2
expect 0 'phones' "$waymark" phone add p2 --gateway g2 --account bob --address4 192.168.7.2
"$waymark" operator keygen --keys "$dir/op" >"$dir/out"
expect 0 'an operator' "$waymark" operator add me --key "$dir/op/operator.pub"
expect 0 'a run of a node with itself' "$waymark" run start alpha alpha --app threema --operator-key "$dir/op"
[ "$(sql -c "SELECT count(*), count(DISTINCT (node, serial)) FROM registry.orders")" = '4|4' ]
ok $? 'files four orders, serials of a node differ'
expect 6 'a run that nobody reports times out' "$waymark" run start alpha alpha --app none --in 0 --length 1 --patience 1 --wait --operator-key "$dir/op"

# --- verify ---
db=$("$waymark" db path)
run "$driver" store "$db" alpha "$dir/b" 1 20
ok $? 'a batch is stored'
run "$driver" store "$db" alpha "$dir/b" 2 5
expect 0 'verify --all' "$waymark" verify --all
grep -q 'signature, bytes, 26 rows' "$dir/out"
ok $? 'compares every row of every kind'
batch=alpha/00c0ffee00c0ffee/1
expect 0 'verify --batch' "$waymark" verify --batch "$batch"
expect 0 'verify --run' "$waymark" verify --run 09090900-0000-0000-0000-000000000000
expect 4 'verify of what is not there' "$waymark" verify --batch alpha/00c0ffee00c0ffee/9
tampered() { # NAME FORWARD BACK
	sql -c "$2"
	expect 1 "verify finds $1" "$waymark" verify --all
	sql -c "$3"
	run "$waymark" verify --all || ok 1 "put right after: $1"
}
row="WHERE seq = 1 AND item = 3"
tampered 'a flipped byte in the body' \
	"UPDATE raw.batch_body SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE seq = 1" \
	"UPDATE raw.batch_body SET body = set_byte(body, 70, get_byte(body, 70) # 1) WHERE seq = 1"
tampered 'a flipped byte in the signature' \
	"UPDATE raw.batch SET signature = set_byte(signature, 5, get_byte(signature, 5) # 1) WHERE seq = 1" \
	"UPDATE raw.batch SET signature = set_byte(signature, 5, get_byte(signature, 5) # 1) WHERE seq = 1"
tampered 'a flipped byte in the digest' \
	"UPDATE raw.batch SET digest = set_byte(digest, 5, get_byte(digest, 5) # 1) WHERE seq = 1" \
	"UPDATE raw.batch SET digest = set_byte(digest, 5, get_byte(digest, 5) # 1) WHERE seq = 1"
tampered 'another port in a trace' "UPDATE raw.trace SET dport = dport + 1 $row" "UPDATE raw.trace SET dport = dport - 1 $row"
tampered 'another hop in a trace' \
	"UPDATE raw.trace SET addr[2] = '198.51.100.1' $row" "UPDATE raw.trace SET addr[2] = (SELECT addr[2] FROM raw.trace WHERE seq = 1 AND item = 4) $row"
tampered 'another round-trip time' "UPDATE raw.trace SET rtt[1] = rtt[1] + 0.001 $row" \
	"UPDATE raw.trace SET rtt = (SELECT rtt FROM raw.trace WHERE seq = 1 AND item = 4) $row"
sql -c "CREATE TABLE public.kept AS SELECT * FROM raw.trace $row"
tampered 'a trace taken away' "DELETE FROM raw.trace $row" "INSERT INTO raw.trace SELECT * FROM public.kept"
tampered 'a trace put in' "INSERT INTO raw.trace SELECT * FROM public.kept" \
	"DELETE FROM raw.trace $row; INSERT INTO raw.trace SELECT * FROM public.kept"
tampered 'a trace put in at another time' \
	"UPDATE public.kept SET started = started - interval '20 days', seq = 77; INSERT INTO raw.trace SELECT * FROM public.kept" \
	"DELETE FROM raw.trace WHERE seq = 77"
tampered 'another message' "UPDATE raw.message SET status = 5 WHERE seq = 1" "UPDATE raw.message SET status = 3 WHERE seq = 1"
tampered 'the key of another node' "UPDATE raw.batch SET key = (SELECT k.id FROM registry.node_key k JOIN registry.node n ON n.id = k.node WHERE n.name = 'g1') WHERE seq = 1" \
	"UPDATE raw.batch SET key = (SELECT key FROM raw.batch WHERE seq = 2) WHERE seq = 1"
sql -c "DELETE FROM raw.batch_body WHERE seq = 1"
expect 0 'without the bytes the signature still stands' "$waymark" verify --batch "$batch"
expect 0 'db check: cursors equal their batches' "$waymark" db check
expect 0 'revoke' "$waymark" node revoke alpha
expect 4 'revoke again' "$waymark" node revoke alpha
expect 4 'a revoked node runs no more' "$waymark" run start alpha alpha --app none --operator-key "$dir/op"
done_testing
