#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# dns_streams.py CERT KEY LOG: one resolver at 198.18.0.53 and 2001:db8::53 over UDP (names that
# begin with "big" truncated), TCP, TLS and HTTPS. LOG gets a line per question: transport,
# connection, peer port, name. Over streams some names are answered as no resolver should: MISDEEDS.
import http.server
import socket
import ssl
import sys
import threading

cert, key, log = sys.argv[1:4]
out = open(log, "a", buffering=1)
lock = threading.Lock()
connections = 0


def answer(q, how, number, port):
    at, labels = 12, []
    while q[at]:
        labels.append(q[at + 1 : at + 1 + q[at]].decode())
        at += q[at] + 1
    end = at + 5
    with lock:
        out.write(f"{how} {number} {port} {'.'.join(labels)}\n")
    head = bytearray(q[:end])
    head[2:4] = b"\x81\x80"
    head[10:12] = b"\0\0"
    if how == "udp" and labels[0].lower().startswith("big"):
        head[2] |= 2
        return bytes(head)
    if q[end - 4 : end - 2] != b"\0\1":
        return bytes(head)
    head[6:8] = b"\0\1"
    return bytes(head) + b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xcb\0\x71\7"


def udp(address, family):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        q, peer = s.recvfrom(2048)
        s.sendto(answer(q, "udp", 0, peer[1]), peer)


def exact(c, n):
    have = b""
    while len(have) < n:
        more = c.recv(n - len(have))
        if not more:
            raise EOFError
        have += more
    return have


def other(a):
    return a[:-1] + bytes([a[-1] ^ 255])


def framed(a):
    return len(a).to_bytes(2, "big") + a


# What follows a question for a name that begins so, over TCP and TLS; then it hangs up, or not.
MISDEEDS = {
    b"twice": lambda a: (framed(a) + framed(other(a)), False),
    b"flood": lambda a: (framed(a) + framed(b"") * 20000 + framed(other(a)), False),
    b"half": lambda a: (framed(a)[:9], True),
    b"hangup": lambda a: (b"", True),
    b"empty": lambda a: (framed(b""), False),
}
# The same over HTTPS: status, body.
WEB_MISDEEDS = {
    b"html": lambda a: (200, b"<html>not found</html>"),
    b"error": lambda a: (503, a),
    b"huge": lambda a: (200, a + bytes(70000)),
    b"empty": lambda a: (200, b""),
}


def misdeed(table, q):
    return next((v for k, v in table.items() if q[13:].startswith(k)), None)


def talk(c, how, port):
    global connections
    with lock:
        connections += 1
        number = connections
    try:
        while True:
            q = exact(c, int.from_bytes(exact(c, 2), "big"))
            a = answer(q, how, number, port)
            whole = framed(a)
            wrong = misdeed(MISDEEDS, q)
            if wrong:
                whole, over = wrong(a)
                c.sendall(whole)
                if over:
                    raise EOFError
                continue
            c.sendall(whole[:7])  # in two pieces, as it happens
            c.sendall(whole[7:])
    except (EOFError, OSError):
        c.close()


def stream(address, family, port, how, tls):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(100)
    while True:
        c, peer = s.accept()

        def run(c=c, peer=peer):
            try:
                talk(tls.wrap_socket(c, server_side=True) if tls else c, how, peer[1])
            except OSError:
                c.close()

        threading.Thread(target=run, daemon=True).start()


class Doh(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        q = self.rfile.read(int(self.headers["Content-Length"]))
        good = self.path == "/dns-query" and self.headers["Content-Type"] == "application/dns-message"
        a = answer(q, "https", 0, self.client_address[1]) if good else b""
        status = 200 if good else 404
        if good and misdeed(WEB_MISDEEDS, q):
            status, a = misdeed(WEB_MISDEEDS, q)(a)
        self.send_response(status)
        self.send_header("Content-Type", "application/dns-message")
        self.send_header("Content-Length", str(len(a)))
        self.end_headers()
        self.wfile.write(a)

    def log_message(self, *args):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
jobs = []
for address, family in (("198.18.0.53", socket.AF_INET), ("2001:db8::53", socket.AF_INET6)):
    jobs.append((udp, (address, family)))
    jobs.append((stream, (address, family, 53, "tcp", None)))
    jobs.append((stream, (address, family, 853, "tls", context)))
for job, args in jobs:
    threading.Thread(target=job, args=args, daemon=True).start()
web = http.server.ThreadingHTTPServer(("198.18.0.53", 443), Doh)
web.socket = context.wrap_socket(web.socket, server_side=True)
out.write("ready\n")
web.serve_forever()
