#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark flows` over a large capture beside tshark and tcpdump on the same file: CPU seconds and
# peak memory; exits 1 where a goal is missed. The capture is made of others (real ones where they
# are), repeated later and later. MIB=1100 is its size; SKIP_TSHARK=1 leaves tshark out, and its goal.
cd "$(dirname "$0")/../.." || exit 1
waymark=${WAYMARK_BIN:-build/bin}/waymark
shared=${WAYMARK_SHARED:-../shared}/data/a_messaging_pcap
mib=${MIB:-1100}
missed=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/flows_bench.XXXXXX") && trap 'rm -rf "$tmp"' EXIT
for tool in "$waymark" python3 tcpdump tshark; do
	command -v "$tool" >/dev/null || {
		echo "no $tool: nothing can be measured" >&2
		exit 1
	}
done

# CPU seconds (user and system) and peak KiB of a command that must succeed, as "SECONDS KIB".
cost() {
	python3 -c '
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
if done.returncode != 0:
    sys.exit(f"{sys.argv[1:]}: status {done.returncode}: {done.stderr.decode()}")
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{r.ru_utime + r.ru_stime:.2f} {r.ru_maxrss}")' "$@" || exit 1
}
told() { # WHAT COST [BASE]: the ratio to BASE, if any
	echo "$1 $2 ${3:-}" | awk '{ printf "%-28s %8.2f s CPU %8.1f MiB", $1, $2, $3 / 1024
		if (NF > 3) printf "   %.2f times tcpdump", $2 / $4
		print "" }'
}
goal() { # WHAT VALUE MOST UNIT
	awk -v what="$1" -v value="$2" -v most="$3" -v unit="$4" 'BEGIN {
		printf "%s: %.2f %s, at most %s: %s\n", what, value, unit, most, value <= most ? "reached" : "MISSED"
		exit !(value <= most) }' || missed=1
}
over() { awk -v a="$1" -v b="$2" 'BEGIN { print (b > 0 ? a / b : 1e9) }'; }

captures=("$shared"/*.pcap)
if [ ! -d "$shared" ]; then
	echo "no ../shared/data: of made-up traffic"
	captures=()
	for seed in $(seq 40); do
		python3 tests/beside/made.py "$seed" "$tmp/made$seed.pcap" || exit 1
		captures+=("$tmp/made$seed.pcap")
	done
	captures+=(tests/data/capture/*.pcap tests/data/hellos/tls_quic/zeek/*.pcap)
fi
python3 tests/bench/flows_repeat.py "$tmp/big.pcap" $((mib << 20)) "${captures[@]}" || exit 1
stat -c %s "$tmp/big.pcap" | awk '{ printf "capture of %.0f MiB\n", $1 / 1048576 }'
cat "$tmp/big.pcap" >/dev/null # into the page cache, for everybody alike
dump=$(cost tcpdump -r "$tmp/big.pcap" -w /dev/null) || exit 1
ours=$(cost "$waymark" flows "$tmp/big.pcap" --json) || exit 1
plain=$(cost "$waymark" flows "$tmp/big.pcap" --json --no-label) || exit 1
names=$(cost "$waymark" flows "$tmp/big.pcap" --names --json) || exit 1
told tcpdump "$dump"
told waymark-flows "$ours" "${dump% *}"
told waymark-flows-unlabelled "$plain" "${dump% *}"
told waymark-names "$names" "${dump% *}"
if [ -z "${SKIP_TSHARK:-}" ]; then
	shark=$(cost tshark -q -z conv,tcp -z conv,udp -r "$tmp/big.pcap") || exit 1
	told tshark "$shark" "${dump% *}"
	goal "CPU beside tshark" "$(over "${ours% *}" "${shark% *}")" 0.05 "of its"
fi
goal "CPU beside tcpdump" "$(over "${ours% *}" "${dump% *}")" 3 "times its"
rm "$tmp/big.pcap"
python3 tests/bench/flows_many.py "$tmp/many.pcap" 200000 || exit 1
many=$(cost "$waymark" flows "$tmp/many.pcap" --json) || exit 1
told 200000-live-flows "$many"
goal "memory of 200,000 live flows" "$(over "${many#* }" 1024)" 200 MiB
exit $missed
