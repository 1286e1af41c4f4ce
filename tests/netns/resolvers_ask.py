#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Asks the resolvers of a lab and holds what they say against `waymark-lab truth`. Runs in a host of
# the lab. Says one line per thing checked: "ok TEXT" or "not ok TEXT: why".
#
# usage: resolvers_ask.py PAIRS.csv DOMAINS.csv RESOLVERS.csv
import csv, selectors, socket, struct, sys, time

A, PTR, AAAA, RRSIG = 1, 12, 28, 46
DO, AD = 0x8000, 0x20


def name_write(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".") if p) + b"\0"


def name_read(m, o):
    parts, end = [], None
    while m[o]:
        if m[o] & 0xC0 == 0xC0:
            end = end or o + 2
            o = (m[o] & 0x3F) << 8 | m[o + 1]
            continue
        parts.append(m[o + 1 : o + 1 + m[o]].decode("latin1"))
        o += 1 + m[o]
    return ".".join(parts), end or o + 1


def question(name, qtype, ident, options=b"", flags=0):
    head = struct.pack(">HHHHHH", ident, 0x100, 1, 0, 0, 1)
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, flags, len(options)) + options
    return head + name_write(name) + struct.pack(">HH", qtype, 1) + opt


class Answer:
    def __init__(self, m, source=None):
        self.id, self.flags, qd, an, ns, ar = struct.unpack(">HHHHHH", m[:12])
        self.rcode, self.source = self.flags & 15, source
        self.addrs, self.types, self.names, self.options, self.opt = [], set(), [], {}, False
        _, o = name_read(m, 12)
        o += 4
        for _ in range(an + ns + ar):
            _, o = name_read(m, o)
            kind, _, _, length = struct.unpack(">HHIH", m[o : o + 10])
            o += 10
            data = m[o : o + length]
            self.types.add(kind)
            if kind == A:
                self.addrs.append(socket.inet_ntop(socket.AF_INET, data))
            elif kind == AAAA:
                self.addrs.append(socket.inet_ntop(socket.AF_INET6, data))
            elif kind == PTR:
                self.names.append(name_read(m, o)[0])
            elif kind == 41:
                self.opt = True
                while data:
                    code, size = struct.unpack(">HH", data[:4])
                    self.options[code] = data[4 : 4 + size]
                    data = data[4 + size :]
            o += length


GRACE = 0.4  # s for what should not come at all, once all is there that should


AHEAD = 100  # questions on their way at one time: more in one burst overrun a busy lab


def ask_all(questions, seconds=15, want=None):
    """[(server, message)] -> answers per question in the order they came; one socket each. Ends
    when each has as many as WANT says (one), at the latest after SECONDS."""
    box, out = selectors.DefaultSelector(), [[] for _ in questions]
    want = want or [1] * len(questions)
    missing, asked, ahead = sum(want), 0, 0
    until = time.monotonic() + seconds
    while asked < len(questions) or (missing and time.monotonic() < until):
        while asked < len(questions) and ahead < AHEAD:
            box.register(ask(*questions[asked]), selectors.EVENT_READ, asked)
            until = time.monotonic() + seconds
            asked, ahead = asked + 1, ahead + 1
        came = hear(box, out, 0.1)
        for i in came:
            done = len(out[i])
            missing -= done <= want[i]
            ahead -= done == want[i]
        if not came:
            ahead = 0  # some never answer
    until = time.monotonic() + GRACE
    while (left := until - time.monotonic()) > 0:
        hear(box, out, left)
    for key in list(box.get_map().values()):
        key.fileobj.close()
    return out


def ask(server, message):
    s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
    s.setblocking(False)
    s.sendto(message, (server, 53))
    return s


def hear(box, out, seconds):
    """Into OUT what comes within SECONDS; whose it is."""
    came = []
    for key, _ in box.select(seconds):
        message, source = key.fileobj.recvfrom(4096)
        out[key.data].append(Answer(message, source[0]))
        came.append(key.data)
    return came


def one(server, name, qtype=A, options=b"", flags=0, want=1):
    return ask_all([(server, question(name, qtype, 77, options, flags))], want=[want])[0]


def over_tcp(server, name):
    with socket.create_connection((server, 53), 5) as s:
        message = question(name, A, 5)
        s.sendall(struct.pack(">H", len(message)) + message)
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            more = s.recv(4096)
            if not more:
                return None
            data += more
    return Answer(data[2:], server)


def check(good, text, why=""):
    print(("ok " if good else "not ok ") + text + ("" if good else f": {why}"), flush=True)


def rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def honest(pair, site, addrs):
    if pair["kind"] == "cdn":
        return len(addrs) == 2 and all(a.startswith(("198.18.208.", "198.18.209.")) for a in addrs)
    return addrs == [site["v4"]]


