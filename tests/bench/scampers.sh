#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# scamper at any rate: one, or as many side by side as make it up, each with its share of targets and of
# the window, when the build at hand takes no such rate (Debian's stops at 10,000 packets a second).
#
#	tests/bench/scampers.sh SCAMPER RATE WINDOW COMMAND TARGETS OUT
[ $# -eq 6 ] || exit 0 # called by trace_bench.sh
scamper=$1 rate=$2 window=$3 command=$4 targets=$5 out=$6
n=1
"$scamper" -p "$rate" -c trace -f /dev/null >/dev/null 2>&1 || n=$(((rate + 9999) / 10000))
split -n "r/$n" "$targets" "$out.targets."
for t in "$out".targets.*; do
	"$scamper" -p $((rate / n)) -w $((window / n)) -O warts -o "$out.${t##*.}" -c "$command" -f "$t" &
done
wait
rm -f "$out".targets.*
