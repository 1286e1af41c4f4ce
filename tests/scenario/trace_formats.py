# SPDX-License-Identifier: Apache-2.0
#
# Traces read from FILE and written in every format and back say what they said.
#   trace_formats.py WAYMARK FILE…      one TAP line per statement
import ipaddress
import json
import re
import shutil
import struct
import subprocess
import sys

PROGRAM = sys.argv[1]
count = 0
failed = 0


def convert(data, to):
    done = subprocess.run([PROGRAM, "trace", "--read", "-", "--format", to], input=data,
                          capture_output=True, check=False)
    told = [w for w in done.stderr.splitlines() if b"(unsupported)" not in w]
    return done.stdout + (b"FAILED" + b"\n".join(told) if told else b"")


def tell(good, what, why=""):
    global count, failed
    count += 1
    print(("ok" if good else "not ok"), count, "-", what)
    if not good:
        failed += 1
        print("# Failed:", what, file=sys.stderr)
        for line in why.splitlines()[:12]:
            print("#  ", line[:300], file=sys.stderr)


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


# What stands in text and is not kept, and why; all else is.
LOST = [
    (r"^ *( My traceroute .*|Keys: .*|Packets +Pings *|.*Loss%.*)$", "mtr's headings"),
    (r"^Start: .*$", "when mtr began"),
    (r"^MY_COMPUTER .*$", "the name and clock of the machine that ran mtr: not of the path"),
    (r"^\|.*(statistics|Host  ).*$|^\|[-|_]+$|^ *WinMTR v.*$", "WinMTR's frame"),
    (r"No response from host|\?\?\?|Request timed out\.|\(?waiting for reply\)?", "silence: addr is null"),
    (r"^(Type escape sequence to abort|Trace complete)\.$|^... ... +[0-9]+ [0-9:.]+ utc$",
     "what the program says of itself"),
    (r"over a maximum of [0-9]+ hops:?$", "what was asked of tracert"),
    (r"\^C", "typed by who watched"),
    (r" ![NHPFSXVC]\b", "notes: they are icmp_type and icmp_code, counted below"),
    (r"\[LOCALHOST\]|asymm +[0-9]+$|^ +Too many hops.*$|^ +Resume: .*$|pmtu [0-9]+|reached$",
     "tracepath's remarks: the sizes and ways back it infers are no answers"),
    (r"\b(ms|msec)\b|\*| - |\|", "units, stars and rules"),
]


