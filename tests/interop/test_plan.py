#!/usr/bin/python3
"""`hansectl plan` for two configurations, as text, Markdown and JSON, compared with what was accepted (R119): the tables of
certificates, ports and records.

usage: test_plan.py [--write]     HANSE_BUILD: the build folder, default build/release; exit status 77 when it is not there
--write accepts what is printed now (tests/data/plan)."""
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

import hanse            # noqa: E402
from cast import Cast   # noqa: E402
from lab import Lab     # noqa: E402

ACCEPTED = os.path.join(hanse.SOURCE, 'tests', 'data', 'plan')


def plain(text, cast):
    """Without what differs from run to run: addresses and ports of the lab, and the widths of columns that follow them."""
    router = cast.hanse
    places = [(router.outside, '203.0.113.5'), (router.inside, '10.0.0.5')]
    for address, told in places:
        text = text.replace(address, told)
    return re.sub(r' +\n', '\n', re.sub(r' {2,}', '  ', text))


def compare(name, got, write):
    path = os.path.join(ACCEPTED, name)
    if write:
        with open(path, 'w') as file:
            file.write(got)
    with open(path) as file:
        wanted = file.read()
    print('%-16s %3d lines, %s' % (name, got.count('\n'), 'as accepted' if got == wanted else 'DIFFERENT'))
    if got == wanted:
        return 0
    import difflib
    print('\n'.join(difflib.unified_diff(wanted.splitlines(), got.splitlines(), 'accepted', 'now', lineterm='')))
    return 1


def tables(cast, name, write):
    bad = 0
    for ending, option in (('txt', []), ('md', ['--markdown']), ('json', ['--json'])):
        status, text = cast.hanse.ctl(*option, 'plan')
        assert status == 0, text
        if ending == 'json':
            text = json.dumps(json.loads(text)['rows'], indent=1) + '\n'
        bad += compare('%s.%s' % (name, ending), plain(text, cast), write)
    return bad


def run(lab, write):
    cast = Cast(lab)
    cast.start()
    bad = tables(cast, 'small', write)
    config = cast.hanse.config
    config['home'].append(dict(config['home'][0], domain='adventure.example'))
    config['modules'].append({'name': 'enhanced'})
    config['modules'].append({'name': 'demands'})
    config['partners'].append({'domain': 'litware.example', 'type': 'enhanced'})
    config['partners'].append({'domain': 'tailspin.example', 'type': 'direct', 'edge': 'sip.tailspin.example:5063'})
    config['tls'][0]['crl'] = ['http://crl.authority.example/a.crl', 'http://[2001:db8::1]:8080/b.crl']
    config['dns'].update(forwarders=['192.0.2.53', '192.0.2.54@5353'])
    shutil.copy(os.path.join(hanse.build_folder(), 'test_modules', 'demands.so'),
            os.path.join(cast.hanse.modules, 'demands.so'))
    cast.hanse.write()
    status, text = cast.hanse.ctl('reload')
    assert status == 0, text
    return bad + tables(cast, 'large', write)


def main():
    if not hanse.built():
        print('SKIP: nothing was built in ' + hanse.build_folder())
        return 77
    os.makedirs(ACCEPTED, exist_ok=True)
    with Lab('plan') as lab:
        return 1 if run(lab, '--write' in sys.argv) else 0


if __name__ == '__main__':
    sys.exit(main())
