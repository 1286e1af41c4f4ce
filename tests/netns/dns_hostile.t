#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# 10,000 malformed and hostile answers, real ones of the tree or of ../shared/data, once with questions of
# their own and once behind the right one, over TCP too: no crash, every pair told once, every packet kept byte for
# byte and told as what a reading of dns_hostile.py's own finds it to be (outcome, code, flags, OPT, every
# record); and what does not belong to any question is counted.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh

inside python3 tests/netns/dns_hostile.py serve "$dir" &
for _ in $(seq 600); do
	[ -e "$dir/ready" ] && break
	sleep 0.1
done
ask() { # NAMES OPTION…
	local names=$1
	shift
	inside "$bin/waymark" dns @198.18.0.53 --domains "$dir/$names" --json --quiet --tries 1 \
		--timeout 1s --listen 100ms --rate 4000 --resolver-rate 0 --net-rate 0 --parallel 1000 \
		--give-up 0 --no-fallback "$@" --output "$dir/out" --metadata "$dir/meta"
	status=$?
}
for how in "" --no-raw; do
	# shellcheck disable=SC2086
	ask names $how
	said=$(python3 tests/netns/dns_hostile.py check "$dir" "$dir/out" "$dir/meta" 2>&1) && [ "$status" -le 6 ]
	ok $? "hostile answers are kept as what they are ${how:-with a packet ring} (status $status)" "$said"
done
ask stream --transport tcp --stream-timeout 2s --parallel 400
said=$(python3 tests/netns/dns_hostile.py rotten "$dir" "$dir/out" "$dir/meta" stream 2>&1) && [ "$status" -le 6 ]
ok $? "over TCP as well, and so are longer ones (status $status)" "$said"
echo "$said"
ask rotten
said=$(python3 tests/netns/dns_hostile.py rotten "$dir" "$dir/out" "$dir/meta" 2>&1) && [ "$status" -le 6 ]
ok $? "to the right question a rotten answer is what it is (status $status)" "$said"
echo "$said"
done_testing
