# SPDX-License-Identifier: Apache-2.0
#
# Apps and their server, for trace_live.t.
#   flows_talk.py serve PORT
#   flows_talk.py talk ADDRESS PORT FLOWS UNTIL [udp]     small messages in each flow, for UNTIL seconds
#                                                         or, if it names a file, until that is there
#   flows_talk.py carry ADDRESS PORT BYTES                and back again, compared byte by byte
import hashlib
import os
import socket
import sys
import threading
import time


def echo(conn):
    try:
        while data := conn.recv(65536):
            conn.sendall(data)
    except OSError as e:
        print("server:", e, flush=True)
    conn.close()


def serve_udp(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("::", port))
    while True:
        data, peer = s.recvfrom(2048)
        s.sendto(data, peer)


def serve(port):
    threading.Thread(target=serve_udp, args=(port,), daemon=True).start()
    s = socket.create_server(("::", port), family=socket.AF_INET6, backlog=512,
                             dualstack_ipv6=True)
    print("ready", flush=True)
    while True:
        conn, _ = s.accept()
        threading.Thread(target=echo, args=(conn,), daemon=True).start()


def talk(address, port, flows, until, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    conns, bad = [], 0
    for _ in range(flows):
        s = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.settimeout(5)
        s.connect((address, port))
        conns.append(s)
    end = time.time() + (80 if "/" in until else float(until))
    number = 0
    while time.time() < end and not os.path.exists(until):
        number += 1
        message = b"%-99d\n" % number
        for s in conns:
            s.send(message)
        for s in conns:
            have = b""
            try:
                while len(have) < len(message):
                    more = s.recv(len(message) - len(have))
                    if not more:
                        break
                    have += more
            except OSError as e:
                print("flow", s.getsockname()[1], e)
            bad += have != message
        time.sleep(0.1)
    print("wrong", bad)
    return bad


def carry(address, port, size):
    s = socket.create_connection((address, port), timeout=60)
    data = os.urandom(1 << 20) * ((size + (1 << 20) - 1) >> 20)
    data = data[:size]
    got = hashlib.sha256()

    def send():
        for at in range(0, size, 16384):
            s.sendall(data[at:at + 16384])
            time.sleep(0.002)

    t = threading.Thread(target=send)
    t.start()
    left = size
    while left > 0:
        part = s.recv(65536)
        if not part:
            break
        got.update(part)
        left -= len(part)
    t.join()
    same = left == 0 and got.digest() == hashlib.sha256(data).digest()
    print("bytes", size - left, "same" if same else "different")
    return not same


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
elif sys.argv[1] == "talk":
    sys.exit(talk(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5],
                  sys.argv[6] if len(sys.argv) > 6 else "tcp") != 0)
else:
    sys.exit(carry(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
