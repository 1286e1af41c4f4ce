#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages listed in a file that are not there yet.
set -eu

list=$1
missing=
for package in $(sed 's/#.*//' "$list"); do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing:$missing" >&2
	echo "deps: run 'make deps' as root, or install them" >&2
	exit 1
fi

echo "deps: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=
trap 'rm -f "$log"; [ -z "$own_policy" ] || rm -f "$policy"' EXIT
trap 'exit 130' INT TERM HUP
# Name and web servers run only inside labs: a package that starts its own on this machine is told
# not to, as Debian's invoke-rc.d asks, unless the machine has a policy already.
[ -e "$policy" ] || {
	own_policy=yes
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
}
# A package server would be started by postgresql-common; ours is private, so keep it from starting.
[ -e /etc/postgresql-common/createcluster.conf ] || {
	mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
}
# A mirror that hangs or fails once is asked again; another apt-get is waited for.
get() { apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120 "$@"; }
began=$(date +%s)
if ! { get update && get install -y --no-install-recommends $missing; } > "$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps: apt-get could not install them; the lines above say why" >&2
	exit 1
fi
echo "deps: installed in $(($(date +%s) - began)) s" >&2
