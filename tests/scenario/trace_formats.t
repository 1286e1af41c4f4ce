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
# Ours, and others' that may be copied; those that may not, where they are.
files=(tests/data/trace/*.jsonl tests/data/trace/*.warts graphs: unread: packets:
	tests/data/trace/read/{pantrace_atlas.jsonl,trace_google_dns_v4_default.warts}
	twin:tests/data/trace/read/tracelb_google_dns_v4_default)
for file in tests/data/trace/read/{*.json,mlab/*,text/*}; do
	files+=("read:$file")
done
shared=${WAYMARK_SHARED:-../shared}/data/b_traceroute
if [ -d "$shared" ]; then
	files+=("$shared"/{sagan_traceroute_dev.jsonl,pantrace_trace.warts,ripe-atlas-monitor/1033154.json})
	for file in "$shared"/text/*; do
		files+=("read:$file")
	done
	for file in "$shared"/{trace,tracelb}_google_dns_v4_default.txt "$shared"/mpls-traceroute.{pcap,out}; do
		files+=("not:$file")
	done
else
	echo "# $shared is absent: only what lies in the tree is read"
fi
exec python3 tests/scenario/trace_formats.py "$PROGRAM" "${files[@]}"
