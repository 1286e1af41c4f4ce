#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A lab agrees with its world file, as traceroute, mtr and scamper see it, and leaves nothing.
# Needs root; waymark-lab is taken from build/bin or $LAB.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
lab=$(realpath "${LAB:-build/bin/waymark-lab}")
world=deploy/lab/world/small.conf
name=t$$
work=$(mktemp -d)

need_root
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
need "$lab"

cleanup() {
	"$lab" down --name "$name" 2> /dev/null
	rm -rf "$work"
}
trap cleanup EXIT

in_host() { "$lab" exec --name "$name" "$@"; }

address() { # HOST FAMILY
	"$lab" hosts "$world" | awk -F, -v h="$1" -v c="$(($2 == 4 ? 4 : 5))" '$1 == h { print $c }'
}

# One line per equal path: addresses with `*` where a silent router stands.
truth() { # A B FAMILY
	"$lab" path "$world" "$1" "$2" | awk -v c="$(($3 == 4 ? 3 : 4))" '
		/ path [0-9]+ of / { if (line) print line; line = ""; next }
		$1 ~ /^[0-9]+$/ { line = line (line ? " " : "") ($NF == "yes" ? "*" : $c) }
		END { print line }'
}

delay() { "$lab" path "$world" "$1" "$2" | awk '/ one way$/ { print $(NF-3); exit }'; }

# Equal to one of the true paths: for tools that keep a flow, and where there is one path.
is_path() { # GOT A B FAMILY TEXT
	truth "$2" "$3" "$4" | grep -qxF -- "$1"
	ok $? "$5" "got:  $1
want: $(truth "$2" "$3" "$4")"
}

# Each hop on one of the true paths: for tools that change the flow with every probe.
on_paths() { # GOT A B FAMILY TEXT
	truth "$2" "$3" "$4" | awk -v got="$1" '
		{ for (i = 1; i <= NF; i++) seen[i, $i] = 1; len = NF }
		END { k = split(got, g, " "); bad = k != len
			for (i = 1; i <= k; i++) bad += !((i, g[i]) in seen)
			exit bad > 0 }'
	ok $? "$5" "got:  $1
want: $(truth "$2" "$3" "$4")"
}

line() { tr '\n' ' ' | sed 's/ $//'; }
traced() { # FROM TO FAMILY OPTIONS…
	local from=$1 to=$2 family=$3
	shift 3
	in_host "$from" -- traceroute "-$family" -n -q 1 -w 2 "$@" "$(address "$to" "$family")" |
		awk 'NR > 1 { print $2 }' | line
}
reported() { # FROM TO FAMILY OPTIONS…
	local from=$1 to=$2 family=$3
	shift 3
	in_host "$from" -- mtr "-$family" -n --report -c 2 -i 0.5 "$@" "$(address "$to" "$family")" |
		awk '/\|--/ { print $2 == "???" ? "*" : $2 }' | line
}
scampered() { # FROM TO FAMILY METHOD
	in_host "$1" -- scamper -O text -c "trace -P $4 -w 2" -i "$(address "$2" "$3")" |
		awk '/^ *[0-9]+ / { print $2 }' | line
}

links_before=$(ip -br link | wc -l)
routes_before=$(ip route show table all | wc -l)
"$lab" up "$world" --name "$name" --bare 2> "$work/err"
ok $? "the lab comes up" "$(cat "$work/err")"

is "$(ip -br link | wc -l)" "$links_before" "the root namespace gets no interface"
is "$(ip route show table all | wc -l)" "$routes_before" "the root namespace gets no IPv4 route"
ip -6 route show table all | grep -q 2001:db8
is $? 1 "the root namespace gets no IPv6 route"

"$lab" up "$world" --name "$name" 2> "$work/err"
is $? 1 "a name in use is refused"
grep -q "is up; take it down first" "$work/err"
ok $? "and the line says what to do" "$(cat "$work/err")"

# The quickest of all echoes: a busy machine makes many late, and none too early.
quickest() { # FROM TO FAMILY DELAY: in ms, of as many as it takes, a hundred at most
	local best='' rtt
	for _ in $(seq 20); do
		rtt=$(in_host "$1" -- ping "-$3" -n -c 5 -i 0.2 "$(address "$2" "$3")" |
			awk -F/ '/^rtt/ { sub(/.*= /, "", $4); print $4 }')
		best=$(printf '%s\n' $best $rtt | sort -n | head -n 1)
		awk -v r="${best:-1e9}" -v d="$4" 'BEGIN { exit !(r < 2 * d + 4) }' && break
	done
	echo "${best:-0}"
}
for pair in "de1 fr1" "de1 wa-us" "ch1 cn1" "p1a sg1" "gw1 p2a"; do
	set -- $pair
	one_way=$(delay "$1" "$2")
	for family in 4 6; do
		rtt=$(quickest "$1" "$2" $family "$one_way")
		awk -v r="$rtt" -v d="$one_way" 'BEGIN { exit !(r >= 2 * d && r < 2 * d + 4) }'
		ok $? "ping -$family $1 to $2 takes twice the path's delay" "rtt $rtt, delay $one_way"
	done
done

