# SPDX-License-Identifier: Apache-2.0
"""Writes a capture with COUNT flows alive at once: flows_many.py OUT COUNT. Each is a TCP connection
with its handshake and a segment of payload; all begin before the first one goes on."""
import struct
import sys

out_path, count = sys.argv[1], int(sys.argv[2])
IP = struct.Struct(">BBHHHBBH4s4s")
TCP = struct.Struct(">HHIIBBHHH")


def frame(i, step):
    a = struct.pack(">I", 0x0A000000 + i % 250 + 1)
    b = struct.pack(">I", 0xC6120000 + i // 60000 * 65536 + i % 60000)
    flags, payload = ((2, b""), (0x12, b""), (0x10, b"x" * 100))[step]
    back = step == 1
    ports = (443, 1024 + i % 60000) if back else (1024 + i % 60000, 443)
    tcp = TCP.pack(*ports, 1 + (step > 1), 1, 0x50, flags, 8192, 0, 0) + payload
    ends = (b, a) if back else (a, b)
    return IP.pack(0x45, 0, 20 + len(tcp), i & 0xFFFF, 0, 64, 6, 0, *ends) + tcp


with open(out_path, "wb", 1 << 20) as out:
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
    for step in range(3):
        for i in range(count):
            data = frame(i, step)
            out.write(struct.pack("<IIII", 1700000000 + step * 10 + i * 9 // count, i % 1000000, len(data), len(data)))
            out.write(data)
