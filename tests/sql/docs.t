#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the pages say of the database is true: the dictionary is fresh, and every statement in
# docs/analyst.md runs on a migrated database, in the role the page says.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
bin=${WAYMARK_BIN:-build/bin}
unset WAYMARK_DB WAYMARK_DATA
work=$(mktemp -d)
chmod 755 "$work"
# shellcheck disable=SC2317 # called by the trap
clean_up() {
	"$bin/waymark" db stop --data "$work/data" >/dev/null 2>&1
	rm -rf "$work"
}
trap clean_up EXIT

n=0
result() { # STATUS WHAT [DETAIL]
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		[ -z "${3:-}" ] || printf '# %s\n' "${3//$'\n'/$'\n'# }"
	fi
}

docs/dictionary.sh "$bin" >"$work/dictionary.md"
said=$(diff docs/dictionary.md "$work/dictionary.md" | head -n 20)
[ -z "$said" ]
result $? "docs/dictionary.md is what the schema says (make dictionary)" "$said"

said=$("$bin/waymark" db init --data "$work/data" 2>&1)
result $? "a database" "$said"

# One file per statement block: NN.ROLE.sql
awk -v dir="$work" '
	/^```sql/ { role = $2 == "" ? "read" : $2; n++; file = sprintf("%s/%02d.%s.sql", dir, n, role); next }
	/^```/ { file = ""; next }
	file { print > file }' docs/analyst.md
for file in "$work"/*.sql; do
	role=${file%.sql}
	role=${role##*.}
	case $role in
	read) said=$("$bin/waymark" db psql --data "$work/data" -- -q -v ON_ERROR_STOP=1 -f "$file" 2>&1) ;;
	owner) said=$(psql -X -q -v ON_ERROR_STOP=1 -f "$file" "$("$bin/waymark" db path --data "$work/data")" 2>&1) ;;
	*) said=$(PGOPTIONS="-c role=waymark_$role" psql -X -q -v ON_ERROR_STOP=1 -f "$file" \
		"$("$bin/waymark" db path --data "$work/data")" 2>&1) ;;
	esac
	result $? "analyst.md as $role: $(head -n 1 "$file")" "$said"
done

echo "1..$n"
