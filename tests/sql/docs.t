#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the pages say of the database is true: the dictionary is fresh, and every statement in
# docs/analyst.md runs on a migrated database, in the role the page says.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root" || exit 1

docs/dictionary.sh "$bin" >"$dir/dictionary.md"
said=$(diff docs/dictionary.md "$dir/dictionary.md" | head -n 20)
[ -z "$said" ]
ok $? "docs/dictionary.md is what the schema says (make dictionary)" "$said"

said=$("$waymark" db init 2>&1)
ok $? "a database" "$said"

# One file per statement block: NN.ROLE.sql
awk -v dir="$dir" '
	/^```sql/ { role = $2 == "" ? "read" : $2; n++; file = sprintf("%s/%02d.%s.sql", dir, n, role); next }
	/^```/ { file = ""; next }
	file { print > file }' docs/analyst.md
for file in "$dir"/*.sql; do
	role=${file%.sql}
	role=${role##*.}
	case $role in
	read) said=$("$waymark" db psql -- -q -v ON_ERROR_STOP=1 -f "$file" 2>&1) ;;
	owner) said=$(psql -X -q -v ON_ERROR_STOP=1 -f "$file" "$("$waymark" db path)" 2>&1) ;;
	*) said=$(PGOPTIONS="-c role=waymark_$role" psql -X -q -v ON_ERROR_STOP=1 -f "$file" \
		"$("$waymark" db path)" 2>&1) ;;
	esac
	ok $? "analyst.md as $role: $(head -n 1 "$file")" "$said"
done

done_testing
