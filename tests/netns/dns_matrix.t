#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every (resolver, domain) pair is in the output exactly once, with its state, and the sums add up:
# 20 names at 10,000 resolvers, 2,000 names at 100, with dead resolvers among them; also when the
# scan is killed in the middle and gone on with, and when it is interrupted. `make matrix` runs it
# in full; otherwise a tenth of the resolvers and a fifth of the names.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh
answer 53
# matrix FILE RESOLVERS NAMES METADATA: what dns_check.py says of it is shown when a test fails.
matrix() { python3 tests/netns/dns_check.py matrix "$@" >"$dir/said" 2>&1; }
explain() { cat "$dir/said"; }

wide=${MATRIX_WIDE:-1000} deep=${MATRIX_DEEP:-400} rate=${MATRIX_RATE:-8000}
python3 tests/netns/dns_check.py lists "$dir" "$wide" "$deep"
fast=(--rate 0 --resolver-rate 0 --net-rate 0 --json --quiet --no-edns)

inside "$bin/waymark" dns --resolvers "$dir/wide.r" --domains "$dir/wide.n" "${fast[@]}" \
	--profile plain --tries 1 --timeout 1s --listen 100ms --output "$dir/wide" --metadata "$dir/wide.meta"
matrix "$dir/wide" "$dir/wide.r" "$dir/wide.n" "$dir/wide.meta"
ok $? "20 names x $wide resolvers, one in 250 dead: every pair once, and the sums add up"

inside "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/deep.n" "${fast[@]}" \
	--profile plain --tries 1 --timeout 1s --listen 100ms --parallel 100 --give-up 0 \
	--output "$dir/deep" --metadata "$dir/deep.meta"
matrix "$dir/deep" "$dir/deep.r" "$dir/deep.n" "$dir/deep.meta"
ok $? "$deep names x 100 resolvers, one dead and never given up: every pair once"

# Killed again and again, gone on with each time.
killed=0
for wait in 0.7 1.1 0.5 1.3; do
	ip netns exec "$space" "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/deep.n" --json --quiet --no-edns \
		--profile plain --listen 100ms --rate "$rate" --resolver-rate 0 --net-rate 0 \
		--output "$dir/again" --checkpoint "$dir/state" &
	pid=$!
	sleep "$wait"
	kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
	wait "$pid" 2>/dev/null
done
inside "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/deep.n" "${fast[@]}" \
	--profile plain --listen 100ms --tries 1 --timeout 1s --parallel 100 --give-up 0 \
	--output "$dir/again" --checkpoint "$dir/state" --metadata "$dir/again.meta"
[ "$killed" -ge 2 ] &&
	matrix "$dir/again" "$dir/deep.r" "$dir/deep.n" "$dir/again.meta"
ok $? "killed $killed times and gone on with: no pair twice, none missing"

# What is no checkpoint of this scan is told, and the output stays as it is.
sum=$(cksum <"$dir/again")
spoilt() { # SAYS NAMES: with what is in $dir/bad
	said=$(inside "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/$2" "${fast[@]}" --profile plain \
		--output "$dir/again" --checkpoint "$dir/bad" 2>&1)
	echo "$? ${said#*"$dir/"}" >>"$dir/spoilt"
	[ "$(cksum <"$dir/again")" = "$sum" ] || echo "the output was changed: $1" >>"$dir/spoilt"
}
: >"$dir/bad" && spoilt empty deep.n
head -c 1000 "$dir/state" >"$dir/bad" && spoilt cut deep.n
sed 's/-v1$/-v2/' "$dir/state" >"$dir/bad" && spoilt version deep.n
{ head -c 500 "$dir/state" && printf '\125' && tail -c +502 "$dir/state"; } >"$dir/bad" && spoilt damaged deep.n
cp "$dir/state" "$dir/bad" && spoilt other wide.n
is "$(cat "$dir/spoilt")" "$(for _ in 1 2 3 4; do echo '1 bad: no whole checkpoint'; done
	echo '2 bad: belongs to a scan with other resolvers, names or options')" \
	"a checkpoint that is empty, cut, of another version, damaged or another scan's: told, nothing touched"
