#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flows, DNS answers and names as `waymark flows` tells them beside what tshark tells of the same file.

    beside.py WAYMARK CAPTURE…    a line for each difference; exit status 1 when there is one

tshark gives frames, one by one, with all layers in them; what a flow is, is counted here anew."""
import collections
import json
import subprocess
import sys

FIELDS = """frame.number frame.len frame.protocols ip.src ip.dst ip.proto ip.id ip.frag_offset ip.flags.mf ipv6.src ipv6.dst
tcp.srcport tcp.dstport udp.srcport udp.dstport sctp.srcport sctp.dstport ipv6.fraghdr.ident ipv6.fraghdr.offset
ipv6.nxt""".split()
PORTS = {6: ("tcp.srcport", "tcp.dstport"), 17: ("udp.srcport", "udp.dstport"), 132: ("sctp.srcport", "sctp.dstport")}
LAYERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "ip": 4, "ipv6": 41, "gre": 47, "esp": 50, "sctp": 132, "ospf": 89,
          "udplite": 136, "dccp": 33, "icmp6": 58, "igmp": 2, "ah": 51, "ipip": 4}


def tshark(path, fields, *options):
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e", *options]
    for f in fields:
        command += ["-e", f]
    text = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.decode(errors="replace")
    for line in text.split("\n")[:-1]:  # splitlines() would part at \x1e too
        yield dict(zip(fields, line.split("\x1f")))


def ours(waymark, path, *options):
    text = subprocess.run([waymark, "flows", path, "--json", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return [json.loads(x) for x in text.splitlines()]


def number(proto):
    """Ours has names where there are any."""
    return LAYERS.get(proto, proto) if not str(proto).isdigit() else int(proto)


def outermost(row):
    """Protocol, addresses and ports of the first IP header of a frame; None where there is none."""
    chain = row["frame.protocols"].split(":")
    first = next((x for x in chain if x in ("ip", "ipv6")), None)
    if first is None:
        return None
    if first == "ip":
        src, dst, proto = row["ip.src"], row["ip.dst"], int(row["ip.proto"] or 0)
        key = (src, dst, proto, row["ip.id"])
        offset, more = int(row["ip.frag_offset"] or 0), row["ip.flags.mf"] in ("1", "True")
    else:
        src, dst = row["ipv6.src"], row["ipv6.dst"]
        after = [x for x in chain[chain.index("ipv6") + 1 :] if not x.startswith("ipv6.")]
        after_head = int(row["ipv6.nxt"] or 59)
        proto = after_head if after_head not in (0, 43, 44, 51, 60) else LAYERS.get(after[0], 0) if after else 0
        key = (src, dst, row["ipv6.fraghdr.ident"])
        offset, more = int(row["ipv6.fraghdr.offset"] or 0), bool(row["ipv6.fraghdr.ident"])
    return first, src, dst, proto, key, offset, more


def flows_of(path):
    flows, firsts = {}, {}
    for row in tshark(path, FIELDS, "-E", "occurrence=f", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
                      "-o", "tcp.desegment_tcp_streams:FALSE"):
        told = outermost(row)
        if told is None:
            continue
        _, src, dst, proto, key, offset, more = told
        if more and offset > 0 or offset > 0:
            proto, sport, dport = firsts.get(key, (proto, 0, 0))
        else:
            names = PORTS.get(proto)
            sport, dport = (int(row[n] or 0) for n in names) if names else (0, 0)
            if more:
                firsts[key] = (proto, sport, dport)
        there, back = (proto, src, sport, dst, dport), (proto, dst, dport, src, sport)
        if there not in flows and back in flows:
            flows[back][2] += 1
            flows[back][3] += int(row["frame.len"])
        else:
            f = flows.setdefault(there, [0, 0, 0, 0])
            f[0] += 1
            f[1] += int(row["frame.len"])
    return {(*k, *v) for k, v in flows.items()}


def dns_of(path):
    fields = "frame.number dns.flags.response dns.qry.name dns.qry.type dns.flags.rcode dns.cname dns.a dns.aaaa".split()
    out = collections.Counter()
    for row in tshark(path, fields, "-Y", "dns.flags.response == 1 && !icmp && !icmpv6"):
        questions = row["dns.qry.name"].split("\x1e")
        if len(questions) > 1:  # several messages in one frame: told together, so compared together
            out[(row["frame.number"], "several", len(questions))] += 1
            continue
        addrs = [x for x in (row["dns.a"] + "\x1e" + row["dns.aaaa"]).split("\x1e") if x]
        kind = int((row["dns.qry.type"] or "0").split("\x1e")[0])
        out[(row["frame.number"], row["dns.qry.name"].lower(), kind, tuple(sorted(addrs)))] += 1
    return out


def our_dns(waymark, path):
    frames = collections.defaultdict(list)
    for d in ours(waymark, path, "--dns"):
        if not d.get("quoted"):
            frames[str(d["frame"])].append(d)
    out = collections.Counter()
    for frame, list_of in frames.items():
        if len(list_of) > 1:
            out[(frame, "several", len(list_of))] += 1
            continue
        d = list_of[0]
        out[(frame, d["qname"].lower(), int(d["qtype"]), tuple(sorted(d["addrs"])))] += 1
    return out


def names_of(path):
    fields = ["tls.handshake.extensions_server_name"]
    out = collections.Counter()
    options = ["-Y", "tls.handshake.type == 1", "-o", "tcp.reassemble_out_of_order:TRUE", "-d", "tcp.port==5222,tls", "-d", "tcp.port==8443,tls", "-d", "tcp.port==443,tls"]
    for row in tshark(path, ["ip.dst", "ipv6.dst", *fields], *options):
        for sni in row[fields[0]].split("\x1e"):
            out[((row["ip.dst"] or row["ipv6.dst"]).split("\x1e")[0], sni)] += 1
    return out


def our_names(waymark, path):
    return collections.Counter((d["dst"], d["sni"] or "") for d in ours(waymark, path, "--names") if d["transport"] != "dtls")


def differ(what, mine, theirs):
    bad = 0
    for row in sorted(set(mine) - set(theirs), key=str):
        print(what, "ours alone", row)
        bad += 1
    for row in sorted(set(theirs) - set(mine), key=str):
        print(what, "tshark's alone", row)
        bad += 1
    return bad


def compare(waymark, path):
    mine = {(number(f["proto"]), *(f[k] for k in "a aport b bport pkts_ab bytes_ab pkts_ba bytes_ba".split())) for f in ours(waymark, path)}
    return differ("flow", mine, flows_of(path)) + differ("dns", our_dns(waymark, path), dns_of(path)) + \
        differ("name", our_names(waymark, path), names_of(path))


if __name__ == "__main__":
    total = 0
    for capture in sys.argv[2:]:
        bad = compare(sys.argv[1], capture)
        if bad:
            print(capture, bad, "differences")
        total += bad
    sys.exit(total > 0)
