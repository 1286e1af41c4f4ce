#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# waymark trace by QUIC Initials, to a real server: it answers each probe that reaches it by closing
# at once, and says no more. Another program opens the Initials.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
need gtlsserver tshark tcpdump openssl python3
chain 4

want4=$(for i in $(seq 0 3); do echo "198.18.$i.2"; done)
want6=$(echo 2001:db8::2; for i in $(seq 3); do echo "2001:db8:$i::2"; done)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
	-subj /CN=quic.example -keyout "$TEMP/key" -out "$TEMP/cert" 2>"$TEMP/out"
for address in 0.0.0.0 ::; do
	on 4 gtlsserver --no-quic-dump --no-http-dump "$address" 443 "$TEMP/key" "$TEMP/cert" \
		>"$TEMP/server${#address}" 2>&1 &
done
# What knows no version of ours says so (RFC 9000 6.1), and a liar gives back another identifier.
cat >"$TEMP/other.py" <<'PY'
import select, socket
def bound(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    return s
other, liar = bound(8443), bound(9443)
while True:
    for s in select.select([other, liar], [], [])[0]:
        d, a = s.recvfrom(2000)
        n = d[5]
        dst, src = d[6:6 + n], d[7 + n:7 + n + d[6 + n]]
        if s is liar:
            src = bytes(b ^ 0x55 for b in src)
        s.sendto(bytes([0x80, 0, 0, 0, 0, len(src)]) + src + bytes([n]) + dst +
                 b"\x6b\x33\x43\xcf", a)
PY
on 4 python3 "$TEMP/other.py" 2>"$TEMP/other" &
heard() { [ "$(on 4 ss -Hlun | grep -c -E ':(443|8443|9443) ')" = 4 ]; }
for _ in $(seq 600); do heard && break; sleep 0.1; done
check "servers are there" heard

# By its name: the hosts file of this command alone.
echo "198.18.3.2 quic.example" >"$TEMP/hosts"
# shellcheck disable=SC2016 # for the inner shell
named() { on 0 sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$TEMP/hosts" "$PROGRAM" trace "$@"; }
datagrams() { tshark -n -r "$TEMP/pcap" -Y "$1" -T fields "${@:2}" 2>/dev/null; }

on 4 tcpdump -Unni x3 -w "$TEMP/pcap" 'udp port 443' 2>"$TEMP/tcpdump" &
for _ in $(seq 600); do grep -q listening "$TEMP/tcpdump" && break; sleep 0.1; done
named quic.example --method quic --json >"$TEMP/json" 2>"$TEMP/out"
check "a server is reached by its name" grep -q '"stop_reason":"reached"' "$TEMP/json"
check "and every attempt answered, each for itself" \
	bash -c '! grep -q guessed "$0" && [ "$(jq "[.hops[-1].replies[] | select(.addr == \"198.18.3.2\")] | length" "$0")" = 3 ]' \
	"$TEMP/json"
on 0 "$PROGRAM" trace 2001:db8:3::2 --method quic --json >"$TEMP/json"
check "so is one without a name, over IPv6" grep -q '"stop_reason":"reached"' "$TEMP/json"
# A server that waited for our part of a handshake would say its own again after a second.
sleep 2.5
kill %% 2>/dev/null # tcpdump, the newest job
wait %% 2>/dev/null

check "another program opens the Initials: ALPN" same \
	"$(datagrams 'udp.dstport == 443' -e tls.handshake.extensions_alpn_str | sort -u)" h3
check "and the name, where one was traced" same \
	"$(datagrams 'ip && udp.dstport == 443' -e tls.handshake.extensions_server_name | sort -u)" \
	quic.example
check "and none where an address was" same \
	"$(datagrams 'ipv6 && udp.dstport == 443' -e tls.handshake.extensions_server_name | sort -u)" ""
check "each is 1200 bytes, one flow, never to be cut" same \
	"$(datagrams 'ip && udp.dstport == 443' -e udp.length -e ip.flags.df -e udp.srcport |
		sort -u | sed 's/\t[0-9]*$//')" "$(printf '1208\t1')"
came=$(datagrams 'udp.dstport == 443' -e quic.dcid | sort -u | wc -l)
check "no two have one identifier" test "$came" -ge 6 -a \
	"$came" = "$(datagrams 'udp.dstport == 443' -e frame.number | wc -l)"
check "the server says one thing to each, and no more" same \
	"$(datagrams 'udp.srcport == 443' -e frame.number | wc -l)" "$came"
check "that it closes, for what the hello lacks" same \
	"$(cat "$TEMP"/server* | grep -a -c 'CONNECTION_CLOSE.*TRANSPORT_PARAMETER_ERROR')" "$came"

for target in 198.18.3.2 2001:db8:3::2; do
	case $target in *:*) want=$want6 ;; *) want=$want4 ;; esac
	check "the path to $target" same "$(trace $target --method quic)" "$want"
	check "to a port nobody listens at" \
		same "$(trace $target --method quic --port 9)" "$want"
	on 0 "$PROGRAM" trace $target --method quic --port 8443 --json >"$TEMP/json"
	check "Version Negotiation reaches $target" grep -q '"stop_reason":"reached"' "$TEMP/json"
	check "and each answer is told to its probe" bash -c '! grep -q guessed "$0"' "$TEMP/json"
done
on 0 "$PROGRAM" trace 198.18.3.2 --method quic --port 9443 --gap 2 --attempts 1 --wait 500ms --json \
	>"$TEMP/json"
check "an answer to another identifier is none" grep -q '"stop_reason":"gap"' "$TEMP/json"
named --mda quic.example --method quic --json >"$TEMP/json" 2>"$TEMP/out"
check "a graph reaches it, too" grep -q '"stop_reason":"reached"' "$TEMP/json"
done_testing
