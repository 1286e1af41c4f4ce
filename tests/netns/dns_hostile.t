#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# 10,000 malformed and hostile answers, real ones of the tree or of ../shared/data: no crash, every pair
# told once, every packet kept byte for byte and marked as what it is; and what does not belong to
# any question is counted.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh

inside python3 tests/netns/dns_hostile.py serve "$dir" &
for _ in $(seq 200); do
	[ -e "$dir/ready" ] && break
	sleep 0.1
done
for how in "" --no-raw; do
	# shellcheck disable=SC2086
	inside "$bin/waymark" dns @198.18.0.53 --domains "$dir/names" --json --quiet --tries 1 \
		--timeout 500ms --listen 100ms --rate 4000 --resolver-rate 0 --net-rate 0 --parallel 1000 \
		--give-up 0 --no-fallback $how --output "$dir/out" --metadata "$dir/meta"
	status=$?
	said=$(python3 tests/netns/dns_hostile.py check "$dir" "$dir/out" "$dir/meta" 2>&1) && [ "$status" -le 6 ]
	ok $? "hostile answers are kept as what they are ${how:-with a packet ring} (status $status)" "$said"
done
done_testing
