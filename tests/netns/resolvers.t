#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab's resolvers, real ones and crowds, its injectors and its sites do what the world file says,
# pair by pair. Needs root; programs are taken from build/bin.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
lab=$(realpath "${LAB:-build/bin/waymark-lab}")
world=tests/e2e/world/resolvers.conf
name=resolvers$$
work=$(mktemp -d)

need_root
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
need "$lab" knotd kresd unbound dnsmasq nginx curl python3

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	"$lab" down --name "$name" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ulimit -n 8192
"$lab" up "$world" --name "$name" 2>"$work/up"
ok $? "the world comes up with its servers" "$(cat "$work/up")"
[ "$tap_failed" = 0 ] || done_testing
for what in pairs domains resolvers; do
	"$lab" truth "$world" $what >"$work/$what.csv"
done

while read -r status text; do
	[ "$status" = ok ]
	code=$?
	ok $code "${text#ok }"
done < <("$lab" exec --name "$name" de1 -- python3 tests/netns/resolvers_ask.py \
	"$work/pairs.csv" "$work/domains.csv" "$work/resolvers.csv" 2>&1 | sed 's/^not ok /no /')
[ "$tap_count" -gt 20 ]
ok $? "everything was asked"

# What a site shows: curl's exit status says what it thought of the certificate.
visit() { # URL ADDRESS: "STATUS-OF-CURL HTTP-STATUS TITLE"
	local host=${1#*://} port=80 body
	[ "${1%%:*}" = https ] && port=443
	body=$("$lab" exec --name "$name" de1 -- curl -s -m 10 -w ' %{http_code}' --resolve "$host:$port:$2" "$1/")
	printf '%s %s %s\n' $? "${body##* }" "$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' <<<"$body")"
}
shows() { # URL ADDRESS WANTED
	is "$(visit "$1" "$2")" "$3" "$1 at $2: $3"
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
done_testing
