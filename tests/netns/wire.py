# SPDX-License-Identifier: Apache-2.0
#
# A cable through user space: wire.py NETNS-A NETNS-B NAME makes a tun device NAME in both and
# carries packets between them. Unlike a veth it forgets what the kernel knew of a packet, the
# sender's socket hash above all, which would else choose between equal routes on every router.
import ctypes
import fcntl
import os
import select
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def tun(netns, name):
    with open(f"/run/netns/{netns}", "rb") as ns:
        if libc.setns(ns.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {netns}")
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


a, b = tun(sys.argv[1], sys.argv[3]), tun(sys.argv[2], sys.argv[3])
print("ready", flush=True)
while True:
    for fd in select.select([a, b], [], [])[0]:
        try:
            for _ in range(64):
                os.write(b if fd == a else a, os.read(fd, 65536))
        except OSError:
            pass  # nothing more, or the other end is down