def wrong(pair, site, answers):
    """Why the answers to one pair are not what the truth says; None when they are."""
    truth, injected = pair["truth"], pair["injected"]
    seen = [a.addrs for a in answers if a.rcode == 0]
    if truth == "nobody":
        forged = len(seen) == 1 and not honest(pair, site, seen[0])
        return None if (forged if injected else not answers) else f"{len(answers)} answers"
    if injected:
        right = [honest(pair, site, a) for a in seen]
        return None if right == [injected == "second", injected == "first"] else f"{seen}"
    if truth == "silence":
        return None if not answers else f"{seen}"
    if len(answers) != 1:
        return f"{len(answers)} answers"
    a = answers[0]
    if truth in ("nxdomain", "servfail", "refused"):
        want = {"nxdomain": 3, "servfail": 2, "refused": 5}[truth]
        return None if a.rcode == want and not a.addrs else f"rcode {a.rcode}"
    if truth == "wrong-id":
        return None if a.id != 1 else "the ID is right"
    if a.id != 1 or a.rcode != 0:
        return f"id {a.id} rcode {a.rcode}"
    if truth == "empty":
        return None if not a.addrs else f"{a.addrs}"
    if truth in ("page", "bogon"):
        return None if len(a.addrs) == 1 and a.addrs[0] != site["v4"] else f"{a.addrs}"
    if (a.source != pair["resolver"]) != (pair["does"] == "transparent"):
        return f"answered from {a.source}"
    return None if honest(pair, site, a.addrs) else f"{a.addrs}"


def check_pairs(pairs, sites):
    pairs = [p for p in pairs if "test" in sites[p["domain"]]["lists"].split(",")]
    want = []
    for p in pairs:
        speaks = p["truth"] not in ("nobody", "silence")
        want.append(int(speaks) + int(p["injected"] != ""))
    answers = ask_all([(p["resolver"], question(p["domain"], A, 1)) for p in pairs], want=want)
    groups = {}
    for p, a in zip(pairs, answers):
        key = p["truth"] + (f", injected {p['injected']}" if p["injected"] else "")
        key += f", {p['does']}" if p["does"] not in ("recursive", "nobody") else ""
        why = wrong(p, sites[p["domain"]], a)
        groups.setdefault(key, [0, []])[0] += 1
        if why:
            groups[key][1].append(f"{p['resolver']} {p['domain']}: {why}")
    for key, (count, faults) in sorted(groups.items()):
        check(not faults, f"{count} pairs are as the truth says: {key}",
              f"{len(faults)} are not, first: {faults[:1]}")


def check_manners(resolvers):
    by = {}
    for r in resolvers:
        by.setdefault(r["name"], []).append(r)
    first = {name: r[0]["address"] for name, r in by.items()}
    asked = [r for r in resolvers if r["does"] != "nobody"]
    got = ask_all([(r["address"], question("n1.whoami.example", A, 9)) for r in asked])
    bad = [r["address"] for r, a in zip(asked, got)
           if not a or (r["egress"] not in a[0].addrs and ":" not in r["egress"])]
    check(not bad, "each resolver's egress is seen by whoami", bad[:3])
    named = [r for r in asked if ":" not in r["address"]]
    reverse = [".".join(reversed(r["address"].split("."))) + ".in-addr.arpa" for r in named]
    got = ask_all([(first["ns-unbound"], question(n, PTR, 9)) for n in reverse])
    bad = [r["address"] for r, a in zip(named, got)
           if not a or a[0].names != ([r["ptr"]] if r["ptr"] else [])]
    check(not bad, "reverse names come from the authority", bad[:3])
    named = [r for r in named if r["ptr"]]
    got = ask_all([(first["ns-knot"], question(r["ptr"], A, 9)) for r in named])
    bad = [r["ptr"] for r, a in zip(named, got)
           if not a or (r["address"] in a[0].addrs) != (r["confirmed"] == "yes")]
    check(not bad, "and lead back where the file says so", bad[:3])
    subnet = struct.pack(">HHHBB", 8, 7, 1, 24, 0) + bytes([198, 18, 65])
    here = one(first["de"], "cdn001.example")[0].addrs
    there = one(first["de"], "cdn001.example", options=subnet)[0].addrs
    check(here[0].startswith("198.18.208.") and int(here[0].split(".")[3]) < 64
          and int(there[0].split(".")[3]) // 64 == 2, "a CDN answers by place and by client subnet", (here, there))
    answer = over_tcp(first["cn"], "social001.example")
    check(answer and answer.addrs == ["198.18.200.40"], "no injector over TCP", answer and answer.addrs)
    six = one(first["cn"], "social001.example", AAAA, want=2)
    check([a.addrs for a in six] == [["2001:db8:dead::1"], ["2001:db8:5000::40"]], "AAAA is injected too",
          [a.addrs for a in six])
    check(len(six) == 2 and not six[0].opt and six[1].opt, "a forged answer has no OPT")
    ede = one(first["ru-nxdomain"], "news001.example")[0].options.get(15)
    check(ede == b"\0\x0f", "a lie may have its extended error", ede)
    for server in ("ns-unbound", "de"):
        a = one(first[server], "signed001.example", flags=DO)[0]
        check(RRSIG in a.types and a.flags & AD, f"{server} hands on signatures, validated", hex(a.flags))
    burst = ask_all([(first["us-limited"], question("site001.example", A, 3))] * 60, 1.5)
    count = sum(1 for a in burst if a)
    check(20 <= count <= 40, "a limited resolver answers some of a burst", count)
    time.sleep(3)  # its second of a rate
    burst = ask_all([(first["ns-limited"], question("site001.example", A, 3))] * 160, 1.5)
    count = sum(1 for a in burst if a)
    check(20 <= count <= 120, "and so does a real one", count)


if __name__ == "__main__":
    sites = {d["domain"]: d for d in rows(sys.argv[2])}
    resolvers = rows(sys.argv[3])
    check_pairs(rows(sys.argv[1]), sites)
    check_manners(resolvers)
