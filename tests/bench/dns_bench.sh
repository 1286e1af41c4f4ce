#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# One million questions, 1,000 names at 1,000 resolvers, by waymark dns and by whoever else is there:
# dnsperf (Debian), and by environment massdns ($MASSDNS), zdns ($ZDNS) and any other client ($PEER,
# a command that gets the files of resolvers and of names as its last two arguments and asks every
# name at every resolver). The same responder for all, in a namespace of its own, each on one core.
# CPU seconds a million questions, and the ratio to ours. DNS_BENCH_NAMES for a shorter run. Ends
# with 1 where our own part misses a goal: 4 CPU seconds a million questions, nothing lost, at most
# 16 MiB and 200 bytes for each pair outstanding (answers with EDNS, a hundred thousand of them).
# Whatever else runs on the machine only adds CPU time: the cheapest of DNS_BENCH_TIMES runs counts
# (5); the first that meets the goal is enough. dnsperf runs after each of ours, and its cheapest
# counts: a shared machine is half as fast an hour later. The goal was set where dnsperf needed 4.5;
# where it needs more in the same minutes, so may we, by the same share.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [ "$(id -u)" -ne 0 ]; then
	echo "dns_bench needs root; skipped"
	exit 0
fi
make --no-print-directory build/bin/answer_driver build/bin/waymark || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh
names=${DNS_BENCH_NAMES:-1000}
for i in $(seq 0 999); do echo "198.18.$((i / 250)).$((i % 250 + 1))"; done >"$dir/r"
for i in $(seq "$names"); do echo "name$i.some-example.org"; done >"$dir/n"
sed 's/$/ A/' "$dir/n" >"$dir/perf"
total=$((names * 1000))
cores=$(nproc)
# dnsperf believes in a family only where an interface that is no loopback has an address of it.
inside ip link add dummy0 type veth peer name dummy1
inside ip addr add 192.0.2.1/32 dev dummy0
inside ip link set dummy0 up && inside ip link set dummy1 up
answer 53 plain
taskset -pc $((cores - 1)) "$(inside pgrep -f "^$bin/answer_driver" | head -1)" >/dev/null 2>&1

ours='' missed=0 peer=''
goal() { # WHAT VALUE BOUND
	local verdict=
	{ [ -n "$2" ] && below "$2" "$3"; } || verdict=', MISSED' missed=1
	echo "  $1: $2 (goal: at most $3)$verdict"
}
goals() { # QUESTIONS: of our run just made, by $dir/time and $dir/meta
	local lost rss bound pairs
	read -r lost rss bound pairs < <(python3 - "$dir/meta" <<-'PY'
		import json, sys
		m = json.load(open(sys.argv[1]))
		p, s = m["packets"], m["sums"]
		print(p["not_kept"] + p["kernel_drops"] + s["pairs"] - s["answered"], m["rss_kib"],
		      16 * 1024 + 200 * m["most_outstanding"] // 1024, m["most_outstanding"])
	PY
	)
	goal 'CPU seconds a million questions' "$(cost "$1")" "$(allowed)"
	goal 'packets lost, pairs unanswered' "${lost:-}" 0
	goal "KiB of memory with ${pairs:-?} pairs outstanding" "${rss:-}" "${bound:-0}"
}
report() { # NAME QUESTIONS TIMEFILE ANSWERED
	read -r user sys wall rss <"$3"
	awk -v n="$1" -v q="$2" -v u="$user" -v s="$sys" -v w="$wall" -v r="$rss" -v a="$4" -v o="$ours" '
	BEGIN { c = (u + s) * 1e6 / q
		printf "%-28s %8d questions %8d answered %6.2f CPU s a million (user %.2f, system %.2f) %7.0f/s %6.1f MiB", n, q, a, c, u, s, q / w, r / 1024
		if (o != "") printf "  %.2f times ours", c / o
		print "" }'
}
run() { # COMMAND…
	inside /usr/bin/time -o "$dir/time" -f "%U %S %e %M" taskset -c 0 "$@"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a <= b) }'; }
