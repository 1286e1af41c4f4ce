#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one tracer, judges its paths, prints one line of figures.

trace_bench.py NAME FORMAT ROUTERS TARGETS OUT COMMAND…
FORMAT is waymark or scamper (JSON lines in OUT, where the command has put them by the end).
(scamper: in files whose names begin so.) ROUTERS routers lie before each target; hop I answers from 198.18.(I-1).2. A trace that is not exact has to
say, for each hop that lacks its answer, that it was lost on this machine or came late.
"""
import glob
import json
import os
import resource
import subprocess
import sys
import time


def waymark_paths(path):
    for line in open(path):
        d = json.loads(line)
        if "hops" not in d:
            continue
        hops, said = {}, set()
        for h in d["hops"]:
            for r in h["replies"]:
                if r.get("addr"):
                    hops.setdefault(h["ttl"], set()).add(r["addr"])
                if r.get("lost") or r.get("late"):
                    said.add(h["ttl"])
        yield d["addr"], hops, d["probes_sent"], said, d["kernel_drops"], d["stop_reason"]


def scamper_paths(path):
    for line in subprocess.Popen(["sc_warts2json"] + sorted(glob.glob(path + "*")), stdout=subprocess.PIPE).stdout:
        d = json.loads(line)
        if d.get("type") != "trace":
            continue
        hops = {}
        for h in d.get("hops", []):
            hops.setdefault(h["probe_ttl"], set()).add(h["addr"])
        yield d["dst"], hops, d["probe_count"], set(), 0, ""


def is_said(dst, truth, hops, said, end):
    """Whether every hop that lacks its answer says that the answer was lost here or came late. Past a
    hop that was lost the target answers too; a gap of hops that were all lost is an end as well."""
    if any(a != dst and a not in truth.get(t, ()) for t in hops for a in hops[t]):
        return False
    last = max(list(hops) + list(said), default=0)
    return all(t in hops or t in said or (end == "gap" and t > last and last in said)
               for t in truth)


def main():
    name, kind, routers, targets, out = sys.argv[1:6]
    routers, targets = int(routers), int(targets)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    status = subprocess.call(sys.argv[6:])
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    want = {i: {"198.18.%d.2" % (i - 1)} for i in range(1, routers + 1)}
    exact = probes = seen = lost = silent = 0
    for dst, hops, sent, said, drops, end in (waymark_paths if kind == "waymark" else scamper_paths)(out):
        truth = dict(want)
        truth[routers + 1] = {dst}
        seen += 1
        exact += hops == truth
        silent += hops != truth and not is_said(dst, truth, hops, said, end)
        probes += sent
        lost += drops > 0
    rate = float(os.environ.get("RATE", "0"))
    million = max(probes, 1) / 1e6
    print(json.dumps({
        "name": name, "status": status, "exact": exact, "targets": targets, "seen": seen,
        "probes": probes, "user": round(user / million, 2), "sys": round(system / million, 2),
        "cpu": round((user + system) / million, 2), "wall": round(wall, 2),
        "slack": round(wall / (probes / rate), 2) if rate and probes else None,
        "mib": round(after.ru_maxrss / 1024, 1), "inexact_unreported": silent, "traces_with_drops": lost,
    }))


main()
