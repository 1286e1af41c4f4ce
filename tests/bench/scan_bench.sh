#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a scan by order costs a node: an agent asks 1,000 resolvers for 400 names, and so does waymark
# dns from the same namespace over the same link to the same responder. CPU seconds a million
# questions of each; the agent keeps every pair in its journal and sends it, and the collector's own
# work is not counted. SCAN_BENCH_NAMES for a shorter run. No goal: 1 only where questions are lost.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [ "$(id -u)" -ne 0 ]; then
	echo "scan_bench needs root; skipped"
	exit 0
fi
make --no-print-directory build/bin/answer_driver build/bin/waymark build/bin/waymark-agent build/bin/waymark-collector || exit 1
bin=$PWD/build/bin names=${SCAN_BENCH_NAMES:-400}
dir=$(mktemp -d /tmp/wm-scanbench.XXXXXX)
chmod 755 "$dir"
ns=wl-sb-a-$$ there=wl-sb-b-$$
export WAYMARK_DATA=$dir/data WAYMARK_KEYS=$dir/op
unset WAYMARK_DB
agent='' collector='' world=''
waymark() { "$bin/waymark" "$@"; }
# shellcheck disable=SC2317 # called by the trap
finish() {
	for pid in $agent $collector $world; do kill "$pid" 2>/dev/null; done
	wait
	umount -l "$dir/agent" 2>/dev/null
	waymark db stop >/dev/null 2>&1
	ip netns del "$ns" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$dir"
}
trap finish EXIT
within() { # SECONDS COMMAND…
	local end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || { echo "scan_bench: $* does not come about" && exit 1; }
		sleep 0.2
	done
}
logged() { grep -q "$2" "$dir/$1.log"; }
# shellcheck disable=SC2317 # called by within
is_done() { [ "$(waymark scan show bench --json 2>/dev/null | jq -r '[.orders[].state] | unique | join(",")')" = 'done' ]; }
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # hundredths of a second

{
	ip netns add "$ns" && ip netns add "$there" &&
		ip -n "$ns" link add eth0 type veth peer name eth0 netns "$there" &&
		ip -n "$ns" link set lo up && ip -n "$there" link set lo up &&
		ip -n "$ns" link set eth0 up && ip -n "$there" link set eth0 up &&
		ip -n "$ns" addr add 198.18.242.1/30 dev eth0 && ip -n "$there" addr add 198.18.242.2/30 dev eth0 &&
		ip -n "$ns" route add 198.18.0.0/15 via 198.18.242.2 && ip -n "$there" route add local 198.18.0.0/17 dev lo &&
		mkdir "$dir/agent" && mount -t tmpfs -o size=1g,mode=755 wm-scan "$dir/agent" &&
		waymark db init && "$bin/waymark-agent" keygen --keys "$dir/keys" && waymark operator keygen &&
		waymark node add alpha --country CH --position 47.4,8.5 --address4 198.18.242.1 --key "$dir/keys/node.pub" &&
		waymark operator add me --key "$dir/op/operator.pub"
} >"$dir/out" 2>&1 || { cat "$dir/out" && exit 1; }
ip netns exec "$there" "$bin/answer_driver" 53 plain >"$dir/world.log" 2>&1 &
world=$!
ip netns exec "$ns" "$bin/waymark-collector" --listen tcp://127.0.0.1:5757 >"$dir/collector.log" 2>&1 &
collector=$!
cat >"$dir/agent.conf" <<-CONF
	name = alpha
	role = vantage
	data = $dir/agent
	keys = $dir/keys
	collector = tcp://127.0.0.1:5757
	collector-key = $WAYMARK_DATA/collector.pub
	operator-key = $dir/op/operator.pub
	allow = dns
	outside = lo
	scan-rate = 100000
	scan-rate-target = 100000
	scan-rate-net = 100000
CONF
within 60 logged world ready
within 60 logged collector ev=ready
ip netns exec "$ns" "$bin/waymark-agent" --config "$dir/agent.conf" >"$dir/agent.log" 2>&1 &
agent=$!
within 60 logged agent ev=link_up
for i in $(seq 0 999); do echo "198.18.$((i / 250)).$((i % 250 + 1))"; done >"$dir/r"
for i in $(seq "$names"); do echo "name$i.some-example.org"; done >"$dir/n"
total=$((names * 1000)) pid=
for p in $(ip netns pids "$ns"); do [ "$(cat "/proc/$p/comm")" = waymark-agent ] && pid=$p; done

before=$(cpu "$pid")
waymark scan start alpha --name bench --resolvers "$dir/r" --domains "$dir/n" --profile plain --listen 100ms \
	--reserved >"$dir/out" 2>&1 || { cat "$dir/out" && exit 1; }
within 600 is_done
by_order=$(($(cpu "$pid") - before))
TIMEFORMAT='%U %S'
{ time ip netns exec "$ns" "$bin/waymark" dns --resolvers "$dir/r" --domains "$dir/n" --profile plain --listen 100ms --json --quiet \
	--rate 100000 --resolver-rate 0 --net-rate 0 --output "$dir/agent/o" --metadata "$dir/m" 2>"$dir/out"; } 2>"$dir/time"
read -r user system < <(tail -n 1 "$dir/time")
awk -v q="$total" -v a="$by_order" -v u="$user" -v s="$system" 'BEGIN {
	printf "%d questions over one link: by order %.2f CPU s a million, waymark dns %.2f: %.2f times\n",
		q, a * 1e4 / q, (u + s) * 1e6 / q, a / 100 / (u + s) }'
answered=$(waymark scan show bench | grep -oE '[0-9]+ answered' | cut -d' ' -f1)
[ "$answered $(jq .sums.answered "$dir/m")" = "$total $total" ] || { echo "lost: $answered and $(jq .sums.answered "$dir/m") of $total" && exit 1; }
