# SPDX-License-Identifier: Apache-2.0
"""Web servers of every kind on the addresses of one host: python3 fetch_serve.py CERTS."""
import socket
import ssl
import sys
import threading
import time

CERTS = sys.argv[1]


def answer(body, status="200 OK", extra=b""):
    return (b"HTTP/1.1 " + status.encode() + b"\r\nServer: test\r\nX-Two: one\r\nx-two: two\r\n" + extra
            + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)


def head(c):
    got = b""
    while b"\r\n\r\n" not in got:
        piece = c.recv(4096)
        if not piece:
            return got
        got += piece
    return got


def host_of(request):
    for line in request.split(b"\r\n"):
        if line.lower().startswith(b"host:"):
            return line[5:].strip()
    return b"none"


def echo(c, sni):
    c.sendall(answer(b"host=" + host_of(head(c)) + b" sni=" + (sni or "none").encode()))


def agent(c, _):
    c.sendall(answer(b"".join(x for x in head(c).split(b"\r\n") if x.lower().startswith(b"user-agent:"))))


def block(c, _):
    head(c)
    c.sendall(answer(b"<html>blocked by order</html>", "403 Forbidden"))


def silent(c, _):
    head(c)
    time.sleep(20)


def endless(c, _):
    head(c)
    c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        c.sendall(b"x" * 65536)


def plain(c, _):
    c.recv(100)
    c.sendall(answer(b"no TLS here"))


def garbage(c, _):
    head(c)
    c.sendall(b"\x00\x01SSH-2.0-what\r\n\r\n")


def moved(c, _):
    head(c)
    c.sendall(answer(b"go", "302 Found", b"Location: http://198.18.9.5/\r\n"))


def broken(c, _):
    head(c)
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


def many(c, _):
    head(c)
    c.sendall(answer(b"\xff\x00end", extra=b"".join(b"H%d: %s\r\n" % (i, b"v" * 4000) for i in range(20))))


def serve(addr, port, fn, cert):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    s.listen(1024)
    names = {}

    def talk(c):
        try:
            if cert:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                if cert == "old":
                    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.load_cert_chain(f"{CERTS}/{cert}.pem", f"{CERTS}/{cert}.key")
                context.sni_callback = lambda sock, name, ctx: names.__setitem__(id(c), name)
                plain, c2 = c, context.wrap_socket(c, server_side=True)
                fn(c2, names.get(id(plain)))
                c2.close()
            else:
                fn(c, None)
                c.close()
        except (OSError, ValueError):
            c.close()

    while True:
        c, _ = s.accept()
        threading.Thread(target=talk, args=(c,), daemon=True).start()


for a, p, f, k in [
    ("198.18.9.1", 80, echo, None), ("198.18.9.1", 443, echo, "right"),
    ("2001:db8:9::1", 80, echo, None), ("2001:db8:9::1", 443, echo, "right"),
    ("198.18.9.2", 443, echo, "wrong"), ("198.18.9.3", 443, echo, "self"),
    ("198.18.9.4", 443, echo, "old"), ("198.18.9.6", 80, agent, None), ("198.18.9.5", 80, block, None),
    ("198.18.9.7", 80, silent, None), ("198.18.9.7", 443, silent, "right"),
    ("198.18.9.8", 80, endless, None), ("198.18.9.9", 80, garbage, None),
    ("198.18.9.9", 443, plain, None), ("198.18.9.10", 80, moved, None),
    ("198.18.9.11", 80, broken, None), ("198.18.9.12", 80, many, None),
]:
    threading.Thread(target=serve, args=(a, p, f, k), daemon=True).start()
print("ready", flush=True)
time.sleep(600)
