#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A liar beside the tracer (trace_liar.py): forged, damaged, cut, random and oversized answers on the real
# wire while traces run. Every hop is the truth, the silent router stays silent, and the lies are counted.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/chain.sh
. tests/netns/chain.sh
need python3 jq
chain 6
on 3 nft -f - <<'END'
table inet mute { chain out { type filter hook output priority 0;
	icmp type time-exceeded drop; icmpv6 type time-exceeded drop; }; }
END
# A third of the true answers come no further than the liar, who has them.
on 1 nft -f - <<'END'
table inet eater { chain on_way { type filter hook forward priority 0;
	icmp type time-exceeded numgen random mod 3 0 drop
	icmpv6 type time-exceeded numgen random mod 3 0 drop; }; }
END
mac=$(on 0 cat /sys/class/net/x0/address)
want4=$(for i in $(seq 0 5); do echo "198.18.$i.2"; done | sed '3s/.*/*/')
want6=$(echo 2001:db8::2; for i in $(seq 5); do echo "2001:db8:$i::2"; done)
want6=$(sed '3s/.*/*/' <<<"$want6")

for target in 198.18.5.2 2001:db8:5::2; do
	case $target in *:*) want=$want6 ;; *) want=$want4 ;; esac
	on 1 timeout 120 python3 tests/netns/trace_liar.py x1 x0 "$mac" $target 7 >"$TEMP/liar" 2>&1 &
	for _ in $(seq 600); do grep -q ready "$TEMP/liar" && break; sleep 0.1; done
	for method in udp tcp-syn icmp; do
		port=(--port 33434)
		[ $method = tcp-syn ] && port=(--port 443)
		on 0 "$PROGRAM" trace --json --method $method "${port[@]}" --sport 61000 --attempts 9 --wait 1s \
			--target-rate 200 --metadata "$TEMP/meta" $target >"$TEMP/json" 2>/dev/null </dev/null
		check "$method to $target: every hop is the truth" same "$(jq -r '.hops[] |
			[.replies[].addr | values] | unique | if . == [] then "*" else join(",") end' "$TEMP/json")" "$want"
		# shellcheck disable=SC2016
		check "$method to $target: reached, and more than ten lies were counted" \
			jq -e --slurpfile trace "$TEMP/json" \
			'$trace[0].stop_reason == "reached" and .probes.strange > 10' "$TEMP/meta"
	done
	# shellcheck disable=SC2046
	kill $(ip netns pids "wl-$WORLD-1") 2>/dev/null
	wait 2>/dev/null
	check "to $target: lies of every kind were told" \
		same "$(grep -oE "(guess|noise|damage|cut)': [0-9]{2,}" "$TEMP/liar" | sort -u | wc -l)" 4
	sed 's/^/# /' "$TEMP/liar"
done
done_testing
