#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demonstration interrupted at several moments, as by Ctrl-C (the whole process group), by
# SIGTERM and by SIGHUP: exit 130, and nothing is left of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2119
skip_unless_able
D=$(mktemp -d /tmp/we2e.XXXXXX)
chmod 711 "$D"
export TMPDIR=$D # the demonstration's folder is made here
DEMO=
# shellcheck disable=SC2317 # called by the trap
end() {
	status=$?
	trap '' INT TERM HUP
	trap - EXIT
	if [ -n "$DEMO" ]; then
		kill -TERM "$DEMO" 2>/dev/null
		for _ in $(seq 100); do kill -0 "$DEMO" 2>/dev/null || break; sleep 0.1; done
		waymark-lab down --name "demo$DEMO" 2>/dev/null
	fi
	marked | xargs -r kill -KILL 2>/dev/null
	rm -rf "$D" "/tmp/we2e.demo.$$"
	exit "$status"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

# Every process the demonstration started, wherever it went, has its mark in the environment or
# its folder in the arguments.
marked() {
	local dir
	for dir in /proc/[0-9]*; do
		[ "${dir#/proc/}" = $$ ] && continue
		grep -qsE "^State:.*Z" "$dir/status" && continue
		grep -qs "E2E_MARK=$D" "$dir/environ" || grep -qs "$D/waymark-demo" "$dir/cmdline" || continue
		echo "${dir#/proc/}"
	done
}
left() {
	marked | while read -r pid; do echo "process $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"; done
	find /run/netns -name "wl-demo$DEMO-*" 2>/dev/null
	find /run/waymark-lab -maxdepth 1 -name "demo$DEMO" 2>/dev/null
	grep -E "wl-demo$DEMO|$D" /proc/mounts
	find "$D" -mindepth 1 -maxdepth 1
	nft list tables | grep -e waymark -e wm
	ip -br link | grep -e wmg -e wmv
}

explain() { tail -n 15 "/tmp/we2e.demo.$$" 2>/dev/null; }

interrupted() { # SIGNAL SECONDS WHO (group or one) WORLD
	# A program started in the background ignores SIGINT, one below nohup SIGHUP, and a shell cannot
	# take that back.
	E2E_MARK=$D setsid env --default-signal=INT,QUIT,HUP deploy/lab/demo.sh "$BIN" "$4" \
		>"/tmp/we2e.demo.$$" 2>&1 &
	DEMO=$!
	# Until env has become it, signals are still ignored.
	for _ in $(seq 500); do grep -qsx demo.sh "/proc/$DEMO/comm" && break; sleep 0.01; done
	sleep "$2"
	local target=$DEMO stage
	[ "$3" = group ] && target=-$DEMO
	stage=$(grep '^==' "/tmp/we2e.demo.$$" | tail -n 1)
	kill -"$1" -- "$target"
	for _ in $(seq 200); do kill -0 "$DEMO" 2>/dev/null || break; sleep 0.1; done
	kill -0 "$DEMO" 2>/dev/null
	is $? 1 "SIG$1 to the $3 after $2 s ends it within 20 s (${stage:-== nothing yet})"
	kill -KILL "$DEMO" 2>/dev/null
	wait "$DEMO"
	is $? 130 "and gives 130"
	is "$(left)" "" "and leaves nothing"
	rm -f "/tmp/we2e.demo.$$"
}
small=deploy/lab/world/small.conf
interrupted INT 0.05 group "$WORLD"
interrupted INT 0.3 group $small
interrupted TERM 1.5 one "$WORLD"
interrupted HUP 3 group "$WORLD"
interrupted INT 8 group "$WORLD"
interrupted TERM 9 one $small
DEMO=
done_testing
