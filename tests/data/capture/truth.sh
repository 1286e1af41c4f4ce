#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the truth file of a capture with tshark, a program that shares no code with ours:
#   ./truth.sh FILE.pcap >truth/FILE.pcap.truth.json
# The captures hold no DNS answers. The first of every field is the outermost header; frames without IP do not count.
tshark -r "$1" -T fields -E occurrence=f -e frame.number -e frame.time_epoch -e frame.len \
	-e ip.src -e ip.dst -e ip.proto -e ipv6.src -e ipv6.dst -e ipv6.nxt \
	-e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport \
	-e tls.handshake.extensions_server_name 2>/dev/null |
	python3 -c '
import json, sys
names = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 58: "icmp6"}
flows, sni = {}, []
for line in sys.stdin:
    (frame, at, size, s4, d4, p4, s6, d6, p6, ts, td, us, ud, name) = (
        line.rstrip("\n").split("\t"))
    src, dst, proto = (s4, d4, p4) if s4 else (s6, d6, p6)
    if not src:
        continue
    sport, dport = int(ts or us or 0), int(td or ud or 0)
    proto = names.get(int(proto), proto)
    key, back = (proto, src, sport, dst, dport), (proto, dst, dport, src, sport)
    side = "ba" if back in flows and key not in flows else "ab"
    f = flows.setdefault(back if side == "ba" else key, {
        "pkts_ab": 0, "bytes_ab": 0, "pkts_ba": 0, "bytes_ba": 0, "first": float(at)})
    f["pkts_" + side] += 1
    f["bytes_" + side] += int(size)
    f["last"] = float(at)
    if name:
        sni.append({"frame": int(frame), "transport": "tls", "dst": dst, "dport": dport,
                    "sni": name})
json.dump({"tool": "tshark", "flow_list": [
    dict(zip(("proto", "a", "aport", "b", "bport"), k), **f,
         names_a=["tls-sni:" + s["sni"] for s in sni if s["dst"] == k[1]],
         names_b=["tls-sni:" + s["sni"] for s in sni if s["dst"] == k[3]])
    for k, f in flows.items()], "sni": sni, "dns_answers": []}, sys.stdout, indent=1)
'
