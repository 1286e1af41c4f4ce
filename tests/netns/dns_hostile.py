#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dns_hostile.py serve DIR: answers the question for "pN.…" with packet N, as it is but for the
# message id (every fifth keeps its own), and the one for "rN.…" with what comes in packet N behind
# its question, put behind ours: right id, right question, rotten answer; over TCP the same, and "lN.…" of those
# too long for a packet. Says when it serves.
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
import threading

SHARED = os.environ.get("WAYMARK_DATA", "../shared/data") + "/f_wire_vectors/dns"
DATA = SHARED if os.path.isdir(SHARED) else "tests/data/vectors/dns"
COUNT = 10000
LONGEST = 1400  # of a packet without fragments


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
    all_of_them = list(real())
    have = [p for p in all_of_them if len(p) <= LONGEST]
    long = [p for p in all_of_them if LONGEST < len(p) <= 60000]
    print(f"# {len(have)} real packets from {DATA}, {len(long)} longer ones", file=sys.stderr)
    rnd = random.Random(5)
    good = (b"\0\0\x81\x80\0\1\0\2\0\0\0\0\3www\7example\0\0\1\0\1"
            b"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cdn\xc0\x10\xc0\x2d\0\1\0\1\0\0\1\x2c\0\4\xcb\0\x71\1")
    while len(have) < COUNT:
        p = bytearray(good)
        for _ in range(rnd.randrange(1, 9)):
            p[rnd.randrange(len(p))] = rnd.choice((0, 0xC0, 0xFF, rnd.randrange(256)))
        have.append(bytes(p[: rnd.randrange(len(p) + 1)]) + rnd.randbytes(rnd.randrange(30)))
    return have[:COUNT], long


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


def spelt(label):
    return "".join(
        f"\\{c:03}" if c <= 32 or c >= 127 else ("\\" if chr(c) in '"().;\\@$' else "") + chr(c) for c in label
    )


def name_at(m, at):
    """As text; None: it is none. Pointers lead back, and 255 bytes are the most."""
    floor, total, labels = at, 1, []
    while True:
        while at < len(m) and m[at] >= 0xC0:
            to = int.from_bytes(m[at : at + 2], "big") & 0x3FFF
            if at + 2 > len(m) or to >= floor:
                return None
            at = floor = to
        if at >= len(m) or m[at] > 63 or at + 1 + m[at] > len(m):
            return None
        if m[at] == 0:
            return ".".join(labels) or "."
        total += m[at] + 1
        if total > 255:
            return None
        labels.append(spelt(m[at + 1 : at + 1 + m[at]]))
        at += m[at] + 1


# What of a record's data is read here: names and numbers of two and four bytes, in order.
FIELDS = {2: "n", 5: "n", 6: "nn44444", 12: "n", 15: "2n", 39: "n"}
# Types that waymark writes in a form of their own, which is not looked at here.
OTHERS = (13, 17, 33, 35, 43, 44, 46, 47, 48, 50, 51, 52, 59, 60, 64, 65, 99, 256, 257)


def data_at(m, kind, at, end):
    """As text; with no form, or not in it, as RFC 3597 has it; None: not looked at."""
    raw = f"\\# {end - at}" + (f" {m[at:end].hex()}" if end > at else "")
    said = []
    if kind == 1 and end - at == 4:
        return socket.inet_ntop(socket.AF_INET, m[at:end])
    if kind == 28 and end - at == 16:
        return socket.inet_ntop(socket.AF_INET6, m[at:end])
    if kind == 16:
        while at < end and at + 1 + m[at] <= end:
            said.append('"' + "".join(
                f"\\{c:03}" if c < 32 or c >= 127 else ("\\" if chr(c) in '"\\' else "") + chr(c)
                for c in m[at + 1 : at + 1 + m[at]]) + '"')
            at += m[at] + 1
        return " ".join(said) if at == end else raw
    if kind in OTHERS:
        return None
    if kind not in FIELDS:
        return raw
    for field in FIELDS[kind]:
        if field == "n":
            text, behind = name_at(m, at), passed_name(m[:end], at)
            if text is None or behind is None:
                return raw
            said.append(text)
            at = behind
        else:
            if at + int(field) > end:
                return raw
            said.append(str(int.from_bytes(m[at : at + int(field)], "big")))
            at += int(field)
    return " ".join(said) if at == end else raw


def ends_in(m, at):
    """Whether it is the end of M that breaks the name at AT."""
    while at < len(m) and m[at] <= 63:
        at += m[at] + 1
    return not (at < len(m) and m[at] < 0xC0)


