# SPDX-License-Identifier: Apache-2.0
#
# Graphs found beside what is there: trace_mda.py FOLDER DIAMONDS. Prints a table, and as last line
# "whole" when at most 5 % of ours miss something, "whole99" when at most one and 2 % of those asked for at
# 99 % do, "true" when none has an interface that is not there, "frugal" when they cost no more than
# scamper's at the same percentage.
import json
import os
import sys

folder, count = sys.argv[1], int(sys.argv[2])


def target(number):
    return f"198.19.{number // 256}.{number % 256}"


def read_truth():
    truth = {target(i): (set(), set()) for i in range(count)}
    for line in open(f"{folder}/truth"):
        number, kind, _, *addrs = line.split()
        truth[target(int(number))][kind == "link"].add(tuple(addrs))
    return truth


def read_ours(name):
    for line in open(f"{folder}/{name}.json"):
        d = json.loads(line)
        yield (d["addr"], d["probes_sent"], {(n["addr"],) for n in d["nodes"]},
               {(l["from"], l["to"]) for l in d["links"]})


def read_scamper(name):
    for line in open(f"{folder}/{name}.json"):
        d = json.loads(line)
        if d.get("type") != "tracelb":
            continue
        nodes, links = set(), set()
        for n in d.get("nodes", []):
            nodes.add((n["addr"],))
            for ways in n.get("links", []):
                # A list of links one behind another, "*" where nobody answered.
                for way in ways:
                    nodes.add((way["addr"],))
                    links.add((n["addr"], way["addr"]))
        yield d["dst"], d["probec"], nodes, links


def judge(name, graphs, truth):
    probes = bad = false = ghosts = seen = 0
    for addr, sent, nodes, links in graphs:
        want_nodes, want_links = truth[addr]
        seen += 1
        probes += sent
        bad += nodes != want_nodes or links != want_links
        false += len(nodes - want_nodes) + len(links - want_links)
        ghosts += len(nodes - want_nodes)
    print(f"{name}: {seen} graphs, {bad} not whole, {false} false nodes or links, {probes} probes")
    return seen, bad, probes, ghosts


truth = read_truth()
ours = {c: judge(f"waymark {c} %", read_ours(f"ours{c}"), truth) for c in ("95", "99")}
words = ["whole"] if ours["95"][0] == count and ours["95"][1] <= count * 0.05 else ["holes"]
# Of a few the confidence says little: twice as many as it allows, and one.
words.append("holes99" if ours["99"][1] > 1 + 0.02 * count else "whole99")
words.append("false" if ours["95"][3] or ours["99"][3] else "true")
frugal = True
for c in ("95", "99"):
    if os.path.exists(f"{folder}/scamper{c}.json"):
        peer = judge(f"scamper {c} %", read_scamper(f"scamper{c}"), truth)
        frugal = frugal and ours[c][2] <= peer[2]
words.append("frugal" if frugal else "dear")
print(*words)
