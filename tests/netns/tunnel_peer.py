#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A server that tells who it was asked by, and a phone that asks.

tunnel_peer.py serve NAME ADDR PORT...    TCP and UDP; answers "NAME <peer address> <peer port>"
tunnel_peer.py ask tcp|udp ADDR PORT SPORT
"""
import selectors
import socket
import sys


def family(addr):
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def listen(sel, addr, port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        s = socket.socket(family(addr), kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((addr, port))
        if kind == socket.SOCK_STREAM:
            s.listen(16)
        sel.register(s, selectors.EVENT_READ, kind)


def serve(name, addr, ports):
    sel = selectors.DefaultSelector()
    for port in ports:
        listen(sel, addr, int(port))
    print("serving", flush=True)
    while True:
        for key, _ in sel.select():
            if key.data == socket.SOCK_STREAM:
                c, peer = key.fileobj.accept()
                c.sendall(f"{name} {peer[0]} {peer[1]}".encode())
                c.close()
            else:
                _, peer = key.fileobj.recvfrom(2048)
                key.fileobj.sendto(f"{name} {peer[0]} {peer[1]}".encode(), peer[:4])


def answer(s, kind):
    """As an app does: what goes by UDP is asked again after a second."""
    for last in (False, True):
        try:
            if kind == "udp":
                s.settimeout(1)
                s.send(b"?")
            return s.recv(200).decode()
        except socket.timeout:
            if last or kind != "udp":
                raise


def ask(kind, addr, port, sport):
    s = socket.socket(family(addr), socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(2)
    s.bind(("", int(sport)))
    try:
        s.connect((addr, int(port)))
        print(answer(s, kind))
    except OSError as e:
        print(f"nothing: {e}")


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    ask(*sys.argv[2:6])
