#!/usr/bin/python3
"""`hansectl probe` against servers that nobody played (R114, R117): Kamailio as a partner's edge, another Hanse that lists
us and one that does not, openssl s_server that demands what we lack.

usage: test_probe.py     HANSE_BUILD: the build folder, default build/release; exit status 77 when it is not there"""
import os
import re
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))

import hanse                  # noqa: E402
from cast import Cast         # noqa: E402
from kamailio import Kamailio  # noqa: E402
from lab import Lab           # noqa: E402
from network import listening  # noqa: E402
from process import Child, wait_for  # noqa: E402

NODE = 'edge.contoso.example'


class Server:
    """openssl s_server as the edge of a domain."""

    def __init__(self, lab, domain, *options):
        self.domain, self.host = domain, 'sip.' + domain
        self.address = lab.network.address()
        self.port = lab.network.port(self.address, 5061)
        certificate = lab.authority().issue(domain, [self.host])
        command = ['openssl', 's_server', '-accept', '%s:%d' % (self.address, self.port), '-cert', certificate.crt,
                   '-key', certificate.key, '-quiet', *options]
        self.child = lab.own(Child('s_server-' + domain, command, lab.folder)).start()
        wait_for(lambda: listening(self.address, self.port), 5, 'openssl s_server', self.child)


def other_hanse(lab, domain, partners):
    """Another router, whose only partners are these [(domain, edge)]; its home server is not there."""
    node = 'edge.' + domain
    other = hanse.Hanse(os.path.join(lab.folder, domain), lab.network)
    other.hosts = {node: other.outside, 'inside.' + domain: other.inside, 'pool.' + domain: lab.network.address()}
    certificate = lab.authority().issue(domain, [node, 'inside.' + domain, 'pool.' + domain])
    other.configure(node=node, inside_name='inside.' + domain, edge=certificate, inside=certificate,
                    partner_ca=lab.authority().pem, home_ca=lab.authority().pem,
                    home=(domain, 'pool.%s:5061' % domain, ['pool.' + domain]), partners=partners)
    lab.own(other).start()
    return other


def probe(router, domain, status, *says):
    begun = time.monotonic()
    got, text = router.ctl('probe', domain, '--within', '9')
    took = time.monotonic() - begun
    for wanted in says:
        assert re.search(wanted, text, re.MULTILINE), 'it does not say %s:\n%s' % (wanted, text)
    assert got == status, 'exit status %d, not %d:\n%s' % (got, status, text)
    assert took < 10, 'it took %.1f s' % took
    step = re.search('^Step +(.*)', text, re.MULTILINE)
    print('%-20s exit status %2d, %.2f s, %s' % (domain, got, took, step.group(1) if step else 'all passed'))


def run(lab):
    cast = Cast(lab)
    router, ca = cast.hanse, lab.authority().pem
    demanding = Server(lab, 'demanding.example', '-Verify', '5', '-verify_return_error', '-CAfile', ca)
    old = Server(lab, 'old.example', '-tls1_1', '-cipher', 'ALL@SECLEVEL=0')
    us = ('contoso.example', '%s:%d' % (NODE, router.outside_port))
    friend = other_hanse(lab, 'friend.example', [us])
    stranger = other_hanse(lab, 'stranger.example', [('nobody.example', 'sip.nobody.example')])
    places = {one.host: (one.address, one.port) for one in (demanding, old)}
    places.update({one.config['node']: (one.outside, one.outside_port) for one in (friend, stranger)})
    kamailio = None
    if shutil.which('kamailio'):
        kamailio = Kamailio('edge', 'kamailio.example', 'sip.kamailio.example', lab.network, lab.folder)
        places[kamailio.name] = (kamailio.address, kamailio.tls_port)
        names = {host: address for host, (address, _) in places.items()}
        names[NODE] = router.outside
        lab.own(kamailio).start(lab.authority().issue('kamailio', [kamailio.name]), ca,
                                '%s:%d' % (NODE, router.outside_port), NODE, names)
    for host, (address, port) in places.items():
        router.hosts[host] = address
        router.config['partners'].append({'domain': host.partition('.')[2], 'type': 'direct',
                                          'edge': '%s:%d' % (host, port)})
    cast.start()
    if kamailio:
        kamailio.wait_ready()
        probe(router, 'kamailio.example', 0, r'(PASS|WARN) answer +\d\d\d .*kamailio', 'PASS tls.name')
    # The other router lists us, so it sends the question on to its own server, which is not there; its refusal says so.
    probe(router, 'friend.example', 17, r'FAIL answer +504', 'could not have it answered')
    probe(router, 'stranger.example', 17, r'FAIL answer +403', 'allow our domain')
    probe(router, 'demanding.example', 16, r'NOTE tls.authorities +the partner lists 1 authorities \(\d+ octets\); ours '
          'is among them', 'FAIL answer')
    probe(router, 'old.example', 13, 'FAIL tls.handshake .*(version|ended it)')
    router.install('edge', cast.partners.issue('server-only', [NODE], eku='serverAuth'))
    assert router.ctl('reload')[0] == 0
    probe(router, 'demanding.example', 15, 'NOTE tls.ours +we show .*, for serverAuth, signed', 'FAIL tls.ours .*refused',
          'clientAuth')
    assert router.ctl('status')[0] == 0


def main():
    if not hanse.built():
        print('SKIP: nothing was built in ' + hanse.build_folder())
        return 77
    with Lab('probe') as lab:
        run(lab)
    return 0


if __name__ == '__main__':
    sys.exit(main())
