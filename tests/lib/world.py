"""The two organisations of demo and interop tests: contoso.example behind a home server, fabrikam.example behind its
access edge, Hanse between them (or nothing, when the servers themselves are to be proved)."""
from baresip import Baresip
from endpoint import Phone
from hanse import Hanse
from kamailio import Kamailio
from neighbours import Neighbours
from wire import Reactor

HOME, PARTNER = 'contoso.example', 'fabrikam.example'
NODE, INSIDE = 'edge.contoso.example', 'inside.contoso.example'
POOL, EDGE = 'pool.contoso.example', 'sip.fabrikam.example'


class World:
    """Servers, the router and five people: alice and bob have baresip, carol, dave and heidi a scripted phone. With a
    router there are neighbours too: organisations of every other type."""

    def __init__(self, lab, with_router=True):
        self.lab = lab
        self.reactor = Reactor()
        self.home = Kamailio('home', HOME, POOL, lab.network, lab.folder)
        self.edge = Kamailio('edge', PARTNER, EDGE, lab.network, lab.folder)
        self.hanse = Hanse(lab.folder, lab.network) if with_router else None
        self.people = {}
        self.neighbours = None

    def start(self):
        names = {POOL: self.home.address, EDGE: self.edge.address}
        corporate, partners = self.lab.authority('corporate'), self.lab.authority('partners')
        to_partner, to_home = (EDGE, self.edge.tls_port), (POOL, self.home.tls_port)
        home_ca, edge_ca = corporate, partners
        if self.hanse:
            names.update({INSIDE: self.hanse.inside, NODE: self.hanse.outside})
            self._configure(names, corporate, partners)
            self.neighbours = Neighbours(self).settle()
            self.lab.own(self.hanse).start(wait=False)
            to_partner, to_home = (INSIDE, self.hanse.inside_port), (NODE, self.hanse.outside_port)
        else:
            home_ca = edge_ca = partners
        for server, authority, hop in ((self.home, home_ca, to_partner), (self.edge, edge_ca, to_home)):
            certificate = authority.issue(server.role, [server.name])
            self.lab.own(server).start(certificate, authority.pem, '%s:%d' % hop, hop[0], names)
        self.home.wait_ready()
        self.edge.wait_ready()
        if self.hanse:
            self.hanse.wait_ready()
        return self

    def _configure(self, names, corporate, partners):
        self.hanse.hosts = dict(names)
        self.hanse.configure(
            node=NODE, inside_name=INSIDE, edge=partners.issue('hanse', [NODE]),
            inside=corporate.issue('hanse', [INSIDE]), partner_ca=partners.pem, home_ca=corporate.pem,
            home=(HOME, '%s:%d' % (POOL, self.home.tls_port), [POOL]),
            partners=[(PARTNER, '%s:%d' % (EDGE, self.edge.tls_port))])

    def server_of(self, domain):
        return self.home if domain == HOME else self.edge

    def move_in(self):
        """Everybody registers with the server of their organisation."""
        for user, domain, friend in (('alice', HOME, 'bob@' + PARTNER), ('bob', PARTNER, 'alice@' + HOME)):
            phone = self.lab.own(Baresip(user, domain, self.lab.network, self.lab.folder))
            self.people[user] = phone.start(self.server_of(domain), 'sip:' + friend)
        for user, domain in (('carol', HOME), ('dave', PARTNER), ('heidi', HOME)):
            phone = Phone(self.reactor, user, domain, self.lab.network)
            self.people[user] = phone.register(self.server_of(domain))
        for user in ('alice', 'bob'):
            self.people[user].wait_registered()
        return self