def behind_questions(m, count):
    """Where the records begin, or None; and whether it is the end of M that breaks them."""
    at = 12
    for _ in range(count):
        start, at = at, passed_name(m, at)
        if at is None or at + 4 > len(m):
            return None, at is not None or ends_in(m, start)
        at += 4
    return at, False


def walked(m):
    """(whole, cut, records, opt): records of all sections as they are to be told, but for OPT; of
    OPT records in the additional section the last, as (class, ttl)."""
    counts = struct.unpack(">4H", m[4:12])
    (at, cut), records, opt = behind_questions(m, counts[0]), [], None
    if at is None:
        return False, cut, records, opt
    for i in range(sum(counts[1:])):
        start, at = at, passed_name(m, at)
        if at is None:
            return False, ends_in(m, start), records, opt
        if at + 10 > len(m):
            return False, True, records, opt
        kind, klass, ttl, size = struct.unpack(">HHIH", m[at : at + 10])
        at += 10 + size
        if at > len(m):
            return False, True, records, opt
        section = None if i < counts[1] else "authority" if i < counts[1] + counts[2] else "additional"
        if kind != 41:
            records.append((kind, ttl, name_at(m, start), data_at(m, kind, at - size, at), klass, section))
        elif section == "additional":
            opt = (klass, ttl)
    return True, False, records, opt


def rotten(n, packet, q):
    question = q[12 : behind_questions(q, 1)[0]]
    if len(packet) < 12:
        return q[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + packet
    tail, _ = behind_questions(packet, int.from_bytes(packet[4:6], "big"))
    flags = packet[2:4] if n % 10 == 0 else bytes([packet[2] | 0x80, packet[3]])
    return q[:2] + flags + b"\0\1" + packet[6:12] + question + packet[tail if tail else 12 :]


TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "RP": 17,
         "AAAA": 28, "LOC": 29, "SRV": 33, "NAPTR": 35, "CERT": 37, "DNAME": 39, "DS": 43, "SSHFP": 44, "RRSIG": 46,
         "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53, "CDS": 59, "CDNSKEY": 60,
         "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "SPF": 99, "AXFR": 252, "ANY": 255,
         "URI": 256, "CAA": 257}
MOST = 8192  # bytes of a record's data that are told as text; "wire" has all
FLAGS = ((0x8000, "qr"), (0x400, "aa"), (0x200, "tc"), (0x100, "rd"), (0x80, "ra"), (0x40, "z"), (0x20, "ad"), (0x10, "cd"))


def wrong_record(said, r):
    kind, ttl, name, data, klass, section = r
    number = TYPES.get(said["type"]) or int(said["type"][4:])
    cut = len(said["data"]) > MOST - 8 and (data or "").startswith(said["data"])
    return ((number, said["ttl"], said["name"], said.get("class", 1), said.get("section"))
            != (kind, ttl, name, klass, section) or data is not None and said["data"] != data and not cut)


def wrong_packet(a, m):
    """What is said amiss of the packet M, whomever it belongs to."""
    if len(m) < 12:
        bare = a.get("unreadable") and a["rcode"] is None and a["flags"] == [] and a["edns"] is None and not a["records"]
        return None if bare else "short"
    whole, cut, records, opt = walked(m)
    flags = int.from_bytes(m[2:4], "big")
    if a.get("unreadable", False) == (whole or bool(m[2] >> 1 & 1 and cut)):
        return "unreadable" if a.get("unreadable") else "readable"
    if a.get("not_response", False) == bool(flags & 0x8000):
        return "a response"
    if a["flags"] != [name for bit, name in FLAGS if flags & bit]:
        return "flags"
    if a["rcode"] != (flags & 15 | ((opt[1] >> 24) << 4 if opt else 0)):
        return "rcode"
    if (a["edns"] is not None) != (opt is not None):
        return "OPT"
    if opt and (a["edns"]["size"], a["edns"]["version"], a["edns"]["do"]) != (opt[0], opt[1] >> 16 & 255, bool(opt[1] & 0x8000)):
        return "what OPT says"
    if len(a["records"]) != len(records):
        return f"{len(a['records'])} records, not {len(records)}"
    bad = [(x, y) for x, y in zip(a["records"], records) if wrong_record(x, y)]
    return f"record {bad[0]}"[:300] if bad else None


def counts_as_answer(m):
    """Behind the right question, or without one."""
    whole, cut, _, _ = walked(m)
    return bool(m[2] & 0x80 and (whole or m[2] >> 1 & 1 and cut))


