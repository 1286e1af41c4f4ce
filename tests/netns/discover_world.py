# SPDX-License-Identifier: Apache-2.0
"""Resolvers of every kind on one host, each on its own address of 198.18.40.0/24, and the helper
that knows their reverse names (198.18.41.53). On SIGHUP they forget how often they were asked."""
import signal
import socket
import struct
import sys

IP_PKTINFO = 8
NET = "198.18.40."
NAMES = {1: "ns1.good.example", 2: "dns-2.fwd.example", 3: "ns3.away.example",
         6: "cache.rewrite.example", 7: "ns7.liar.example", 10: "ns10.ip-198-18-40.host.example",
         12: "mail.twelve.example"}
FORWARD = {v: f"{NET}{k}" for k, v in NAMES.items() if k != 7}
FORWARD["ns7.liar.example"] = "198.18.99.99"
asked = {}
log = open(sys.argv[1], "a", buffering=1)


def name_of(m):
    labels, at = [], 12
    while m[at]:
        labels.append(m[at + 1:at + 1 + m[at]].decode())
        at += 1 + m[at]
    return ".".join(labels), at + 1


def reply(m, end, rcode=0, data=None, kind=1, ident=None):
    answers = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(d)) + d for d in data or [])
    return ((ident or m[:2]) + struct.pack(">HHHHH", 0x8180 | rcode, 1, len(data or []), 0, 0)
            + m[12:end + 4] + answers)


def wire(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0"


def helper(m, name, end):
    if name.endswith(".in-addr.arpa"):
        host = NAMES.get(int(name.split(".")[0]))
        return reply(m, end, 0, [wire(host)], 12) if host else reply(m, end, 3)
    return reply(m, end, 0, [socket.inet_aton(FORWARD[name])]) if name in FORWARD else reply(m, end, 3)


def resolver(n, m, name, end):
    """What resolver N says, and from which address."""
    right = socket.inet_aton("198.18.50.1")
    count = asked[n] = asked.get(n, 0) + 1
    if name.endswith("whoami.example"):
        egress = {1: f"{NET}1", 2: "198.18.77.5", 3: "198.18.77.6", 12: f"{NET}77"}.get(n)
        return reply(m, end, 0, [socket.inet_aton(egress)]) if egress else reply(m, end, 2)
    if name.endswith("nothing.example"):
        return reply(m, end, 0, [socket.inet_aton("198.18.66.6")]) if n == 6 else reply(m, end, 3)
    if n == 4:
        return reply(m, end, 5)
    if n == 5:
        return reply(m, end, 0, [socket.inet_aton("198.18.66.6")])
    if n == 8:
        return reply(m, end, 0, [socket.inet_aton("10.1.1.1")])
    if n == 9:
        return reply(m, end, 0, [right], ident=bytes([m[0] ^ 0x55, m[1] ^ 0x55]))
    if n == 11:
        return reply(m, end, 0, [socket.inet_aton("0.0.0.0")])
    if n == 7 and count > 3:
        return None
    return reply(m, end, 0, [right])


signal.signal(signal.SIGHUP, lambda *_: asked.clear())
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
s.bind(("0.0.0.0", 53))
print("ready", flush=True)
while True:
    m, control, _, who = s.recvmsg(4096, 256)
    to = socket.inet_ntoa(control[0][2][8:12])
    name, end = name_of(m)
    log.write(f"{to} {name}\n")
    n = int(to.split(".")[3])
    known = to.startswith(NET) and n in range(1, 13)
    out = helper(m, name, end) if to == "198.18.41.53" else resolver(n, m, name, end) if known else None
    if not out:
        continue
    source = f"{NET}200" if n == 3 and known else to
    info = struct.pack("I4s4s", 0, socket.inet_aton(source), b"\0\0\0\0")
    s.sendmsg([out], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, who)
