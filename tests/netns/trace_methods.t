#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# waymark trace by TCP ACK, answers of UDP services, targets that come one by one, and what
# is said about a run.
cd "$(dirname "$0")/../.." || exit 1
. tests/netns/chain.sh
chain 4

want4=$(for i in $(seq 0 3); do echo "198.18.$i.2"; done)
want6=$(echo 2001:db8::2; for i in $(seq 3); do echo "2001:db8:$i::2"; done)

# A UDP echo; both families.
cat >"$TEMP/server.py" <<'END'
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", 7))
print("up", flush=True)
while True:
    s.sendto(*s.recvfrom(2000))
END
on 4 python3 "$TEMP/server.py" >"$TEMP/server" &
for _ in $(seq 300); do grep -q up "$TEMP/server" && break; sleep 0.1; done

for target in 198.18.3.2 2001:db8:3::2; do
	case $target in *:*) want=$want6 ;; *) want=$want4 ;; esac
	check "tcp-ack to $target" same "$(trace $target --method tcp-ack)" "$want"
	check "udp to a service that answers, $target" \
		same "$(trace $target --method udp --port 7)" "$want"
	on 0 "$PROGRAM" trace $target --method tcp-ack --json >"$TEMP/json"
	check "a lone ACK is answered by RST from $target" grep -q '"tcp_flags":4' "$TEMP/json"
done
on 0 "$PROGRAM" trace 198.18.3.2 --port 7 --json >"$TEMP/json"
check "a UDP answer is a destination reached" \
	grep -q '"stop_reason":"reached"' "$TEMP/json"

# The server's kernel forgets at once: no half-open connection, no state after a lone ACK.
quiet() { [ "$(on 4 ss -tan | wc -l)" -le 1 ]; }
check "tcp-ack leaves nothing at the server" quiet

# Targets one by one: the first is printed long before the second is named.
{
	echo 198.18.3.2
	sleep 3
	printf '198.18.2.2 icmp\nnonsense\n198.18.1.2 tcp-ack'
} | on 0 "$PROGRAM" trace --json --wait 300ms --metadata "$TEMP/meta" --status-file "$TEMP/csv" \
	2>"$TEMP/errors" | while read -r line; do echo "$SECONDS $line"; done >"$TEMP/lines"
first=$(head -1 "$TEMP/lines" | cut -d' ' -f1) last=$(tail -1 "$TEMP/lines" | cut -d' ' -f1)
check "the first target does not wait for the last" test $((last - first)) -ge 1
check "a last line without newline counts" same "$(wc -l <"$TEMP/lines")" 3
check "nonsense is told with its line" grep -q 'line 3: "nonsense"' "$TEMP/errors"
check "the document counts traces" grep -q '"targets":3,"done":3' "$TEMP/meta"
check "and says the stop reasons" grep -q '"reached":3' "$TEMP/meta"
check "the status file has a row a second" test "$(wc -l <"$TEMP/csv")" -ge 4

# Ctrl-C: what there is, and the document.
(seq 1 50 | sed 's/^/198.18.3./'; sleep 20) |
	on 0 timeout --preserve-status -s INT 2 "$PROGRAM" trace --json --wait 10s --gap 20 \
		--metadata "$TEMP/meta" >"$TEMP/json"
check "Ctrl-C still writes the document" grep -q '"interrupted":true' "$TEMP/meta"
check "and every trace begun is printed" same "$(wc -l <"$TEMP/json")" 50

# What would be done, without doing it.
tell() { printf '198.18.3.2\n224.0.0.1\n' | on 0 "$PROGRAM" trace --dry-run 2>&1; }
check "a dry run names source and limits" grep -q 'from 198.18.0.1, udp to port 33434' <(tell)
check "and what is denied" grep -q '224.0.0.1.*denied by 224.0.0.0/4' <(tell)
before=$(on 0 cat /sys/class/net/x0/statistics/tx_packets)
tell >/dev/null
check "and sends nothing" same "$(on 0 cat /sys/class/net/x0/statistics/tx_packets)" "$before"
done_testing