def wrong_of(a, p, t, m):
    """What is said amiss of M, which is answer A to try T of the pair P and to its question."""
    good = counts_as_answer(m)
    if not a.get("id_ok", True) or not a.get("question_ok", True):
        return "not ours"
    late = a.get("late") and p["status"] == t["outcome"] == "timeout"
    if not late and (p["status"], t["outcome"]) != (("answered", "answered") if good else ("error", "unusable")):
        return f"{p['status']}, {t['outcome']}"
    return wrong_packet(a, m)


def check_rotten(folder, output, meta, names="rotten"):
    have, long = ([bytes.fromhex(x) for x in open(folder + name)] for name in ("/packets", "/long"))
    seen, wrong, kinds, asked = set(), [], {}, sum(1 for _ in open(f"{folder}/{names}"))
    for line in open(output):
        p = json.loads(line)
        n = int(p["domain"][1:].split(".")[0])
        if p["domain"] in seen:
            wrong.append((n, "twice"))
        seen.add(p["domain"])
        name = p["domain"].split(".")
        question = b"".join(bytes([len(x)]) + x.encode() for x in name) + b"\0\0\1\0\1"
        got = [(t, a) for t in p["tries"] for a in t["answers"]]
        if len(got) != 1:
            wrong.append((n, f"{len(got)} packets"))
            continue
        t, a = got[0]
        want = rotten(n, (long if p["domain"][0] == "l" else have)[n], struct.pack(">H", t["id"]) + b"\0" * 10 + question)
        amiss = "bytes" if bytes.fromhex(a["wire"]) != want else wrong_of(a, p, t, want)
        if amiss:
            wrong.append((n, amiss))
        kind = "unreadable" if a.get("unreadable") else "no response" if a.get("not_response") else "answer"
        kinds[kind] = kinds.get(kind, 0) + 1
    m = json.load(open(meta))["packets"]
    print(f"# {len(seen)} pairs; {m['heard']} packets heard, {m['strange']} nobody's; {kinds}; wrong: {len(wrong)} {wrong[:8]}")
    few = min(kinds.get(k, 0) for k in ("unreadable", "answer")) < asked / 50
    return len(seen) != asked or m["strange"] or wrong or few


def exact(c, count):
    got = b""
    while len(got) < count:
        more = c.recv(count - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def talk(c, have, long):
    try:
        while True:
            q = exact(c, int.from_bytes(exact(c, 2), "big"))
            n = int(q[14 : 13 + q[12]])
            a = rotten(n, (long if q[13:14] == b"l" else have)[n], q)
            c.sendall(struct.pack(">H", len(a)) + a)
    except (EOFError, OSError):
        c.close()


def serve_tcp(s, have, long):
    while True:
        threading.Thread(target=talk, args=(s.accept()[0], have, long), daemon=True).start()


def serve(folder):
    have, long = packets()
    for name, what in (("packets", have), ("long", long)):
        with open(f"{folder}/{name}", "w") as f:
            f.writelines(p.hex() + "\n" for p in what)
    with open(folder + "/stream", "w") as f:
        f.writelines(f"r{i}.hostile.example\n" for i in range(0, len(have), 10))
        f.writelines(f"l{i}.hostile.example\n" for i in range(len(long)))
    with open(folder + "/names", "w") as f:
        f.writelines(f"p{i}.hostile.example\n" for i in range(len(have)))
    with open(folder + "/rotten", "w") as f:
        f.writelines(f"r{i}.hostile.example\n" for i in range(len(have)))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(("198.18.0.53", 53))
    t = socket.create_server(("198.18.0.53", 53), backlog=1000)
    threading.Thread(target=serve_tcp, args=(t, have, long), daemon=True).start()
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
                # Servers that could not read the question leave it out, and say so by a code.
                bare = len(want) >= 12 and want[4:6] == b"\0\0" and bool(want[3] & 15) and counts_as_answer(want)
                ours = len(want) > 1 and want[:2] == struct.pack(">H", t["id"])
                # On a slow machine some come when they are no longer awaited.
                ours_in_time = ours and not a.get("late")
                told = ("answered", "answered") if bare and ours_in_time else (
                    ("error", "unusable") if ours_in_time else ("timeout", "timeout"))
                if fits:
                    wrong.append((n, "the question is not ours"))
                if a.get("id_ok", True) != ours:
                    wrong.append((n, "id"))
                if (p["status"], t["outcome"]) != told:
                    wrong.append((n, p["status"], t["outcome"]))
                amiss = wrong_packet(a, want)
                if amiss:
                    wrong.append((n, amiss))
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
