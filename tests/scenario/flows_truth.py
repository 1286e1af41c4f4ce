# SPDX-License-Identifier: Apache-2.0
"""Compares `waymark flows` with a truth file: prints one line per difference, exits 1 if any."""
import json
import os
import subprocess
import sys

waymark, pcap, truth_path = sys.argv[1:4]


def rows(*options):
    text = subprocess.run(
        [waymark, "flows", pcap, "--json", *options], check=True, stdout=subprocess.PIPE
    ).stdout
    return [json.loads(line) for line in text.splitlines()]


def flow(f):
    return (
        *(f[k] for k in ("proto", "a", "aport", "b", "bport")),
        *(f[k] for k in ("pkts_ab", "bytes_ab", "pkts_ba", "bytes_ba")),
    )


def answer(d):
    return (
        d["frame"],
        d["resolver"],
        d["qname"].lower(),
        int(d["qtype"]),
        int(d["rcode"]),
        tuple(n.lower() for n in d["cname"]),
        tuple(d["addrs"]),
    )


def name(d):
    return tuple(d[k] for k in ("frame", "transport", "dst", "dport", "sni"))


# Where the truth is not all there is: {capture: {frame of `waymark flows --names`: why}}. Each must
# still be needed.
exceptions = {
    "xz1_messenger.pcap": {
        46: "the hello's 833 bytes were lost on the way to the capture; what follows them stands in "
        "frame 27, so tshark took the stream for application data, and gave up the hello that was "
        "sent again in frame 46",
        150: "frame 133 acknowledges from beyond a gap of 503 bytes; they were sent again in frame 150 "
        "and are a hello, which tshark reads as a retransmission of nothing",
    },
}.get(os.path.basename(pcap), {})
truth = json.load(open(truth_path))
flows = rows()
bad = 0


def compare(what, ours, theirs):
    global bad
    for row in sorted(set(ours) ^ set(theirs), key=str):
        print(what, "only ours" if row in set(ours) else "only in truth", row)
        bad += 1
    if len(ours) != len(theirs):
        print(what, len(ours), "rows, truth has", len(theirs))
        bad += 1


said_as = {"sni": "tls-sni:", "quic": "quic-sni:", "http": "http-host:"}


def names_of(f, end):
    """Without those of certificates: the programs that told the truth looked into none."""
    return {
        said_as.get(n["how"], "") + n["name"]
        for n in f["names"]
        if n["end"] == end and n["how"] != "cert"
    }


compare("flow", [flow(f) for f in flows], [flow(f) for f in truth["flow_list"]])
compare("dns", [answer(d) for d in rows("--dns")], [answer(d) for d in truth["dns_answers"]])
said = [d for d in rows("--names") if d["sni"]]
beyond = {"tls-sni:" + d["sni"] for d in said if d["frame"] in exceptions}
for frame in exceptions.keys() - {d["frame"] for d in said}:
    print("no hello in frame", frame, "any more, which was an exception because", exceptions[frame])
    bad += 1
for frame in exceptions.keys() & {d["frame"] for d in truth["sni"]}:
    print("the truth has frame", frame, "too; no exception is needed")
    bad += 1
compare(
    "name",
    [name(d) for d in said if d["frame"] not in exceptions],
    [name(d) for d in truth["sni"]],
)
theirs = {flow(f): f for f in truth["flow_list"]}
for f in flows:
    t = theirs.get(flow(f))
    if t is None:
        continue
    for k in "first", "last":  # the truth went through a double
        if abs(float(f[k]) - t[k]) > 2e-6:
            print(k, flow(f)[:5], "ours", f[k], "truth", t[k])
            bad += 1
    for end in "ab":
        want = {n.lower() for n in t["names_" + end]}
        unproved = {n for n in want ^ names_of(f, end) if n not in beyond}
        if unproved:
            print("names", flow(f)[:5], end, "differ in", unproved)
            bad += 1
sys.exit(1 if bad else 0)
