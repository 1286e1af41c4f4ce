#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two phones of a lab talk: phone_talk.py APP SOCKET1 SOCKET2 [KEEP_OPEN_FILE]

Two messages in each direction, in turns. One line per message: id from sent delivered received,
times in nanoseconds. With a fourth word the apps stay open until that file is gone.
"""
import os
import selectors
import socket
import sys
import time


class Phone:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest = b""
        self.events = []

    def say(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def hear(self):
        data = self.socket.recv(65536)
        if not data:
            sys.exit("a phone hung up")
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.events += [line.decode().split(" ", 3) for line in lines]

    def find(self, word, ident=None):
        for event in self.events:
            if event[0] == word and (ident is None or event[1] == ident):
                return event
        return None


def wait(phones, what, seconds=20):
    selector = selectors.DefaultSelector()
    for phone in phones:
        selector.register(phone.socket, selectors.EVENT_READ, phone)
    until = time.monotonic() + seconds
    while not what():
        left = until - time.monotonic()
        if left <= 0:
            sys.exit("timed out; heard %s" % [phone.events for phone in phones])
        for key, _ in selector.select(left):
            key.data.hear()


def main():
    app, first, second = sys.argv[1:4]
    phones = [Phone(first), Phone(second)]
    one, two = phones
    one.say("open %s %s-one %s-two" % (app, app, app))
    two.say("open %s %s-two %s-one" % (app, app, app))
    wait(phones, lambda: one.find("opened") and two.find("opened"))
    for n in range(4):
        sender, receiver = phones if n % 2 == 0 else phones[::-1]
        ident = "%s-%d" % (app, n)
        sender.say("send %s Attention must be paid. [%s]" % (ident, ident))
        wait(phones, lambda: sender.find("delivered", ident) and receiver.find("received", ident))
        received = receiver.find("received", ident)
        if received[3] != "Attention must be paid. [%s]" % ident:
            sys.exit("another text: %s" % received)
        print(ident, 1 + n % 2, sender.find("sent", ident)[2], sender.find("delivered", ident)[2],
              received[2], flush=True)
    for phone in phones:
        if any(event[0] == "failed" for event in phone.events):
            sys.exit("failed: %s" % phone.events)
    while len(sys.argv) > 4 and os.path.exists(sys.argv[4]):
        time.sleep(0.05)
    for phone in phones:
        phone.say("close")
    wait(phones, lambda: one.find("closed") and two.find("closed"))


main()
