#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast waymark dns asks, whom it asks no more, from which ports, and how long it listens. All runs
# go on at once: what they wait for is time.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh
answer 53
for i in $(seq 600); do echo "n$i.example"; done >"$dir/n600"
head -30 "$dir/n600" >"$dir/n30"
for i in $(seq 10); do echo "198.18.1.$i"; done >"$dir/one.r"
for i in $(seq 10); do echo "198.18.$i.1"; done >"$dir/ten.r"
run() { # NAME OPTION…: its output, metadata, and milliseconds
	local name=$1 begun
	begun=$(date +%s%N)
	inside "$bin/waymark" dns --profile plain --json --quiet "${@:2}" --output "$dir/$name" --metadata "$dir/$name.meta"
	echo "$? $((($(date +%s%N) - begun) / 1000000))" >"$dir/$name.took"
}
free=(--rate 0 --resolver-rate 0 --net-rate 0 --listen 0s)

: >"$dir/optout"
pids=()
beside() {
	run "$@" &
	pids+=($!)
}
beside denied --resolvers "$dir/ten.r" --domains "$dir/n600" "${free[@]}" --resolver-rate 50 --deny-file "$dir/optout"
beside all --resolvers "$dir/ten.r" --domains "$dir/n30" "${free[@]}" --rate 100
beside each --resolvers "$dir/ten.r" --domains "$dir/n30" "${free[@]}" --resolver-rate 10
beside net --resolvers "$dir/one.r" --domains "$dir/n30" "${free[@]}" --net-rate 100
beside nets --resolvers "$dir/ten.r" --domains "$dir/n30" "${free[@]}" --net-rate 100
beside path path.example www.example @198.18.0.1 --repetitions 4 "${free[@]}"
beside late late.example @198.18.0.1
beside other www.example @198.18.0.252 "${free[@]}"
sleep 2
echo "198.18.3.0/24 # asked us not to" >>"$dir/optout"
grown=$(date +%s)
wait "${pids[@]}"
took() { cut -d' ' -f2 "$dir/$1.took"; }
shows() { # NAME FILTER WHAT: of what it wrote
	[ "$(jq -es "$2" "$dir/$1")" = true ]
	ok $? "$3" "$(cat "$dir/${1%.meta}.took") $(head -c 1500 "$dir/$1")"
}
for name in all each net; do
	[ "$(took $name)" -ge 2800 ]
	ok $? "300 questions at 100 a second by the rate of $name take three seconds" "$(took $name) ms"
done
[ "$(took nets)" -lt "$(took net)" ]
ok $? "ten networks are ten times as fast as one" "$(took nets) ms, $(took net) ms"

shows denied.meta '.[0] | .sums.pairs == 6000 and .sums.refused > 0 and .sums.answered + .sums.refused == 6000 and
	(.by_resolver | all(if .resolver == "198.18.3.1" then .refused > 0 and .answered > 0 else .refused == 0 end))' \
	"who opts out is asked no more, and what was not asked says so"
shows denied "[.[] | select(.resolver == \"198.18.3.1\").tries[].sent[:19] + \"Z\" | fromdate] | max <= $grown + 12" \
	"within ten seconds"
shows path '[.[] | select(.domain == "path.example").ports_differing | values] == [2] and
	[.[] | select(.domain == "www.example").ports_differing | values] == [0] and
	([.[] | select(.domain == "path.example").tries[0].sport] | unique | length) == 4' \
	"repetitions leave from ports of their own, and what depends on them is told"
is "$(jq -c .paths "$dir/path.meta")" '{"compared":2,"dependent":1}' "in the sums, too"
shows late '.[0].tries[0].answers | length == 2 and .[1].differs and .[1].at_ms >= 1000' "an answer a second later is kept, and differs"
[ "$(took late)" -ge 3000 ]
ok $? "it listens for three seconds unless it is told otherwise" "$(took late) ms"
shows other '.[0] | .status == "answered" and .resolver == "198.18.0.252" and
	(.tries[0].answers[0] | .src == "198.18.0.253" and .other_source)' \
	"an answer from another address is that of whom was asked, and marked"
done_testing
