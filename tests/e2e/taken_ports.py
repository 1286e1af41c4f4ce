#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two phones that use one source port to one server at the same time.

    taken_ports.py serve PORT            answers each datagram, at PORT + 1 too; a line "NAME SOURCE-PORT"
                                         for each
    taken_ports.py talk ADDR PORT NAME   waits until the tunnel carries, then five datagrams from 40000,
                                         then "NAME-live" from 40001 to PORT + 1 while answers come
"""
import select
import socket
import sys
import time


def serve(port):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for i, s in enumerate(sockets):
        s.bind(("0.0.0.0", port + i))
    while True:
        for s in select.select(sockets, [], [])[0]:
            data, peer = s.recvfrom(2048)
            # Traces to these ports arrive too.
            print(data.decode(errors="replace").replace("\n", " "), peer[1], flush=True)
            s.sendto(data, peer)


def answered(s, to, text, patience):
    s.settimeout(patience)
    try:
        s.sendto(text.encode(), to)
        return s.recv(2048).decode() == text
    except OSError:
        return False


def talk(addr, port, name):
    to, until = (addr, port), time.time() + 60
    # Each from another port, so that none of the one that counts is used before its time.
    while time.time() < until:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            if answered(s, to, "ready", 0.5):
                break
    time.sleep(1)  # the captures are open by now
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", 40000))
    print(sum(answered(s, to, name, 2) for _ in range(5)), flush=True)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", 40001))
    until = time.time() + 15
    heard = time.time()
    while time.time() < min(until, heard + 1.5):
        if answered(s, (addr, port + 1), name + "-live", 0.5):
            heard = time.time()
        time.sleep(0.1)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    talk(sys.argv[2], int(sys.argv[3]), sys.argv[4])
