# SPDX-License-Identifier: Apache-2.0
"""The TCP facts of `waymark flows` beside tshark's: one line per difference, exits 1 if any.

tshark calls a segment that comes late "out of order" or "retransmission" by another bound than ours,
so only the sum of both is compared. A handshake's round trips together are its initial RTT; ours are
not told where a SYN was sent twice, for then nobody knows which one was answered.
"""
import json
import subprocess
import sys

waymark, captures = sys.argv[1], sys.argv[2:]
FLAGS = "FSRPAUECN"
SYN, ACK = 0x02, 0x10
AGAIN = ["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"]
FIELDS = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport", "tcp.flags"]
FIELDS += ["tcp.analysis.initial_rtt"] + ["tcp.analysis." + a for a in AGAIN]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class Side:
    def __init__(self):
        self.flags = self.asked = self.answered = self.again = 0


def shark(capture):
    """{(a, b): sides and initial RTT}, as tshark dissects it; ends are (address, port)."""
    flows = {}
    fields = [word for f in FIELDS for word in ("-e", f)]
    for line in run("tshark", "-n", "-r", capture, "-Y", "tcp", "-T", "fields", *fields).splitlines():
        src4, src6, sport, dst4, dst6, dport, flags, rtt, *again = line.split("\t")
        sender, receiver = (src4 or src6, int(sport)), (dst4 or dst6, int(dport))
        flow = flows.setdefault(frozenset((sender, receiver)), {"rtt": None})
        side = flow.setdefault(sender, Side())
        flow.setdefault(receiver, Side())
        bits = int(flags, 16)
        side.flags |= bits
        side.asked += bits & (SYN | ACK) == SYN
        side.answered += bits & (SYN | ACK) == SYN | ACK
        side.again += any(again)
        if rtt and flow["rtt"] is None:
            flow["rtt"] = float(rtt) * 1000
    return flows


def letters(bits):
    return "".join(c for i, c in enumerate(FLAGS) if bits >> i & 1)


def ends(a, b):
    return ("a" if a else "") + ("b" if b else "") or None


def differences(ours, flow, a, b):
    wanted = {
        "flags_ab": letters(a.flags),
        "flags_ba": letters(b.flags),
        "syn": ends(a.asked, b.asked),
        "syn_ack": ends(a.answered, b.answered),
    }
    for key, value in wanted.items():
        if ours[key] != value:
            yield key, ours[key], value
    for key, side in (("ab", a), ("ba", b)):
        if ours["again_" + key] + ours["late_" + key] != side.again:
            yield "again and late " + key, ours["again_" + key], ours["late_" + key], side.again
    clear = a.asked + b.asked == 1 and a.answered + b.answered == 1 and flow["rtt"] is not None
    told = [ours["rtt_a_ms"], ours["rtt_b_ms"]]
    if clear and (None in told or abs(sum(told) - flow["rtt"]) > 0.002):
        yield "round trip", told, flow["rtt"]


bad = seen = handshakes = 0
for capture in captures:
    theirs = shark(capture)
    for line in run(waymark, "flows", capture, "--json", "--no-label").splitlines():
        f = json.loads(line)
        if f["proto"] != "tcp":
            continue
        a, b = (f["a"], f["aport"]), (f["b"], f["bport"])
        flow = theirs.pop(frozenset((a, b)), None)
        if flow is None:
            print(capture, a, b, "tshark has no such flow")
            bad += 1
            continue
        seen += 1
        handshakes += f["tcp"]["rtt_b_ms"] is not None
        for difference in differences(f["tcp"], flow, flow[a], flow[b]):
            print(capture, a, b, *difference)
            bad += 1
    for missing in theirs:
        print(capture, *missing, "only tshark has it")
        bad += 1
print(seen, "flows,", handshakes, "handshakes")
sys.exit(1 if bad or handshakes == 0 else 0)
