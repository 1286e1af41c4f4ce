#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What `waymark trace` takes of memory with all its traces in flight at once: targets behind eight
# kernel routers whose packets are swallowed, so that every trace waits. The bound is 12 MiB and 1 KiB
# for each trace.
#
#	tests/bench/trace_memory.sh [TRACES…]
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
COUNTS=("$@")
[ ${#COUNTS[@]} -gt 0 ] || COUNTS=(10000 100000)
chain 9
for ((i = 0; i < 8; i++)); do on $i ip route add 198.16.0.0/14 via "198.18.$i.2" 2>/dev/null; done
on 8 ip route add blackhole 198.16.0.0/14
missed=0
for count in "${COUNTS[@]}"; do
	seq 0 $((count - 1)) | awk '{ printf "198.%d.%d.%d\n", 16 + ($1 >= 60000), int($1 % 60000 / 240), $1 % 240 + 1 }' \
		>"$TEMP/targets"
	for attempts in 1 3; do
		on 0 python3 - "$count" "$attempts" "$TEMP/targets" "$TEMP/status" "$PROGRAM" <<-'PY'
			import csv, resource, subprocess, sys
			count, attempts, targets, status, program = sys.argv[1:]
			with open(targets) as asked:
			    subprocess.check_call([program, "trace", "--json", "--quiet", "--method", "icmp", "--rate", "50000",
			                           "--attempts", attempts, "--target-rate", "10000", "--net-rate", "10000000",
			                           "--parallel", count, "--status-file", status],
			                          stdin=asked, stdout=subprocess.DEVNULL)
			rows = list(csv.DictReader(open(status)))
			flight = max(int(r["running"]) for r in rows)
			mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
			bound = 12 + flight / 1024
			print("%7d traces in flight, %d attempts, %4.1f probes each: %6.1f MiB, bound %6.1f MiB: %s" % (
			    flight, int(attempts), int(rows[-1]["sent"]) / int(count), mib, bound,
			    "ok" if mib <= bound and int(rows[-1]["done"]) == int(count) else "TOO MUCH"), flush=True)
			sys.exit(mib > bound or int(rows[-1]["done"]) != int(count))
		PY
		missed=$((missed + $?))
	done
done
exit $((missed > 0))
