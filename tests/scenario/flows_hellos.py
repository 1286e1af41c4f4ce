# SPDX-License-Identifier: Apache-2.0
"""Compares `waymark flows --names` with a table of hellos: one line per difference, exits 1 if any."""
import csv
import glob
import json
import os
import subprocess
import sys

waymark, base = sys.argv[1:3]
# What tshark tells and a flow engine does not, and why.
beyond = {
    ("tls_quic/mercury/dtls_fragmented_client_hello.pcap", 1): "a row for a piece of a DTLS hello, "
    "which is told when it is whole",
    ("pcap_format/ossfuzz_seed_fake_traces_1.pcapng", 19): "a segment that contradicts what came before "
    "at the same place; the first copy counts",
    ("tunnel/wireguard-ping-tcp-dsb.pcapng", 20): "inside a WireGuard tunnel whose key lies in the file",
}
truth = {}
for r in csv.DictReader(open(base + "/tls_quic/SNI_truth.tsv"), delimiter="\t", quoting=csv.QUOTE_NONE):
    if (r["file"], int(r["frame"])) in beyond:
        continue
    row = (int(r["frame"]), r["transport"], r["dst"], int(r["dport"]), r["sni"], r["alpn"])
    truth.setdefault(r["file"], []).append((*row, r["quic_version"].split("|")[0]))
files = {os.path.relpath(p, base) for p in glob.glob(base + "/tls_quic/*/*.pcap*")} | set(truth)
bad = 0
for name in sorted(files):
    run = subprocess.run(
        [waymark, "flows", f"{base}/{name}", "--names", "--json"], stdout=subprocess.PIPE
    )
    ours = []
    for d in map(json.loads, run.stdout.splitlines()):
        row = (d["frame"], d["transport"], d["dst"], d["dport"], d["sni"] or "")
        ours.append((*row, "|".join(d["alpn"]), d["quic_version"] or ""))
    theirs = truth.get(name, [])
    for row in sorted(set(ours) ^ set(theirs)):
        print(name, "only ours" if row in ours else "only in truth", row)
        bad += 1
    if len(ours) != len(theirs) or run.returncode != 0:
        print(name, len(ours), "rows, truth has", len(theirs), "status", run.returncode)
        bad += 1
sys.exit(1 if bad else 0)
