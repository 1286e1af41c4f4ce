#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints docs/dictionary.md: makes a private database in a temporary folder, migrates it, and reads
# the comments.
#
# usage: dictionary.sh BIN-FOLDER
set -euo pipefail

bin=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
data=$(mktemp -d)
chmod 755 "$data"
unset WAYMARK_DB
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	"$bin/waymark" db stop --data "$data" >/dev/null 2>&1 || :
	rm -rf "$data"
}
trap clean_up EXIT

said=$("$bin/waymark" db init --data "$data" 2>&1) || {
	printf '%s\n' "$said" >&2
	exit 1
}
cat <<'END'
# Data dictionary

Every schema, table, view, column and function, as the database itself says (`COMMENT ON`). Written by
`make dictionary`; a test fails when it is stale. What the numbers mean is told in
[analyst.md](analyst.md). Analysts may rely on schema `v1`: columns are only ever added there.
END
psql -X -q -A -t -v ON_ERROR_STOP=1 -f "$here/dictionary.sql" "$("$bin/waymark" db path --data "$data")"