allowed() { awk -v p="${peer:-0}" 'BEGIN { print (p > 4.5 ? 4 * p / 4.5 : 4) }'; }
peer_run() { # dnsperf; of its runs the cheapest, in $dir/peer.time and $peer
	local now
	command -v dnsperf >/dev/null || return
	run dnsperf -f inet -s 198.18.0.1 -d "$dir/perf" -n 1000 -c 10 -q 1000 -t 2 >"$dir/said" 2>&1
	now=$(cost "$(awk '/Queries sent/ { print $3 }' "$dir/said")")
	if [ -z "$peer" ] || below "$now" "$peer"; then
		peer=$now
		cp "$dir/time" "$dir/peer.time" && cp "$dir/said" "$dir/peer.said"
	fi
}
ours_run() { # QUESTIONS OPTION…: of our runs the cheapest, in $dir/time and $dir/meta
	local questions=$1 least=
	shift
	for _ in $(seq "${DNS_BENCH_TIMES:-5}"); do
		: >"$dir/out"
		run "$bin/waymark" dns "${fast[@]}" "$@" --output "$dir/out" --metadata "$dir/meta"
		if [ -z "$least" ] || below "$(cost "$questions")" "$least"; then
			least=$(cost "$questions")
			cp "$dir/time" "$dir/best.time" && cp "$dir/meta" "$dir/best.meta"
		fi
		peer_run
		below "$least" "$(allowed)" && break
	done
	mv "$dir/best.time" "$dir/time" && mv "$dir/best.meta" "$dir/meta"
}
cost() { awk -v q="$1" '{ print ($1 + $2) * 1e6 / q }' "$dir/time"; }

fast=(--resolvers "$dir/r" --domains "$dir/n" --json --quiet --rate 0 --resolver-rate 0 --net-rate 0)
ours_run "$total" --profile plain --listen 0ms --outstanding 10000 --no-edns
ours=$(cost "$total")
report "waymark dns (JSON lines)" "$total" "$dir/time" "$(grep -c '"status":"answered"' "$dir/out")"
goals "$total"
sent=$((3 * total))
ours_run "$sent" --profile waymark --listen 3s
report "… sandwich, EDNS, listening 3 s" "$sent" "$dir/time" "$(grep -c '"status":"answered"' "$dir/out")"
goals "$sent"
sent=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["questions"]["sent"])' "$dir/meta")
goal 'questions more than a sandwich each has' $((sent - 3 * total)) 0
: >"$dir/out"
if [ -n "$peer" ]; then
	asked=$(awk '/Queries sent/ { print $3 }' "$dir/peer.said")
	report dnsperf "$asked" "$dir/peer.time" "$(awk '/Queries completed/ { print $3 }' "$dir/peer.said")"
else
	echo "dnsperf is not installed"
fi
if [ -n "${MASSDNS:-}" ]; then
	run "$MASSDNS" -r "$dir/r" -t A -o J -w "$dir/out" "$dir/n" >/dev/null 2>&1
	report "massdns (1 resolver a name)" "$names" "$dir/time" "$(wc -l <"$dir/out")"
fi
if [ -n "${ZDNS:-}" ]; then
	awk 'NR == FNR { r[n++] = $1; next } { for (i = 0; i < n; i++) print $1 "," r[i] }' \
		"$dir/r" "$dir/n" | run "$ZDNS" A --name-server-mode=false >"$dir/out" 2>/dev/null
	report zdns "$total" "$dir/time" "$(wc -l <"$dir/out")"
fi
if [ -n "${PEER:-}" ]; then
	# shellcheck disable=SC2086
	run $PEER "$dir/r" "$dir/n" >"$dir/out"
	report "${PEER%% *}" "$total" "$dir/time" "$(wc -l <"$dir/out")"
fi
[ "$missed" -eq 0 ] || echo 'dns_bench: a goal is missed' >&2
exit "$missed"
