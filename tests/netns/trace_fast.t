#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# At a rate that any machine bears every trace is exact, though each hop gets but one probe. Faster than a
# busy machine may bear, whatever is not exact says that it was lost here. The long forms, with figures,
# are tests/bench/trace_bench.sh and trace_loss.sh.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/chain.sh
. tests/netns/chain.sh
need python3
chain 9
on 9 ip route add local 198.19.0.0/16 dev lo
for ((i = 0; i < 9; i++)); do on $i ip route add 198.19.0.0/16 via "198.18.$i.2"; done
seq 1 2000 | awk '{ printf "198.19.%d.%d\n", int($1 / 250), $1 % 250 + 1 }' >"$TEMP/targets"

# run METHOD RATE TARGETS: figures in METHOD.json.
run() {
	head -n "$3" "$TEMP/targets" >"$TEMP/asked"
	on 0 env RATE="$2" timeout 120 python3 tests/bench/trace_bench.py "$1" waymark 8 "$3" "$TEMP/paths" \
		sh -c "\"\$0\" \"\$@\" <'$TEMP/asked' >'$TEMP/paths'" "$PROGRAM" trace --json --method "$1" \
		--attempts 1 --rate "$2" --target-rate 10000 --net-rate 10000000 --parallel "$3" \
		--metadata "$TEMP/$1.meta" >"$TEMP/$1.json"
}
field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$TEMP/$1.json" "$2"; }
# What the document of the run says was lost is what the traces say.
agrees() {
	python3 - "$TEMP/paths" "$TEMP/$1.meta" <<-'PY'
		import json, sys
		lost = sum(r.get("lost", False) for l in open(sys.argv[1]) for h in json.loads(l)["hops"] for r in h["replies"])
		said = json.load(open(sys.argv[2]))["probes"]
		print(lost, said)
		assert lost == said["lost_here"] and (lost == 0 or said["kernel_drops"] > 0)
	PY
}
for m in tcp-syn udp icmp; do
	run $m 5000 500
	check "$m, moderate: every one of 500 traces is exact" same "$(field $m exact)" 500
	run $m 90000 2000
	check "$m, fast: 2000 targets have a trace each" same "$(field $m seen)" 2000
	check "$m, fast: none is inexact without saying so" same "$(field $m inexact_unreported)" 0
	check "$m, fast: what was lost is counted" agrees $m
	echo "# $(field $m exact) exact, $(field $m cpu) CPU s per million probes, $(field $m slack) times probes/rate"
done
done_testing
