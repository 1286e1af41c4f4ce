#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Both real ends of the link: an agent's spool and uplink against the collector and PostgreSQL, while
# either side is killed. Whatever the spool took is in the database exactly once.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
BIN=${WAYMARK_BIN:-$PWD/build/bin}
need_root
need "$BIN/link_driver"
D=$(mktemp -d /tmp/wlink.XXXXXX)
chmod 755 "$D"
C=0 A=0 G=0 PORT='*' flapping=0
end() {
	[ "$A" != 0 ] && kill -9 "$A" 2>/dev/null
	[ "$flapping" != 0 ] && kill "$flapping" 2>/dev/null
	[ "$C" != 0 ] && kill "$C" 2>/dev/null && wait "$C" 2>/dev/null
	"$BIN/waymark" db stop --data "$D" >/dev/null 2>&1
	rm -rf "$D"
}
trap end EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2317 # called by ok
explain() { tail -n 5 "$D/log" "$D/agent.log"; }
sql() { psql -XAtq "host=$D/socket dbname=waymark user=waymark" -c "$1" 2>&1; }
start() { # waits for this start's own "ready"
	: >"$D/log.new"
	"$BIN/waymark-collector" --data "$D" --listen "tcp://127.0.0.1:$PORT" 2>"$D/log.new" &
	C=$!
	for _ in $(seq 300); do
		grep -q 'ev=ready' "$D/log.new" && break
		kill -0 $C 2>/dev/null || break
		sleep 0.1
	done
	PORT=$(sed -n 's/.*ev=ready listen=.*:\([0-9]*\).*/\1/p' "$D/log.new")
	cat "$D/log.new" >>"$D/log"
	[ -n "$PORT" ]
}
agent() { # NAME GAP_US: the next generation
	G=$((G + 1))
	"$BIN/link_driver" "tcp://127.0.0.1:$PORT" "$D/collector.pub" "$D/$1" "$1" "$D/$1/spool" \
		$G "$2" "$D/progress.$G" 2>>"$D/agent.log" &
	A=$!
}
within() { # SECONDS COMMAND…: until it succeeds
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}
done_of() { od -An -t u8 -N 8 "$D/progress.$1" 2>/dev/null | tr -d ' '; }
stored() { # GENERATION → count distinct highest
	sql "SELECT count(*), count(DISTINCT id), coalesce(max(id & 4294967295), -1) FROM raw.trace WHERE (id >> 32) = $1"
}

start
ok $? "the collector gets ready with a private database"
for x in anna carl; do
	mkdir "$D/$x"
	"$BIN/waymark-agent" keygen --keys "$D/$x" >/dev/null 2>&1
	"$BIN/waymark" node add "$x" --data "$D" --country CH --position 47,8 --key "$D/$x/node.pub" >/dev/null
done
ok $? "two nodes are admitted with keys they made"
sleep 0.5

agent anna 1000
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep "0.$((RANDOM % 9 + 1))"
	if [ $((i % 2)) = 0 ]; then
		kill -9 $C
		wait $C 2>/dev/null
		start || ok 1 "the collector starts again"
	else
		kill -9 $A
		wait $A 2>/dev/null
		agent anna 1000
	fi
done
sleep 1
kill -TERM $A
wait $A
is $? 0 "after ten kills of either side the agent drains and leaves"
A=0
bad=0 sum=0
for g in $(seq $G); do
	did=$(done_of "$g")
	IFS='|' read -r count distinct highest <<<"$(stored "$g")"
	sum=$((sum + count))
	# One trace may be in the journal that was not yet reported when the kill came.
	if [ "$count" != "$distinct" ] || [ "$((highest + 1))" != "$count" ] ||
		[ "$count" -lt "${did:-0}" ] || [ "$count" -gt "$((${did:-0} + 1))" ]; then
		bad=$((bad + 1))
		echo "# generation $g: recorded $did, stored $count, distinct $distinct, highest $highest"
	fi
done
is "$bad" 0 "every trace that the spool took is there exactly once: $sum of $G lives"
is "$(sql "SELECT count(*) FROM raw.stream s JOIN registry.node n ON n.id = s.node WHERE n.name = 'anna'")" 1 \
	"in one stream"
is "$(sql "SELECT count(*), count(DISTINCT seq), max(seq) - min(seq) + 1 FROM raw.batch" | awk -F'|' '{print ($1 == $2 && $2 == $3)}')" 1 \
	"whose batches have no holes"
