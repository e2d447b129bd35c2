"""What peers show who come as each federation type: a table next to the scenario has a row for each pair of type and
certificate, with what becomes of a message that the peer sends (in) and of one that is sent to it (out).

    type | certificate | in | out | shows

A verdict is `delivered`; STATUS and the name of the failure (docs/failures.md) that the log gives as its reason; or `cut`
and the alert of TLS with which the router ends the handshake. The rows of one router are played at once, each with a
domain, an edge and an address of its own; the lines of configuration that they need are made here."""
import os
import re

import sip
import wire
from cast import HOME, Failure
from endpoint import Endpoint
from steps import step

TYPES = ('direct', 'enhanced', 'discovered', 'hosting', 'public', 'clearing')
NUMBERS = re.compile(r'[A-Z]\d+( [A-Z]\d+)*')  # of docs/requirements.md
ALERTS = {'TLSV1_ALERT_UNKNOWN_CA': 'unknown-ca', 'SSLV3_ALERT_CERTIFICATE_EXPIRED': 'expired',
          'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE': 'purpose', 'SSLV3_ALERT_BAD_CERTIFICATE': 'bad',
          'SSLV3_ALERT_CERTIFICATE_UNKNOWN': 'unknown'}

# certificate → (properties of Authority.issue, the host's name put for HOST and its parent for PARENT; the partner's
# entry also says)
CERTIFICATES = {
    'right': ({'names': ['HOST']}, {}),
    'wrong-name': ({'names': ['sip.nobody.example']}, {}),
    'other-domain': ({'names': ['sip.fabrikam.example']}, {}),
    'expired': ({'names': ['HOST'], 'days': -1}, {}),
    'self-signed': ({'names': ['HOST'], 'by_itself': True}, {}),
    'unknown-ca': ({'names': ['HOST'], 'authority': 'stranger'}, {}),
    'cn-only': ({'cn': 'HOST'}, {}),
    'cn-accepted': ({'cn': 'HOST'}, {'accept_cn': True}),
    'wildcard': ({'names': ['*.PARENT']}, {}),
    'wildcard-accepted': ({'names': ['*.PARENT']}, {'wildcards': True}),
    'server-only': ({'names': ['HOST'], 'eku': 'serverAuth'}, {}),
    'client-only': ({'names': ['HOST'], 'eku': 'clientAuth'}, {}),
}


def issue(lab, label, certificate, host):
    """What a peer at this host shows, by its name in CERTIFICATES."""
    properties = dict(CERTIFICATES[certificate][0])
    authority = lab.authority(properties.pop('authority', 'partners'))
    parent = host.partition('.')[2]
    properties['names'] = [name.replace('HOST', host).replace('PARENT', parent) for name in properties.get('names', [])]
    properties['cn'] = host if 'cn' in properties else 'throw-away'
    return authority.issue(label, **properties)


class Row:
    def __init__(self, place, kind, certificate, inward, outward, shows):
        self.place, self.kind, self.certificate, self.shows = place, kind, certificate, shows
        self.wanted = {'in': inward, 'out': outward}
        self.domain = '%s.%s.example' % (certificate, kind)
        self.host = ('sip.%s.provider.example' % certificate) if kind == 'hosting' else 'sip.' + self.domain
        self.role = '%s-%s' % (kind, certificate)


def read_rows(path, kinds):
    rows = []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            cells = [cell.strip() for cell in line.split('#')[0].split('|')]
            if cells == ['']:
                continue
            if len(cells) != 5 or cells[0] not in TYPES or cells[1] not in CERTIFICATES or not NUMBERS.fullmatch(cells[4]):
                raise Failure('%s:%d: no such row: %s' % (path, number, line.strip()))
            if cells[0] in kinds:
                rows.append(Row('%s:%d' % (os.path.basename(path), number), *cells))
    return rows


