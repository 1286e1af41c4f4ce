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


# Hellos that came out of order (the first segment was sent again later): tshark gives them up, the
# flow engine puts them together. Frame numbers as `waymark flows --names` tells them.
out_of_order = {"xz1_messenger.pcap": {46, 150}}.get(os.path.basename(pcap), set())
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


def names_of(f, end):  # the truth looked into no certificate
    return {
        said_as.get(n["how"], "") + n["name"]
        for n in f["names"]
        if n["end"] == end and n["how"] != "cert"
    }


compare("flow", [flow(f) for f in flows], [flow(f) for f in truth["flow_list"]])
compare("dns", [answer(d) for d in rows("--dns")], [answer(d) for d in truth["dns_answers"]])
said = [d for d in rows("--names") if d["sni"]]
beyond = {"tls-sni:" + d["sni"] for d in said if d["frame"] in out_of_order}
compare(
    "name",
    [name(d) for d in said if d["frame"] not in out_of_order],
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
