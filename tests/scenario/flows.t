#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark flows` over real captures equals what independent programs say about them, and files that
# cannot be read are refused with offset and reason.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
waymark=${WAYMARK_BIN:-build/bin}/waymark
shared=${WAYMARK_SHARED:-../shared}/data
here=tests/data/capture
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
need "$waymark" python3 tshark mergecap

refused() { # NAME FILE STATUS WORDS: exits with STATUS, one line on stderr that has WORDS
	"$waymark" flows "$2" --json >"$tmp/out" 2>"$tmp/err"
	[ $? -eq "$3" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q "$4" "$tmp/err"
	ok $? "$1" "$(cat "$tmp/err")"
}
compare() { # PCAP TRUTH
	python3 tests/scenario/flows_truth.py "$waymark" "$1" "$2" >"$tmp/diff" 2>&1
	ok $? "$(basename "$1") equals its truth" "$(cat "$tmp/diff")"
}

beside() { # NAME CAPTURE…: TCP facts
	python3 tests/scenario/flows_tcp.py "$waymark" "${@:2}" >"$tmp/diff" 2>&1
	ok $? "$1" "$(cat "$tmp/diff")"
}

for truth in "$here"/truth/*.truth.json; do
	[ -e "$truth" ] && compare "$here/$(basename "$truth" .truth.json)" "$truth"
done
if [ -d "$shared/a_messaging_pcap" ]; then
	for truth in "$shared"/a_messaging_pcap/truth/*.truth.json; do
		compare "$shared/a_messaging_pcap/$(basename "$truth" .truth.json)" "$truth"
	done
	if "$waymark" flows "$shared/a_messaging_pcap/whatsapp_login_call.pcap" --label --csv >"$tmp/out" 2>"$tmp/err"; then
		[ "$(awk -F, '$13 ~ /^WhatsApp/' "$tmp/out" | wc -l)" -ge 10 ]
		ok $? "flows of WhatsApp are labelled as such"
	else
		skip "labels" "$(cat "$tmp/err")"
	fi
	refused "24-byte record headers are refused" "$shared/a_messaging_pcap/xz1_wa_merged.pcap" 1 \
		"offset 24: record headers of 24 bytes"
else
	skip "captures of messengers" "no ../shared/data"
fi
whole=$here/tls-conn-with-extensions.pcap
head -c 10000 "$whole" >"$tmp/cut.pcap"
refused "a cut file is refused where it is cut" "$tmp/cut.pcap" 3 "offset 10000, after 25 packets"
[ "$(python3 -c 'import json, sys; print(sum(f["pkts_ab"] + f["pkts_ba"] for f in map(json.loads, sys.stdin)))' <"$tmp/out")" = 25 ]
ok $? "the packets before the cut are delivered"
"$waymark" flows - --csv <"$whole" >"$tmp/stdin" && "$waymark" flows "$whole" --csv >"$tmp/file"
cmp -s "$tmp/stdin" "$tmp/file" && [ "$(wc -l <"$tmp/file")" -gt 1 ]
ok $? "standard input reads like a file"
# nDPI: asked by default, done without where it is not there, unless it was asked for.
plain=$(dirname "$waymark")/plain/waymark
labels() { "$1" flows $here/tls-conn-with-extensions.pcap --json "${@:2}" 2>"$tmp/err" | grep -c '"app":"'; }
if [ -x "$plain" ]; then
	[ "$(labels "$plain")" = 0 ] && [ ! -s "$tmp/err" ] && ! ldd "$plain" | grep -q ndpi
	ok $? "without nDPI flows have no label, and nobody minds"
	! "$plain" flows $here/raw_packets.pcap --label >"$tmp/out" 2>"$tmp/err" && grep -q "built without nDPI" "$tmp/err"
	ok $? "unless it was asked for"
	"$plain-agent" --help | grep -q capture-label && ! ldd "$plain-agent" | grep -q ndpi
	ok $? "an agent needs no nDPI either"
else
	skip "without nDPI" "$plain is not built: make tests"
fi
if ldd "$waymark" | grep -q ndpi; then
	[ "$(labels "$waymark")" -ge 1 ] && [ "$(labels "$waymark" --no-label)" = 0 ]
	ok $? "a flow's application is told by default, and not with --no-label"
else
	skip "labels by default" "built without nDPI"
fi
gzip -c $here/raw_packets.pcap >"$tmp/raw.pcap.gz"
"$waymark" flows "$tmp/raw.pcap.gz" --csv >"$tmp/packed" && "$waymark" flows $here/raw_packets.pcap --csv >"$tmp/plain"
cmp -s "$tmp/packed" "$tmp/plain"
ok $? "a file packed by gzip reads like one that is not"
head -c 400 "$tmp/raw.pcap.gz" >"$tmp/cut.pcap.gz"
refused "a packed file that is cut is refused" "$tmp/cut.pcap.gz" 3 "offset [0-9]*, after [0-9]* packets"
python3 tests/scenario/flows_hellos.py "$waymark" tests/data/hellos >"$tmp/diff" 2>&1
ok $? "hellos of TLS, DTLS and QUIC are those of their truth table" "$(cat "$tmp/diff")"
if [ -d "$shared/f_wire_vectors" ]; then
	python3 tests/scenario/flows_hellos.py "$waymark" "$shared/f_wire_vectors" >"$tmp/diff" 2>&1
	ok $? "hellos of TLS, DTLS and QUIC are those of the truth table" "$(cat "$tmp/diff")"
else
	skip "hellos from everywhere" "no ../shared/data"
fi
# Ethernet with and without tags, Linux cooked v2 and raw IP in one file.
mergecap -F pcapng -w "$tmp/mixed.pcapng" "$here"/{raw_packets,linux_dlt_sll2,mixed-vlan-mpls}.pcap \
	tests/data/vectors/pcap_format/LINKTYPE_RAW_ipv[46].pcap
"$waymark" flows "$tmp/mixed.pcapng" --csv | awk -F, 'NR > 1 { p += $6 + $8 } END { print p }' >"$tmp/out"
is "$(cat "$tmp/out")" "$(tshark -n -r "$tmp/mixed.pcapng" -Y 'ip or ipv6' -T fields -e frame.number 2>/dev/null | wc -l)" \
	"pcapng with interfaces of several link types is read whole"
"$waymark" flows "$tmp/mixed.pcapng" --save "$tmp/mixed.pcap" >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "cannot be saved in one pcap file" "$tmp/err"
ok $? "frames of several link types are not saved as one"
head -c 15000 "$tmp/mixed.pcapng" >"$tmp/cut.pcapng"
refused "a cut pcapng file is refused where it is cut" "$tmp/cut.pcapng" 3 \
	"offset [0-9]*, after [0-9]* packets: the file ends within a block"
beside "who opened, answered and ended, what came again, and round trips are as tshark has them" "$here"/*.pcap
for seed in 1 2 3; do python3 tests/beside/made.py $seed "$tmp/made$seed.pcap"; done
beside "in made-up traffic too" "$tmp"/made?.pcap
sums() { awk -F, 'NR > 1 { p += $6 + $8; b += $7 + $9 } END { print p, b }'; }
all=$("$waymark" flows $here/raw_packets.pcap --csv | sums)
few=$("$waymark" flows $here/raw_packets.pcap --csv --flows 2 2>"$tmp/err" | sums)
[ "$all" = "$few" ] && grep -q "ended early for want of room" "$tmp/err"
ok $? "a table too small loses no packet and no byte, and says so"
printf 'not a capture at all, whatever it is called' >"$tmp/rubbish.pcap"
refused "rubbish is refused" "$tmp/rubbish.pcap" 1 "offset [0-9]*: unknown file format"
refused "a missing file is not found" "$tmp/absent.pcap" 4 "cannot read"
head -c 24 $here/raw_packets.pcap >"$tmp/none.pcap"
"$waymark" flows "$tmp/none.pcap" --json >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]
ok $? "a capture of no packets is a capture"
"$waymark" flows - --save "$tmp/saved.pcap" <"$tmp/none.pcap" >"$tmp/out" 2>&1 &&
	[ "$(stat -c %s "$tmp/saved.pcap")" = 24 ] && "$waymark" flows "$tmp/saved.pcap" --dns >"$tmp/out" 2>&1
ok $? "from standard input too, and saved it is one again"
head -c 23 "$tmp/none.pcap" >"$tmp/less.pcap"
refused "a byte less is refused" "$tmp/less.pcap" 1 "offset 23: "
head -c 30 $here/raw_packets.pcap >"$tmp/more.pcap"
refused "a capture cut within its first record is refused" "$tmp/more.pcap" 1 "offset 30, after 0 packets: "
: >"$tmp/empty"
refused "an empty file is refused" "$tmp/empty" 1 "offset 0"
"$waymark" flows $here/raw_packets.pcap >/dev/full 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "standard output: No space left" "$tmp/err"
ok $? "a full disk is told"
"$waymark" flows $here/mixed-vlan-mpls.pcap --save /dev/full >"$tmp/out" 2>"$tmp/err"
[ $? -eq 1 ] && grep -q "could not be saved" "$tmp/err"
ok $? "a full disk is told, of the saved capture too"
"$waymark" flows --json --csv x >"$tmp/out" 2>"$tmp/err"
[ $? -eq 2 ]
ok $? "two forms at once is a usage error"
done_testing
