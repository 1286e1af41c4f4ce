# SPDX-License-Identifier: Apache-2.0
#
# Traces read from FILE and written in every format and back say what they said.
#   trace_formats.py WAYMARK FILE…      one TAP line per statement
import ipaddress
import json
import re
import shutil
import subprocess
import sys

PROGRAM = sys.argv[1]
count = 0


def convert(data, to):
    done = subprocess.run([PROGRAM, "trace", "--read", "-", "--format", to], input=data,
                          capture_output=True, check=False)
    told = [w for w in done.stderr.splitlines() if b"(unsupported)" not in w]
    return done.stdout + (b"FAILED" + b"\n".join(told) if told else b"")


def tell(good, what, why=""):
    global count
    count += 1
    print(("ok" if good else "not ok"), count, "-", what)
    for line in why.splitlines()[:12] if not good else []:
        print("#", line[:300])


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"{i}: {json.dumps(x)[:900]}\n{json.dumps(y)[:900]}"
    return f"{len(a)} and {len(b)}"


def lines(data):
    return [json.loads(line) for line in data.decode().splitlines() if line.strip()]


def originals(data):
    """Documents of a file: one a line, or those of a list that one value has."""
    try:
        whole = json.loads(data)
    except json.JSONDecodeError:
        return lines(data)
    return whole.get("results", [whole]) if isinstance(whole, dict) else whole


def facts(data):
    """What all formats carry, of our own JSON: answers by TTL, ends, times."""
    out = []
    for t in lines(data):
        answers = [(h["ttl"], r["addr"], r["rtt_ms"], r["reply_ttl"], len(r["mpls"]), r["mpls"])
                   for h in t["hops"] for r in h["replies"] if r["addr"]]
        out.append((t["addr"], t["src"], t["start"][:19] if t["start"] else None, answers))
    return out


def scamper(data):
    done = subprocess.run(["sc_warts2json"], input=data, capture_output=True, check=False)
    return [t for t in lines(done.stdout) if t["type"] == "trace"]


def check(path):
    data = open(path, "rb").read()
    name = path.rsplit("/", 1)[-1]
    ours = convert(data, "json")
    tell(convert(ours, "json") == ours, f"{name}: our JSON, read back, is the same to the byte")
    if data[:2] == b"\x12\x05":
        again = convert(ours, "warts")
        tell(convert(again, "json") == ours, f"{name}: warts from our JSON say the same again")
        if shutil.which("sc_warts2json"):
            want, have = scamper(data), scamper(again)
            tell(want == have and want, f"{name}: scamper reads {len(want)} traces from both alike",
                 first_difference(want, have))
    else:
        again = lines(convert(ours, "atlas"))
        want = originals(data)
        tell(again == want, f"{name}: {len(again)} results are the same through our JSON",
             first_difference(want, again))
    for to in ("atlas", "warts"):
        # Warts has no place for a trace whose target had no address.
        have = facts(convert(convert(ours, to), "json"))
        want = [t for t in facts(ours) if t[0] or to == "atlas"]
        tell(have == want, f"{name}: answers survive {to}", first_difference(want, have))
    if shutil.which("sc_warts2json"):
        have = scamper(convert(ours, "warts"))
        want = [[a[1] for a in t[3]] for t in facts(ours) if t[0]]
        have = [[h["addr"] for h in t.get("hops", [])] for t in have]
        tell(have == want, f"{name}: scamper reads our warts of it", first_difference(want, have))
    text = convert(ours, "text").decode()
    tell(text.count("traceroute to ") == len(lines(ours)) and "FAILED" not in text,
         f"{name}: printed as text")


def addresses(data):
    """Every address that stands in text, however it is laid out."""
    words = re.split(r"[\s()\[\],|]+", data.decode())
    out = set()
    for word in words:
        try:
            out.add(str(ipaddress.ip_address(word)))
        except ValueError:
            pass
    return out


def source(data):
    """(ttl, address, rtt in us) as scamper's and mtr's JSON have them, read by another reader."""
    out = []
    for line in data.decode().splitlines():
        try:
            t = json.loads(line)
        except json.JSONDecodeError:
            continue
        for h in t.get("hops", []):
            out.append((h["probe_ttl"], h["addr"].strip("*") or None, round(h["rtt"] * 1000)))
        for n in t.get("nodes", []):
            for way in (w for link in n.get("links", []) for w in link):
                for p in way.get("probes", []):
                    for r in p["replies"]:
                        out.append((p["ttl"], way["addr"] or None, round(r["rtt"] * 1000)))
    return sorted(out, key=str)


def read_only(path):
    """What a tool prints that we only read: it is kept whole, and told in all our formats."""
    data = open(path, "rb").read()
    name = "/".join(path.rsplit("/", 2)[-2:])
    ours = convert(data, "json")
    if "invalid" in name and b"FAILED" in ours:
        tell(ours.startswith(b"FAILED"), f"{name}: is refused as a whole, and said to be")
        return
    tell(lines(ours) and convert(ours, "json") == ours, f"{name}: our JSON, read back, is the same")
    answers = [(h["ttl"], r["addr"], r["rtt_ms"]) for t in lines(ours) for h in t["hops"]
               for r in h["replies"]]
    if name.endswith(".txt"):
        have = {a[1] for a in answers if a[1]} | {t[k] for t in lines(ours) for k in ("addr", "src")}
        want = addresses(data)
        # The machine that asked is no hop.
        want -= {"192.168.1.76"} if "interactive" in name else set()
        tell(want <= have and have - {None} <= want, f"{name}: each address is there",
             f"{want ^ have}")
    elif data.count(b"\n{") or b'"version"' in data:
        have = sorted(((t, a, round(r * 1000)) for t, a, r in answers if r is not None), key=str)
        tell(have == source(data), f"{name}: every answer with its time is there",
             first_difference(have, source(data)))
    text = convert(ours, "text")
    tell(b"FAILED" not in text and convert(text, "text") == text,
         f"{name}: text, read back, is the same", text.decode())
    for to in ("atlas", "warts"):
        once = convert(ours, to)
        again = convert(convert(once, "json"), to)
        same = lines(again) == lines(once) if to == "atlas" else again == once
        tell(b"FAILED" not in once and same, f"{name}: {to}, read back, is the same",
             repr(once[:300]))


for file in sys.argv[2:]:
    if file.startswith("read:"):
        read_only(file[5:])
    else:
        check(file)
print(f"1..{count}")
