# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by every shell test: TAP. What was found goes to standard output; why something failed goes
# to standard error, below its name, where prove shows it without -v.
PATH=$PATH:/usr/sbin # where nft, dnsmasq and name servers are, which not every root looks for
tap_count=0
tap_failed=0
tap_lines=30 # shown of one detail, and of one explanation

# What a test has to show after a failure, its programs' logs: it defines this again.
explain() { :; }

ok() { # STATUS NAME [DETAIL]
	local name=${2//$'\n'/ }
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $name"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $name"
	{
		echo "# Failed: $name"
		[ -z "${3:-}" ] || head -n "$tap_lines" <<<"$3" | sed 's/^/#   /'
		explain 2>&1 | tail -n "$tap_lines" | sed 's/^/#   /'
	} >&2
}

is() { # GOT WANTED NAME
	[ "$1" = "$2" ]
	ok $? "$3" "got:    $1
wanted: $2"
}

has() { # TEXT PATTERN NAME
	grep -qE -- "$2" <<<"$1"
	ok $? "$3" "no '$2' in: $1"
}

skip() { # NAME WHY: this one statement
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() { # WHY
	echo "1..0 # SKIP $*"
	exit 0
}

give_up() { # NAME [DETAIL]: without this there is nothing more to test
	ok 1 "$@"
	done_testing
}

# What `make deps` installs and `make all drivers` builds is there: a test without it has failed, for
# one that is passed over looks like one that holds.
need() { # PROGRAM…
	local program
	for program; do
		command -v "$program" >/dev/null ||
			give_up "$program is there" "make deps installs packages, make all drivers builds our own"
	done
}

need_root() {
	[ "$(id -u)" = 0 ] || skip_all "needs root"
}

done_testing() {
	[ "$tap_count" -gt 0 ] || ok 1 "something is tested"
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}
