#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Signed zones below a root of their own: knot signs them, ldns-signzone signed one years ago, and one
# server of them forges. Inside a network namespace of its own, on loopback addresses:
#   127.0.0.53 knot, 127.0.0.54 the forger, 127.0.0.1 unbound, which validates, 127.0.0.2 one that does not.
#
#   dns_chain.py make FOLDER       zones, keys, configurations, the anchor
#   dns_chain.py forge             serves forged.example
#   dns_chain.py ask FOLDER        asks both; FOLDER/pairs.sql, and what unbound makes of each name
import os, re, socket, struct, subprocess, sys, threading, time

A, CNAME, DS, DNSKEY, AAAA = 1, 5, 43, 48, 28
SIGNED = ['.', 'example', 'good.example', 'hashed.example', 'forged.example', 'wrong.example']
# What is asked, and how.
CASES = [('www.good.example', A), ('www.good.example', AAAA), ('none.good.example', A), ('deep.good.example', A),
         ('alias.good.example', A), ('astray.good.example', A), ('plainly.good.example', A), ('x.wild.good.example', A),
         ('www.hashed.example', A), ('www.hashed.example', AAAA), ('none.hashed.example', A), ('y.x.wild.hashed.example', A), ('www.plain.hashed.example', A),
         ('www.plain.example', A), ('none.plain.example', A), ('www.old.example', A), ('www.wrong.example', A),
         ('right.forged.example', A), ('changed.forged.example', A), ('stripped.forged.example', A), ('none.example', A)]


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def origin(zone):
    return zone if zone == '.' else zone + '.'


def head(zone):
    return '$TTL 300\n%s SOA ns.example. host.example. 1 7200 900 86400 60\n%s NS ns.example.\n' % (origin(zone), origin(zone))


ZONES = {
    '.': 'example. NS ns.example.\nns.example. A 127.0.0.53\n',
    'example': 'ns A 127.0.0.53\n' + ''.join('%s NS ns\n' % z for z in ('good', 'hashed', 'forged', 'wrong', 'old', 'plain')),
    'good.example': 'www A 198.18.0.1\nwww A 198.18.0.2\nalias CNAME www.hashed.example.\nastray CNAME www.old.example.\n'
                    'plainly CNAME www.plain.example.\n*.wild A 198.18.0.3\nunder.deep A 198.18.0.4\n',
    'hashed.example': 'www A 198.18.0.5\n*.wild A 198.18.0.13\nplain NS ns.example.\n',
    'plain.hashed.example': 'www A 198.18.0.6\n',
    'plain.example': 'www A 198.18.0.7\n',
    'forged.example': 'right A 198.18.0.8\nchanged A 198.18.0.9\nstripped A 198.18.0.10\n',
    'wrong.example': 'www A 198.18.0.11\n',
    'old.example': 'www A 198.18.0.12\n',
}

KNOT = '''server:
  rundir: "{0}"
  listen: 127.0.0.53@53
log:
  - target: stderr
    any: warning
database:
  storage: "{0}"
policy:
  - id: nsec
    algorithm: ecdsap256sha256
  - id: nsec3
    algorithm: ecdsap256sha256
    nsec3: on
    nsec3-iterations: 5
template:
  - id: default
    storage: "{0}"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
'''

UNBOUND = '''server:
  do-daemonize: no
  use-syslog: no
  logfile: ""
  username: ""
  chroot: ""
  num-threads: 1
  interface: {1}
  outgoing-interface: {1}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "{2}"
  directory: "{0}"
  pidfile: "{0}/{1}.pid"
  trust-anchor-file: "{0}/anchor"
  trust-anchor-signaling: no
remote-control:
  control-enable: no
'''


def sign_old(folder):
    # Right, and over since 2020.
    base = run('ldns-keygen', '-a', 'ECDSAP256SHA256', '-k', 'old.example', cwd=folder).strip()
    run('ldns-signzone', '-i', '20200101000000', '-e', '20200201000000', '-f', 'old.example.zone', 'old.example.raw', base, cwd=folder)
    return run('ldns-key2ds', '-n', '-2', base + '.key', cwd=folder)


