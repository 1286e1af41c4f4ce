#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Lists as people write them: a resolver in several spellings is one, names in letters of any
# alphabet are asked for as the DNS has them, addresses for their PTR records.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh
answer 53
answer 5353
asked() { # [OPTION…]: who was asked for what, and what became of it
	inside "$bin/waymark" dns "$@" --quiet --json --listen 0s --timeout 1s 2>"$dir/said" |
		jq -r '"\(.resolver)#\(.port) \(.domain) \(.qtype) \(.status)"' | sort
}
lines() { printf '%s\n' "$@"; }

lines 198.18.0.1 198.18.0.1:53 '[198.18.0.1]:53' 198.18.0.1#53 ::ffff:198.18.0.1 198.18.0.1:5353 >"$dir/r"
is "$(asked --resolvers "$dir/r" a.example b.example)" \
	"$(lines 198.18.0.1#53{,53}\ {a,b}.example\ A\ answered | sort)" \
	"spellings of one resolver are one, another port is another" "$(cat "$dir/said")"
is "$(asked a.example @198.18.0.1 @198.18.0.2:53 --port 5353)" \
	"$(lines '198.18.0.1#5353 a.example A answered' '198.18.0.2#53 a.example A answered')" \
	"--port is the port of resolvers that name none" "$(cat "$dir/said")"

lines bücher.example BÜCHER.example. xn--bcher-kva.example www.example 198.18.7.9 2001:db8::1 \
	8.7.18.198.in-addr.arpa $'\xff.example' x..y >"$dir/n"
six=1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa
is "$(asked @198.18.0.1 <"$dir/n")" \
	"$(lines xn--bcher-kva.example\ A www.example\ A $six\ PTR {9,8}.7.18.198.in-addr.arpa\ PTR |
		sed 's/.*/198.18.0.1#53 & answered/' | sort)" \
	"letters of any alphabet, and addresses among names"
is "$(grep -c 'is no name; passed over' "$dir/said")" 2 "what is no name is told" "$(cat "$dir/said")"
is "$(asked @198.18.0.1 www.example 198.18.7.9 --type TXT)" \
	"$(lines '198.18.0.1#53 9.7.18.198.in-addr.arpa TXT answered' '198.18.0.1#53 www.example TXT answered')" \
	"a type that is said is that of all"
is "$(asked @198.18.0.1 www.example --control bücher.example | wc -l)" 1 "a control domain has letters, too"

lines 'a.example,198.18.0.1' 'b.example 198.18.0.1:53 198.18.0.2, 198.18.0.250' '# none' $'A.example\t198.18.0.1' c.example \
	'x..y 198.18.0.1' 'd.example 198.18.0.3' >"$dir/p"
is "$(asked --pairs "$dir/p" --type A,AAAA --timeout 100ms --tries 1 --metadata "$dir/meta" | sort)" \
	"$(lines '1#53 a' '1#53 b' '2#53 b' '250#53 b' '3#53 d' | sed 's/.*/198.18.0.&.example/' |
		sed '/250/!{s/.*/& A answered\n& AAAA answered/};/250/s/.*/& A timeout\n& AAAA timeout/' | sort)" \
	"pairs: a name is asked of the resolvers beside it, and of no other" "$(cat "$dir/said")"
is "$(grep -c 'is no pair; passed over\|is no name; passed over' "$dir/said") $(jq -c '[.lines_twice, .sums.pairs, (.by_domain | map(.pairs)), (.by_resolver | map(.pairs))]' "$dir/meta")" \
	'2 [1,10,[2,6,2],[4,2,2,2]]' "what is no pair is told, and the sums add up" "$(cat "$dir/said")"
lines nonsense >"$dir/e"
said=$(inside "$bin/waymark" dns a.example --resolvers "$dir/e" --timeout 100ms --tries 1 2>&1)
is "$? $(tail -n 1 <<<"$said")" "2 waymark dns: $dir/e: no resolvers" "a list without resolvers does not mean the system's own"
for other in '--type A,AAAA' '--transport tcp'; do
	# shellcheck disable=SC2086
	said=$(inside "$bin/waymark" dns --trace a.example @198.18.0.1 $other --timeout 100ms 2>&1)
	is "$? $said" '2 waymark dns: --trace asks for one type, over UDP' "--trace with $other is refused, not half done"
done
done_testing
