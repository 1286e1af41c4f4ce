#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures that no one here has seen, made up from a seed, as `waymark flows` reads them beside tshark:
# flows, DNS answers and names are the same, whatever the link type, byte order and file format, and
# however the conversations are cut up. BESIDE_SEEDS=FIRST-LAST; `make beside` takes many.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
waymark=${WAYMARK_BIN:-build/bin}/waymark
seeds=${BESIDE_SEEDS:-1-6}
need "$waymark" tshark editcap mergecap python3
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT

beside() { # NAME CAPTURE…
	python3 tests/beside/beside.py "$waymark" "${@:2}" >"$tmp/diff" 2>&1
	ok $? "$1" "$(cat "$tmp/diff")"
}

python3 -c 'import cryptography' 2>/dev/null || echo "# without python3-cryptography there is no QUIC in them"
for seed in $(seq "${seeds%-*}" "${seeds#*-}"); do
	python3 tests/beside/made.py "$seed" "$tmp/$seed.pcap"
	beside "made-up traffic $seed" "$tmp/$seed.pcap"
done
first=${seeds%-*}
editcap -F pcapng "$tmp/$first.pcap" "$tmp/ng.pcapng"
beside "as pcapng" "$tmp/ng.pcapng"
gzip -c "$tmp/$first.pcap" >"$tmp/packed.pcap.gz"
beside "packed by gzip" "$tmp/packed.pcap.gz"
mergecap -F pcapng -w "$tmp/mixed.pcapng" "$tmp/"[0-9]*.pcap
beside "all of them in one pcapng file of several link types" "$tmp/mixed.pcapng"
editcap -s 200 -F pcapng "$tmp/$first.pcap" "$tmp/short.pcapng"
diff <("$waymark" flows "$tmp/short.pcapng" --csv | cut -d, -f1-9) <("$waymark" flows "$tmp/$first.pcap" --csv | cut -d, -f1-9) >"$tmp/diff"
ok $? "cut to 200 bytes a frame the flows are the same" "$(cat "$tmp/diff")"
# A cut file: what comes before the cut is told, then the offset.
size=$(stat -c %s "$tmp/$first.pcap")
bad=
for cut in $(seq 30 $((size / 25 + 1)) "$size"); do
	head -c "$cut" "$tmp/$first.pcap" >"$tmp/cut.pcap"
	whole=$(tshark -n -r "$tmp/cut.pcap" -Y 'ip or ipv6' -T fields -e frame.number 2>/dev/null | wc -l)
	told=$("$waymark" flows "$tmp/cut.pcap" --csv 2>"$tmp/err" | awk -F, 'NR > 1 { p += $6 + $8 } END { print p + 0 }')
	if [ "$told" != "$whole" ] ||
		{ [ -s "$tmp/err" ] && ! grep -q "offset [0-9]*, after [0-9]* packets: " "$tmp/err"; }; then
		bad+="cut at $cut: $told packets of $whole; $(cat "$tmp/err")"$'\n'
	fi
done
[ -z "$bad" ]
ok $? "a file cut anywhere gives what is before the cut" "$bad"
done_testing
