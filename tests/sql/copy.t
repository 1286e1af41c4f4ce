#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the encoders write as COPY BINARY is what PostgreSQL reads from the same rows as text.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${WAYMARK_BIN:-$PWD/build/bin}
if [ ! -x "$BIN/rows_driver" ]; then
	echo "1..0 # SKIP needs $BIN/rows_driver (make drivers)"
	exit 0
fi
D=$(mktemp -d /tmp/wcopy.XXXXXX)
chmod 755 "$D"
trap '"$BIN/waymark" db stop --data "$D" >/dev/null 2>&1; rm -rf "$D"' EXIT
"$BIN/waymark" db init --data "$D" >/dev/null 2>&1
export PGOPTIONS='-c TimeZone=UTC -c client_min_messages=warning'
sql() { psql -XAtq -v ON_ERROR_STOP=1 "host=$D/socket dbname=waymark user=waymark" "$@" 2>&1; }

n=0
same() { # TABLE: text rows on standard input
	local columns out
	columns=$(tr '\n' ' ' <"collector/sql/copy/$1.sql" | sed 's/.*(\(.*\)) FROM STDIN.*/\1/')
	"$BIN/rows_driver" "$1" >"$D/binary" || echo "# the driver failed"
	cat >"$D/text"
	out=$(sql <<-END
		CREATE TEMP TABLE b (LIKE raw.$1); CREATE TEMP TABLE t (LIKE raw.$1);
		\\copy b ($columns) FROM '$D/binary' (FORMAT binary)
		\\copy t ($columns) FROM '$D/text'
		SELECT 'binary', * FROM (TABLE b EXCEPT ALL TABLE t) x;
		SELECT 'text', * FROM (TABLE t EXCEPT ALL TABLE b) x;
		SELECT 'count differs' WHERE (SELECT count(*) FROM b) <> $(wc -l <"$D/text");
	END
	)
	n=$((n + 1))
	if [ -z "$out" ]; then echo "ok $n - $1"; else
		echo "not ok $n - $1"
		sed 's/^/# /' <<<"$out"
	fi
}

