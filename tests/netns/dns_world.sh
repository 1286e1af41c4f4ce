# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A namespace whose loopback interface holds 198.18.0.0/15 and 2001:db8::/32, and answer_driver
# there: every address is a resolver. Sourced by the dns tests.
# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"
need_root
bin=${WAYMARK_BIN:-$PWD/build/bin}
space=wl-dns$$
dir=$(mktemp -d)

clean() {
	ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null
	ip netns del "$space" 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT

inside() { ip netns exec "$space" "$@"; }

ip netns add "$space" || give_up "a network namespace"
inside ip link set lo up
inside ip route add local 198.18.0.0/15 dev lo
inside ip -6 addr add 2001:db8::53/128 dev lo nodad
inside ip -6 route add local 2001:db8::/32 dev lo

answer() { # PORT [plain]
	inside "$bin/answer_driver" "$@" >"$dir/driver" 2>"$dir/driver.err" &
	for _ in $(seq 600); do
		grep -qs ready "$dir/driver" && return
		sleep 0.05
	done
	give_up "the answering driver starts" "$(cat "$dir/driver.err")"
}
