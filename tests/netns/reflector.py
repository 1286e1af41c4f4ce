#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a reflector, and prints what it says.

reflector.py udp|tcp ADDR PORT SPORT [ttl=N] [mss=N]    "ADDRESS PORT ttl=N proto=N syn=HEX"
reflector.py names ADDR PORT ZONE                        "sent N got N rcode=N"
reflector.py who ADDR PORT NAME TYPE                     "ADDRESS", of the only record
reflector.py flood ADDR PORT COUNT                       "sent N bytes, got N bytes"
"""
import ipaddress
import socket
import struct
import sys

ASK = (b"WMR1o\0\0\0" + bytes(16) + b"nonce-01").ljust(192, b"\0")


def make(kind, addr, sport, options):
    six = ":" in addr
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    s.settimeout(3)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if "ttl" in options:
        s.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS) if six else (socket.IPPROTO_IP, socket.IP_TTL)),
                     int(options["ttl"]))
    if "mss" in options:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, int(options["mss"]))
    s.bind(("", sport))
    return s


def view(b):
    size = {4: 4, 6: 16}[b[0]]
    return ipaddress.ip_address(b[1:1 + size]), struct.unpack(">HB", b[17:20])


def ask(kind, addr, port, sport, *rest):
    options = dict(x.split("=") for x in rest)
    s = make(socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM, addr, int(sport), options)
    s.connect((addr, int(port)))
    s.send(ASK)
    try:
        a = s.recv(4096)
    except socket.timeout:
        print("nothing")
        return
    assert len(a) == len(ASK) and a[24:32] == b"nonce-01" and a[5] == 64
    who, (seen, ttl) = view(a[32:52])
    print(f"{who} {seen} ttl={ttl} proto={a[6]} syn={a[129:129 + a[128]].hex()}")


def names(addr, port, zone):
    s = make(socket.SOCK_DGRAM, addr, 0, {})
    name = b"".join(bytes([len(x)]) + x.encode() for x in (["p-" + "0" * 32] + zone.split(".")))
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\1" + name + b"\0\0\x10\0\1" + b"\0\0\x29\x10\0\0\0\0\0\0\0"
    s.sendto(query, (addr, int(port)))
    a = s.recv(4096)
    print(f"{'no longer' if len(a) <= len(query) else 'longer'} rcode={a[3] & 15} answers={a[7]}")


def who(addr, port, name, kind):
    s = make(socket.SOCK_DGRAM, addr, 0, {})
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    query += b"\0" + struct.pack(">HH", int(kind), 1)
    s.sendto(query, (addr, int(port)))
    a = s.recv(4096)
    print(ipaddress.ip_address(a[len(query) + 12:]) if a[7] else "")


def flood(addr, port, count):
    s = make(socket.SOCK_DGRAM, addr, 0, {})
    for _ in range(int(count)):
        s.sendto(ASK, (addr, int(port)))
        s.sendto(b"WMR1", (addr, int(port)))
    got = 0
    s.settimeout(0.5)
    try:
        while True:
            got += len(s.recv(4096)) > 0
    except socket.timeout:
        print(got)


if sys.argv[1] in ("udp", "tcp"):
    ask(*sys.argv[1:])
else:
    {"names": names, "who": who, "flood": flood}[sys.argv[1]](*sys.argv[2:])
