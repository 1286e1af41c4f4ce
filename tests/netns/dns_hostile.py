#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dns_hostile.py serve DIR: answers the question for "pN.…" with packet N, as it is but for the
# message id (every fifth keeps its own), and the one for "rN.…" with what comes in packet N behind
# its question, put behind ours: right id, right question, rotten answer. Says when it serves.
# dns_hostile.py check|rotten DIR OUTPUT META: every pair is there once, every packet was kept byte for byte, and
# what is said of it holds. Whether one can be read is told by a walk of this file's own (RFC 1035).
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


# --- right question, rotten answer ---


def passed_name(m, at):
    """Behind the name at AT; None: it does not end in M or is none."""
    while at < len(m):
        if m[at] >= 0xC0:
            return at + 2 if at + 2 <= len(m) else None
        if m[at] > 63:
            return None
        if m[at] == 0:
            return at + 1
        at += m[at] + 1
    return None


def named(m, at):
    """Pointers lead back, and 255 bytes are the most."""
    floor, total = at, 1
    while True:
        while at < len(m) and m[at] >= 0xC0:
            to = int.from_bytes(m[at : at + 2], "big") & 0x3FFF
            if at + 2 > len(m) or to >= floor:
                return False
            at = floor = to
        if at >= len(m) or m[at] > 63 or at + 1 + m[at] > len(m):
            return False
        if m[at] == 0:
            return True
        total += m[at] + 1
        if total > 255:
            return False
        at += m[at] + 1


def behind_questions(m, count):
    at = 12
    for _ in range(count):
        at = passed_name(m, at)
        if at is None or at + 4 > len(m):
            return None
        at += 4
    return at


def walked(m):
    """(whole, cut, records): records as (type, ttl, has a name) of all sections but OPT."""
    counts = struct.unpack(">4H", m[4:12])
    at, records = behind_questions(m, counts[0]), []
    if at is None:
        return False, True, records
    for _ in range(sum(counts[1:])):
        start, at = at, passed_name(m, at)
        if at is None:
            bad = start
            while bad < len(m) and m[bad] <= 63:
                bad += m[bad] + 1
            return False, not (bad < len(m) and 63 < m[bad] < 0xC0), records
        if at + 10 > len(m):
            return False, True, records
        kind, _, ttl, size = struct.unpack(">HHIH", m[at : at + 10])
        at += 10 + size
        if at > len(m):
            return False, True, records
        if kind != 41:
            records.append((kind, ttl, named(m, start)))
    return True, False, records


def rotten(n, packet, q):
    question = q[12 : behind_questions(q, 1)]
    if len(packet) < 12:
        return q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + packet
    tail = behind_questions(packet, int.from_bytes(packet[4:6], "big"))
    flags = packet[2:4] if n % 10 == 0 else bytes([packet[2] | 0x80, packet[3]])
    return q[:2] + flags + b"\0\1" + packet[6:12] + question + packet[tail if tail else 12 :]


def types(records):
    numbers = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
    return [(numbers.get(r["type"], r["type"]), r["ttl"], r["name"] is not None) for r in records]


def wrong_of(a, status, m):
    """What is said amiss of M, which is answer A of a pair with that STATUS."""
    whole, cut, records = walked(m)
    response, truncated = m[2] >> 7, m[2] >> 1 & 1
    readable = whole or bool(truncated and cut)
    if a.get("unreadable", False) == readable:
        return "readable" if readable else "unreadable"
    if not a.get("id_ok", True) or not a.get("question_ok", True):
        return "not ours"
    if a.get("not_response", False) == bool(response):
        return "a response"
    if (status == "answered") != bool(readable and response):
        return "status " + status
    if a["rcode"] is not None and a["rcode"] not in (m[3] & 15, "NOERROR") and isinstance(a["rcode"], int):
        return "rcode"
    said = types(a["records"])
    if len(said) != len(records):
        return f"{len(said)} records, not {len(records)}"
    if any(x[1:] != y[1:] or isinstance(x[0], int) and x[0] != y[0] for x, y in zip(said, records)):
        return "records"
    return None


def check_rotten(folder, output, meta):
    have = [bytes.fromhex(x.strip()) for x in open(folder + "/packets")]
    seen, wrong, kinds = set(), [], {}
    for line in open(output):
        p = json.loads(line)
        n = int(p["domain"][1:].split(".")[0])
        if n in seen:
            wrong.append((n, "twice"))
        seen.add(n)
        name = p["domain"].split(".")
        question = b"".join(bytes([len(x)]) + x.encode() for x in name) + b"\0\0\1\0\1"
        got = [(t, a) for t in p["tries"] for a in t["answers"]]
        if len(got) != 1:
            wrong.append((n, f"{len(got)} packets"))
            continue
        t, a = got[0]
        want = rotten(n, have[n], struct.pack(">H", t["id"]) + b"\0" * 10 + question)
        amiss = "bytes" if bytes.fromhex(a["wire"]) != want else wrong_of(a, p["status"], want)
        if amiss:
            wrong.append((n, amiss))
        kind = "unreadable" if a.get("unreadable") else "no response" if a.get("not_response") else "answer"
        kinds[kind] = kinds.get(kind, 0) + 1
    m = json.load(open(meta))["packets"]
    print(f"# {len(seen)} pairs; {m['heard']} packets heard, {m['strange']} nobody's; {kinds}; wrong: {len(wrong)} {wrong[:8]}")
    return len(seen) != len(have) or m["strange"] or wrong or min(kinds.get(k, 0) for k in ("unreadable", "answer")) < 300


def serve(folder):
    have = packets()
    with open(folder + "/packets", "w") as f:
        f.writelines(p.hex() + "\n" for p in have)
    with open(folder + "/names", "w") as f:
        f.writelines(f"p{i}.hostile.example\n" for i in range(len(have)))
    with open(folder + "/rotten", "w") as f:
        f.writelines(f"r{i}.hostile.example\n" for i in range(len(have)))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(("198.18.0.53", 53))
    open(folder + "/ready", "w").close()
    while True:
        q, peer = s.recvfrom(2048)
        n = int(q[14 : 13 + q[12]])
        s.sendto(rotten(n, have[n], q) if q[13:14] == b"r" else sent(n, have[n], q[:2]), peer)


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
sys.exit(1 if (check_rotten if sys.argv[1] == "rotten" else check)(*sys.argv[2:]) else 0)
