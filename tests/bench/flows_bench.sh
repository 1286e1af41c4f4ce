#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark flows` over a large capture beside tshark and tcpdump on the same file: CPU seconds and
# peak memory. The capture is made of real ones, repeated later and later. MIB=1100 is its size.
cd "$(dirname "$0")/../.." || exit 1
waymark=${WAYMARK_BIN:-build/bin}/waymark
shared=${WAYMARK_SHARED:-../shared}/data/a_messaging_pcap
mib=${MIB:-1100}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/flows_bench.XXXXXX") && trap 'rm -rf "$tmp"' EXIT
for tool in python3 tcpdump; do
	command -v "$tool" >/dev/null || { echo "no $tool: nothing measured"; exit 0; }
done
[ -d "$shared" ] || { echo "no ../shared/data: nothing measured"; exit 0; }

# CPU seconds (user and system) and peak KiB of a command, as "SECONDS KIB".
cost() {
	python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
r = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{r.ru_utime + r.ru_stime:.2f} {r.ru_maxrss}")' "$@"
}
told() { # WHAT COST [BASE]: the ratio to BASE, if any
	echo "$1 $2 ${3:-}" | awk '{ printf "%-28s %8.2f s CPU %8.1f MiB", $1, $2, $3 / 1024
		if (NF > 3) printf "   %.2f times tcpdump", $2 / $4
		print "" }'
}

python3 tests/bench/flows_repeat.py "$tmp/big.pcap" $((mib << 20)) "$shared"/*.pcap || exit 1
ls -l "$tmp/big.pcap" | awk '{ printf "capture of %.0f MiB\n", $5 / 1048576 }'
cat "$tmp/big.pcap" >/dev/null # into the page cache, for everybody alike
dump=$(cost tcpdump -r "$tmp/big.pcap" -w /dev/null)
ours=$(cost "$waymark" flows "$tmp/big.pcap" --json)
told tcpdump "$dump"
told waymark-flows "$ours" "${dump% *}"
told waymark-flows-unlabelled "$(cost "$waymark" flows "$tmp/big.pcap" --json --no-label)" "${dump% *}"
told waymark-names "$(cost "$waymark" flows "$tmp/big.pcap" --names --json)" "${dump% *}"
if command -v tshark >/dev/null && [ -z "${SKIP_TSHARK:-}" ]; then
	shark=$(cost tshark -q -z conv,tcp -z conv,udp -r "$tmp/big.pcap")
	told tshark "$shark" "${dump% *}"
	echo "${ours% *} ${shark% *}" | awk '{ printf "waymark flows: 1/%.0f of tshark\n", $2 / $1 }'
fi
rm "$tmp/big.pcap"
python3 tests/bench/flows_many.py "$tmp/many.pcap" 200000 || exit 1
told 200000-live-flows "$(cost "$waymark" flows "$tmp/many.pcap" --json)"