def words_of(value):
    """Every word of every string, and every number, of a document."""
    if isinstance(value, dict):
        return set().union(*map(words_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(words_of, value))
    if isinstance(value, (int, float)):
        return {float(value)}
    return {number(w) for w in re.split(SPLIT, value)} if isinstance(value, str) else set()


SPLIT = r"[\s()\[\],|]+"


def number(word):
    """What a word says, however it is written."""
    try:
        return ipaddress.ip_address(word)
    except ValueError:
        pass
    try:
        return float(word.removesuffix("%").removesuffix("ms"))
    except ValueError:
        return word


def left_out(text, ours):
    """Words of text that stand nowhere in our document, and that nobody excused."""
    text = re.sub(r"^ *[0-9]+[.:?]*(\|--)? ", " ", text, flags=re.M)  # hops: their number is ttl
    for pattern, _why in LOST:
        text = re.sub(pattern, " ", text, flags=re.M)
    have = words_of(ours)
    return sorted({w for w in re.split(SPLIT, text) if w and number(w) not in have}, key=str)


def source(data):
    """(ttl, address, rtt in us) as scamper's and mtr's JSON have them, read by another reader."""
    out = []
    for t in paths(data):
        for h in t.get("hubs", []):
            if h["host"] != "???":
                addr = number(h["host"])
                known = isinstance(addr, (ipaddress.IPv4Address, ipaddress.IPv6Address))
                out.append((int(h["count"]), str(addr) if known else None,
                            round(h["Avg"] * 1000)))
        for h in t.get("hops", []):
            out.append((h["probe_ttl"], h["addr"].strip("*") or None, round(h["rtt"] * 1000)))
        for n in t.get("nodes", []):
            for way in (w for link in n.get("links", []) for w in link):
                for p in way.get("probes", []):
                    for r in p["replies"]:
                        out.append((p["ttl"], way["addr"] or None, round(r["rtt"] * 1000)))
    return sorted(out, key=str)


def paths(data):
    """The documents of scamper's or mtr's JSON that are paths; cycles and M-Lab's first line are none."""
    out = []
    for t in originals(data):
        if t.get("type") in ("trace", "tracelb"):
            out.append(t)
        elif "report" in t:
            out.append(t["report"])
    return out


def hops(t):
    """Answers with an address: what every format has a place for."""
    return [(h["ttl"], r["addr"]) for h in t["hops"] for r in h["replies"] if r["addr"]]


def write(ours, to):
    """FORMAT of our documents, and how many had no place in it; the exit status says so, too."""
    done = subprocess.run([PROGRAM, "trace", "--read", "-", "--format", to], input=ours,
                          capture_output=True, check=False)
    refused = done.stderr.splitlines()
    good = all(b"(unsupported)" in line for line in refused) and done.returncode == bool(refused)
    return done.stdout if good else b"FAILED" + done.stderr, len(refused)


# Traces of scamper in which nobody answered.
NO_HOPS = {"mlab/scamper1_valid-simple.jsonl", "mlab/scamper2_valid-simple.jsonl"}
# What is printed without the target's address: warts, where it is what makes a trace, has no place.
NO_TARGET = {f"text/{n}" for n in (
    "mtr.txt", "winmtr.txt", "mtr_1.txt", "mtr_interactive_1.txt", "mtr_interactive_2.txt",
    "mtr_interactive_3.txt", "mtr_json_2.json", "junos_1.txt", "unknown1_1.txt", "winmtr_1.txt")}


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
        gone = left_out(data.decode(), lines(ours))
        tell(not gone, f"{name}: each word is there", " ".join(gone))
        times = re.findall(r"[0-9.]+ *(?:ms|msec)\b", data.decode())
        kept = sum(r["rtt_ms"] is not None or "rtt_ms" in r.get("tool", {})
                   for t in lines(ours) for h in t["hops"] for r in h["replies"])
        notes = re.findall(r" ![A-Z]\b", data.decode())
        have = re.findall(r" ![A-Z]\b", convert(ours, "text").decode())
        tell(have == notes, f"{name}: {len(notes)} notes, each once", f"{notes} {have}")
        tell(kept == len(times) or not times, f"{name}: {kept} times, each once", f"{len(times)}")
    else:
        have = sorted(((t, a, round(r * 1000)) for t, a, r in answers if r is not None), key=str)
        want = source(data)
        tell(have == want and bool(want) != (name in NO_HOPS),
             f"{name}: every answer with its time is there", first_difference(have, want))
        gone = {str(w) for w in words_of(paths(data)) - words_of(lines(ours)) - {""}}
        tell(not gone, f"{name}: each member is there", " ".join(sorted(gone)))
    told(name, ours)


def told(name, ours):
    """In our other formats it is the same again, and nothing fell out on the way."""
    text = convert(ours, "text")
    tell(text and b"FAILED" not in text and convert(text, "text") == text,
         f"{name}: text, read back, is the same", text.decode())
    for to in ("atlas", "warts"):
        want = [t for t in lines(ours) if t["addr"] or to == "atlas"]
        once, refused = write(ours, to)
        read = convert(once, "json") if once else b""
        again = convert(read, to) if once else b""
        same = lines(again) == lines(once) if to == "atlas" else again == once
        tell(b"FAILED" not in once and same, f"{name}: {to}, read back, is the same",
             repr(once[:300]))
        tell([hops(t) for t in lines(read)] == [hops(t) for t in want]
             and refused == len(lines(ours)) - len(want) and bool(want) != (
                 to == "warts" and name in NO_TARGET),
             f"{name}: {to} has {len(want)} traces, {sum(len(hops(t)) for t in want)} answers",
             f"{refused} refused\n{[hops(t) for t in lines(read)]}\n{[hops(t) for t in want]}")


def twin(path):
    """One graph in scamper's warts and in its JSON: one document, alike in every format."""
    name = path.rsplit("/", 1)[-1]
    warts, told = (open(path + end, "rb").read() for end in (".warts", ".json"))
    graph_alike(name, warts, told)


def graph_alike(name, warts, told):
    have, want = convert(warts, "json"), convert(told, "json")
    tell(lines(have) == lines(want) and want, f"{name}: warts and JSON give one document",
         first_difference(lines(have), lines(want)))
    for to in ("text", "atlas", "warts"):
        out = convert(warts, to)
        tell(out and out == convert(told, to), f"{name}: and are alike as {to}", repr(out[:300]))
    tell(convert(have, "json") == have, f"{name}: our JSON of the warts, read back, is the same")


def params(values):
    """A warts list of params: numbers in bits, seven a byte, then the values."""
    size = (max(values) + 6) // 7
    bits = bytes(sum(1 << k for k in range(7) if 1 + 7 * i + k in values) | (128 * (i + 1 < size))
                 for i in range(size))
    body = b"".join(values[k] for k in sorted(values))
    return bits + struct.pack(">H", len(body)) + body


def byte(n):
    return struct.pack(">B", n)


def short(n):
    return struct.pack(">H", n)


class Graph:
    """A made-up graph in warts: two branches, one of them with a hop between, silence, retries."""

    def __init__(self, v6, kind, label):
        self.seen, self.v6, self.label = [], v6, label
        head = {1: bytes(4), 2: bytes(4), 5: struct.pack(">II", 1700000000, 123456),
                6: short(4242), 7: short(33435), 8: short(44), 9: byte(kind), 10: byte(1),
                11: byte(5), 12: byte(25), 13: byte(2), 14: byte(95), 15: byte(3), 16: short(4),
                17: short(3), 18: struct.pack(">I", 30), 19: struct.pack(">I", 3000), 20: byte(3),
                21: self.addr(1), 22: self.addr(99), 23: struct.pack(">I", 7),
                25: self.alone(200)}
        tcp = 0x12 if kind in (4, 5) else None
        expired, unreachable = (3, 1) if v6 else (11, 3)
        self.body = params(head)
        self.body += params({2: byte(1), 3: short(2), 4: byte(1), 5: self.addr(2)})
        self.body += params({2: byte(0), 3: short(1), 5: self.addr(3)})
        self.body += params({2: byte(0), 3: short(0), 5: self.addr(4)})
        self.body += params({2: byte(0), 3: short(0), 5: self.addr(99)})
        self.link(0, 1, [[(2, 5, 0, []), (2, 5, 1, [(3, expired, 0, None)])]])
        self.link(0, 2, [[(2, 6, 0, [(4, expired, 0, None), (77, expired, 0, None)])]])
        self.link(1, 3, [[(3, 5, 0, []), (3, 5, 1, [])],
                         [(4, 5, 0, [(0x101, expired, 0, None)]), (4, 7, 0, []),
                          (4, 6, 0, [(2, expired, 0, None)])],
                         [(5, 5, 0, [(99, unreachable, 3, tcp)])]])

    def alone(self, n):
        text = f"2001:db8::{n >> 8:x}:{n & 255:x}" if self.v6 else f"198.18.{n >> 8}.{n & 255}"
        packed = ipaddress.ip_address(text).packed
        return byte(len(packed)) + byte(2 if self.v6 else 1) + packed

    def addr(self, n):
        if n in self.seen:
            return b"\0" + struct.pack(">I", self.seen.index(n))
        self.seen.append(n)
        return self.alone(n)

    def reply(self, n, kind, code, tcp):
        out = {1: struct.pack(">II", 1700000001, 5000), 2: short(77), 3: byte(60),
               4: byte(1 if tcp is None else 3)}
        out.update({5: byte(kind) + byte(code), 8: byte(1), 9: byte(4)} if tcp is None
                   else {6: byte(tcp)})
        if self.label:
            out[7] = short(8) + short(4) + b"\1\1" + struct.pack(">I", self.label << 12 | 0x301)
        out[11] = self.addr(n)
        return params(out)

    def link(self, begin, end, hops):
        self.body += params({1: short(begin), 2: short(end), 3: byte(len(hops))})
        for probes in hops:
            self.body += params({1: short(len(probes))})
            for ttl, flow, attempt, replies in probes:
                self.body += params({1: struct.pack(">II", 1700000001, 1000), 2: short(flow),
                                     3: byte(ttl), 4: byte(attempt), 5: short(len(replies))})
                for r in replies:
                    self.body += self.reply(*r)

    def record(self):
        return struct.pack(">HHI", 0x1205, 8, len(self.body)) + self.body


def aside():
    """The list and the cycle that scamper's tools want before all else."""
    out = b""
    for kind, body in ((1, struct.pack(">II", 1, 1) + b"made\0\0"),
                       (2, struct.pack(">IIII", 1, 1, 1, 1700000000) + b"\0")):
        out += struct.pack(">HHI", 0x1205, kind, len(body)) + body
    return out


def graphs():
    kinds = [(v6, kind) for v6 in (False, True) for kind in (1, 2, 3, 4, 5)]
    data = aside() + b"".join(Graph(v6, kind, 0).record() for v6, kind in kinds)
    if shutil.which("sc_warts2json"):
        told = subprocess.run(["sc_warts2json"], input=data, capture_output=True, check=False,
                              env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}).stdout
        tell(told.count(b'"tracelb"') == len(kinds), "made-up graphs: scamper reads all of them")
        graph_alike("made-up graphs", data, told)
    ours = lines(convert(aside() + Graph(False, 1, 24001).record(), "json"))
    labels = [m["label"] for t in ours for h in t["hops"] for r in h["replies"]
              for m in r.get("mpls", [])]
    tell(labels == [24001] * 5, "labels of a graph's answers are kept", f"{labels}")
    whole = Graph(False, 1, 0).record()[8:]
    cuts = range(0, len(whole), 23)
    refused = [cut for cut in cuts
               if convert(struct.pack(">HHI", 0x1205, 8, cut) + whole[:cut], "json")[:6] == b"FAILED"]
    tell(refused == list(cuts), "a graph that ends too early is refused, and said to be")


