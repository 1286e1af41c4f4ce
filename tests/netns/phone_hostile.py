#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says to a messenger what no phone would: phone_hostile.py ADDRESS PORT. Prints what came of it."""
import os
import socket
import ssl
import struct
import sys

address, port = sys.argv[1], int(sys.argv[2])


def plain():
    return socket.create_connection((address, port), timeout=5)


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain())


def frame(kind, ident=b"", sender=b"", to=b"", text=b""):
    body = bytes([kind, len(ident)]) + ident + bytes([len(sender)]) + sender
    body += bytes([len(to)]) + to + struct.pack(">H", len(text)) + text
    return struct.pack(">H", len(body)) + body


def closed_after(connection, data):
    try:
        connection.sendall(data)
        while connection.recv(4096):
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    except socket.timeout:
        return False
    return True


hello = frame(1, sender=b"eve")
trials = {
    "a length past every limit": b"\xff\xff",
    "an unknown kind": frame(99),
    "a field that leaves its frame": b"\x00\x08\x03\xff\x00\x00\x00\x00\x00\x00",
    "a line feed in an account": frame(1, sender=b"a\nb"),
    "an office without a certificate": frame(11, sender=b"evil"),
    "a message before the login": frame(3, b"m", b"", b"bob", b"x"),
    "presence told by a phone": hello + frame(12, sender=b"bob"),
    "random bytes": os.urandom(60000),
}
for name, data in trials.items():
    print("closed" if closed_after(tls(), data) else "open", name)
print("closed" if closed_after(plain(), os.urandom(5000)) else "open", "no TLS at all")
idle = [plain() for _ in range(100)]  # in the middle of a handshake, and gone
half = [tls() for _ in range(20)]
for connection in half:
    connection.sendall(hello[:3])
print("closed", "idle and half-said ones")
