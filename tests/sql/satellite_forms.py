#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# satellite_forms.py rules FOLDER            what the published analysis code demands of files it reads: no line dropped
# satellite_forms.py same FOLDER PUBLISHED   the form: keys, their order and types, and every value, are those published
#
# Says what is wrong, a line each, and nothing when all is well.
import json, os, re, sys

TIME = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})? [-+]\d{4} [A-Z]+( m=.*)?$')
ISO = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[-+]\d\d:\d\d$')
FILES = {
    'v2.2': {'resolvers_raw', 'resolvers', 'results', 'blockpages', 'control_pages', 'resolvers_profile'},
    'v1': {'answers_control', 'answers_err', 'answers_ip', 'answers', 'answers_raw', 'interference', 'interference_err',
           'resolvers', 'resolvers_err', 'resolvers_ip', 'resolvers_ptr', 'resolvers_raw', 'tagged_answers', 'tagged_resolvers'},
}
RAW = ('domain domain_is_control date start_time end_time retry resolver_ip resolver_name resolver_is_trusted resolver_netblock '
       'resolver_asn resolver_as_name resolver_as_full_name resolver_as_class resolver_country resolver_organization received_error '
       'received_rcode answers measurement_id source').split()
RAW_ANSWER = ('ip asn as_name ip_organization censys_http_body_hash censys_ip_cert http_error http_response_status http_response_headers '
              'http_response_body https_error https_tls_version https_tls_cipher_suite https_tls_cert https_tls_cert_common_name '
              'https_tls_cert_issuer https_tls_cert_start_date https_tls_cert_end_date https_tls_cert_alternative_names '
              'https_response_status https_response_headers https_response_body').split()


def wrong(what, *more):
    print(what, *more)


def lines(folder, name):
    """One after the other: a full scan's are gigabytes."""
    def pairs(items):
        if len({k for k, _ in items}) != len(items):
            wrong(name, 'the same key twice')
        return dict(items)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    line = ''
    with open(path, encoding='utf-8', newline='\n') as f:
        for line in f:
            if line != '\n':
                yield json.loads(line, object_pairs_hook=pairs)
    if line.endswith('\n') and name != 'resolvers_profile.json':
        wrong(name, 'ends with a line feed: readers that split by it see an empty line')


def check_result(r):
    for key in ('start_time', 'end_time'):
        if not TIME.match(r.get(key) or ''):
            wrong('results.json', key, r.get(key))
    if list(r['confidence']) != ['average', 'matches', 'untagged_controls', 'untagged_response']:
        wrong('results.json', 'confidence')
    matches = r['confidence']['matches']
    for trip in r['response']:
        if matches is not None and len(trip['response']) > len(matches):
            wrong('results.json', 'matches shorter than the answers', r['vp'], r['test_url'])
        if not isinstance(trip['rcode'], int) or not isinstance(trip['error'], str) or trip['url'] is None:
            wrong('results.json', 'types of a round trip', r['vp'], r['test_url'])
        if any(':' not in a for a in trip['response']) != trip['has_type_a']: # addresses of AAAA alone are none of A
            wrong('results.json', 'has_type_a', r['vp'], r['test_url'])
        for a in trip['response'].values():
            if [type(a[k]) for k in ('http', 'cert', 'asnum', 'asname')] != [str, str, int, str]:
                wrong('results.json', 'types of a tag', a)
            if a['matched'] is not None and not a['matched']:
                wrong('results.json', 'matched is null when nothing is')
    tests = [t['error'] for t in r['response'] if t['url'] == r['test_url']]
    if tests and r['connect_error'] != ('null' not in tests):
        wrong('results.json', 'connect_error', r['vp'], r['test_url'])
    extra = set(r) - set('confidence passed_liveness connect_error in_control_group anomaly excluded vp test_url start_time end_time '
                         'exclude_reason location response waymark'.split())
    if extra:
        wrong('results.json', 'keys', extra)


def check_page(name, p):
    if not TIME.match(p['start_time']) or not TIME.match(p['end_time']):
        wrong(name, 'times')
    for reply in (p['http'], p['https']):
        if not isinstance(reply, str) and not (isinstance(reply['status_line'], str) and isinstance(reply['body'], str)
                                               and all(isinstance(v, list) for v in reply['headers'].values())):
            wrong(name, 'a page is an error or status_line, headers, body')
    if p['fetched'] == (isinstance(p['http'], str) and isinstance(p['https'], str)):
        wrong(name, 'fetched')


HOW = ['qtype', 'repetition', 'node', 'transport']  # ours, under waymark


def check_keys(name, r, keys):
    if list(r) != keys + ['waymark'] or list(r['waymark']) != HOW or not r['waymark']['node']:
        wrong(name, 'keys', list(r), r.get('waymark'))


def check_raw(name, r):
    check_keys(name, r, RAW)
    if not ISO.match(r['start_time']) or not ISO.match(r['end_time']) or not re.match(r'^\d{4}-\d\d-\d\d$', r['date']):
        wrong(name, 'times')
    if r['domain_is_control'] != (r['retry'] is None) or not isinstance(r['received_rcode'], int):
        wrong(name, 'retry, rcode')
    if not re.match(r'^[0-9a-f]{32}$', r['measurement_id']) or 'Satellite' not in r['source']:
        wrong(name, 'measurement_id, source')
    for a in r['answers']:
        if list(a) != RAW_ANSWER:
            wrong(name, 'keys of an answer', list(a))


