#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dns_check.py lists DIR WIDE DEEP: 20 names for WIDE resolvers, DEEP names for 100.
# dns_check.py matrix OUTPUT RESOLVERS NAMES META: every pair once, and sums that add up.
import collections
import json
import sys

STATES = ("answered", "timeout", "error", "refused", "not_asked")


def lists(folder, wide, deep):
    # The last byte decides what an address does: 250 is dead, 1 to 245 answer.
    def write(name, lines):
        with open(f"{folder}/{name}", "w") as f:
            f.writelines(line + "\n" for line in lines)

    def resolvers(count, dead):
        every = count // dead
        for i in range(count):
            last = 250 if i % every == every - 1 else i % 240 + 1
            yield f"198.{18 + i // 240 // 256}.{i // 240 % 256}.{last}"

    write("wide.r", resolvers(wide, wide // 250))
    write("deep.r", resolvers(100, 1))
    write("wide.n", (f"n{i}.example" for i in range(20)))
    write("deep.n", (f"n{i}.some.example" for i in range(deep)))


def words(path):
    with open(path) as f:
        return [line.strip() for line in f]


def matrix(output, resolvers, names, meta):
    resolvers, names = words(resolvers), words(names)
    seen = collections.Counter()
    states = collections.Counter()
    by_resolver = collections.defaultdict(collections.Counter)
    by_domain = collections.defaultdict(collections.Counter)
    wrong = 0
    with open(output) as f:
        for line in f:
            p = json.loads(line)
            seen[p["resolver"], p["domain"]] += 1
            states[p["status"]] += 1
            by_resolver[p["resolver"]][p["status"]] += 1
            by_domain[p["domain"]][p["status"]] += 1
            dead = p["resolver"].endswith(".250")
            if dead and p["status"] == "answered" or not dead and p["status"] == "timeout":
                wrong += 1
            if p["status"] == "answered" and not any(
                r["name"] == p["domain"] for t in p["tries"] for a in t["answers"] for r in a["records"]
            ):
                wrong += 1
    missing = sum((r, n) not in seen for r in resolvers for n in names)
    twice = sum(c - 1 for c in seen.values())
    m = json.load(open(meta))
    bad = [s for s in STATES if m["sums"][s] != states[s]]
    bad += [r["resolver"] for r in m["by_resolver"]
            if any(r[s] != by_resolver[r["resolver"]][s] for s in STATES) or r["pairs"] != len(names)]
    bad += [d["domain"] for d in m["by_domain"]
            if any(d[s] != by_domain[d["domain"]][s] for s in STATES) or d["pairs"] != len(resolvers)]
    print(f"# {len(resolvers)} x {len(names)}: {dict(states)}, missing {missing}, twice {twice}, "
          f"wrong {wrong}, sums that differ {len(bad)}; {m['questions']['sent']} questions")
    return missing or twice or wrong or bad or len(seen) != len(resolvers) * len(names)


if sys.argv[1] == "lists":
    lists(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    sys.exit(1 if matrix(*sys.argv[2:]) else 0)