def router():
    """The router's address of a trace stands alone: no index calls it, none is moved by it."""
    g = Graph(False, 1, 0)
    g.seen = []
    body = params({5: struct.pack(">II", 1700000000, 0), 6: byte(1), 11: byte(5), 12: short(44),
                   26: g.addr(1), 27: g.addr(99), 30: g.alone(200)}) + short(3)
    for ttl, n in ((1, 2), (2, 2), (3, 99)):
        body += params({2: byte(ttl), 3: byte(64), 4: byte(16), 5: byte(0),
                        6: struct.pack(">I", 1000), 7: b"\x0b\0", 18: g.addr(n)})
    data = aside() + struct.pack(">HHI", 0x1205, 6, len(body) + 2) + body + short(0)
    have = [r["addr"] for t in lines(convert(data, "json")) for h in t["hops"] for r in h["replies"]]
    tell(have == ["198.18.0.2", "198.18.0.2", "198.18.0.99"],
         "addresses behind a router's are the right ones", f"{have}")
    if shutil.which("sc_warts2json"):
        want = [h["addr"] for t in scamper(data) for h in t["hops"]]
        tell(have == want, "scamper reads the same ones", f"{want}")


def unread():
    """What is no path is told with its type and offset; what stands beside it is read."""
    ping = struct.pack(">HHI", 0x1205, 7, 3) + b"abc"
    data = aside() + ping + Graph(False, 1, 0).record()
    done = subprocess.run([PROGRAM, "trace", "--read", "-", "--format", "json"], input=data,
                          capture_output=True, check=False)
    tell(f"offset {len(aside())}: object of type 7".encode() in done.stderr
         and done.stderr.count(b"\n") == 1 and len(lines(done.stdout)) == 1,
         "an object that is no path is told by type and offset", done.stderr.decode())