def make(folder):
    conf = os.path.join(folder, 'knot.conf')
    with open(conf, 'w') as f:
        f.write(KNOT.format(folder))
        for z in ZONES:
            f.write('  - domain: %s\n    file: "%s.zone"\n' % (z, z))
            if z in SIGNED:
                f.write('    dnssec-signing: on\n    dnssec-policy: %s\n' % ('nsec3' if z == 'hashed.example' else 'nsec'))
    for z, text in ZONES.items():
        name = '%s.%s' % (z, 'raw' if z == 'old.example' else 'zone')
        with open(os.path.join(folder, name), 'w') as f:
            f.write('$ORIGIN %s\n' % origin(z) + head(z) + text)
    above = {'.': 'anchor', 'example': '..zone'}
    for z in SIGNED:
        run('keymgr', '-c', conf, z, 'generate', 'algorithm=ecdsap256sha256', 'ksk=yes')
        run('keymgr', '-c', conf, z, 'generate', 'algorithm=ecdsap256sha256', 'zsk=yes')
        ds = [l for l in run('keymgr', '-c', conf, z, 'ds').splitlines() if l.split()[4] == '2']
        if z == 'wrong.example':
            ds = [re.sub(r'(.)$', lambda m: '0' if m.group(1) != '0' else '1', l) for l in ds]
        with open(os.path.join(folder, above.get(z, 'example.zone')), 'a') as f:
            f.write('\n'.join(ds) + '\n')
    with open(os.path.join(folder, 'example.zone'), 'a') as f:
        f.write(sign_old(folder))
    stubs = ''.join('stub-zone:\n  name: "%s"\n  stub-addr: %s\n' % (z, '127.0.0.54' if z == 'forged.example' else '127.0.0.53') for z in ZONES)
    for at, modules in (('127.0.0.1', 'validator iterator'), ('127.0.0.2', 'iterator')):
        with open(os.path.join(folder, at + '.conf'), 'w') as f:
            f.write(UNBOUND.format(folder, at, modules) + stubs)


# --- messages ---------------------------------------------------------------------------------------


def name_of(text):
    return b''.join(bytes([len(l)]) + l.encode() for l in text.strip('.').split('.') if l) + b'\0'


def query(name, qtype, flags):
    return struct.pack('!6H', 7, flags, 1, 0, 0, 1) + name_of(name) + struct.pack('!HH', qtype, 1) + \
        b'\0' + struct.pack('!HHIH', 41, 4096, 0x8000, 0)


def exchange(at, message):
    # Who does not validate has no reason to fail but a busy machine, and says so for five seconds.
    answer = b''
    for i in range(20):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(1)
        try:
            s.sendto(message, (at, 53))
            answer = s.recv(65535)
            if at != '127.0.0.2' or answer[3] & 15 != 2:
                return answer
            time.sleep(1)
        except OSError:
            continue
        finally:
            s.close()
    raise SystemExit('no answer from %s but %r' % (at, answer))


def serve(s, data, who):
    label = data[13:13 + data[12]].lower()
    qtype = struct.unpack('!H', data[data.index(b'\0', 12) + 1:][:2])[0]
    if label == b'stripped' and qtype == A:  # as one answers who knows no signatures
        data = data.replace(b'\x80\0\0\0', b'\0\0\0\0')
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.settimeout(2)
    u.sendto(data, ('127.0.0.53', 53))
    answer = u.recv(65535)
    u.close()
    if label == b'changed':
        answer = answer.replace(socket.inet_aton('198.18.0.9'), socket.inet_aton('198.18.0.99'))
    s.sendto(answer, who)


def forge():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('127.0.0.54', 53))
    while True:
        data, who = s.recvfrom(65535)
        threading.Thread(target=serve, args=(s, data, who), daemon=True).start()


# --- asking -----------------------------------------------------------------------------------------


def above(name):
    labels = name.split('.')
    return ['.'.join(labels[i:]) for i in range(len(labels))] + ['.']


def put(out, resolver, name, qtype, wire, options):
    out.write("SELECT pg_temp.pair('%s', '%s', %d, '\\x%s', %d, %d);\n" % (resolver, name, qtype, wire.hex(), wire[3] & 15, options))


def ask(folder):
    names = set()
    with open(os.path.join(folder, 'pairs.sql'), 'w') as out:
        for name, qtype in CASES:
            said = exchange('127.0.0.1', query(name, qtype, 0x0120))
            word = 'bogus' if said[3] & 15 == 2 else 'secure' if said[3] & 0x20 else 'insecure'
            print('%s %d %s' % (name, qtype, word))
            put(out, '198.18.1.1', name, qtype, exchange('127.0.0.2', query(name, qtype, 0x0100)), 7)
            names.update(above(name))
        for name in ('www.hashed.example', 'www.plain.example', 'www.old.example'):  # where aliases led
            names.update(above(name))
        for name in sorted(names):
            for qtype in (DNSKEY, DS):
                put(out, '198.18.0.53', name, qtype, exchange('127.0.0.1', query(name, qtype, 0x0110)), 71)


if __name__ == '__main__':
    verb = sys.argv[1]
    make(sys.argv[2]) if verb == 'make' else forge() if verb == 'forge' else ask(sys.argv[2])