def check_packet(path):
    if not os.path.exists(path):
        return
    with open(path, 'rb') as f:
        q = f.read()
    if q[2:12] != bytes([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) or q[-5:] != bytes([0, 0, 1, 0, 1]):
        wrong('dns.pkt', 'is no question for an address', q.hex())


def rules(folder):
    base = os.path.basename(folder.rstrip('/'))
    if not re.match(r'^CP_Satellite-20[1-3]\d-[01]\d-[0-3]\d-[0-2]\d-[0-5]\d-[0-5]\d$', base):
        wrong('the folder is called', base)
    names = {n[:-5] for n in os.listdir(folder) if n != 'dns.pkt'}
    form = next((f for f, want in FILES.items() if names == want), 'v2.2-raw')
    check_packet(os.path.join(folder, 'dns.pkt'))
    if form == 'v1' and base[len('CP_Satellite-'):] >= '2021-03-01':
        wrong('readers take', base, 'for v2')
    if form == 'v2.2-raw':
        for n in names:
            for r in lines(folder, n + '.json'):
                check_raw(n, r)
    for r in lines(folder, 'results.json'):
        check_result(r)
    for n in ('blockpages.json', 'control_pages.json'):
        for p in lines(folder, n):
            check_page(n, p)
    placed = {r['resolver'] for r in lines(folder, 'tagged_resolvers.json')}
    for r in lines(folder, 'interference.json'):
        if r['resolver'] not in placed:
            wrong('interference.json', r['resolver'], 'has no country: its lines are dropped')
        check_keys('interference.json', r, ['resolver', 'query', 'answers', 'passed'])
        if not r['answers']:
            wrong('interference.json', 'no answers')
        if r['passed'] != any(set(tags) - {'no_tags'} for tags in r['answers'].values()):
            wrong('interference.json', 'passed, and what matched', r)
    for r in lines(folder, 'interference_err.json'):
        check_keys('interference_err.json', r, ['resolver', 'query', 'answers'])
        if not r['answers']:
            wrong('interference_err.json', r)
    for n in ('answers.json', 'answers_control.json'):
        for r in lines(folder, n):
            check_keys(n, r, ['answers', 'query', 'resolver'])
    for r in lines(folder, 'answers_raw.json'):
        check_keys('answers_raw.json', r, ['resolver', 'query', 'data'])
    for r in lines(folder, 'answers_err.json'):
        check_keys('answers_err.json', r, ['resolver', 'query', 'error'])
        if not isinstance(r['error'], (str, dict)):
            wrong('answers_err.json', r)
    for r in lines(folder, 'resolvers_ip.json'):
        if list(r) != ['resolver', 'answer'] or not isinstance(r['answer'], str):
            wrong('resolvers_ip.json', r)
    for r in lines(folder, 'resolvers_err.json'):
        if list(r) != ['resolver', 'error'] or not isinstance(r['error'], dict):
            wrong('resolvers_err.json', r)
    for r in lines(folder, 'resolvers_profile.json'):
        if not all(re.match(r'^\d\.\d{4}$', v) for k, v in r.items() if k != 'resolver'):
            wrong('resolvers_profile.json', r)


def when(text):
    """Seconds of the day to the millisecond, whatever the zone."""
    m = re.match(r'^\S+ (\d\d):(\d\d):(\d\d)(\.\d+)? ([-+])(\d\d)(\d\d)', text)
    offset = (int(m[6]) * 60 + int(m[7])) * (-60 if m[5] == '+' else 60)
    return round(((int(m[1]) * 60 + int(m[2])) * 60 + int(m[3]) + offset) % 86400 + float(m[4] or 0), 3)


def plain(v, key=None):
    if key in ('start_time', 'end_time'):
        return when(v)
    if isinstance(v, dict):
        return [(k, plain(x, k)) for k, x in v.items() if k != 'waymark']
    if isinstance(v, list):
        return [plain(x) for x in v]
    return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v


def same(folder, published):
    for name in ('results.json', 'resolvers.json', 'blockpages.json', 'control_pages.json', 'interference.json', 'answers_control.json',
                 'tagged_answers.json', 'tagged_resolvers.json'):
        theirs = {repr(plain(x)) for x in published_lines(published, name)}
        ours = {repr(plain(x)) for x in lines(folder, name)}
        for x in sorted(theirs - ours)[:2]:
            wrong(name, 'published, not written:', x[:600])
        # A resolver that was asked is listed, if the publication forgot it or not.
        for x in sorted(ours - theirs)[:0 if name == 'resolvers.json' else 2]:
            wrong(name, 'written, not published:', x[:600])


def published_lines(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as f:
        out = [json.loads(x) for x in f.read().split('\n') if x.strip()]
    for x in out:  # keys that this form had not yet: from 2022-06-26 on
        if name == 'blockpages.json':
            x.setdefault('trusted_cert', None)
            x.setdefault('cert_hostname_match', None)
        for reply in (x.get('https'),) if name.endswith('pages.json') else ():
            if isinstance(reply, dict) and isinstance(reply.get('Certificate'), str):
                reply['Certificate'] = [reply['Certificate']]
    return out


if sys.argv[1] == 'rules':
    rules(sys.argv[2])
else:
    same(sys.argv[2], sys.argv[3])
