#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The link against the real collector and a real PostgreSQL: who gets in, what is refused, and that
# every batch is stored exactly once while collector and backends are killed.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
BIN=${WAYMARK_BIN:-$PWD/build/bin}
need_root
need "$BIN/ingest_driver"
D=$(mktemp -d /tmp/wingest.XXXXXX)
chmod 755 "$D"
touch "$D/log"
C=0 # collector's pid
end() {
	[ "$C" != 0 ] && kill "$C" 2>/dev/null && wait "$C" 2>/dev/null
	"$BIN/waymark" db stop --data "$D" >/dev/null 2>&1
	rm -rf "$D"
}
trap end EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # called by ok
explain() { tail -n 5 "$D/log.new"; }
sql() { psql -XAtq "host=$D/socket dbname=waymark user=waymark" -c "$1" 2>&1; }
PORT='*'
start() { # waits for this start's own "ready"
	[ -f "$D/log.new" ] && cat "$D/log.new" >>"$D/log"
	: >"$D/log.new"
	"$BIN/waymark-collector" --data "$D" --listen "tcp://127.0.0.1:$PORT" 2>"$D/log.new" &
	C=$!
	for _ in $(seq 300); do
		grep -q 'ev=ready' "$D/log.new" && break
		kill -0 $C 2>/dev/null || break
		sleep 0.1
	done
	PORT=$(sed -n 's/.*ev=ready listen=.*:\([0-9]*\).*/\1/p' "$D/log.new")
	[ -n "$PORT" ]
}
seen() { cat "$D/log" "$D/log.new" | grep -q "$1"; }
make_node() {
	mkdir "$D/$1" && "$BIN/ingest_driver" keygen "$D/$1"
}
admit() {
	"$BIN/waymark" node add "$1" --data "$D" --country CH --position 47,8 --key "$D/$1/node.pub" \
		>/dev/null
}
agent() { # NAME EPOCH BATCHES TRACES GAP_MS SECONDS [WAY]
	local name=$1
	shift
	"$BIN/ingest_driver" run "tcp://127.0.0.1:$PORT" "$D/collector.pub" "$D/$name" "$name" "$@"
}
of() { sql "SELECT count(*), count(DISTINCT t.id) FROM raw.trace t JOIN registry.node n ON n.id = t.node WHERE n.name = '$1'"; }

start
ok $? "the collector gets ready with a private database"
for x in anna ben carl dora stranger; do make_node $x; done
for x in anna ben carl dora; do admit $x; done
ok $? "nodes are admitted while it runs"
sleep 0.5

agent anna 11 20 10 0 20 >"$D/out"
ok $? "an admitted agent is acknowledged: $(cat "$D/out")"
is "$(of anna)" "200|200" "its traces are stored once"
is "$(sql "SELECT count(*) FROM raw.batch WHERE length(signature) = 64")" 20 "with digest and signature of each batch"
is "$(sql "SELECT count(*) FROM raw.batch_body")" 20 "and the signed bytes"

agent stranger 12 2 2 0 2 >"$D/out"
is "$? $(grep -o 'welcomed=0' "$D/out")" "6 welcomed=0" "a key that nobody admitted gets nothing"
seen 'ev=refused_key'
ok $? "and is told of"

agent anna 13 60 10 20 20 >"$D/out.anna" &
A=$!
agent ben 21 20 5 0 20 flip >"$D/out"
ok $? "a flipped bit is refused, the right bytes are taken: $(cat "$D/out")"
grep -q 'signature=[1-9]' "$D/out"
ok $? "the refusal says signature"
agent ben 22 5 5 0 2 name >"$D/out"
is "$(grep -o 'acked=[0-9]*' "$D/out")" "acked=2" "a batch signed under another name is not taken"
agent ben 23 5 5 0 2 head >"$D/out"
is "$(grep -o 'acked=[0-9]*' "$D/out")" "acked=2" "an old body under a new number is not taken"
wait $A
ok $? "the others go on meanwhile"
agent ben 24 10 5 0 20 replay >"$D/out"
is "$(sql "SELECT count(*) FROM raw.trace t JOIN raw.stream s ON s.id = t.stream WHERE s.epoch = 24")" 50 \
	"a stream sent twice is stored once"

agent ben 25 6 5 0 20 junk >"$D/out"
ok $? "a stream goes on past a batch that cannot be read"
grep -q 'unreadable=1' "$D/out"
ok $? "whose sender is told: $(cat "$D/out")"
is "$(sql "SELECT q.seq, q.reason, b.bytes = length(q.body) FROM raw.quarantine q JOIN raw.batch b USING (node, stream, seq)")" \
	"3|format|t" "and whose bytes are in quarantine"
sql "ALTER TABLE raw.trace ADD CONSTRAINT poison CHECK (id <> 2026) NOT VALID" # batch 2 of epoch 26
agent ben 26 6 5 0 20 >"$D/out"
ok $? "a stream goes on past a batch that the database refuses"
sql "ALTER TABLE raw.trace DROP CONSTRAINT poison"
is "$(sql "SELECT count(*), count(*) FILTER (WHERE t.seq = 2) FROM raw.trace t JOIN raw.stream s ON s.id = t.stream WHERE s.epoch = 26")" \
	"25|0" "the others of its transaction are stored"
is "$(sql "SELECT q.seq, q.reason FROM raw.quarantine q JOIN raw.stream s ON s.id = q.stream WHERE s.epoch = 26")" \
	"2|refused" "and it is in quarantine"
sleep 1.2
for r in bad_signature wrong_name wrong_head; do
	seen "reason=$r"
	ok $? "$r is counted"
done

agent carl 31 200 5 20 6 >"$D/out" &
A=$!
sleep 1.5
"$BIN/waymark" node revoke carl --data "$D" >/dev/null
sleep 1
before=$(of carl)
wait $A
is "$(of carl)" "$before" "a revoked node's open session delivers nothing further"
grep -q 'revoked=[1-9]' "$D/out"
ok $? "and is told so: $(cat "$D/out")"

agent anna 41 400 20 25 90 >"$D/out.anna" &
A=$!
agent dora 42 400 20 25 90 >"$D/out.dora" &
B=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep "0.$((RANDOM % 9 + 1))"
	if [ $((i % 2)) = 0 ]; then
		kill -9 $C
		wait $C 2>/dev/null
		start || ok 1 "the collector starts again"
	elif [ $i = 5 ]; then
		kill -9 "$(head -1 "$D/pg/postmaster.pid")" # the whole server: the collector starts it again
	else
		sql "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = 'waymark' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1" |
			xargs -r kill -9 2>/dev/null
	fi
done
wait $A
a=$?
wait $B
is "$a $?" "0 0" "ten kills of collector, backends and server: all is acknowledged"
cat "$D/out.anna" "$D/out.dora" | sed 's/^/# /'
is "$(sql "SELECT s.epoch, count(*), count(DISTINCT t.id), max(t.seq), s.last_seq FROM raw.trace t JOIN raw.stream s ON s.id = t.stream WHERE s.epoch IN (41, 42) GROUP BY 1, 5 ORDER BY 1" | tr '\n' ' ')" \
	"41|8000|8000|400|400 42|8000|8000|400|400 " "and every trace is there exactly once"

seen 'ev=database_down'
ok $? "the outages were told of"

"$BIN/waymark-collector" --data "$D" --listen "tcp://127.0.0.1:$PORT" 2>"$D/second"
is "$? $(grep -c 'port is in use' "$D/second")" "1 1" "a port in use is one clear line and status 1"
kill -TERM $C
wait $C
is "$?" 0 "SIGTERM ends it in good order"
C=0
done_testing
