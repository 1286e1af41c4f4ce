#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Traces of RIPE Atlas, of scamper and of our own go through every format and back; what other tools
# print is read and told in every format.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
PROGRAM="${WAYMARK:-build/bin/waymark}"
need "$PROGRAM" python3
files=(tests/data/trace/*.jsonl tests/data/trace/*.warts graphs: unread:)
shared=../shared/data/b_traceroute
[ -d $shared ] || shared=../../shared/data/b_traceroute
if [ -d $shared ]; then
	files+=("$shared"/{pantrace_atlas.jsonl,sagan_traceroute_dev.jsonl} "$shared"/trace_*.warts
		"$shared"/pantrace_trace.warts "$shared"/ripe-atlas-monitor/1033154.json)
	for file in "$shared"/{trace_,tracelb_}*.json "$shared"/mlab/* "$shared"/text/*; do
		files+=("read:$file")
	done
	files+=("twin:$shared/tracelb_google_dns_v4_default")
else
	echo "# $shared is absent: only the small samples are read"
fi
exec python3 tests/scenario/trace_formats.py "$PROGRAM" "${files[@]}"