# What lies among traces and is none that --read takes.
NOT_READ = {
    "trace_google_dns_v4_default.txt": "a dump of warts; the warts and their JSON are read",
    "tracelb_google_dns_v4_default.txt": "a dump of warts; the warts and their JSON are read",
    "mpls-traceroute.pcap": "packets, not a trace",
    "mpls-traceroute.out": "packets as text, not a trace",
}


def not_read(name, data):
    """It is refused whole and said to be, in every format."""
    for to in ("json", "text", "atlas", "warts"):
        done = subprocess.run([PROGRAM, "trace", "--read", "-", "--format", to], input=data,
                              capture_output=True, check=False)
        tell(done.returncode == 1 and not done.stdout
             and b"no trace that can be read (format)" in done.stderr,
             f"{name}: refused as {to}: {NOT_READ.get(name)}", repr(done)[-300:])


def packets():
    """Numbered lines with addresses are no hops, unless something of them is a time or a silence."""
    line = "%5d  2026-03-01 10:00:%02d.%06d IP 198.18.0.%d > 198.18.9.9: ICMP time exceeded\n"
    not_read("mpls-traceroute.out", "".join(line % (n, n, n, n) for n in range(1, 9)).encode())
    ours = lines(convert(b" 1  198.18.0.1\n 2  *\n", "json"))
    tell([hops(t) for t in ours] == [[(1, "198.18.0.1")]], "hops without a heading are read",
         f"{ours}")


for file in sys.argv[2:]:
    if file == "graphs:":
        graphs()
        router()
    elif file == "packets:":
        packets()
    elif file.startswith("not:"):
        not_read(file.rsplit("/", 1)[-1], open(file[4:], "rb").read())
    elif file == "unread:":
        unread()
    elif file.startswith("twin:"):
        twin(file[5:])
    elif file.startswith("read:"):
        read_only(file[5:])
    else:
        check(file)
print(f"1..{count}")
sys.exit(1 if failed else 0)
