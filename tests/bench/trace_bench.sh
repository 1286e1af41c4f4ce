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
# shellcheck source=tests/netns/chain.sh
. tests/netns/chain.sh
need python3 taskset
[ "$PEER" = no ] || need "$SCAMPER" sc_warts2json
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
	[ "$PEER" = yes ] || continue
	for window in 200 0; do
		rm -f "$TEMP"/warts*
		run "scamper $m -w $window" scamper "$TEMP/warts" tests/bench/scampers.sh "$SCAMPER" "$RATE" \
			$window "trace -P $peer -q 1" "$TEMP/targets" "$TEMP/warts"
	done
done
# Goals that are missed are named, and the exit status is 1.
python3 - "$TEMP/figures" "$RATE" "$PEER" "${BACKLOG:-}" <<'END'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
rate, peer, backlog = int(sys.argv[2]), sys.argv[3] == "yes", sys.argv[4]
missed = []
print("%-22s %13s %8s %21s %6s %6s %6s %6s %s" % ("", "exact", "probes", "CPU s/M (user+sys)",
      "wall", "x", "MiB", "ratio", "inexact and not said so"))
for r in rows:
    program, method = r["name"].split()[:2]
    theirs = [p["cpu"] for p in rows if p["name"] == "scamper %s -w 200" % method and p["probes"] >= p["targets"]]
    ratio = r["cpu"] / theirs[0] if theirs and program == "waymark" else None
    print("%-22s %6d/%-6d %8d %6.2f (%5.2f + %5.2f) %6.2f %6s %6.1f %6s %d" % (r["name"], r["exact"],
          r["targets"], r["probes"], r["cpu"], r["user"], r["sys"], r["wall"], r["slack"], r["mib"],
          "" if ratio is None else "%.0f%%" % (100 * ratio), r["inexact_unreported"]))
    if program != "waymark":
        continue
    fast = rate > 50000
    share = 0 if backlog else 0.99 if fast else 1
    goals = [(r["exact"] >= share * r["targets"], "at least %d %% exact" % (100 * share)),
             (r["seen"] == r["targets"], "a trace for each target"),
             (r["inexact_unreported"] == 0, "whatever is not exact says so")]
    if r["probes"] < 50000:
        print("%s: too few probes to judge time by" % method)  # most of it is the program's beginning and end
    else:
        goals += [(fast or r["slack"] <= 1.25, "wall time within 1.25 times probes/rate"),
                  (fast or r["cpu"] <= 4.5, "at most 4.5 CPU s per million probes")]
        goals += [(ratio is not None and ratio <= 0.40, "at most 40 % of scamper's CPU time")] if peer else []
    missed += ["%s: missed: %s" % (method, text) for met, text in goals if not met]
print("\n".join(missed) if missed else "every goal met")
sys.exit(bool(missed))
END
