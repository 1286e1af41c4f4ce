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
few="--tries 1 --stream-timeout 1s" # for what would be waited for
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
# Who answers otherwise than a resolver should: recorded as what it is, and the pair goes on.
whole='p["control_after"]["outcome"] == "answered"'
for how in tcp tls; do
	ask twice.example @198.18.0.53 --transport $how >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "answered" and [x["records"][0]["data"] for x in t[0]["answers"]] == ["203.0.113.7", "203.0.113.248"] and t[0]["answers"][1]["differs"]' \
		"$how: two answers at once are both kept, each to its question"
	ask flood.example @198.18.0.53 --transport $how >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "answered" and len(t[0]["answers"]) == 254 and p["answers_lost"] == 255 and t[0]["answers"][1]["unreadable"]' \
		"$how: 20,000 empty messages behind an answer are kept as far as there is room, and do not keep the next answer away"
	ask half.example @198.18.0.53 --transport $how >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["error"] == "short read" and not t[0]["answers"]' \
		"$how: half an answer is a short read"
	ask hangup.example @198.18.0.53 --transport $how >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["error"] == "connection reset by peer"' \
		"$how: no answer but the connection's end is an error"
	# shellcheck disable=SC2086
	ask empty.example @198.18.0.53 --transport $how $few >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["outcome"] == "unusable" and t[0]["answers"][0]["unreadable"]' \
		"$how: an empty message is none"
done
ask html.example @198.18.0.53 --transport https >"$dir/out"
says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["outcome"] == "unusable" and bytes.fromhex(t[0]["answers"][0]["wire"]).startswith(b"<html>")' \
	"https: a page in place of an answer is kept as it came, and is none"
for name in error huge; do
	ask $name.example @198.18.0.53 --transport https >"$dir/out"
	says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["error"] == "http: bad response"' \
		"https: $name: no answer"
done
ask empty.example @198.18.0.53 --transport https >"$dir/out"
says "$dir/out" "$whole"' and p["status"] == "error" and t[0]["outcome"] == "unusable"' "https: an empty body is none"
for i in $(seq 900); do echo "n$i.example"; done >"$dir/names"
inside "$bin/waymark" dns @198.18.0.53 --domains "$dir/names" --transport tcp --quiet --listen 100ms --rate 0 \
	--resolver-rate 0 --net-rate 0 --parallel 400 --output "$dir/out"
is "$(cut -f 4 "$dir/out" | sort | uniq -c | xargs)" "900 answered" "as many pairs as it takes have a connection each"
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
