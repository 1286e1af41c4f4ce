#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `waymark fetch` against web servers of every kind: right and wrong certificates, block pages,
# silence, endless bodies, nonsense; hundreds at once; what policy forbids.
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
need_root
waymark=${WAYMARK_BIN:-build/bin}/waymark
need "$waymark"
here=wl-fetch-a-$$ there=wl-fetch-b-$$
tmp=$(mktemp -d)
server=
clean() {
	[ -n "$server" ] && kill "$server" 2>/dev/null
	ip netns del "$here" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$tmp"
}
trap clean EXIT

# certificate NAME SUBJECT SAN [option …]: signed by the test's own root
certificate() {
	local name=$1 subject=$2 san=$3
	shift 3
	openssl req -newkey rsa:2048 -nodes -keyout "$tmp/$name.key" -out "$tmp/$name.csr" \
		-subj "/CN=$subject" 2>/dev/null
	openssl x509 -req -in "$tmp/$name.csr" -CA "$tmp/root.pem" -CAkey "$tmp/root.key" \
		-CAcreateserial -extfile <(echo "subjectAltName=$san") -out "$tmp/$name.leaf" "$@" \
		2>/dev/null
	cat "$tmp/$name.leaf" "$tmp/root.pem" >"$tmp/$name.pem"
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/root.key" -out "$tmp/root.pem" -days 30 \
	-subj "/CN=Test Root" 2>/dev/null
certificate right example.org DNS:example.org,DNS:*.example.org -days 10
certificate wrong blocked.example DNS:blocked.example -days 10
# `-days -1` ends before it begins; x509 allows it, and it is over.
certificate old example.org DNS:example.org -days -1
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/self.key" -out "$tmp/self.pem" -days 10 \
	-subj "/CN=example.org" -addext subjectAltName=DNS:example.org 2>/dev/null

ip netns add "$here" && ip netns add "$there"
ip -n "$here" link add eth0 type veth peer name eth0 netns "$there"
for ns in "$here" "$there"; do
	ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.eth0.accept_dad=0
	ip -n "$ns" link set lo up
	ip -n "$ns" link set eth0 up
done
ip -n "$here" addr add 198.18.9.200/24 dev eth0
ip -n "$here" addr add 2001:db8:9::200/64 dev eth0 nodad
ip -n "$there" addr add 2001:db8:9::1/64 dev eth0 nodad
for i in $(seq 12); do ip -n "$there" addr add "198.18.9.$i/24" dev eth0; done
ip netns exec "$there" python3 tests/netns/fetch_serve.py "$tmp" >"$tmp/ready" &
server=$!
for _ in $(seq 600); do
	grep -q ready "$tmp/ready" && break
	sleep 0.1
done
sleep 0.3

fetch() { ip netns exec "$here" "$waymark" fetch --json --roots "$tmp/root.pem" "$@" 2>>"$tmp/err"; }
# check FILE FILTER WHAT: jq says true
check() {
	local said
	said=$(jq -s "$2" "$1" 2>&1)
	is "$said" true "$3"
}

for i in 1 2 3 4 5 6 8 9 10 11 12; do echo "198.18.9.$i Example.org."; done >"$tmp/list"
{
	echo "198.18.9.7 example.org   # never answers"
	echo
	echo "2001:db8:9::1 www.example.org"
	echo "198.18.9.100 example.org"
} >>"$tmp/list"
fetch --timeout 6s --connect-timeout 5s --target-rate 1000 --net-rate 1000 <"$tmp/list" >"$tmp/all"
ok $? "pages of a list, whatever became of them, end with status 0"
check "$tmp/all" 'length == 14 and ([.[].addr] | unique | length) == 14' "one page for every line"
at() { echo ".[] | select(.addr == \"198.18.9.$1\")"; }
check "$tmp/all" "$(at 1)"' | .http.body == "host=example.org sni=none" and .http.status == 200' \
	"the domain is the Host"
check "$tmp/all" "$(at 1)"' | .https.body == "host=example.org sni=example.org"' \
	"and the server name in the handshake"
check "$tmp/all" "$(at 1)"' | .http.headers | .Server == ["test"] and ."X-Two" == ["one", "two"]' \
	"headers of one name stand together"
sum=$(printf 'host=example.org sni=none' | sha256sum | cut -d' ' -f1)
check "$tmp/all" "$(at 1) | .http.body_sha256 == \"$sum\"" "the body's hash is its SHA-256"
check "$tmp/all" "$(at 1)"' | .tls | .trusted and .name_match and .version == 772 and .cipher > 4864' \
	"a right certificate is trusted and matches; version and cipher as on the wire"
leaf=$(openssl x509 -in "$tmp/right.leaf" -outform DER | base64 -w0)
check "$tmp/all" "$(at 1) | .tls.chain | length == 2 and .[0] == \"$leaf\"" \
	"the chain is kept as sent, leaf first"
check "$tmp/all" "$(at 1)"' | .tls | .subject == "example.org" and .issuer == "Test Root" and
	.names == ["example.org", "*.example.org"]' "names and issuer of the leaf"
check "$tmp/all" "$(at 1)"' | .tls | (.not_after[:19] + "Z" | fromdate) -
	(.not_before[:19] + "Z" | fromdate) == 864000' "and its days"
check "$tmp/all" "$(at 2)"' | .tls | .trusted and (.name_match | not)' "a wrong name is told"
check "$tmp/all" "$(at 3)"' | .tls | (.trusted | not) and .name_match and .verify == 18 and
	(.chain | length) == 1' "a self-signed certificate is told"
check "$tmp/all" "$(at 4)"' | .tls | (.trusted | not) and .name_match and .version == 771 and
	.error == "certificate has expired"' "an expired one, over TLS 1.2"
check "$tmp/all" "$(at 4)"' | .https.body == "host=example.org sni=example.org"' \
	"what lies behind an expired certificate is read all the same"
check "$tmp/all" "$(at 5)"' | .http.status == 403 and .http.body == "<html>blocked by order</html>" and
	.http.status_line == "HTTP/1.1 403 Forbidden"' "a block page"
check "$tmp/all" "$(at 5)"' | .https.state == "failed" and .https.error == "connection refused" and
	.tls == null' "and nothing on 443"
check "$tmp/all" "$(at 7)"' | .http.state == "timed_out" and .http.error == "i/o timeout" and
	.http.connect_ms > 0 and .https.state == "timed_out" and .tls.trusted' \
	"silence is a time-out, and the handshake before it is kept"
check "$tmp/all" "$(at 8)"' | .http | .state == "answered" and .cut and .body_bytes == 1048576 and
	(.body | length) == 65536' "an endless body is cut at its limit"
sum=$(head -c 1048576 /dev/zero | tr '\0' x | sha256sum | cut -d' ' -f1)
check "$tmp/all" "$(at 8) | .http.body_sha256 == \"$sum\"" "and its hash is over what was read"
check "$tmp/all" "$(at 6)"' | .http.body | startswith("User-Agent: Mozilla/5.0 (compatible; waymark")' \
	"the prober says what it is"
check "$tmp/all" "$(at 9)"' | .http.state == "failed" and .https.state == "failed" and
	(.https.error | startswith("tls: "))' "nonsense is an error with words"
check "$tmp/all" "$(at 10)"' | .http.status == 302 and .http.headers.Location == ["http://198.18.9.5/"]' \
	"a redirect is told, not followed"
check "$tmp/all" "$(at 11)"' | .http | .state == "answered" and .cut and .body == "half"' \
	"a body that breaks off is marked so"
check "$tmp/all" "$(at 12)"' | .http | .status == 200 and (.headers | length) < 12 and
	.headers.Server == ["test"]' "headers beyond the bound are left out whole"
check "$tmp/all" '.[] | select(.addr == "2001:db8:9::1") | .https.body == "host=www.example.org sni=www.example.org" and
	.tls.name_match' "IPv6, and a wildcard matches"
check "$tmp/all" "$(at 100)"' | .http.state != "answered" and .http.error != ""' "an address with nobody"

fetch --contact https://prober.example/ 198.18.9.6 example.org >"$tmp/contact"
check "$tmp/contact" '.[0].http.body | endswith("; +https://prober.example/)")' "and where to read who asks"

# Against the system's roots the test's own root is nobody.
ip netns exec "$here" "$waymark" fetch --json 198.18.9.1 example.org >"$tmp/system"
check "$tmp/system" '.[0].tls | (.trusted | not) and .verify == 19' "the system's roots are the default"

for i in $(seq 400); do echo "198.18.9.1 d$i.example.org"; done |
	fetch --rate 100000 --target-rate 100000 --net-rate 100000 --timeout 90s --connect-timeout 60s >"$tmp/many"
ok $? "400 pages from a pipe"
check "$tmp/many" '([.[].domain] | unique | length) == 400 and
	all(.[]; .https.body == "host=\(.domain) sni=\(.domain)" and .tls.trusted and .tls.name_match)' \
	"each is the page of its own domain"

for a in 10.1.2.3 127.0.0.1 169.254.169.254 192.168.1.1 ::1 ::ffff:198.18.9.1 fe80::1 224.0.0.1 0.0.0.0; do
	echo "$a example.org"
done | fetch >"$tmp/private"
[ $? -eq 7 ]
ok $? "private and local addresses: refused by policy"
check "$tmp/private" 'length == 9 and all(.[]; .http.state == "refused" and .https.state == "refused" and .http.error != "")' \
	"and every refusal is a result that names its rule"
echo "198.18.9.5 # asked us not to" >"$tmp/optout"
printf '198.18.9.5 a.example\n198.18.9.1 example.org\n' | fetch --deny-file "$tmp/optout" >"$tmp/denied"
[ $? -eq 3 ] && [ "$(jq -r 'select(.addr == "198.18.9.5").http.error' "$tmp/denied")" = "deny list" ]
ok $? "an address on the opt-out list is not asked, the other is"
printf '198.18.9.1 exa%%0d%%0ample\n198.18.9.1 a/../b\nnonsense x\n' | fetch >"$tmp/bad"
[ $? -eq 1 ] && [ ! -s "$tmp/bad" ]
ok $? "what is no host name does not reach the wire"
before=$(date +%s%N)
fetch --target-rate 5 198.18.9.1 a.example.org b.example.org c.example.org d.example.org >"$tmp/slow"
[ $(($(date +%s%N) - before)) -gt 1300000000 ] && [ "$(wc -l <"$tmp/slow")" -eq 4 ]
ok $? "connections to one address keep their rate: eight at five a second"
done_testing
