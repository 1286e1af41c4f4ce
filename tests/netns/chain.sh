# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Chains and diamonds of kernel routers between network namespaces, for tests that source this file.
# Node names are wl-<world>-<node>; everything goes away when the test ends.

# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"
WORLD="t$$"
NODES=()
PROGRAM="${WAYMARK:-build/bin/waymark}"

need_root
ip netns add "wl-$WORLD-probe" 2>/dev/null || skip_all "network namespaces are not permitted here"
ip netns delete "wl-$WORLD-probe"
need "$PROGRAM"

clean() {
	local n
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	# A job is the shell that runs `on`; the program is its child, in a namespace of ours.
	for n in "${NODES[@]}"; do
		# shellcheck disable=SC2046
		kill $(ip netns pids "wl-$WORLD-$n" 2>/dev/null) 2>/dev/null
		ip netns delete "wl-$WORLD-$n" 2>/dev/null
	done
	[ -z "${TEMP:-}" ] || rm -rf "$TEMP"
}
trap clean EXIT
trap 'exit 130' INT TERM
TEMP=$(mktemp -d)

# check NAME COMMAND…: what it says is told when it fails.
check() {
	local name=$1
	shift
	"$@" >"$TEMP/out" 2>&1
	ok $? "$name" "$(cat "$TEMP/out")"
}

same() {
	[ "$1" = "$2" ] || {
		printf 'have:\n%s\nwant:\n%s\n' "$1" "$2"
		return 1
	}
}

on() {
	local n=$1
	shift
	ip netns exec "wl-$WORLD-$n" "$@"
}

# node NAME…: namespaces that forward and answer every expired packet.
node() {
	local n
	for n; do
		ip netns add "wl-$WORLD-$n" && NODES+=("$n")
		on "$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
			net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
			net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
		on "$n" sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 \
			net.ipv4.icmp_msgs_burst=100000 2>/dev/null
		on "$n" ip link set lo up
	done
}

# link A B NET: a cable; A is 198.18.NET.1 and 2001:db8:NET::1, B has .2 and ::2.
link() {
	local a=$1 b=$2 net=$3
	ip link add "x$net" netns "wl-$WORLD-$a" type veth peer name "x$net" netns "wl-$WORLD-$b"
	on "$a" ip -batch - <<-END
		addr add 198.18.$net.1/24 dev x$net
		addr add 2001:db8:$net::1/64 dev x$net nodad
		link set x$net up
	END
	on "$b" ip -batch - <<-END
		addr add 198.18.$net.2/24 dev x$net
		addr add 2001:db8:$net::2/64 dev x$net nodad
		link set x$net up
	END
}

# chain N: nodes 0..N in a row; net I lies between I and I+1.
chain() {
	local n=$1 i j
	# shellcheck disable=SC2046
	node $(seq 0 "$n")
	for ((i = 0; i < n; i++)); do link "$i" $((i + 1)) "$i"; done
	for ((i = 0; i <= n; i++)); do
		{
			for ((j = 0; j < i - 1; j++)); do
				echo "route add 198.18.$j.0/24 via 198.18.$((i - 1)).1"
				echo "route add 2001:db8:$j::/64 via 2001:db8:$((i - 1))::1"
			done
			for ((j = i + 1; j < n; j++)); do
				echo "route add 198.18.$j.0/24 via 198.18.$i.2"
				echo "route add 2001:db8:$j::/64 via 2001:db8:$i::2"
			done
		} | on "$i" ip -batch -
	done
}

# Addresses of a traceroute-like output, one line per hop, "*" where none answered.
hops() {
	awk '$1 ~ /^[0-9]+$/ {
		out = ""
		for (i = 2; i <= NF; i++)
			if (($i ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ || $i ~ /:/) && !seen[$1, $i]++)
				out = out (out == "" ? "" : ",") $i
		print out == "" ? "*" : out
	}'
}

# trace ARG…: waymark trace from node 0, quick, hops only.
trace() {
	timeout 30 ip netns exec "wl-$WORLD-${FROM:-0}" "$PROGRAM" trace --wait 500ms \
		--target-rate 1000 "$@" | hops
}
