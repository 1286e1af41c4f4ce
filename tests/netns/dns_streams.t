#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# TCP after a truncated answer, TCP, TLS and HTTPS, IPv6: a pair's questions share a connection, a
# certificate for somebody else is refused when a name was asked for, closed ports are errors.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/dns_world.sh
. tests/netns/dns_world.sh
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=dns.example \
	-addext subjectAltName=DNS:dns.example -keyout "$dir/key" -out "$dir/cert" 2>/dev/null
inside python3 tests/netns/dns_streams.py "$dir/cert" "$dir/key" "$dir/log" &
for _ in $(seq 600); do
	grep -qs ready "$dir/log" && break
	sleep 0.1
done
ask() { inside "$bin/waymark" dns "$@" --quiet --listen 200ms --timeout 2s --control c.example --json; }
# What of the one line in FILE: a Python expression over p, its tries t, all asked a.
says() { # FILE EXPRESSION WHAT
	python3 - "$1" "$2" >"$dir/said" 2>&1 <<'PY'
import json, sys
p = json.loads(open(sys.argv[1]).read())
t = p["tries"]
a = [x for x in [p.get("control_before"), *t, p.get("control_after")] if x]
good = eval(sys.argv[2])
if not good:
    print(json.dumps(p)[:1500])
sys.exit(0 if good else 1)
PY
	ok $? "$3" "$(cat "$dir/said")"
}

ask big.example @198.18.0.53 >"$dir/out"
says "$dir/out" '[x["transport"] for x in t] == ["udp", "tcp"] and t[1]["answers"][0]["records"]' \
	"a truncated answer is asked for again over TCP"
for how in tcp tls https; do
	: >"$dir/log"
	ask www.example @198.18.0.53 --transport $how >"$dir/out"
	says "$dir/out" 'p["status"] == "answered" and all(x["transport"] == "'$how'" for x in a) and len(a) == 3 and len({x["sport"] for x in a}) == 1 and a[0]["sport"] > 0 and t[0]["answers"][0]["records"][0]["data"] == "203.0.113.7"' \
		"$how answers"
	[ "$(cut -d' ' -f1-3 "$dir/log" | sort -u | wc -l)" -eq 1 ]
	ok $? "$how: control, test and control on one connection"
	ask www.example @198.18.0.60 --transport $how >"$dir/out"
	says "$dir/out" 'p["status"] == "error" and a[0]["error"] == "connection refused"' \
		"$how: nobody there is an error"
done
ask www.example @198.18.0.53 --transport tls --tls-name other.example >"$dir/out"
says "$dir/out" 'p["status"] == "error" and a[0]["error"].startswith("tls")' \
	"tls: a certificate for somebody else is refused"
SSL_CERT_FILE=$dir/cert ask www.example @198.18.0.53 --transport tls --tls-name dns.example >"$dir/out"
says "$dir/out" 'p["status"] == "answered"' "tls: the right certificate is taken"
ask www.example @2001:db8::53 >"$dir/out"
says "$dir/out" 'p["status"] == "answered" and p["resolver"] == "2001:db8::53" and t[0]["answers"][0]["ip_ttl"] == 64' \
	"IPv6 answers"
ask www.example @2001:db8::53 --transport tcp >"$dir/out"
says "$dir/out" 'p["status"] == "answered"' "IPv6 over TCP answers"
ask www.example @198.18.0.99 >"$dir/out"
says "$dir/out" 'p["status"] == "error" and a[0]["error"] == "connection refused" and a[0]["answers"][0]["icmp"]' \
	"a closed port is an error, and the ICMP message is kept"
ask www.example @198.18.0.99 --no-raw >"$dir/out"
says "$dir/out" 'p["status"] == "error" and a[0]["error"] == "connection refused"' \
	"a closed port is an error without a packet socket, too"
done_testing
