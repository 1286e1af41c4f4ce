#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What was released stays as it was released, and a database of then becomes one of now: the same
# schema as a fresh one, its facts kept, its runs judged anew.
# shellcheck source=tests/sql/lib.sh
. "$(dirname "$0")/lib.sh"
need pg_dump sha256sum
sources=$root/collector/sql
sql() { psql -XAtq -v ON_ERROR_STOP=1 "$old" "$@"; } # in the old database

(cd "$sources/migrate" && sha256sum -c "$here/released.sha256") >"$dir/out" 2>&1
ok $? 'released files are what they were: what changes them is a new file'

expect 0 'a fresh database' "$waymark" db init
fresh=$("$waymark" db path)
old=${fresh/dbname=waymark/dbname=before}

upgrade() { # RELEASED: from as many migrations
	run psql -XAtq -c 'DROP DATABASE IF EXISTS before' -c 'CREATE DATABASE before' "$fresh"
	while read -r digest file; do
		printf 'BEGIN;\n\\i %s\n\\i %s\nINSERT INTO registry.migration VALUES (%d, %s, %s);\nCOMMIT;\n' "$sources/migrate/$file" \
			"$sources/setup/migration.sql" "$((10#${file%%_*}))" "'migrate/$file'" "'\\x$digest'"
	done < <(head -n "$1" "$here/released.sha256") | sql >>"$dir/out" 2>&1
	ok $? "and one as it was after migration $1"
	{
		cat "$here/judge_world.sql"
		echo "SELECT judge.servers(id) FROM registry.run;
			INSERT INTO judge.server_override (addr, decision, reason) VALUES ('198.18.60.1/32', 'backend', 'seen');"
	} | sql >"$dir/out" 2>&1
	ok $? 'with runs, judged by the rule of then'
	facts='SELECT (SELECT count(*) FROM raw.flow), (SELECT count(*) FROM raw.message), (SELECT count(*) FROM registry.run)'
	had=$(sql -c "$facts")

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
}
for at in 8 22 31; do upgrade "$at"; done

done_testing
