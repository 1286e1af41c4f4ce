#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Label stacks of MPLS (RFC 4950): every label, traffic class, bottom mark and TTL that the routers of
# a lab tell is in the trace, at the hop it came from, and nowhere else; scamper reads the same.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
lab=$(realpath "${LAB:-build/bin/waymark-lab}")
need "$lab" scamper jq
[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"

# One label, several, as many as a router of the lab has; the first and the last router have none.
cat >"$TEMP/world" <<'END'
world mpls
as 64512 "Label Test"
router r1 as=64512 country=DE at=50,8
router r2 as=64512 country=DE at=50,9 mpls=24001:0:1
router r3 as=64512 country=DE at=50,10 mpls=16:7:1,1048575:3:255
router r4 as=64512 country=DE at=50,11 mpls=299776:1:1,17:5:254,0:0:0
router r5 as=64512 country=DE at=50,12 mpls=1:0:1,2:1:2,3:2:3,4:3:4,5:4:5,6:5:6,7:6:7,8:7:8
router r6 as=64512 country=DE at=50,13
link r1 r2
link r2 r3
link r3 r4
link r4 r5
link r5 r6
host x kind=vantage router=r1
host y kind=vantage router=r6
END
"$lab" up "$TEMP/world" --name "$WORLD" --bare 2>"$TEMP/err"
check "the lab comes up" test $? = 0
leave() {
	"$lab" down --name "$WORLD" 2>/dev/null
	clean
}
trap leave EXIT

# The truth as lines: TTL label tc bottom ttl.
truth=$(awk '$1 == "router" {
	r++
	for (i = 3; i <= NF; i++)
		if (sub(/^mpls=/, "", $i)) {
			n = split($i, entry, ",")
			for (k = 1; k <= n; k++) {
				split(entry[k], part, ":")
				print r, part[1], part[2], k == n ? "true" : "false", part[3]
			}
		}
}' "$TEMP/world")
check "the world has fourteen labels" same "$(wc -l <<<"$truth")" 14

# shellcheck disable=SC2016
labels='.hops[] | .ttl as $t | .replies[0].mpls[]? | "\($t) \(.label) \(.tc) \(.bottom) \(.ttl)"'
for family in 4 6; do
	target=$("$lab" hosts "$TEMP/world" | awk -F, -v c=$family '$1 == "y" { print $(c == 4 ? 4 : 5) }')
	hops=$("$lab" path "$TEMP/world" x y | awk -v c=$((family == 4 ? 3 : 4)) '$1 ~ /^[0-9]+$/ { print $c }')
	for method in icmp udp tcp-syn quic; do
		port=(--port 33434)
		[ $method = icmp ] && port=()
		on x "$PROGRAM" trace --json --target-rate 1000 --wait 500ms --method $method "${port[@]}" \
			"$target" >"$TEMP/json"
		check "IPv$family, $method: the label stacks of the world" \
			same "$(jq -r "$labels" "$TEMP/json")" "$truth"
		check "IPv$family, $method: at its routers" \
			same "$(jq -r '.hops[].replies[0].addr // "*"' "$TEMP/json")" "$hops"
	done
	check "IPv$family: scamper reads the same" same "$(on x scamper -O json -c "trace -P icmp-paris -w 1" \
		-i "$target" | jq -r 'select(.type == "trace") | .hops[] | .probe_ttl as $t |
		.icmpext[]?.mpls_labels[] | "\($t) \(.mpls_label) \(.mpls_exp) \(.mpls_s == 1) \(.mpls_ttl)"')" \
		"$truth"
	# By way of the other formats: what warts says of them is what was seen.
	"$PROGRAM" trace --read "$TEMP/json" --format warts >"$TEMP/warts"
	check "IPv$family: kept in warts" \
		same "$("$PROGRAM" trace --read "$TEMP/warts" --json | jq -r "$labels")" "$truth"
done
done_testing