cp "$dir/state" "$dir/bad" && : >"$dir/less"
said=$(inside "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/deep.n" "${fast[@]}" --profile plain \
	--output "$dir/less" --checkpoint "$dir/bad" 2>&1)
has "$? $said" '^1 .*tells of more output than there is' "nor is an output gone on with that is another one"

# The same with an output that is appended to. The second part writes slower than the first: when it has
# its checkpoint, there is less output than when it began.
head -n 100 "$dir/deep.n" >"$dir/some.n"
append() { # OPTION…: takes this process's place
	exec ip netns exec "$space" "$bin/waymark" dns --resolvers "$dir/deep.r" --domains "$dir/some.n" --json --quiet --no-edns \
		--profile plain --listen 100ms --resolver-rate 0 --net-rate 0 --checkpoint "$dir/state2" "$@" >>"$dir/more"
}
keeps() { # until another checkpoint was written than the one it began with
	local was now=0
	for _ in $(seq 600); do
		was=$(stat -c %i "$dir/state2" 2>/dev/null || echo 0)
		[ "$was" != "$now" ] && [ "$now" != 0 ] && return
		now=$was
		sleep 0.02
	done
}
echo '{"resolver": "before", "domain": "it", "status": "answered", "tries": []}' >"$dir/more"
for part in "$((rate / 4))" 200; do
	append --rate "$part" &
	pid=$!
	keeps
	[ "$part" = 200 ] || sleep 0.6 # so that it wrote more than it noted down
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
done
(append --rate 0 --tries 1 --timeout 1s --parallel 100 --give-up 0 --metadata "$dir/more.meta")
[ "$(head -c 24 "$dir/more")" = '{"resolver": "before", "' ] && sed -i 1d "$dir/more" &&
	matrix "$dir/more" "$dir/deep.r" "$dir/some.n" "$dir/more.meta"
ok $? "killed twice with an output that is appended to: what stood there stays, no pair twice, none missing"

ip netns exec "$space" "$bin/waymark" dns --resolvers "$dir/wide.r" --domains "$dir/wide.n" --json --quiet --no-edns \
	--profile plain --rate "$((rate / 4))" --resolver-rate 0 --net-rate 0 \
	--output "$dir/broken" --metadata "$dir/broken.meta" &
pid=$!
for _ in $(seq 600); do
	[ -s "$dir/broken" ] && break
	sleep 0.05
done
said=$(inside "$bin/waymark" dns name1.example @198.18.0.1 --output "$dir/broken" --checkpoint "$dir/state3" 2>&1)
is "$? $said" '1 waymark dns: another scan writes to this output: Resource temporarily unavailable' \
	"a second scan does not touch the output of one at work"
kill -TERM "$pid" # what runs in the background of a script never sees SIGINT
wait "$pid"
[ $? -eq 130 ] &&
	matrix "$dir/broken" "$dir/wide.r" "$dir/wide.n" "$dir/broken.meta"
ok $? "interrupted: 130, what was not asked says so, and the sums add up"

# 198.18.0.247 cuts every answer over UDP. The driver sends an OPT record where it is asked with one.
for profile in v2.1 v2.2 waymark; do
	inside "$bin/waymark" dns name1.example @198.18.0.247 --profile $profile --control c.example --json --quiet \
		--listen 100ms --stream-timeout 1s >"$dir/$profile"
	grep -q '"transport":"tcp"' "$dir/$profile"
	again=$?
	grep -q '"edns":{' "$dir/$profile"
	echo "$profile: TCP $again, OPT $?" >>"$dir/profiles"
done
is "$(cat "$dir/profiles")" "$(printf '%s\n' 'v2.1: TCP 1, OPT 1' 'v2.2: TCP 1, OPT 1' 'waymark: TCP 0, OPT 0')" \
	"as Satellite: nothing is asked again over TCP, and no OPT record in questions"
said=$(printf '%s\n' 1,name1.example name2.example | inside "$bin/waymark" dns @198.18.0.1 --quiet --listen 100ms 2>&1 >"$dir/csv")
is "$? $said" '3 waymark dns: standard input:1: "1,name1.example" is no name; passed over' "a line of a ranking is no name"
[ "$(wc -l <"$dir/csv")" -eq 1 ]
ok $? "… and the rest is asked"
done_testing
