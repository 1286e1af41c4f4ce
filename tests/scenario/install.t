#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `make install` puts everything below DESTDIR and nothing elsewhere, and what it installs works.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
bin=${WAYMARK_BIN:-build/bin}
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

said=$(make --no-print-directory install DESTDIR="$root" PREFIX=/usr 2>&1)
ok $? "make install ends well" "$said"

missing=
for file in bin/waymark bin/waymark-agent bin/waymark-collector bin/waymark-lab \
	share/man/man1/waymark.1 share/man/man5/waymark-agent.conf.5 share/man/man7/waymark.7 \
	share/man/man8/waymark-agent.8 share/doc/waymark/README.md share/doc/waymark/LICENSE \
	share/doc/waymark/operator.md share/doc/waymark/examples/agent.conf.example \
	share/waymark/world/small.conf share/waymark/signatures/blockpage_signatures.json share/waymark/prober/index.html lib/systemd/system/waymark-agent.service \
	lib/systemd/system/waymark-collector.service lib/systemd/system/waymark-reflector.service lib/sysusers.d/waymark.conf \
	share/bash-completion/completions/waymark share/bash-completion/completions/waymark-agent; do
	[ -s "$root/usr/$file" ] || missing="$missing $file"
done
[ -z "$missing" ]
ok $? "programs, pages, units, completion and examples are there" "missing:$missing"

stray=$(cd "$root" && find . -type f ! -path './usr/*')
[ -z "$stray" ]
ok $? "nothing lies outside the prefix" "$stray"

open=$(find "$root" \( -type f -o -type d \) -perm /022 ! -path "$root")
[ -z "$open" ]
ok $? "nothing is writable for others" "$open"

version=$("$root/usr/bin/waymark" --version 2>&1)
ok $? "an installed program runs" "$version"

wrong=$(grep -h '^Exec' "$root"/usr/lib/systemd/system/*.service | grep -v '=-\?/usr/bin/waymark')
[ -z "$wrong" ]
ok $? "units start what was installed" "$wrong"

said=$("$bin/waymark-collector" --config deploy/collector.conf.example --check-config 2>&1)
ok $? "the collector's example configuration is right" "$said"

# The example names no operator key file, so that it can be tried anywhere.
said=$("$bin/waymark-agent" check --config deploy/agent.conf.example 2>&1)
ok $? "the agent's example configuration is right" "$said"

# FILE OPTIONS: the example names each of them, set or commented out, and no other.
names_all() {
	diff <(sed -n 's/^\(# \)\?\([a-z0-9-]*\) = .*/\2/p' "$1" | sort -u) <(sort <<<"$2")
}
said=$(names_all deploy/agent.conf.example \
	"$("$bin/waymark-agent" --help | sed -n 's/^  \([a-z0-9-]*\)  *= .*/\1/p')")
ok $? "the agent's example names every option there is" "$said"
said=$(names_all deploy/collector.conf.example "$("$bin/waymark-collector" --help |
	sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' | grep -vxE 'config|check-config|help')")
ok $? "the collector's example names every option there is" "$said"

done_testing