is "$(sql "SELECT coalesce(sum(records), 0) <= 5 FROM raw.gap")" t "and no gap but half-written records of the killed"

G=100
began() { [ "$(stored 101 | cut -d'|' -f1)" -gt 0 ]; }
ahead() { [ "$(done_of 101)" -gt "${before%%|*}" ]; }
agent carl 2000
within 60 began
"$BIN/waymark" node revoke carl --data "$D" >/dev/null
sleep 1.5
before=$(stored 101)
sleep 2
is "$(stored 101)" "$before" "a revoked node's open connection delivers nothing further"
[ "${before%%|*}" -gt 0 ] && within 60 ahead
ok $? "though it had begun to, and goes on recording"
grep -q 'why=revoked\|link_refused\|reason=revoked' "$D/agent.log"
ok $? "and it is told why"
kill -9 $A
wait $A 2>/dev/null
A=0

# A bit of a sealed batch flips on the agent's disk while the collector is away.
kill -TERM $C
wait $C
C=0
G=200
recorded() { local did; did=$(done_of 201); [ "${did:-0}" -gt 1000 ]; }
# Bytes of the spool in sealed batches: what was sent already is no loss.
sealed() { find "$D/anna/spool" -name '*.seg' -exec cat {} + | tr -d '\0' | wc -c; }
held() { recorded && [ "$(sealed)" -gt $((had + 20000)) ]; }
had=$(sealed)
agent anna 1000
within 60 held
kill -9 $A
wait $A 2>/dev/null
A=0
did=$(done_of 201)
seg=$(find "$D/anna/spool" -name '*.seg' | sort | tail -1)
python3 - "$seg" <<'P'
import sys
b = bytearray(open(sys.argv[1], 'rb').read())
last = len(b.rstrip(b'\0'))
b[last - 9000] ^= 4
open(sys.argv[1], 'r+b').write(b)
P
start
gap_told() { [ "$(sql "SELECT count(*) FROM raw.gap WHERE reason = 'damaged'")" -gt 0 ]; }
agent anna 1000000
within 60 gap_told
kill -TERM $A
wait $A
ok $? "a damaged spool does not stop the agent"
A=0
IFS='|' read -r count distinct _ <<<"$(stored 201)"
lost=$(sql "SELECT sum(records) FROM raw.gap WHERE reason = 'damaged'")
[ "$count" = "$distinct" ] && [ "$lost" -gt 0 ] && [ $((count + lost)) -ge "$did" ] &&
	[ $((count + lost)) -le $((did + 1)) ]
ok $? "and what it lost is a gap with its count: $count stored, $lost lost, $did recorded"
kill -TERM $C
wait $C
C=0

# The first to close takes its time here, and meanwhile connections come and go.
cat >"$D/slow.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int zmq_close(void *socket)
{
	static int closed;
	int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "zmq_close");
	int said = real(socket);
	if (closed++ == 0)
		sleep(4);
	return said;
}
C
gcc -shared -fPIC -o "$D/slow.so" "$D/slow.c" -ldl || give_up "a library that closes slowly"
{
	"$BIN/waymark-agent" keygen --keys "$D/keys" && WAYMARK_KEYS=$D/op "$BIN/waymark" operator keygen
} >/dev/null 2>"$D/agent.log" || give_up "keys" "$(cat "$D/agent.log")"
cat >"$D/agent.conf" <<-CONF
	name = bert
	role = vantage
	data = $D/bert
	keys = $D/keys
	collector = tcp://127.0.0.1:$PORT
	collector-key = $D/collector.pub
	operator-key = $D/op/operator.pub
CONF
mkdir "$D/bert"
timeout 60 python3 -c "
import socket
with socket.create_server(('127.0.0.1', $PORT)) as listener:
    while True:
        listener.accept()[0].close()" &
flapping=$!
LD_PRELOAD=$D/slow.so "$BIN/waymark-agent" --config "$D/agent.conf" 2>"$D/agent.log" &
A=$!
within 60 grep -q ev=ready "$D/agent.log" && kill -TERM $A && within 60 eval '! kill -0 $A 2>/dev/null'
ok $? "an agent whose collector comes and goes leaves all the same"
kill $flapping && wait $flapping 2>/dev/null
flapping=0
kill -9 $A 2>/dev/null
wait $A 2>/dev/null
A=0
done_testing
