# SPDX-License-Identifier: Apache-2.0
#
# Traces read from FILE and written in every format and back say what they said.
#   trace_formats.py WAYMARK FILE…      one TAP line per statement
import json
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
        tell(again == lines(data), f"{name}: {len(again)} results are the same through our JSON",
             first_difference(lines(data), again))
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


for file in sys.argv[2:]:
    check(file)
print(f"1..{count}")
