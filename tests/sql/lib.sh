# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the tests of the database: a private cluster below $dir, the real verbs on it, and what
# statements give. After a failure the last command's output is shown, from $dir/out.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"
bin=${WAYMARK_BIN:-$root/build/bin}
waymark=$bin/waymark
need "$waymark" psql
# shellcheck disable=SC2034 # for the tests that read what is published
shared=$root/../shared/data
[ -d "$shared" ] || shared=$root/../../shared/data
dir=$(mktemp -d /tmp/wm-sql.XXXXXX)
chmod 755 "$dir"
export WAYMARK_DATA=$dir/data
unset WAYMARK_DB WAYMARK_KEYS
: >"$dir/out"

end_own() { :; } # what a test made besides
# shellcheck disable=SC2317 # called by the trap
end() {
	end_own
	"$waymark" db stop >"$dir/stop" 2>&1
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

explain() { cat "$dir/out"; }

run() { "$@" >"$dir/out" 2>&1; }
expect() { # STATUS NAME COMMAND…
	local want=$1 name=$2 got
	shift 2
	run "$@"
	got=$?
	[ "$got" = "$want" ]
	ok $? "$name" "exit status $got, not $want"
}
says() { grep -q -- "$1" "$dir/out"; } # PATTERN in what the last command said
sql() { PGOPTIONS='-c TimeZone=UTC' psql -XAtq -v ON_ERROR_STOP=1 "$("$waymark" db path)" "$@"; }
# Here it is always a statement that is asked.
is() { # NAME WANTED SQL
	run sql -c "$3"
	[ "$(cat "$dir/out")" = "$2" ]
	ok $? "$1" "wanted: $2"
}
