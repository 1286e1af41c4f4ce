#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Routers that say nothing, and routers that say little: through a chain of kernel routers every hop is
# the truth, a silent router is a gap, and one that limits its answers is asked again, more slowly.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/chain.sh
. tests/netns/chain.sh
need jq
chain 8
want4=$(for i in $(seq 0 7); do echo "198.18.$i.2"; done)
want6=$(echo 2001:db8::2; for i in $(seq 7); do echo "2001:db8:$i::2"; done)

# without TTL…: the hops on standard input, but for those that say nothing.
without() { sed "$(printf '%ds/.*/*/;' "$@")"; }

# A trace's hops, one address or * a line.
HOPS='.hops[] | [.replies[].addr | values] | unique | if . == [] then "*" else join(",") end'

# --- routers that limit their answers --------------------------------------------------------------

# Router 3 answers six times at once and then once in LIMIT ms, to each that asks.
LIMIT=50
TARGETS=40
for i in $(seq 0 7); do
	on "$i" ip route add 198.19.0.0/16 via "198.18.$i.2"
	on "$i" ip -6 route add 2001:db8:f00::/48 via "2001:db8:$i::2"
done
on 8 ip route add local 198.19.0.0/16 dev lo
on 8 ip -6 route add local 2001:db8:f00::/48 dev lo
targets() { # FAMILY
	seq "$TARGETS" | if [ "$1" = 4 ]; then sed 's/^/198.19.0./'; else sed 's/^/2001:db8:f00::/'; fi
}
limit() { # MS
	on 3 sysctl -qw net.ipv4.icmp_ratelimit="$1" net.ipv4.icmp_ratemask=$((1 << 11)) \
		net.ipv6.icmp.ratelimit="$1"
}

# all FAMILY ARG…: traces to all targets at once, as JSON in $TEMP/all.
all() {
	targets "$1" | on 0 "$PROGRAM" trace --json --method icmp --rate 5000 --net-rate 5000 \
		--parallel 100 "${@:2}" >"$TEMP/all"
}
# How many traces have exactly these hops before the target.
exact() { # HOPS
	jq -c --arg want "$1" "[$HOPS] | .[:-1] == (\$want | split(\"\n\"))" "$TEMP/all" | grep -c true
}

# again WHAT FAMILY HOPS: asked once, the router is silent for some; asked again, more slowly, for none.
again() {
	all "$2" --attempts 1 --again 0
	check "$1: a router that is asked once is silent for some" \
		test "$(exact "$(without 3 <<<"$3")")" -gt 0
	sleep 1 # the limit forgets what was
	all "$2" --attempts 1 --again 4
	check "$1: asked again, it is silent for none of $TARGETS traces" same "$(exact "$3")" $TARGETS
	check "$1: only that router was asked again" same "$(jq -c \
		'[.hops[] | select((.replies | length) > 1) | .ttl]' "$TEMP/all" | sort -u | tr -d '[]\n')" 3
	# 0.4 s later, then 0.8 s, and so on.
	check "$1: and each time later" same "$(jq -c '(.hops[2].replies | length) as $n |
		select(.duration_ms < 400 * $n * ($n - 1) / 2) | [$n, .duration_ms]' "$TEMP/all")" ""
	jq -c '.hops[2].replies | length' "$TEMP/all" | sort | uniq -c | sed "s/^/# $1: traces, probes to it: /"
}

# All who ask together: what a router has saved up is not forgotten, so this comes before it ever spoke.
limit 0
if on 3 sysctl -qw net.ipv4.icmp_msgs_per_sec=40 net.ipv4.icmp_msgs_burst=3 2>/dev/null; then
	again "IPv4, a limit for all together" 4 "$(head -n 7 <<<"$want4")"
	on 3 sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000
else
	skip "IPv4, a limit for all together" "one for the whole machine, before Linux 6.11"
fi

for family in 4 6; do
	if [ $family = 4 ]; then want=$(head -n 7 <<<"$want4"); else want=$(head -n 7 <<<"$want6"); fi
	limit 0
	all $family --attempts 1 --again 0
	check "IPv$family: without a limit one probe to each hop finds all" same "$(exact "$want")" $TARGETS
	limit $LIMIT
	again "IPv$family, a limit for each that asks" $family "$want"
done

# --- silent routers --------------------------------------------------------------------------------

mute() { # NODE…
	local n
	for n; do
		on "$n" nft -f - <<-'END'
			table inet mute { chain out { type filter hook output priority 0;
				icmp type time-exceeded drop; icmpv6 type time-exceeded drop; }; }
		END
	done
}
speak() { local n; for n; do on "$n" nft delete table inet mute; done; }

# asked: every method to the last router in both families at once.
asked() {
	for method in udp icmp tcp-syn tcp-ack quic; do
		printf '%s %s\n' 198.18.7.2 $method 2001:db8:7::2 $method
	done | on 0 "$PROGRAM" trace --json --wait 500ms --target-rate 1000 --net-rate 1000 --again 1 >"$TEMP/all"
}

# The first, two in a row, the last before the target.
for quiet in "1" "3 4" "1 3 4 7"; do
	# shellcheck disable=SC2086
	mute $quiet && asked && speak $quiet
	for method in udp icmp tcp-syn tcp-ack quic; do
		# shellcheck disable=SC2086
		for want in "$(without $quiet <<<"$want4")" "$(without $quiet <<<"$want6")"; do
			target=$(tail -n 1 <<<"$want")
			check "$method to $target: silent are $quiet" same "$(jq -r --arg a "$target" --arg m "$method" \
				"select(.addr == \$a and .method == \$m) | $HOPS" "$TEMP/all")" "$want"
		done
	done
done
done_testing
