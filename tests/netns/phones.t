#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Phones of a lab send messages over real TLS to real servers that stand where the world file says.
# Here phones have a resolver of their own, since no tunnel leads their questions to a node's.
# Needs root; waymark-lab is taken from build/bin or $LAB.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
lab=$(realpath "${LAB:-build/bin/waymark-lab}")
name=ph$$
work=$(mktemp -d)
run=/run/waymark-lab/$name

need_root
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
need "$lab"

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	rm -f "$work/keep"
	"$lab" down --name "$name" 2> /dev/null
	rm -rf "$work"
}
trap cleanup EXIT

in_host() { "$lab" exec --name "$name" "$@"; }
address() { "$lab" hosts "$world" | awk -F, -v h="$1" -v c="${2:-4}" '$1 == h { print $c }'; }
delay() { "$lab" path "$world" "$1" "$2" | awk '/ one way$/ { print $(NF-3); exit }'; }

world=deploy/lab/world/small.conf
de=$(address ns-de) cn=$(address ns-cn)
sed -e "/^host p/d" $world > "$work/world.conf"
cat >> "$work/world.conf" << END
host p1a kind=phone gateway=gw1 resolver=$cn
host p2a kind=phone gateway=gw2 resolver=$de
host p2b kind=phone gateway=gw2 resolver=$de family=4
END
world=$work/world.conf
"$lab" up "$world" --name "$name" 2> "$work/err"
ok $? "a lab with servers, resolvers and phones comes up" "$(cat "$work/err")"

# Over the path's own delay a message may be late by this much, in ms: two cores, many processes, and the
# other tests.
LATE=${LATE:-2000}
talk() { # APP PHONE1 PHONE2 [KEEP]
	timeout 60 python3 tests/netns/phone_talk.py "$1" "$run/$2.sock" "$run/$3.sock" \
		${4:+"$4"} > "$work/$1" 2> "$work/err"
}
in_time() { # FILE: floor and ceiling of both ways are given in ms
	awk -v out="$2" -v late="$LATE" '
		{ got = ($5 - $3) / 1e6; back = ($4 - $3) / 1e6
			if (got < out - 1 || got > out + late || back < 2 * out - 2 || back > 2 * out + late)
				bad = 1 }
		END { exit bad || NR != 4 }' "$1"
}

talk textsecure p1a p2a
is $? 0 "two messages in each direction are sent, delivered and received"
one_way=$(awk -v a="$(delay p1a ts-us)" -v b="$(delay ts-us p2a)" 'BEGIN { print a + b }')
in_time "$work/textsecure" "$one_way"
ok $? "when the world's distances say ($one_way ms one way)" "$(cat "$work/textsecure" "$work/err")"
is "$(cut -d' ' -f1,2 "$work/textsecure" | tr '\n' ' ')" \
	"textsecure-0 1 textsecure-1 2 textsecure-2 1 textsecure-3 2 " "with the ids they were given"
for app in threema whatsapp; do
	talk $app p1a p2b
	is $? 0 "so with $app"
done

touch "$work/keep" "$work/wechat"
talk wechat p1a p2a "$work/keep" &
talking=$!
for _ in $(seq 600); do
	[ "$(wc -l < "$work/wechat")" = 4 ] && break
	sleep 0.1
done
peers() { # HOST PORT: who is connected to it
	in_host "$1" -- ss -Htn state established "sport = :$2" | awk '{ print $4 }' |
		sed 's/\]:[0-9]*$//; s/^\[//; s/^::ffff://; s/:[0-9]*$//' | sort -u
}
cn_peers=$(peers wx-cn 8080) hk_peers=$(peers wx-hk 8080)
rm "$work/keep"
wait $talking
is $? 0 "wechat's two servers carry messages between their phones"
speaks() { printf '%s\n' "$1" | grep -qxF -e "$2" -e "$3"; }
speaks "$cn_peers" "$(address p1a)" "$(address p1a 5)" && ! speaks "$cn_peers" "$(address p2a)" "$(address p2a 5)"
ok $? "a phone with a resolver in CN speaks with the server in CN" "$cn_peers"
speaks "$hk_peers" "$(address p2a)" "$(address p2a 5)" && ! speaks "$hk_peers" "$(address p1a)" "$(address p1a 5)"
ok $? "any other with the one in HK" "$hk_peers"
over=$(awk -v a="$(delay p1a wx-cn)" -v b="$(delay wx-cn wx-hk)" -v c="$(delay wx-hk p2a)" \
	'BEGIN { print a + b + c }')
