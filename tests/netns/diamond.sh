# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Four ways of two routers between kernel routers, for tests that source this file and then say how b
# parts what comes from a:
#
#	a - b = (c0-c1 d0-d1 e0-e1 f0-f1) = g - h
#
# A link is 198.18.NET.0/24 and 2001:db8:NET::/64: a-b is 1, b-c0 to b-f0 are 2 to 5, c0-c1 to f0-f1 12 to
# 15, c1-g to f1-g 22 to 25, g-h is 9.
# shellcheck source=tests/netns/chain.sh
. tests/netns/chain.sh

diamond() {
	local net=2 branch near far
	node a b g h
	link a b 1
	link g h 9
	for branch in c d e f; do
		near=${branch}0 far=${branch}1
		node $near $far
		link b $near $net
		link $near $far $((net + 10))
		link $far g $((net + 20))
		on $near ip route add 198.18.9.0/24 via 198.18.$((net + 10)).2
		on $near ip route add 198.18.1.0/24 via 198.18.$net.1
		on $near ip -6 route add 2001:db8:9::/64 via 2001:db8:$((net + 10))::2
		on $near ip -6 route add 2001:db8:1::/64 via 2001:db8:$net::1
		on $far ip route add 198.18.9.0/24 via 198.18.$((net + 20)).2
		on $far ip route add 198.18.1.0/24 via 198.18.$((net + 10)).1
		on $far ip -6 route add 2001:db8:9::/64 via 2001:db8:$((net + 20))::2
		on $far ip -6 route add 2001:db8:1::/64 via 2001:db8:$((net + 10))::1
		net=$((net + 1))
	done
	on a ip route add default via 198.18.1.2
	on a ip -6 route add default via 2001:db8:1::2
	on h ip route add default via 198.18.9.1
	on h ip -6 route add default via 2001:db8:9::1
	on g ip route add 198.18.1.0/24 via 198.18.22.1
	on g ip -6 route add 2001:db8:1::/64 via 2001:db8:22::1
}

# The name of the router each address belongs to. Over IPv6 g answers from the link a packet came by.
named() {
	sed -E 's/198\.18\.1\.2|2001:db8:1::2/b/g; s/198\.18\.2\.2|2001:db8:2::2/c0/g
		s/198\.18\.3\.2|2001:db8:3::2/d0/g; s/198\.18\.4\.2|2001:db8:4::2/e0/g
		s/198\.18\.5\.2|2001:db8:5::2/f0/g; s/198\.18\.12\.2|2001:db8:12::2/c1/g
		s/198\.18\.13\.2|2001:db8:13::2/d1/g; s/198\.18\.14\.2|2001:db8:14::2/e1/g
		s/198\.18\.15\.2|2001:db8:15::2/f1/g; s/198\.18\.22\.2|2001:db8:2[2-5]::2/g/g
		s/198\.18\.9\.2|2001:db8:9::2/h/g'
}

# Traces of JSON as hops by these names, a line each, one word a hop.
paths() {
	jq -r '[.hops[] | [.replies[].addr | values] | unique | if . == [] then "*" else join(",") end] |
		join(" ")' | named | sed 's/\(g,\)*g/g/'
}
# A trace from a, from each of these source ports, at once.
plain() { # "PORT…" TARGET ARG…
	local ports=$1
	shift
	# shellcheck disable=SC2016
	on a sh -c 'for port in $0; do "$@" --sport "$port" </dev/null >"$out.$port" & done; wait' "$ports" \
		"$PROGRAM" trace --quiet --json --wait 500ms --target-rate 1000 "$@"
	cat "$out".* | paths
	rm -f "$out".*
}
export out="$TEMP/path"