Z=0000000000000000000000000000000000000000000000000000000000000000
T=$'\t'
same trace <<'E'
2023-11-14 22:13:20.123456+00	1	2	3	0	-1	00000000-0000-0000-0000-000000000001	2	2	2	1	2147483647	\N	198.18.0.99	65535	0	0	3	0	1	zürich	\\x0201	{198.18.0.1,198.18.0.2}	\\x010002	{1.5,NULL,0.25}	{68352}	\\x010001	\\x3f003e	\\x010002	\N	{0,2}	{4294967295,16}	{0,2}	{-1,7}	{4294967295,0}	\\xfffe00000001	\\x010002	\\x0002010100	6
1969-12-31 23:59:59.999999+00	1	2	3	1	0	\N	\N	0	0	0	0	2001:db8::1	2001:db8::2	0	0	1048575	0	0	0	\N	\\x	{}	\\x	{}	{}	\\x	\\x	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0
1970-01-01 00:00:00+00	1	2	3	2	0	\N	\N	0	0	0	0	2001:db8::1	2001:db8::2	0	0	1048575	0	0	0	\N	\\x	{2001:db8::ff}	\\x	{}	{}	\\x	\\x	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	0
E
same flow <<'E'
2000-01-01 00:00:00+00	2000-01-01 00:00:00.000001+00	1	2	3	0	\N	\N	17	0.0.0.1	0	2001:db8::9	0	0	9223372036854775807	0	0	{}	{}	\N	{}	{}	0	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	0
2000-01-01 00:00:00+00	2000-01-01 00:00:00.000001+00	1	2	3	1	\N	\N	17	0.0.0.1	0	2001:db8::9	0	0	9223372036854775807	0	0	{a.example,b���(,""}	{1,2,6}	x	{0,1}	{0,7}	0	8	0.0.0.2	65535	0.0.0.3	53	1	9223372036854775807	2	3	4	5
E
same mapping <<'E'
1970-01-01 00:00:00.000001+00	1	2	3	0	\N	\N	6	0.0.0.1	65535	0.0.0.2	2	0.0.0.3	3	0.0.0.4	4
E
same capture <<'E'
1970-01-01 00:00:00+00	1970-01-01 00:00:00.000001+00	1	2	3	0	\N	1	inside	1	2	3	4	0	\N
1970-01-01 00:00:00+00	1970-01-01 00:00:00.000001+00	1	2	3	1	\N	1	inside	1	2	3	4	5	\\xab00000000000000000000000000000000000000000000000000000000000000
E
same step <<'E'
1970-01-01 00:00:00+00	1970-01-01 00:00:00+00	1	2	3	0	\N	\N	open	1	\N
E
same message <<'E'
1	2	3	0	\N	1	m1	0	\N	1970-01-01 00:00:00.000001+00	\N	\N	0	\N
E
same outcome <<'E'
1	2	3	0	ab000000-0000-0000-0000-000000000000	\N	18	1970-01-01 00:00:00+00	\N
E
same name <<E
1${T}2${T}3${T}0${T}2001:db8::3${T}${T}1970-01-01 00:00:00+00
E
same gap <<'E'
1	2	3	0	torn	0	0	1970-01-01 00:00:00.000001+00	\N	\N
1	2	3	1	torn	0	0	1970-01-01 00:00:00.000001+00	4	9
E
same dns_pair <<'E'
1970-01-01 00:00:00+00	1	2	3	0	\N	1	5	0	2001:db8::1	0	\N	0	a.example	28	0	\N	\N	0	\N	silent	0	{}	{}	{}	{}	\N	{}	{}	{}	\N	\N	{}	{}	{}	{}	{}	{}	{}	{}	{}	{}	{}	0	{}	{}	{}	{}	{}
2023-11-14 22:13:20.123456+00	1	2	3	1	00000000-0000-0000-0000-000000000001	1	1	4	198.18.0.1	53	198.18.0.99	4000	a.example	1	2	c.example	2023-11-14 22:13:22.143456+00	35	198.18.1.0/24	\N	3000	{1,2}	{1,1}	{2,1}	{1,0}	\N	{NULL,0}	{0,2000000}	{NULL,1}	\N	\N	{2,NULL}	{2010000,2020000}	{198.18.0.7,198.18.0.1}	{63,NULL}	{0,NULL}	{33152,0}	{7,128}	{16,NULL}	{16,NULL}	{t,f}	{"\\\\x1234818000010003000000010161076578616d706c650000010001c00c000500010000003c00040162c00ec02700010001ffffffff0004c6120901c027002e00010000003c00010000002904d0010000000007000f0003001078","\\\\x0000"}	9	{1}	{198.18.9.1}	{4294967295}	{1}	{b.example}
E
same page <<'E'
1970-01-01 00:00:00.000001+00	1	2	3	0	1970-01-01 00:00:00.000002+00	\N	2001:db8::1	a.example	2	1	\N	4294967295	200	HTTP/1.1 200 OK	A: b\r\n	\\x78	70000	\\x0000000000000000000000000000000000000000000000000000000000000000	t	2	reset	0	\N	\N	\N	\N	\N	\N	f	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
1970-01-01 00:00:00.000001+00	1	2	3	1	1970-01-01 00:00:00.000002+00	\N	2001:db8::1	a.example	2	1	\N	4294967295	200	HTTP/1.1 200 OK	A: b\r\n	\\x78	70000	\\x0000000000000000000000000000000000000000000000000000000000000000	t	2	reset	0	\N	\N	\N	\N	\N	\N	f	771	4865	{"\\\\x63"}	f	f	18	self-signed	s	i	1970-01-01 00:00:00.000001+00	1970-01-01 00:00:00.000002+00	{n}
E
same resolver <<'E'
1970-01-01 00:00:00.000001+00	1	2	3	0	1970-01-01 00:00:00.000002+00	\N	198.18.0.1	1	1	\\x70	7	60	{198.18.0.7}	{ns.example}	{5}	0	t	label:ns	3	{198.18.0.7,::}	1	{198.18.0.7}	{0,60000}	{1500,NULL}	{1,7}	{0,0}	\N	\N
1970-01-01 00:00:00+00	1	2	3	1	1970-01-01 00:00:00+00	\N	2001:db8::1	0	0	\N	\N	\N	{}	{}	{}	\N	f	\N	0	{}	0	{}	{}	{}	{}	{}	\N	\N
E
X='\\x'
same batch <<E
1${T}2${T}3${T}4${T}1970-01-01 00:00:00.000005+00${T}1970-01-01 00:00:00.000007+00${T}2147483647${T}4${T}$X$Z${T}$X$Z$Z${T}t${T}-1${T}18446744073709551
1${T}2${T}4${T}4${T}1970-01-01 00:00:00.000007+00${T}1970-01-01 00:00:00.000007+00${T}0${T}4${T}$X$Z${T}$X$Z$Z${T}\\N${T}\\N${T}\\N
E
same batch_body <<'E'
1	2	3	1970-01-01 00:00:00.000007+00	\\x626f6479
E
same quarantine <<E
1${T}2${T}3${T}1970-01-01 00:00:00.000007+00${T}format${T}\\N${T}$X$Z${T}$X$Z$Z${T}${X}626f6479
E
echo "1..$n"