in_time "$work/wechat" "$over"
ok $? "and the way between the two is travelled too ($over ms)" "$(cat "$work/wechat" "$work/err")"

# The gateway agent's half on both phones: the records of one run.
driver=$(dirname "$lab")/phone_driver
timeout 30 "$driver" wechat "$run/p1a.sock" "$run/p2a.sock" > "$work/records" 2>&1
is "$(grep -c '^step .* 1 ' "$work/records") $(grep '^end' "$work/records" | sort | tr '\n' ' ')" \
	"8 end 1 4 4 end 2 4 4 " "a run's steps are done, its messages all through"
awk -v out="$over" -v late="$LATE" '
	/^message/ && $2 == $4 { sent[$3] = $7; n++
		if ($5 != 2 || $7 < $6 || $7 > $6 + late || $8 < $7 + 2 * out - 2) bad = 1 }
	/^message/ && $2 != $4 { got[$3] = $9; n++; if ($5 != 3) bad = 1 }
	END { for (id in sent) if (got[id] < sent[id] + out - 1 || got[id] > sent[id] + out + late) bad = 1
		exit bad || n != 8 }' "$work/records"
ok $? "sent when planned, received and confirmed when the distances say" "$(cat "$work/records")"
timeout 30 "$driver" none "$run/p1a.sock" "$run/p2a.sock" > "$work/records" 2>&1
is "$(grep -c message "$work/records") $(grep -c 'idle 1' "$work/records")" "0 2" \
	"a run of no app opens none"

# A phone of its own beside the lab's, with whom it trusts and what it calls as we like.
fails_with() { # CA APP=NAME,PORT
	"$lab" exec --name "$name" p2b -- "$lab" phone --control "$work/own.sock" --ca "$1" --resolver "$de" \
		--app "$2" > "$work/own" 2>&1 &
	local own=$!
	for _ in $(seq 300); do grep -q ready "$work/own" && break; sleep 0.1; done
	timeout 20 python3 - "$work/own.sock" "${2%%=*}" << 'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
f = s.makefile("rw")
f.write("open %s a b\n" % sys.argv[2])
f.flush()
words = f.readline().split()
print(words[0], words[3] if words[0] == "failed" else "")
END
	kill $own
	wait $own 2> /dev/null
}
"$lab" certify "$work/other" nobody.example
is "$(fails_with "$work/other/ca.pem" threema=chat.threema.example,5222)" "failed certificate" \
	"a server of an unknown authority is refused"
is "$(fails_with "$run/ca.pem" threema=th-ch.lab.example,5222)" "failed certificate" \
	"so is one with a certificate for another name"
is "$(fails_with "$run/ca.pem" threema=nobody.example,5222)" "failed name" \
	"a name that is not there fails as a name"
is "$(fails_with "$run/ca.pem" threema=chat.threema.example,5223)" "failed connect" \
	"a closed port fails as a connection"
is "$(fails_with "$run/ca.pem" threema=chat.threema.example,5222)" "opened " \
	"and the right one opens"

in_host us1 -- timeout 60 python3 tests/netns/phone_hostile.py "$(address ts-us)" 443 > "$work/hostile" 2>&1
is "$(cut -d' ' -f1 "$work/hostile" | sort | uniq -c | tr -s ' ')" " 10 closed" \
	"a messenger closes on whoever breaks the rules" "$(cat "$work/hostile")"
talk textsecure p1a p2a
is $? 0 "and goes on for the others"

[ "$(peers bg-push 5228 | wc -l)" = 3 ]
ok $? "every phone holds a push connection" "$(peers bg-push 5228)"
grep -q 0 <(in_host bg-time -- cat /proc/net/snmp6 | awk '/Udp6InDatagrams/ { print $2 == 0 }')
ok $? "and asks for the time" "$(in_host bg-time -- cat /proc/net/snmp6 | grep Udp6)"

ended=$(cat "$run"/log "$run"/*.log | grep -e program_ended -e Sanitizer)
is "$ended" "" "none of the lab's programs ended by itself"
pids=$(awk '{ print $NF }' "$run/programs")
"$lab" down --name "$name"
is $? 0 "the lab goes down"
left=$(for pid in $pids; do
	[ -d "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2> /dev/null && echo "$pid"
done)
is "$left" "" "and none of its programs is left"

done_testing
