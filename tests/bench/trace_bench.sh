#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark trace` and scamper through the same chain of kernel routers in one run: exact traces, CPU
# seconds per million probes (user, system: the system's part holds the forwarding of all routers,
# which the kernel does on the sender's account, for both alike), wall time over probes/rate, memory.
#
#	tests/bench/trace_bench.sh [TARGETS [RATE [METHOD…]]]
cd "$(dirname "$0")/../.." || exit 1
export RATE=${2:-50000}
TARGETS=${1:-10000}
METHODS=("${@:3}")
[ ${#METHODS[@]} -gt 0 ] || METHODS=(tcp-syn udp icmp)
ROUTERS=${ROUTERS:-8}
PARALLEL=${PARALLEL:-10000}
PEER=${PEER:-yes}
# Debian's scamper takes no rate above 10000: SCAMPER names one built without that limit; else as many
# run side by side as make up the rate, each with its share of targets and window.
SCAMPER=${SCAMPER:-scamper}
# The routers' forwarding goes to the second processor and the tracer stays on the first, so that its
# account holds its own work. STEER=no: the kernel forwards on the sender's account.
STEER=${STEER:-yes}
# Other work on this machine must not decide who looks better.
NICE=${NICE--10}
. tests/netns/chain.sh
chain $((ROUTERS + 1))
last=$((ROUTERS + 1))
on $last ip route add local 198.19.0.0/16 dev lo
for ((i = 0; i < last; i++)); do on $i ip route add 198.19.0.0/16 via "198.18.$i.2"; done
PIN=()
if [ "$STEER" = yes ] && [ "$(nproc)" -gt 1 ]; then
	on 1 sh -c 'echo 2 >/sys/class/net/x0/queues/rx-0/rps_cpus' && PIN=(taskset -c 0)
fi
# Nor must other work hold up the routers.
routers=$(pgrep -x ksoftirqd/1)
[ -z "$routers" ] || renice -n "$NICE" -p "$routers" >/dev/null
# All routers share one kernel queue; when something else holds the processor it must not run over.
backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -qw net.core.netdev_max_backlog="${BACKLOG:-100000}"
trap 'sysctl -qw net.core.netdev_max_backlog="$backlog"
	[ -z "$routers" ] || renice -n 0 -p "$routers" >/dev/null
	clean' EXIT
seq 1 "$TARGETS" | awk '{ printf "198.19.%d.%d\n", int($1 / 250), $1 % 250 + 1 }' >"$TEMP/targets"

# run NAME FORMAT OUT COMMAND…
run() {
	local name=$1 format=$2 out=$3
	shift 3
	sleep 1
	on 0 nice -n "$NICE" "${PIN[@]}" python3 tests/bench/trace_bench.py "$name" "$format" "$ROUTERS" \
		"$TARGETS" "$out" "$@" | tee -a "$TEMP/figures"
}

for m in "${METHODS[@]}"; do
	case $m in tcp-syn) peer="tcp -d 443" ;; udp) peer=udp-paris ;; icmp) peer=icmp-paris ;; esac
	run "waymark $m" waymark "$TEMP/paths" sh -c "\"\$0\" \"\$@\" <'$TEMP/targets' >'$TEMP/paths'" \
		"$PROGRAM" trace --json --method "$m" --attempts 1 --rate "$RATE" \
		--target-rate 10000 --net-rate 10000000 --parallel "$PARALLEL" ${WAYMARK_ARGS:-}
	[ "$PEER" = yes ] && command -v "$SCAMPER" >/dev/null || continue
	for window in 200 0; do
		rm -f "$TEMP"/warts*
		run "scamper $m -w $window" scamper "$TEMP/warts" tests/bench/scampers.sh "$SCAMPER" "$RATE" \
			$window "trace -P $peer -q 1" "$TEMP/targets" "$TEMP/warts"
	done
done
python3 - "$TEMP/figures" <<'END'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
print("%-22s %13s %8s %21s %6s %6s %6s %6s %s" % ("", "exact", "probes", "CPU s/M (user+sys)",
      "wall", "x", "MiB", "ratio", "inexact and not said so"))
for r in rows:
    method = r["name"].split()[1]
    peer = [p["cpu"] for p in rows if p["name"] == "scamper %s -w 200" % method]
    ratio = "%.0f%%" % (100 * r["cpu"] / peer[0]) if peer and r["name"][0] == "w" else ""
    print("%-22s %6d/%-6d %8d %6.2f (%5.2f + %5.2f) %6.2f %6s %6.1f %6s %d" % (r["name"], r["exact"],
          r["targets"], r["probes"], r["cpu"], r["user"], r["sys"], r["wall"], r["slack"], r["mib"],
          ratio, r["inexact_unreported"]))
END
