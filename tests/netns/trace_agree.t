#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# On single-path targets Linux traceroute, mtr, scamper and waymark trace say the same, hop for hop;
# and the text waymark prints is traceroute's own, but for the times.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
chain 6
LAST=5

need traceroute mtr scamper jq

# agree WHAT TARGET METHOD WANT: each tracer's hops.
agree() {
	local what=$1 target=$2 method=$3 want=$4 letter kind v=${2//[^:]/}
	case $method in
	udp) letter=-U kind=udp-paris ;;
	icmp) letter=-I kind=icmp-paris ;;
	tcp-syn) letter=-T kind=tcp ;;
	esac
	# Over IPv6 scamper's Paris traceroute by UDP says nothing.
	[ $kind = udp-paris ] && [ -n "$v" ] && kind=udp
	check "$what, $method to $target: waymark" \
		same "$(trace "$target" --method "$method" "${port[@]}")" "$want"
	check "$what, $method to $target: traceroute" same \
		"$(on 0 traceroute $letter -n -q 1 -w 0.5 -m 12 -p 33434 "$target" 2>&1 | hops | upto "$want")" \
		"$want"
	check "$what, $method to $target: mtr" \
		same "$(by_mtr "$target" "$method" | upto "$want")" "$want"
	check "$what, $method to $target: scamper" \
		same "$(by_scamper "$target" $kind | upto "$want")" "$want"
}

# upto WANT: silent hops behind what is wanted are how far a tracer looked, not what it saw.
upto() { head -n "$(wc -l <<<"$1")"; }

by_mtr() {
	local how=()
	case $2 in udp) how=(--udp) ;; tcp-syn) how=(--tcp --port 33434) ;; esac
	on 0 timeout 30 mtr -n -r -c 1 -i 0.1 -G 0.5 -m 8 --json "${how[@]}" "$1" |
		jq -r '.report.hubs[].host' | sed 's/???/*/'
}

by_scamper() {
	on 0 timeout 60 scamper -O json -p 1000 -c "trace -P $2 -d 33434 -q 2 -w 1 -g 4 -m 12" -i "$1" |
		jq -r 'select(.type == "trace") | . as $t |
			[range(1; ([.hops[].probe_ttl] | max) + 1)][] as $n |
			[$t.hops[] | select(.probe_ttl == $n) | .addr] | unique |
			if length == 0 then "*" else join(",") end'
}

want4=$(for i in $(seq 0 $LAST); do echo "198.18.$i.2"; done)
want6=$(echo 2001:db8::2; for i in $(seq $LAST); do echo "2001:db8:$i::2"; done)
port=(--port 33434)
for method in udp icmp tcp-syn; do
	[ $method = icmp ] && port=() || port=(--port 33434)
	agree "six routers" 198.18.$LAST.2 $method "$want4"
	agree "six routers" 2001:db8:$LAST::2 $method "$want6"
done

on 3 nft -f - <<'END'
table inet mute { chain out { type filter hook output priority 0;
	icmp type time-exceeded drop; icmpv6 type time-exceeded drop; }; }
END
port=()
agree "a silent router" 198.18.$LAST.2 icmp "$(sed '3s/.*/*/' <<<"$want4")"

# --- the text --------------------------------------------------------------------------------------

# Times are told as T; how long they are says nothing.
timeless() { sed -E 's/[0-9]+\.[0-9]+ ms/T ms/g; s/ +$//'; }
ours() {
	on 0 "$PROGRAM" trace --wait 500ms --target-rate 1000 --max-ttl 12 --gap 12 --again 0 "$@" \
		2>/dev/null | timeless
}
# both WHAT THEIRS OURS: two programs that print nothing do not agree.
both() {
	check "text, $1" same "$3" "$2"
	check "text, $1: it is a path" grep -q "^traceroute to .* hops max" <<<"$2"
}
theirs() { on 0 traceroute -n -w 0.3 -m 12 "$@" 2>/dev/null | timeless; }
text() {
	local what=$1 target=$2 size=44
	case $target in *:*) size=64 ;; esac
	both "$what: what traceroute prints for $target" \
		"$(theirs -I "$target" $size)" "$(ours "$target" --method icmp)"
	both "$what, udp: what traceroute prints for $target" \
		"$(theirs -U -p 33434 "$target" $size)" "$(ours "$target" --method udp --port 33434)"
}
text "a silent router" 198.18.$LAST.2
text "a silent router" 2001:db8:$LAST::2
on 3 nft delete table inet mute
text "all answer" 198.18.$LAST.2
text "all answer" 2001:db8:$LAST::2
# By a rule, not by a route: the kernel sends errors of routes as seldom as it likes.
reject() {
	on 4 nft -f - <<-END
		table inet wall { chain on_way { type filter hook forward priority 0;
			ip daddr 198.18.$LAST.2 reject with icmp $1
			ip6 daddr 2001:db8:$LAST::2 reject with icmpv6 $2; }; }
	END
}
reject host-unreachable addr-unreachable
text "host unreachable" 198.18.$LAST.2
text "host unreachable" 2001:db8:$LAST::2
on 4 nft delete table inet wall
reject admin-prohibited admin-prohibited
text "prohibited" 198.18.$LAST.2
text "prohibited" 2001:db8:$LAST::2
done_testing
