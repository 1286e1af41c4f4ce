#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a capture of made-up traffic: made.py SEED FILE

Every choice comes from SEED: link type, byte order, time resolution, conversations and how they are
cut up. Nothing here is taken from the programs that read it."""
import random
import struct
import sys

try:
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
except ImportError:
    AESGCM = None  # no QUIC then

WORDS = "api chat cdn edge g files push e1 ds mqtt www static img signal blob".split()
EPHEMERAL = (52100, 59900)  # no protocol that tshark would guess lives here
ZONES = "messenger.example chat.example net.test phone.example".split()


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Capture:
    """Frames with times; conversations are interleaved when written."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lanes = []

    # --- layers ---

    def address(self, family):
        r = self.r
        if family == 4:
            return bytes([198, 18 + r.randrange(2), r.randrange(256), r.randrange(1, 255)])
        return bytes.fromhex("20010db8") + bytes(10) + bytes([r.randrange(256), r.randrange(1, 255)])

    def ends(self):
        family = self.r.choice([4, 4, 6])
        return self.address(family), self.address(family)

    def ip(self, src, dst, proto, payload, fragment=0):
        """Packets: one, or as many as FRAGMENT bytes of payload make."""
        r = self.r
        ident = r.randrange(1, 65536)
        pieces = [(0, payload, False)]
        if fragment:
            step = max(8, fragment // 8 * 8)
            cuts = range(0, len(payload), step)
            pieces = [(at, payload[at : at + step], at + step < len(payload)) for at in cuts]
        for at, piece, more in pieces:
            if len(src) == 4:
                options = b"\x01" * 4 * r.choice([0, 0, 0, 1, 3])
                head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(piece),
                                   ident, at // 8 | (0x2000 if more else 0), r.randrange(2, 65), proto, 0, src, dst) + options
                head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
                yield head + piece
                continue
            body, first = piece, proto
            if fragment:
                body, first = struct.pack("!BBHI", first, 0, at | more, ident) + body, 44
            elif r.random() < 0.1:  # hop-by-hop options, of padding alone
                body, first = struct.pack("!BB6B", first, 0, 1, 4, 0, 0, 0, 0) + body, 0
            yield struct.pack("!IHBB16s16s", 6 << 28 | r.randrange(1 << 20), len(body), first, r.randrange(2, 65), src, dst) + body

    def transport_sum(self, src, dst, proto, segment):
        pseudo = src + dst + struct.pack("!IHBB", len(segment), 0, 0, proto)
        if len(src) == 4:
            pseudo = src + dst + struct.pack("!BBH", 0, proto, len(segment))
        return checksum(pseudo + segment)

    def udp(self, src, sport, dst, dport, data, fragment=0):
        head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
        total = self.transport_sum(src, dst, 17, head + data) or 0xFFFF
        return self.ip(src, dst, 17, head[:6] + struct.pack("!H", total) + data, fragment)

    def icmp(self, src, dst, kind, code, rest, data):
        proto = 1 if len(src) == 4 else 58
        body = struct.pack("!BBHI", kind, code, 0, rest) + data
        total = checksum(body) if proto == 1 else self.transport_sum(src, dst, 58, body)
        return self.ip(src, dst, proto, body[:2] + struct.pack("!H", total) + body[4:])

    def lane(self, packets):
        """PACKETS follow one another, among those of other lanes."""
        self.lanes.append(list(packets))

    # --- conversations ---

    def name(self):
        r = self.r
        return ".".join([r.choice(WORDS)] + ([r.choice(WORDS) + str(r.randrange(9))] if r.random() < 0.5 else []) + [r.choice(ZONES)])

    def tcp(self, out, back, port, cut=None, shuffle=False):
        """One connection: OUT and BACK are streams; CUT gives where OUT is parted."""
        r = self.r
        (a, b), sport = self.ends(), r.randrange(*EPHEMERAL)
        seq = [r.choice([r.randrange(1 << 32), (1 << 32) - r.randrange(1, 400)]), r.randrange(1 << 32)]

        def segment(side, flags, at, data=b"", options=b""):
            src, dst, s, d = (a, b, sport, port) if side == 0 else (b, a, port, sport)
            head = struct.pack("!HHIIBBHHH", s, d, at & 0xFFFFFFFF, seq[1 - side] & 0xFFFFFFFF if flags & 16 else 0,
                               (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options
            total = self.transport_sum(src, dst, 6, head + data)
            return self.ip(src, dst, 6, head[:16] + struct.pack("!H", total) + head[18:] + data)

        packets = list(segment(0, 2, seq[0], options=b"\x02\x04\x05\xb4"))
        packets += segment(1, 18, seq[1], options=b"\x02\x04\x05\xb4")
        seq[0] += 1
        seq[1] += 1
        packets += segment(0, 16, seq[0])
        cuts = [0] + sorted(set(cut if cut is not None else self.cuts(len(out)))) + [len(out)]
        pieces = [list(segment(0, 24, seq[0] + x, out[x:y])) for x, y in zip(cuts, cuts[1:]) if x < y]
        if shuffle and len(pieces) > 2:  # the first stays: nobody knows a stream from its middle
            tail = pieces[1:]
            r.shuffle(tail)
            pieces[1:] = tail
        if pieces and r.random() < 0.3:
            pieces.insert(r.randrange(len(pieces)) + 1, pieces[r.randrange(len(pieces))][:])
        packets += [p for piece in pieces for p in piece]
        seq[0] += len(out)
        packets += segment(1, 16, seq[1])
        for at in range(0, len(back), 1200):
            packets += segment(1, 24, seq[1] + at, back[at : at + 1200])
        seq[1] += len(back)
        packets += segment(0, 16, seq[0])
        packets += segment(0, *r.choice([(17, seq[0]), (20, seq[0])]))
        self.lane(packets)

    def cuts(self, length):
        r = self.r
        return [r.randrange(1, length) for _ in range(r.choice([0, 0, 1, 2, 5]))] if length > 1 else []

    # --- DNS ---

    def qname(self, name):
        return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0"

    def dns(self):
        r = self.r
        name, ident = self.name(), r.randrange(65536)
        kind = r.choice([1, 28, 1, 28, 16, 65])
        question = self.qname(name) + struct.pack("!HH", kind, 1)
        rcode = r.choice([0, 0, 0, 0, 2, 3])
        answers, owner = [], b"\xc0\x0c"
        if rcode == 0:
            for _ in range(r.choice([0, 0, 1, 3])):  # a chain of aliases
                alias = self.qname(self.name())
                answers.append(owner + struct.pack("!HHIH", 5, 1, r.randrange(3600), len(alias)) + alias)
                owner = alias
            for _ in range(r.choice([0, 1, 1, 4])):
                data = {1: self.address(4), 28: self.address(6)}.get(kind, b"\x04text")
                if kind in (1, 28, 16):
                    answers.append(owner + struct.pack("!HHIH", kind, 1, r.randrange(3600), len(data)) + data)
        query = struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + question
        answer = struct.pack("!HHHHHH", ident, 0x8180 | rcode, 1, len(answers), 0, 0) + question + b"".join(answers)
        return query, answer

    def dns_udp(self):
        (a, b), sport = self.ends(), self.r.randrange(*EPHEMERAL)
        query, answer = self.dns()
        self.lane([*self.udp(a, sport, b, 53, query), *self.udp(b, 53, a, sport, answer)])

    def dns_tcp(self):
        r = self.r
        (a, b), sport, seq = self.ends(), r.randrange(*EPHEMERAL), [r.randrange(1 << 32), r.randrange(1 << 32)]
        out = back = b""
        for _ in range(r.choice([1, 1, 2, 3])):
            query, answer = self.dns()
            out += struct.pack("!H", len(query)) + query
            back += struct.pack("!H", len(answer)) + answer

        def segment(side, flags, data=b""):
            src, dst, s, d = (a, b, sport, 53) if side == 0 else (b, a, 53, sport)
            head = struct.pack("!HHIIBBHHH", s, d, seq[side] & 0xFFFFFFFF, seq[1 - side] & 0xFFFFFFFF if flags & 16 else 0, 0x50, flags, 65535, 0, 0)
            total = self.transport_sum(src, dst, 6, head + data)
            seq[side] += len(data) + (flags & 3 != 0)
            return list(self.ip(src, dst, 6, head[:16] + struct.pack("!H", total) + head[18:] + data))

        packets = segment(0, 2) + segment(1, 18) + segment(0, 16)
        for side, stream in ((0, out), (1, back)):
            cuts = [0] + sorted(set(self.cuts(len(stream)))) + [len(stream)]
            for x, y in zip(cuts, cuts[1:]):
                packets += segment(side, 24, stream[x:y])
        self.lane(packets + segment(0, 17) + segment(1, 17))

    # --- TLS, HTTP ---

    def hello(self, quic=False):
        r = self.r
        name = self.name()
        host = name.encode()
        extensions = [(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host)] if r.random() < 0.9 else []
        alpn = b"".join(bytes([len(x)]) + x for x in ([b"h3"] if quic else r.choice([[b"h2", b"http/1.1"], [b"http/1.1"]])))
        extensions += [(16, struct.pack("!H", len(alpn)) + alpn)] if quic or r.random() < 0.7 else []
        share = r.choice([32, 32, 1216])  # a hybrid key does not fit one packet
        extensions += [(43, b"\x04\x03\x04\x03\x03"), (10, b"\x00\x02\x00\x1d"), (13, b"\x00\x02\x04\x03"),
                       (51, struct.pack("!HHH", share + 4, 0x001D, share) + r.randbytes(share))]
        if quic:
            extensions.append((57, b"\x01\x04\x80\x00\xea\x60\x0f\x00"))
        if r.random() < 0.4:
            extensions.append((21, bytes(r.randrange(300))))
        r.shuffle(extensions)
        packed = b"".join(struct.pack("!HH", k, len(v)) + v for k, v in extensions)
        body = b"\x03\x03" + r.randbytes(32) + (b"\0" if quic else b"\x20" + r.randbytes(32)) + b"\x00\x04\x13\x01\x13\x02\x01\x00"
        body += struct.pack("!H", len(packed)) + packed
        return b"\x01" + len(body).to_bytes(3, "big") + body

    def tls(self):
        r = self.r
        hello = self.hello()
        at, stream = 0, b""
        for cut in sorted(set(self.cuts(len(hello)) if r.random() < 0.3 else [])) + [len(hello)]:
            stream += b"\x16\x03\x01" + struct.pack("!H", cut - at) + hello[at:cut]
            at = cut
        server = b"\x02\x00\x00\x46\x03\x03" + r.randbytes(32) + b"\x20" + r.randbytes(32) + b"\x13\x01\x00" + b"\x00\x00"
        self.tcp(stream, b"\x16\x03\x03" + struct.pack("!H", len(server)) + server + b"\x17\x03\x03\x00\x20" + r.randbytes(32),
                 r.choice([443, 443, 443, 8443, 5222]), shuffle=r.random() < 0.3)

    def http(self):
        host = self.name()
        self.tcp(("GET /%x HTTP/1.1\r\nUser-Agent: made\r\nHost: %s\r\nAccept: */*\r\n\r\n" % (self.r.randrange(99), host)).encode(),
                 b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 80, shuffle=False)

    # --- QUIC (RFC 9000, 9001, 9369) ---

    SALTS = {1: ("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "quic"),
             0x6B3343CF: ("0dede3def700a6db819381be6e269dcbf9bd2ed9", "quicv2"),
             0xFF00001D: ("afbfec289993d24c9e9786f19c6111e04390a899", "quic")}

    def quic(self):
        r = self.r
        if AESGCM is None:
            return
        version = r.choice(list(self.SALTS))
        salt, label = self.SALTS[version]
        dcid, scid, (a, b), sport = r.randbytes(r.randrange(8, 19)), r.randbytes(r.choice([0, 8])), self.ends(), r.randrange(*EPHEMERAL)

        def expand(secret, name, size):
            full = b"tls13 " + name.encode()
            info = struct.pack("!HB", size, len(full)) + full + b"\0"
            return HKDFExpand(hashes.SHA256(), size, info).derive(secret)

        extract = hmac.HMAC(bytes.fromhex(salt), hashes.SHA256())
        extract.update(dcid)
        client = expand(extract.finalize(), "client in", 32)
        key, iv, mask_key = (expand(client, label + x, n) for x, n in ((" key", 16), (" iv", 12), (" hp", 16)))
        hello = self.hello(quic=True)
        cuts = [0] + sorted(set(r.randrange(1, len(hello)) for _ in range(r.choice([0, 1, 4, 9])))) + [len(hello)]
        frames = [b"\x06" + struct.pack("!HH", 0x4000 | x, 0x4000 | (y - x)) + hello[x:y] for x, y in zip(cuts, cuts[1:])]
        r.shuffle(frames)
        packets, room = [], 1100
        for frame in frames:
            if packets and sum(map(len, packets[-1])) + len(frame) <= room:
                packets[-1].append(frame)
            else:
                packets.append([frame])
        out = []
        for number, parts in enumerate(packets):
            if r.random() < 0.3:
                parts.insert(r.randrange(len(parts) + 1), b"\x01")  # PING
            plain = b"".join(parts)
            plain += bytes(max(0, 1162 - len(plain)))
            kind = 0xC0 if version != 0x6B3343CF else 0xD0
            head = bytes([kind | 1]) + struct.pack("!I", version) + bytes([len(dcid)]) + dcid + bytes([len(scid)]) + scid + b"\0"
            head += struct.pack("!H", 0x4000 | (2 + len(plain) + 16)) + struct.pack("!H", number)
            nonce = bytes(x ^ y for x, y in zip(iv, number.to_bytes(12, "big")))
            sealed = AESGCM(key).encrypt(nonce, plain, head)
            sample = sealed[2:18]
            cipher = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()
            mask = cipher.update(sample) + cipher.finalize()
            head = bytes([head[0] ^ mask[0] & 0x0F]) + head[1:-2] + bytes(x ^ y for x, y in zip(head[-2:], mask[1:3]))
            out += self.udp(a, sport, b, 443, head + sealed)
        self.lane(out)

    # --- the rest ---

    def pings(self):
        a, b = self.ends()
        rest = self.r.randrange(1 << 32)
        kinds = (8, 0) if len(a) == 4 else (128, 129)
        self.lane([p for k, (s, d) in zip(kinds, ((a, b), (b, a))) for p in self.icmp(s, d, k, 0, rest, b"ping" * 6)])

    def error(self):
        a, b = self.ends()
        sent = list(self.udp(a, 33434, b, 33435, b"probe" * 4))
        kind = 11 if len(a) == 4 else 3
        self.lane(sent + list(self.icmp(self.address(4 if len(a) == 4 else 6), a, kind, 0, 0, sent[0][:56])))

    def big(self):
        (a, b), sport = self.ends(), self.r.randrange(*EPHEMERAL)
        self.lane([p for _ in range(3) for p in self.udp(a, sport, b, 4500, self.r.randbytes(3000), fragment=self.r.choice([1480, 1000, 520]))])

    def talk(self):
        (a, b), sport, dport = self.ends(), self.r.randrange(*EPHEMERAL), self.r.randrange(*EPHEMERAL)
        self.lane([p for _ in range(self.r.randrange(1, 12)) for p in
                   (self.udp(a, sport, b, dport, self.r.randbytes(self.r.randrange(1, 900))) if self.r.random() < 0.6 else
                    self.udp(b, dport, a, sport, self.r.randbytes(self.r.randrange(1, 900))))])

    def other(self):
        a, b = self.ends()
        self.lane(self.ip(a, b, self.r.choice([47, 50, 132, 89]), self.r.randbytes(40)))

    # --- frames and files ---

    def frame(self, link, packet):
        six = packet[0] >> 4 == 6
        kind = b"\x86\xdd" if six else b"\x08\x00"
        macs = b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
        if link == 1:
            way = self.r.random()
            if way < 0.1:
                return macs + b"\x81\x00\x00\x07" + kind + packet
            if way < 0.15:
                return macs + b"\x88\xa8\x00\x08\x81\x00\x00\x09" + kind + packet
            if way < 0.2:
                return macs + b"\x88\x64\x11\x00\x00\x2a" + struct.pack("!H", len(packet) + 2) + (b"\x00\x57" if six else b"\x00\x21") + packet
            pad = b"\0" * max(0, 46 - len(packet))
            return macs + kind + packet + pad
        if link == 113:
            return b"\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00" + kind + packet
        if link == 276:
            return kind + b"\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00" + packet
        if link == 0:
            return struct.pack("<I", self.r.choice([24, 28, 30]) if six else 2) + packet
        if link == 108:
            return struct.pack("!I", 30 if six else 2) + packet
        if link == 9:
            return b"\xff\x03" + (b"\x00\x57" if six else b"\x00\x21") + packet
        return packet

    def write(self, path):
        r = self.r
        makers = [self.dns_udp, self.dns_udp, self.dns_tcp, self.tls, self.tls, self.tls, self.http, self.quic, self.quic, self.quic,
                  self.pings, self.error, self.big, self.talk, self.other]
        for _ in range(r.randrange(10, 60)):
            r.choice(makers)()
        link = r.choice([1, 1, 1, 113, 276, 101, 0, 108, 9])
        fine, order = r.random() < 0.5, r.choice("<>")
        magic = 0xA1B23C4D if fine else 0xA1B2C3D4
        at, out = 1700000000 * 10**9 + r.randrange(10**9), [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
        lanes = [x for x in self.lanes if x]
        while lanes:
            lane = r.choice(lanes)
            frame = self.frame(link, lane.pop(0))
            at += r.randrange(1, 20000000)
            out.append(struct.pack(order + "IIII", at // 10**9, at % 10**9 if fine else at % 10**9 // 1000, len(frame), len(frame)) + frame)
            lanes = [x for x in lanes if x]
        with open(path, "wb") as f:
            f.write(b"".join(out))


if __name__ == "__main__":
    Capture(int(sys.argv[1])).write(sys.argv[2])
