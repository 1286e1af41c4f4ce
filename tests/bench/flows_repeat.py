# SPDX-License-Identifier: Apache-2.0
"""Repeats pcap files, each time later, until OUT has BYTES: flows_repeat.py OUT BYTES FILE...
Files of other link types than the first one's, or of other byte order, are left out.
With --spread every round is given other addresses (10.x.y.z for the last three bytes of the source),
so that flows multiply instead of growing."""
import struct
import sys

spread = "--spread" in sys.argv
out_path, size, *paths = [a for a in sys.argv[1:] if a != "--spread"]
ETHERNET, IPV4 = 1, b"\x08\x00"


def frames(path):
    data = open(path, "rb").read()
    magic, *_, link = struct.unpack("<IHHiIII", data[:24])
    if magic != 0xA1B2C3D4 or link != ETHERNET:
        return []
    at, found, first = 24, [], None
    while at + 16 <= len(data):
        s, us, kept, length = struct.unpack_from("<IIII", data, at)
        if kept > 262144 or at + 16 + kept > len(data):
            break
        first = s if first is None else first
        # some captures leap in time
        found.append((min(max(s - first, 0), 3600), us,
                      bytearray(data[at + 8 : at + 16 + kept])))
        at += 16 + kept
    return found


rounds = [f for f in map(frames, paths) if f]
now, written = 1700000000, 24
with open(out_path, "wb", 1 << 20) as out:
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, ETHERNET))
    count = 0
    while written < int(size):
        for capture in rounds:
            count += 1
            for s, us, rest in capture:
                if spread and rest[20:22] == IPV4:
                    phone = 26 if rest[34] in (10, 192, 172) else 30
                    rest[8 + phone : 8 + phone + 4] = bytes((10, count >> 16 & 255, count >> 8 & 255, count & 255))
                out.write(struct.pack("<II", now + s, us))
                out.write(rest)
                written += 8 + len(rest)
            now += max(s for s, _, _ in capture) + 1
