#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What was released stays as it was released, and a database of then becomes one of now: the same
# schema as a fresh one, its facts kept, its runs judged anew.
set -u

here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$here/../../collector/sql" && pwd)
waymark=${WAYMARK_BIN:-$(cd "$here/../.." && pwd)/build/bin}/waymark
dir=$(mktemp -d /tmp/wm-sql.XXXXXX)
chmod 755 "$dir"
export WAYMARK_DATA=$dir/data
unset WAYMARK_DB WAYMARK_KEYS
n=0

finish() {
	"$waymark" db stop >"$dir/stop" 2>&1
	rm -rf "$dir"
}
trap finish EXIT

ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out" >&2
	fi
}
expect() { # STATUS NAME COMMAND…
	local want=$1 name=$2
	shift 2
	"$@" >"$dir/out" 2>&1
	[ $? -eq "$want" ]
	ok $? "$name"
}
is() { # NAME WANT SQL, in the old database
	psql -XAtq -c "$3" "$old" >"$dir/out" 2>&1
	[ "$(cat "$dir/out")" = "$2" ]
	ok $? "$1"
}

(cd "$sources/migrate" && sha256sum -c "$here/released.sha256") >"$dir/out" 2>&1
ok $? 'released files are what they were: what changes them is a new file'

expect 0 'a fresh database' "$waymark" db init
fresh=$("$waymark" db path)
old=${fresh/dbname=waymark/dbname=before}
psql -XAtq -c 'CREATE DATABASE before' "$fresh" >"$dir/out" 2>&1
while read -r digest file; do
	printf 'BEGIN;\n\\i %s\n\\i %s\nINSERT INTO registry.migration VALUES (%d, %s, %s);\nCOMMIT;\n' "$sources/migrate/$file" \
		"$sources/setup/migration.sql" "$((10#${file%%_*}))" "'migrate/$file'" "'\\x$digest'"
done <"$here/released.sha256" | psql -XAtq -v ON_ERROR_STOP=1 "$old" >>"$dir/out" 2>&1
ok $? 'and one as it was at the release'
{
	cat "$here/judge_world.sql"
	echo "SELECT judge.servers(id) FROM registry.run;
		INSERT INTO judge.server_override (addr, decision, reason) VALUES ('198.18.60.1/32', 'backend', 'seen');"
} | psql -XAtq -v ON_ERROR_STOP=1 "$old" >"$dir/out" 2>&1
ok $? 'with runs, judged by the rule of then'
facts='SELECT (SELECT count(*) FROM raw.flow), (SELECT count(*) FROM raw.message), (SELECT count(*) FROM registry.run)'
had=$(psql -XAtq -c "$facts" "$old")

expect 1 'db check says that it is old' "$waymark" db check --db "$old"
expect 0 'it is migrated' "$waymark" db migrate --db "$old"
expect 0 'and db check finds nothing wrong' "$waymark" db check --db "$old"
for db in fresh old; do pg_dump --schema-only -T 'raw.*_2*' "${!db}" | grep -v '^\\.*restrict ' >"$dir/$db"; done
diff "$dir/fresh" "$dir/old" >"$dir/out" && grep -q 'CREATE VIEW v1.run ' "$dir/old"
ok $? 'its schema is that of a fresh one, to the letter'
is 'its facts are kept' "$had" "$facts"
is 'and what people decided' 1 "SELECT count(*) FROM judge.server_override WHERE withdrawn IS NULL"
expect 0 'its runs are judged' "$waymark" judge --db "$old"
is 'each by the rule of now' '4|t' "SELECT count(DISTINCT run), bool_and(version = (SELECT max(version) FROM judge.clause)) FROM judge.server"

echo "1..$n"
