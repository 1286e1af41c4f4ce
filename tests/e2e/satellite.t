#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Open resolvers from discovery to verdict in a small world, held against what is true of it: the
# short form of `make satellite`. And it leaves nothing, also when it is interrupted.
WORLD=tests/e2e/world/resolvers.conf
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
skip_unless_able knotd kresd unbound nginx jq
begin_all
# shellcheck disable=SC2317 # called by end_all
end_own() { rm -rf "$D"; }

export TMPDIR=$D
nothing_left() { [ -z "$(ls "$D")" ] && ! ip netns list | grep -q "wl-satellite$1-"; }

# In a group of its own, so that Ctrl-C reaches what it started as a terminal would send it.
# A program started in the background ignores SIGINT, and a shell cannot take that back.
setsid env --default-signal=INT,QUIT deploy/lab/satellite.sh "$BIN" "$WORLD" >"$D.cut" 2>&1 &
pid=$!
# shellcheck disable=SC2317 # called by wait_for
has_begun() { grep -qs '== discovery' "$D.cut"; }
wait_for 300 has_begun
kill -INT -- -$pid
wait $pid
is $? 130 "Ctrl-C ends it"
nothing_left $pid
ok $? "and nothing is left" "$(ls "$D"; ip netns list | grep "wl-satellite$pid-")"

deploy/lab/satellite.sh "$BIN" "$WORLD" >"$D.out" 2>"$D.err" &
pid=$!
wait $pid
code=$?
[ $code = 0 ]
ok $? "every goal is met" "status $code
$(cat "$D.out" "$D.err")"
out=$(cat "$D.out")
has "$out" '^ injected pairs found +\| +116 \| +116 .* met$' "every injection, first, second and for nobody"
has "$out" '^ lies found +\| +189 \| +189 .* met$' "every lie"
has "$out" '^ honest CDN answers called unexpected +\| +864 \| +0 .* met$' "no honest CDN answer"
has "$out" '^ pairs with a resolver that have a verdict +\| +4320 \| +4320 .* met$' "every pair has a verdict"
has "$out" '^ forged first over UDP, seen beside TCP +\| .* met$' "what is forged over UDP is told by TCP"
has "$out" '^ us1 +\| AAAA +\| +1440 ' "another node and another type stand in it"
has "$out" '^ lies an anomaly +\| +189 \| ' "Satellite's rule stands beside it"
has "$(grep -c 'are those published$' "$D.err")" '^3$' "each export is what its readers demand"
has "$(cat "$D.err")" ' pages, [1-9][0-9]* of them from a clean node$' "what controls gave is fetched from a clean node, too"
nothing_left $pid
ok $? "nothing is left"
rm -f "$D.out" "$D.err" "$D.cut"
done_testing
