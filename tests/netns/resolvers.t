#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab's resolvers, real ones and crowds, its injectors and its sites do what the world file says,
# pair by pair. Needs root; programs are taken from build/bin.
set -u
cd "$(dirname "$0")/../.." || exit 1
lab=$(realpath "${LAB:-build/bin/waymark-lab}")
world=tests/e2e/world/resolvers.conf
name=resolvers$$
n=0 failed=0
work=$(mktemp -d)
PATH=$PATH:/usr/sbin

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "needs root"
[ -c /dev/net/tun ] || skip "needs /dev/net/tun"
for program in knotd kresd unbound dnsmasq nginx curl python3; do
	command -v "$program" >/dev/null || skip "needs $program (make deps)"
done

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	"$lab" down --name "$name" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ok() { # STATUS TEXT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	failed=1
}

ulimit -n 8192
"$lab" up "$world" --name "$name" 2>"$work/up"
ok $? "the world comes up with its servers"
[ $failed = 0 ] || { sed 's/^/# /' "$work/up"; echo "1..$n"; exit 1; }
for what in pairs domains resolvers; do
	"$lab" truth "$world" $what >"$work/$what.csv"
done

while read -r status text; do
	[ "$status" = ok ]
	code=$?
	ok $code "${text#ok }"
done < <("$lab" exec --name "$name" de1 -- python3 tests/netns/resolvers_ask.py \
	"$work/pairs.csv" "$work/domains.csv" "$work/resolvers.csv" 2>&1 | sed 's/^not ok /no /')
[ "$n" -gt 20 ]
ok $? "everything was asked"

# What a site shows: curl's exit status says what it thought of the certificate.
visit() { # URL ADDRESS: "STATUS-OF-CURL HTTP-STATUS TITLE"
	local host=${1#*://} port=80 body
	[ "${1%%:*}" = https ] && port=443
	body=$("$lab" exec --name "$name" de1 -- curl -s -m 10 -w ' %{http_code}' --resolve "$host:$port:$2" "$1/")
	printf '%s %s %s\n' $? "${body##* }" "$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' <<<"$body")"
}
shows() { # URL ADDRESS WANTED
	local got
	got=$(visit "$1" "$2")
	[ "$got" = "$3" ]
	ok $? "$1 at $2: $3"
	[ "$got" = "$3" ] || echo "# got: $got"
}
shows https://site001.example 198.18.200.10 "0 200 site001.example"
shows https://cdn003.example 198.18.208.133 "0 200 cdn003.example"
shows https://cdn003.example 198.18.200.10 "60 000 "
shows https://old.example 198.18.200.60 "60 000 "
shows https://wrong.example 198.18.200.61 "60 000 "
shows https://self.example 198.18.200.62 "60 000 "
shows http://social001.example 198.18.240.80 "0 403 Web Page Blocked"
shows https://social001.example 198.18.240.81 "35 000 "
shows http://social001.example 198.18.64.10 "7 000 "

"$lab" down --name "$name"
[ ! -e "/run/waymark-lab/$name" ] && ! ip netns list | grep -q "wl-$name-"
ok $? "and goes without a trace"
echo "1..$n"
exit $failed
