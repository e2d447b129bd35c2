#!/usr/bin/python3
"""A real Kamailio, with a phone registered at it, is the edge of a partner of each federation type that is found by SRV or
by a provider (R3, R4, R5, R101), and of a clearing house; names come from a real unbound. With the right certificate a
MESSAGE goes out and one comes in. Then the same server comes back with others: outwards home gets the failure that
tests/scenario/matrix.rows names, inwards nothing reaches home and the phone gets a failure (R18), which is not from the
router when the handshake ended there (R25).

usage: test_types.py     HANSE_BUILD: the build folder, default build/release; exit status 77 when something is missing"""
import os
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))

import hanse                   # noqa: E402
import matrix                  # noqa: E402
import sip                     # noqa: E402
from cast import HOME, NODE, Cast  # noqa: E402
from endpoint import Phone     # noqa: E402
from kamailio import Kamailio  # noqa: E402
from lab import Lab            # noqa: E402
from name_server import UNBOUND, MovingNameServer  # noqa: E402
from process import wait_for   # noqa: E402
from ways import Ways          # noqa: E402

ROWS = os.path.join(HERE, '..', 'scenario', 'matrix.rows')
# type → (the partner's domain, the edge of that domain or of the provider)
PARTNERS = {
    'enhanced': ('litware.example', 'sip.litware.example'),
    'discovered': ('wingtip.example', 'sip.wingtip.example'),
    'hosting': ('hosted.example', 'sip.provider.example'),
    'public': ('cloud.example', 'sip.cloud.example'),
    'clearing': ('anywhere.example', 'sip.clearing.example'),
}
ALONE = 'clearing'  # what excludes the others
LOGGED = {'clearing': 'clearing-house'}  # types that the log calls otherwise than the module is called
# certificate → what the router says of it in its log (matrix.rows has one reason for the last two)
CERTIFICATES = {'right': None, 'wrong-name': 'nobody.example', 'expired': 'expired', 'unknown-ca': 'issuer'}
PATIENCE = 10      # s until Kamailio gives up a request that nobody answers
PATIENCE_CUT = 1   # the same where it is cut off after it has sent (RFC 8446 §2): its transactions are not told of that


class Partner:
    """One organisation: Kamailio as its edge, and the phone of zoe behind it."""

    def __init__(self, cast, kind):
        self.cast, self.kind = cast, kind
        self.domain, host = PARTNERS[kind]
        lab = cast.lab
        self.kamailio = lab.own(Kamailio('edge', self.domain, host, lab.network, os.path.join(lab.folder, kind)))
        self.phone = Phone(cast.reactor, 'zoe', self.domain, lab.network)
        cast.hanse.hosts[host] = self.kamailio.address

    @property
    def place(self):
        return '%s:%d' % (self.kamailio.name, self.kamailio.tls_port)

    def lead(self):
        self.cast.hanse.hosts['_sipfederationtls._tcp.' + self.domain] = [
            'SRV 0 0 %d %s' % (self.kamailio.tls_port, self.kamailio.name)]

    def open(self, row):
        """Its edge comes up and shows the certificate of this row; the phone registers."""
        cast, router, edge = self.cast, self.cast.hanse, self.kamailio
        edge.patience = PATIENCE_CUT if row.wanted['in'].startswith('cut') else PATIENCE
        edge.start(matrix.issue(cast.lab, self.kind, row.certificate, edge.name), cast.partners.pem,
                   '%s:%d' % (NODE, router.outside_port), NODE, {edge.name: edge.address, NODE: router.outside})
        edge.wait_ready()
        self.phone.register(edge)

    def close(self):
        self.phone.close()
        self.phone.inbox.clear()
        self.kamailio.stop()


def configure(router, partners):
    """Everything but the clearing house; its configuration is made of this one."""
    config, places = router.config, {kind: partner.place for kind, partner in partners.items()}
    for kind in ('enhanced', 'discovered', 'hosting'):
        partners[kind].lead()
    config['dns']['private_zones'] = ['example']
    config['partners'] += [{'domain': partners[kind].domain, 'type': kind} for kind in ('enhanced', 'hosting')]
    config['modules'] += [
        {'name': 'enhanced'}, {'name': 'discovered'}, {'name': 'limits'},
        {'name': 'hosting', 'providers': [{'name': 'provider', 'edge': places['hosting'], 'enabled': True}]},
        {'name': 'public', 'providers': [{'name': 'cloud', 'edge': places['public'], 'enabled': True,
                                          'domains': [partners['public'].domain]}]}]
    for stage in ('admit', 'routed'):  # who was entered by nobody needs a vote
        config['policy'][stage].append('limits')


def clear(router, place):
    """Another configuration, without a restart: all that no entry names goes to a clearing house."""
    router.config = router.cleared(place)
    router.write()
    status, said = router.ctl('reload')
    assert status == 0, said