for family in 4 6; do
	for pair in "de1 fr1" "fr1 sg1" "p1a jp1" "us1 au1"; do
		set -- $pair
		is_path "$(traced "$1" "$2" $family)" "$1" "$2" $family "traceroute -$family $1 $2"
		is_path "$(traced "$1" "$2" $family -I)" "$1" "$2" $family "traceroute -$family -I $1 $2"
		is_path "$(traced "$1" "$2" $family -T -p 443)" "$1" "$2" $family "traceroute -$family -T $1 $2"
	done
	is_path "$(reported fr1 sg1 $family)" fr1 sg1 $family "mtr -$family past a silent router"
	is_path "$(reported ch1 jp1 $family -u)" ch1 jp1 $family "mtr -$family -u ch1 jp1"
	on_paths "$(traced de1 wa-us $family)" de1 wa-us $family "traceroute -$family over a fork"
	for method in udp-paris icmp-paris tcp; do
		is_path "$(scampered de1 wa-us $family $method)" de1 wa-us $family \
			"scamper -$family $method keeps one way over the fork"
		is_path "$(scampered fr1 cn1 $family $method)" fr1 cn1 $family \
			"scamper -$family $method fr1 cn1"
	done
done

is "$(in_host de1 -- cat /etc/resolv.conf | awk '/^nameserver/ { print $2 }')" "$(address ns-de 4)" \
	"a host asks the lab's own name server"
is "$(in_host p1a -- cat /etc/resolv.conf | awk '/^nameserver/ { print $2 }')" 198.19.1.1 \
	"a phone asks its gateway"
in_host de1 -- sh -c 'exit 7'
is $? 7 "exec gives the program's exit status"
"$lab" exec --name "$name" nobody -- true 2> "$work/err"
is $? 4 "an unknown host is not found"

gone() { # PIDS…
	for pid in "$@"; do
		[ -d "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2> /dev/null && echo "$pid"
	done
}
left() {
	find /run/netns -name "wl-$name-*" 2> /dev/null
	find /run/waymark-lab -name "$name" 2> /dev/null
	grep "wl-$name" /proc/mounts
}

in_host p1b -- sleep 1000 &
sleeper=$!
simulator=$("$lab" status | awk -v n="$name" '$1 == n { print $(NF-1) }')
"$lab" down --name "$name"
is $? 0 "the lab goes down"
is "$(left)$(gone $sleeper "$simulator")" "" "and leaves no namespace, mount, file, process"

"$lab" up "$world" --name "$name" 2> "$work/err"
ok $? "the lab comes up with its programs" "$(cat "$work/err")"
for pair in "de1 wx-hk" "cn1 wx-cn"; do
	set -- $pair
	is "$(in_host "$1" -- getent ahostsv4 long.wechat.example | awk '{ print $1; exit }')" \
		"$(address "$2" 4)" "$1 is sent to $2"
done
is "$(in_host jp1 -- getent hosts 198.18.18.1 | awk '{ print $2 }')" \
	"$("$lab" names "$world" | awk -F, '$1 == "198.18.18.1" { print $2 }')" "reverse names are those of the world"
in_host de1 -- sh -c 'trap "" TERM; while :; do sleep 1; done' &
stubborn=$!
sleep 0.3
simulator=$("$lab" status | awk -v n="$name" '$1 == n { print $(NF-1) }')
programs=$(cut -f 3 "/run/waymark-lab/$name/programs")
kill -9 "$simulator"
# The kernel takes its interfaces apart before the process is gone.
for _ in $(seq 300); do [ -d "/proc/$simulator" ] || break; sleep 0.1; done
"$lab" status | grep -q "^$name.*dead"
ok $? "a killed simulator is told as dead" "$("$lab" status)"
"$lab" down --name "$name"
is $? 0 "what it left goes down too"
is "$(left)$(gone $stubborn "$simulator" $programs)" "" "and leaves nothing"

setsid -w "$lab" up "$world" --name "$name" --foreground 2> "$work/err" &
for _ in $(seq 300); do grep -q "is up" "$work/err" && break; sleep 0.1; done
simulator=$(cat "/run/waymark-lab/$name/lock")
kill -INT "$simulator"
wait $!
is $? 130 "Ctrl-C ends a lab in the foreground"
is "$(left)$(gone "$simulator")" "" "and leaves nothing"

printf 'world x\nrouter a\n' > "$work/bad.conf"
"$lab" up "$work/bad.conf" 2> "$work/err"
is $? 2 "a bad world is a usage error"
grep -q "bad.conf:2: router a needs" "$work/err"
ok $? "that names file and line" "$(cat "$work/err")"
"$lab" check /nonexistent 2> /dev/null
is $? 2 "so is a missing file"
cp "$lab" "$work/lab" && cp "$world" "$work/w.conf" && chmod -R a+rX "$work"
setpriv --reuid=65534 --regid=65534 --clear-groups "$work/lab" up "$work/w.conf" --name "$name" 2> "$work/err"
is $? 1 "without capabilities it does not begin"
grep -q "run as root" "$work/err"
ok $? "and the line says what to do" "$(cat "$work/err")"
"$lab" geo "$world" | awk -F, 'NR > 1 && NF != 7 && !/".*,.*"/ { bad++ } END { exit bad || NR < 100 }'
ok $? "the geolocation table is whole"

done_testing
