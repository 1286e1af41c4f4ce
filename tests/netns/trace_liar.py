# SPDX-License-Identifier: Apache-2.0
#
# A liar on the wire to the tracer: trace_liar.py FROM TO MAC TARGET SEED, until it is ended. True answers
# come by interface FROM, lies go out by TO, to the tracer's MAC. It knows the flow (ports 61000 and 33434
# or 443, ICMP id 61000) but not the probes. What it sends: time exceeded with
# guessed identities and right checksums; true answers that pass here with the router's address changed, so
# that the checksum is wrong, or cut short; random bytes as ICMP; messages as long as the wire carries.
# Prints what it sent when it is ended.
import collections
import os
import random
import signal
import socket
import struct
import sys

PORTS = {6: 443, 17: 33434}
source, sink, mac, target, seed = sys.argv[1:]
rng = random.Random(int(seed))
family = socket.AF_INET6 if ":" in target else socket.AF_INET
v6 = family == socket.AF_INET6
us = socket.inet_pton(family, "2001:db8::1" if v6 else "198.18.0.1")
liar = socket.inet_pton(family, "2001:db8:66::66" if v6 else "198.18.66.66")
them = socket.inet_pton(family, target)
sent = collections.Counter()


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(src, dst, proto, payload, ttl=60):
    if v6:
        return struct.pack("!IHBB", 6 << 28 | rng.getrandbits(20), len(payload), proto, ttl) + src + dst + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), rng.getrandbits(16), 0, ttl, proto, 0) + src + dst
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def icmp(src, kind, code, rest):
    body = struct.pack("!BBH", kind, code, 0) + rest
    pseudo = src + us + struct.pack("!II", len(body), 58) if v6 else b""
    return ip(src, us, 58 if v6 else 1, body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:])


def guess():
    """Our own flow as a router would quote it, with an identity made up."""
    proto = rng.choice([6, 17, 58 if v6 else 1])
    if proto in PORTS:
        transport = struct.pack("!HH", 61000, PORTS[proto]) + rng.randbytes(16)
    else:
        transport = struct.pack("!BBHH", 128 if v6 else 8, 0, rng.getrandbits(16), 61000) + rng.randbytes(14)
    return icmp(liar, 3 if v6 else 11, 0, b"\0" * 4 + ip(us, them, proto, transport, 1))


def noise():
    kinds = [3, 1, 2, 4, 129] if v6 else [11, 3, 5, 12, 0]
    return icmp(liar, rng.choice(kinds), rng.randrange(16), rng.randbytes(rng.choice([4, 30, 200, 1400])))


def damage():
    """A router's answer on its way, with another address and nothing else changed."""
    true, at = seen[-1], 8 if v6 else 12
    return true[:at] + liar + true[at + len(liar):]


def cut():
    wrong = damage()
    return wrong[:rng.randrange(1, len(wrong))]


def opened(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    s.bind((interface, 0))
    return s


def end(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(dict(sent), flush=True)
    os._exit(0)


ethertype = b"\x86\xdd" if v6 else b"\x08\x00"
answers, wire, seen = opened(source), opened(sink), []
link = bytes.fromhex(mac.replace(":", "")) + wire.getsockname()[4] + ethertype
answers.settimeout(0.002)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    lies = [guess, guess, noise]
    try:
        frame = answers.recv(2000)
        packet = frame[14:]
        at, proto = (40, packet[6]) if v6 else (20, packet[9])
        if frame[12:14] == ethertype and proto == (58 if v6 else 1) and packet[at] == (3 if v6 else 11):
            seen.append(packet)
            lies = [damage, cut, cut] + lies
    except (TimeoutError, IndexError):
        pass
    for lie in lies:
        wire.send(link + lie())
        sent[lie.__name__] += 1
