#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dns_hostile.py serve DIR: answers the question for "pN.…" with packet N, as it is but for the
# message id (every fifth keeps its own); prints how many packets there are, then serves.
# dns_hostile.py check DIR OUTPUT META: every pair is there once, every packet was kept byte for byte, and
# what is said of it holds.
import glob
import gzip
import json
import os
import random
import socket
import struct
import sys
import tarfile

SHARED = os.environ.get("WAYMARK_DATA", "../shared/data") + "/f_wire_vectors/dns"
DATA = SHARED if os.path.isdir(SHARED) else "tests/data/vectors/dns"
COUNT = 10000


def real():
    for path in sorted(glob.glob(DATA + "/cares_fuzzinput/*") + glob.glob(DATA + "/knot_dname/*")):
        yield open(path, "rb").read()
    for path in sorted(glob.glob(DATA + "/unbound_test_packets.*.hex.txt")):
        for line in open(path):
            try:
                yield bytes.fromhex(line.split(";")[0].strip())
            except ValueError:
                continue  # a note, not a packet
    for path in glob.glob(DATA + "/*.tar.gz"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile():
                    yield tar.extractfile(member).read()


def packets():
    have = [p for p in real() if len(p) <= 1400]
    print(f"# {len(have)} real packets from {DATA}", file=sys.stderr)
    rnd = random.Random(5)
    good = (b"\0\0\x81\x80\0\1\0\2\0\0\0\0\3www\7example\0\0\1\0\1"
            b"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cdn\xc0\x10\xc0\x2d\0\1\0\1\0\0\1\x2c\0\4\xcb\0\x71\1")
    while len(have) < COUNT:
        p = bytearray(good)
        for _ in range(rnd.randrange(1, 9)):
            p[rnd.randrange(len(p))] = rnd.choice((0, 0xC0, 0xFF, rnd.randrange(256)))
        have.append(bytes(p[: rnd.randrange(len(p) + 1)]) + rnd.randbytes(rnd.randrange(30)))
    return have[:COUNT]


def sent(n, packet, ident):
    if n % 5 == 0 or len(packet) < 2:
        return packet
    return ident + packet[2:]


def serve(folder):
    have = packets()
    with open(folder + "/packets", "w") as f:
        f.writelines(p.hex() + "\n" for p in have)
    with open(folder + "/names", "w") as f:
        f.writelines(f"p{i}.hostile.example\n" for i in range(len(have)))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(("198.18.0.53", 53))
    open(folder + "/ready", "w").close()
    while True:
        q, peer = s.recvfrom(2048)
        n = int(q[14 : 13 + q[12]])
        s.sendto(sent(n, have[n], q[:2]), peer)


def check(folder, output, meta):
    have = [bytes.fromhex(x.strip()) for x in open(folder + "/packets")]
    seen, kept, wrong, kinds = set(), 0, [], {}
    for line in open(output):
        p = json.loads(line)
        n = int(p["domain"][1:].split(".")[0])
        if n in seen:
            wrong.append((n, "twice"))
        seen.add(n)
        own = n % 5 == 0 or len(have[n]) < 2
        found = False
        for t in p["tries"]:
            want = sent(n, have[n], struct.pack(">H", t["id"]))
            for a in t["answers"]:
                kept += 1
                fits = a.get("question_ok", True)
                if bytes.fromhex(a["wire"]) != want:
                    # With neither id nor question it stands with whoever waited longest.
                    if fits:
                        wrong.append((n, "bytes"))
                    continue
                found = True
                if fits:
                    wrong.append((n, "the question is not ours"))
                if len(want) < 12 and not a.get("unreadable"):
                    wrong.append((n, "short and readable"))
                if p["status"] == "answered" and a.get("unreadable"):
                    wrong.append((n, "counted"))
                kind = "answered" if p["status"] == "answered" else (
                    "unreadable" if a.get("unreadable") else "not an answer")
                kinds[kind] = kinds.get(kind, 0) + 1
        if not found and not own:
            wrong.append((n, "lost"))
    m = json.load(open(meta))["packets"]
    print(f"# {len(seen)} pairs; {m['heard']} packets heard, {kept} kept, {m['strange']} nobody's; "
          f"{kinds}; wrong: {len(wrong)} {wrong[:5]}")
    if m["heard"] < 0.99 * len(have) or kept + m["strange"] != m["heard"] or m["strange"] > 100:
        return True
    return len(seen) != len(have) or wrong


if sys.argv[1] == "serve":
    serve(sys.argv[2])
sys.exit(1 if check(*sys.argv[2:]) else 0)
