#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A scan of open resolvers that is killed without warning, again and again, goes on from its
# checkpoint: every pair stands in its output once, none is missing, and what was found is true.
WORLD=tests/e2e/world/resolvers.conf
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
skip_unless_able knotd kresd unbound nginx jq

begin_all
ulimit -n 8192
world_up
ok $? "the world is up" "$(tail -n 1 "$D/lab.log")"
waymark-lab truth "$WORLD" resolvers | awk -F, 'NR > 1 && $3 != "nobody" { print $1 }' >"$D/resolvers"
waymark-lab truth "$WORLD" domains | awk -F, '/test/ { print $1 }' >"$D/domains"
wanted=$(($(wc -l <"$D/resolvers") * $(wc -l <"$D/domains")))

# As root only IP IDs are known; what is asked here does not need them.
scan() {
	waymark-lab exec --name "$LAB" de1 -- waymark dns --resolvers "$D/resolvers" \
		--domains "$D/domains" --profile waymark --listen 1s --timeout 1s --rate 1500 \
		--resolver-rate 20 --json --output "$D/pairs" --checkpoint "$D/state" --quiet 2>>"$D/scan.log" &
	PID[scan]=$!
}
lines() { wc -l <"$D/pairs" 2>/dev/null || echo 0; }
# shellcheck disable=SC2317 # called by wait_for
has_more() { [ "$(lines)" -gt "$1" ] || ! kill -0 "${PID[scan]}" 2>/dev/null; }

: >"$D/pairs"
killed=0
for part in 1 2 3; do
	before=$(lines)
	scan
	wait_for 60 has_more $((before + wanted / 6))
	kill -0 "${PID[scan]}" 2>/dev/null && killed=$((killed + 1))
	kill_hard scan
	[ "$(lines)" -gt "$before" ]
	ok $? "part $part wrote pairs before it was killed"
done
is $killed 3 "three times it was killed in the middle"
[ "$(lines)" -lt "$wanted" ]
ok $? "and was not done by then"
scan
wait "${PID[scan]}"
code=$?
unset "PID[scan]"
[ $code = 0 ]
ok $? "the fourth comes to the end" "status $code: $(tail -n 1 "$D/scan.log")"

jq -e . "$D/pairs" >/dev/null 2>"$D/jq.log"
ok $? "every line is whole" "$(head -n 1 "$D/jq.log")"
jq -r '[.resolver, .domain, .qtype] | @tsv' "$D/pairs" | sort >"$D/got"
while read -r resolver; do
	while read -r domain; do printf '%s\t%s\tA\n' "$resolver" "$domain"; done <"$D/domains"
done <"$D/resolvers" | sort >"$D/want"
is "$(wc -l <"$D/got")" "$wanted" "as many lines as pairs"
is "$(uniq -d "$D/got" | wc -l)" 0 "no pair twice"
is "$(comm -13 "$D/got" "$D/want" | wc -l)" 0 "none is missing"

# What a listening slot is for: both answers of the injected pairs are there.
waymark-lab truth "$WORLD" pairs | awk -F, '$7 != "" && $5 == "honest" { print $1 "\t" $2 }' | sort >"$D/injected"
jq -r 'select([.tries[].answers[].records[]? | select(.type == "A") | .data] | unique | length > 1) |
	[.resolver, .domain] | @tsv' "$D/pairs" | sort | grep -v cdn >"$D/twofold"
is "$(comm -23 "$D/injected" "$D/twofold" | wc -l)" 0 "every injected pair has two differing answers"
is "$(comm -13 "$D/injected" "$D/twofold" | wc -l)" 0 "and no other"
done_testing