class Matrix:
    """The peers of one run."""

    def __init__(self, play, rows):
        self.play, self.cast, self.rows = play, play.cast, rows

    def furnish(self):
        """Their certificates, addresses and names, and what the configuration says of them."""
        for row in self.rows:
            self._settle(row)
            getattr(self, '_configure_' + row.kind)(row)
        zones = {row.host.split('.', 2)[2] for row in self.rows if row.kind in ('enhanced', 'discovered', 'hosting')}
        self.cast.hanse.config['dns']['private_zones'] = sorted(zones)
        self.play.config_changed = True

    def _settle(self, row):
        certificate = issue(self.cast.lab, row.role, row.certificate, row.host)
        address = self.cast.lab.network.address()
        ca = self.cast.partners.pem
        endpoint = Endpoint(self.cast.reactor, row.role, address, self.cast.lab.network.port(address, 5061), row.host,
                            wire.server_context(ca, certificate))
        self.cast.roles[row.role] = endpoint.listen()
        self.cast.client_contexts[row.role] = wire.client_context(ca, certificate)
        self.cast.targets[row.role] = self.cast.usual[row.role] = self.cast.usual['partner']
        self.cast.hanse.hosts[row.host] = address

    def _entry(self, row, **settings):
        extra = CERTIFICATES[row.certificate][1]
        self.cast.hanse.config['partners'].append(dict({'domain': row.domain}, **settings, **extra))

    def _configure_direct(self, row):
        self._entry(row, type='direct', edge='%s:%d' % (row.host, self.cast.roles[row.role].port))

    def _configure_enhanced(self, row):
        self._entry(row, type='enhanced')
        self.cast.lead(row.domain, row.host, '0 0')

    def _configure_discovered(self, row):
        self.cast.lead(row.domain, row.host, '0 0')
        self._module('domains').setdefault('allow', []).append(row.domain)

    def _configure_hosting(self, row):
        self._entry(row, type='hosting', provider=row.certificate)
        self.cast.lead(row.domain, row.host, '0 0')
        self._module('hosting').setdefault('providers', []).append(
            {'name': row.certificate, 'edge': row.host, 'enabled': True})

    def _configure_public(self, row):
        self._module('public').setdefault('providers', []).append(
            {'name': 'public ' + row.certificate, 'edge': '%s:%d' % (row.host, self.cast.roles[row.role].port),
             'enabled': True, 'domains': [row.domain]})

    def _configure_clearing(self, row):
        self._module('clearing')['edge'] = '%s:%d' % (row.host, self.cast.roles[row.role].port)

    def _module(self, name):
        for module in self.cast.hanse.config['modules']:
            if module['name'] == name:
                return module
        raise Failure('the module %s is not loaded' % name)

    # ---- messages ----

    def come(self):
        """Each peer connects and sends; returns role → what became of it."""
        sent, links = {}, {}
        for row in self.rows:
            endpoint = self.cast.roles[row.role]
            target, name = self.cast.targets[row.role]
            links[row.role] = endpoint.dial(target, self.cast.client_contexts[row.role], name)
            dialog = sip.Dialog('sip:zoe@' + row.domain, 'sip:alice@' + HOME, endpoint.via, endpoint.contact('zoe'))
            sent[row.role] = dialog.request('MESSAGE', 'in')
            if not links[row.role].closed:
                endpoint.send(sent[row.role], links[row.role])
        return self._outcomes(sent, links, {role: role for role in sent}, ['home'])

    def go(self):
        """Our side sends to each peer; returns role → what became of it."""
        sent, home, link = {}, self.cast.roles['home'], self.cast.own_link('home')
        for row in self.rows:
            dialog = sip.Dialog('sip:alice@' + HOME, 'sip:zoe@' + row.domain, home.via, home.contact('alice'))
            sent[row.role] = home.send(dialog.request('MESSAGE', 'out'), link)
        return self._outcomes(sent, {role: link for role in sent}, {role: 'home' for role in sent}, sent)

    def _outcomes(self, sent, links, senders, receivers):
        """Has the receivers answer 200 until each request has its answer, or its sender is cut off."""
        found = {}

        def look():
            for receiver in receivers:
                endpoint = self.cast.roles[receiver]
                for arrival in [one for one in endpoint.inbox if one.message.is_request]:
                    endpoint.inbox.remove(arrival)
                    endpoint.answer(arrival, 200, tag=sip.token(4))
            for role, request in sent.items():
                endpoint = self.cast.roles[senders[role]]
                for arrival in [one for one in endpoint.inbox if one.message.call_id == request.call_id]:
                    endpoint.inbox.remove(arrival)
                    if arrival.message.status >= 200:
                        found[role] = self._word(arrival.message)
                if role not in found and links[role].closed:
                    found[role] = 'cut ' + ALERTS.get(links[role].closed, links[role].closed)
            return len(found) == len(sent)
        try:
            self.cast.reactor.until(look, 20, 'all answers')
        except wire.Late:
            pass
        return found

    def _word(self, answer):
        """The log is written by a thread of its own, a moment later."""
        if answer.status == 200:
            return 'delivered'
        line = re.compile(r'message\.(?:refused|failed) .* reason=(\S+) .*conversation=%s ' % re.escape(answer.call_id))
        try:
            said = self.cast.reactor.until(lambda: line.search(self.play.log()), 2, 'a line of the log')
        except wire.Late:
            return '%d without a line in the log' % answer.status
        return '%d %s' % (answer.status, said.group(1))

    def part(self):
        for row in self.rows:
            endpoint = self.cast.roles[row.role]
            for link in list(endpoint.links):
                link.close()
            endpoint.inbox.clear()

    def judge(self, way, found):
        for row in self.rows:
            got = found.get(row.role, 'no answer')
            if got != row.wanted[way]:
                yield '%s: %s with certificate %s, %s: wanted %s, got %s' % (row.place, row.kind, row.certificate, way,
                                                                            row.wanted[way], got)


def run(play, rows):
    matrix = Matrix(play, rows)
    matrix.furnish()
    play.cast.hanse.write()
    status, text = play.cast.hanse.ctl('reload')
    if status:
        raise Failure('the reload failed: ' + text)
    problems = list(matrix.judge('in', matrix.come()))
    matrix.part()
    problems += matrix.judge('out', matrix.go())
    matrix.part()
    for row in rows:
        play.cast.roles[row.role].deafen()
    return problems


@step(r'peers of the types? (\w+(?: \w+)*) show the certificates of (\S+)(?:, (one at a time))?')
def matrix(play, lines, kinds, table, alone):
    """peers of the types TYPE … show the certificates of TABLE[, one at a time]   see tests/lib/matrix.py"""
    rows = read_rows(os.path.join(os.path.dirname(play.path), table), kinds.split())
    if not rows:
        raise Failure('%s has no row of these types' % table)
    problems = []
    for group in [[row] for row in rows] if alone else [rows]:
        problems += run(play, group)
    play.note('%d certificates, in and out' % len(rows))
    if problems:
        raise Failure('\n  '.join(problems))
