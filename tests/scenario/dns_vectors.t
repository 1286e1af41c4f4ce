#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# DNS messages, malformed and sound, are told as dnspython reads them. Those of the tree always; those
# that may not be copied where ../shared/data is.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
waymark=${WAYMARK_BIN:-build/bin}/waymark
shared=${WAYMARK_SHARED:-../shared}/data/f_wire_vectors
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
need "$waymark" python3

beside() { # NAME {VERDICTS MESSAGES}…
	python3 tests/scenario/dns_vectors.py "$waymark" "$tmp/messages.pcap" "${@:2}" >"$tmp/diff" 2>&1
	ok $? "$1: $(tail -n 1 "$tmp/diff")" "$(cat "$tmp/diff")"
}

beside "messages that made c-ares stumble" tests/data/vectors/dns/raw_messages.dnspython.tsv tests/data/vectors
if [ -d "$shared" ]; then
	d=$shared/dns
	beside "messages from everywhere" "$d/raw_messages.dnspython.tsv" "$shared" \
		"$d/cznic_dns_fuzzing_dev.dnspython.tsv.gz" "$d/cznic_dns_fuzzing_dev.tar.gz" \
		"$d/atlas_abuf.dnspython.tsv" "$d/atlas_dns_dev.jsonl"
else
	skip "messages from everywhere" "no ../shared/data"
fi
done_testing