class Trial:
    """What becomes of a message in either direction."""

    def __init__(self, cast):
        self.cast, self.ways = cast, Ways(cast.hanse)
        self.home = cast.roles['home']

    def tried_again(self, partner):
        """False while the router leaves its edge alone because of what it showed before."""
        rows = self.cast.hanse.ctl_json('targets')['rows']
        return all(row['state'] == 'good' for row in rows if row['target'] == partner.place)

    def _send(self, way, partner):
        """Returns (sender, receiver, request)."""
        ours, theirs = 'sip:alice@' + HOME, partner.phone.uri
        if way == 'out':
            dialog = sip.Dialog(ours, theirs, self.home.via, self.home.contact('alice'))
            link = self.cast.own_link('home')
            return self.home, partner.phone, self.home.send(dialog.request('MESSAGE', way), link)
        return partner.phone, self.home, partner.phone.send(partner.phone.dialog(ours).request('MESSAGE', way))

    def delivered(self, way, partner):
        """It is answered by its receiver, and the log of the router tells of the type."""
        sender, receiver, request = self._send(way, partner)
        arrival = receiver.take_request('MESSAGE', call_id=request.call_id)
        assert arrival.message.body == way.encode(), arrival.message.body
        receiver.answer(arrival, 200, tag=sip.token(4))
        answer = sender.take_answer(request).message
        assert answer.status == 200, answer.start
        routed = self.ways.of(request.call_id, 'MESSAGE').routed
        assert routed['side'] == ('home' if way == 'out' else 'partner'), routed['line']
        return 'delivered as ' + self._type(partner, routed)

    @staticmethod
    def _type(partner, routed):
        assert routed['type'] == LOGGED.get(partner.kind, partner.kind), routed['line']
        return routed['type']

    def failed(self, way, partner, wanted, text):
        """wanted: a verdict of matrix.rows. Nobody gets the message; who sent it gets a failure."""
        sender, receiver, request = self._send(way, partner)
        answer = sender.take_answer(request, seconds=PATIENCE).message
        stray = [arrival.message.line() for arrival in receiver.inbox if arrival.message.call_id == request.call_id]
        assert not stray, 'it was delivered: %s' % stray
        if wanted.startswith('cut'):
            return self._cut(partner, request, answer, text)
        event, (status, reason) = self.ways.refusal(request.call_id), wanted.split()
        assert (answer.status, event['reason']) == (int(status), reason), '%s\n%s' % (answer.start, event['line'])
        if way == 'out':
            assert text in event['text'], event['line']
            return '%s as %s' % (wanted, self._type(partner, self.ways.routed[event['decision']]))
        if reason != 'unknown-partner':  # who proved no name of the clearing house is somebody whom nobody entered
            assert event['by'] == partner.kind, event['line']
        return '%s by %s' % (wanted, event['by'])

    def _cut(self, partner, request, answer, text):
        """The router ended the handshake of that edge, and nothing of the message was read; the failure is Kamailio's."""
        assert answer.status >= 400, answer.start
        refused = re.compile(r'link\.refused .*peer=%s:.* direction=in .*%s' % (re.escape(partner.kamailio.address), text))
        wait_for(lambda: refused.search(self.cast.hanse.child.log()), 2, 'the log says why that edge was cut off')
        lines = [line for line in self.cast.hanse.child.log().splitlines() if request.call_id in line]
        assert not lines, 'it was let in: %s' % lines
        return 'cut (%d from Kamailio)' % answer.status


def play(trial, partner, row):
    """The partner shows the certificate of this row."""
    begun = time.monotonic()
    partner.open(row)
    wait_for(lambda: trial.tried_again(partner), 5, 'the rest of %s after its last failure' % partner.place)
    became = {}
    for way in ('out', 'in'):
        if row.wanted[way] == 'delivered':
            became[way] = trial.delivered(way, partner)
        else:
            became[way] = trial.failed(way, partner, row.wanted[way], CERTIFICATES[row.certificate])
    partner.close()
    print('%-10s %-10s  out: %-30s in: %-34s %.1f s' % (row.kind, row.certificate, became['out'], became['in'],
                                                       time.monotonic() - begun))


def run(lab):
    cast = Cast(lab)
    cast.hanse.name_server = MovingNameServer(lab)
    partners = {kind: Partner(cast, kind) for kind in PARTNERS}
    configure(cast.hanse, partners)
    cast.start()
    trial = Trial(cast)
    rows = matrix.read_rows(ROWS, list(PARTNERS))
    # By certificate: while the others have their turn, the router's patience with each of them comes back.
    rows = [row for certificate in CERTIFICATES for row in rows if row.certificate == certificate]
    assert len(rows) == len(PARTNERS) * len(CERTIFICATES), 'matrix.rows has only %d of the rows' % len(rows)
    for row in [row for row in rows if row.kind != ALONE]:
        play(trial, partners[row.kind], row)
    clear(cast.hanse, partners[ALONE].place)
    for row in [row for row in rows if row.kind == ALONE]:
        play(trial, partners[row.kind], row)
    print('%d certificates at a real edge, both ways, in %.1f s' % (len(rows), time.monotonic() - lab.started))


def missing():
    if not hanse.built():
        return 'nothing was built in ' + hanse.build_folder()
    if not shutil.which('kamailio'):
        return 'Kamailio is not installed'
    return None if os.access(UNBOUND, os.X_OK) else 'unbound is not installed'


def main():
    what = missing()
    if what:
        print('SKIP: ' + what)
        return 77
    with Lab('types') as lab:
        run(lab)
    return 0


if __name__ == '__main__':
    sys.exit(main())
