# SPDX-License-Identifier: Apache-2.0
"""Raw DNS messages as `waymark flows --dns` tells them, beside what dnspython says of them.

A response to one question of an ordinary query that dnspython reads is told with the same code,
addresses and aliases. What is no such response is not told. Of what dnspython refuses, part may be
told (it refuses signatures it has no key for, too), or nothing; reading goes on either way.
Arguments: the program, a file for the capture made of the messages, then pairs: a table of verdicts,
and the folder, the tar archive or the RIPE Atlas file with its messages. Exits 1 if anything differs.
"""
import base64
import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import tarfile

waymark, capture, *pairs = sys.argv[1:]
RCODE_NAMES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE"
RCODES = {name: code for code, name in enumerate(RCODE_NAMES.split())}
A, CNAME, AAAA = 1, 5, 28


def atlas(path):
    """{"LINE.RESULT": message} of a file of results."""
    found = {}
    for number, line in enumerate(open(path)):
        document = json.loads(line)
        results = [document] if "result" in document else document.get("resultset", [])
        for place, one in enumerate(results):
            abuf = one.get("result", {}).get("abuf")
            if abuf:
                found[f"{number}.{place}"] = base64.b64decode(abuf)
    return found


def messages_of(verdicts, place):
    opened = gzip.open(verdicts, "rt") if verdicts.endswith(".gz") else open(verdicts)
    rows = list(csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE))
    if place.endswith(".jsonl"):
        found = atlas(place)
        return [(r["record"], found[r["record"]], r) for r in rows if r["record"] in found]
    if os.path.isdir(place):
        return [(r["file"], open(f"{place}/{r['file']}", "rb").read(), r) for r in rows]
    archive = tarfile.open(place)
    return [(r["file"], archive.extractfile(r["file"]).read(), r) for r in rows]


def packet(message):
    """From port 53, in IPv4 without a link header."""
    udp = struct.pack(">HHHH", 53, 40000, 8 + len(message), 0) + message
    ends = bytes([198, 18, 0, 53, 198, 18, 1, 1])
    return struct.pack(">BBHIBBH", 0x45, 0, 20 + len(udp), 0, 64, 17, 0) + ends + udp


def write(path, messages):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for second, message in enumerate(messages):
            frame = packet(message)
            out.write(struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame)


def answers_one_question(m):
    """A response (QR) to an ordinary query (opcode 0) with one question."""
    return len(m) >= 12 and m[2] & 0xF8 == 0x80 and m[4:6] == b"\0\1"


def told(row):
    for r in row["records"]:
        if r["section"] == "answer" and r["type"] in (A, AAAA):
            yield f"{r['name']}={r.get('data')}".lower()
        elif r["section"] == "answer" and r["type"] == CNAME:
            yield f"{r['name']}->{r.get('data')}".lower()


def wanted(verdict):
    for text in (verdict["addresses"] or "").split():
        name, arrow, alias = text.lower().partition(".->")
        yield name + "->" + (alias.rstrip(".") or ".") if arrow else name.replace(".=", "=")


def difference(message, verdict, rows):
    if not answers_one_question(message):
        return "told, and is no answer" if rows else None
    if verdict["verdict"] != "ok":
        return None
    if len(rows) != 1:
        return f"told {len(rows)} times"
    if rows[0]["rcode"] != RCODES.get(verdict["rcode"], rows[0]["rcode"]):
        return f"rcode {rows[0]['rcode']}, not {verdict['rcode']}"
    ours, theirs = sorted(told(rows[0])), sorted(wanted(verdict))
    return f"{ours}, not {theirs}" if ours != theirs else None


messages = [m for p in range(0, len(pairs), 2) for m in messages_of(pairs[p], pairs[p + 1])]
messages = [m for m in messages if len(m[1]) <= 65507]
write(capture, [m for _, m, _ in messages])
text = subprocess.run(
    [waymark, "flows", capture, "--dns", "--json"], check=True, stdout=subprocess.PIPE
).stdout
rows = {}
for line in text.splitlines():
    row = json.loads(line)
    rows.setdefault(row["frame"] - 1, []).append(row)
bad = compared = 0
for i, (name, message, verdict) in enumerate(messages):
    compared += answers_one_question(message) and verdict["verdict"] == "ok"
    why = difference(message, verdict, rows.get(i, []))
    if why:
        print(name, why)
        bad += 1
print(len(messages), "messages,", compared, "answers compared")
sys.exit(1 if bad or compared == 0 else 0)
