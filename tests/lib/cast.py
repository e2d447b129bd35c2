"""Who plays in a scenario: the router (or nothing), a scripted home server, scripted partner edges, strangers."""
import re
import shlex

import wire
from endpoint import Endpoint
from hanse import Hanse

HOME, PARTNER = 'contoso.example', 'fabrikam.example'
NODE, INSIDE = 'edge.contoso.example', 'inside.contoso.example'


class Failure(Exception):
    """A step did not come out as the scenario says."""


class Cast:
    """`roles`: name → Endpoint. Each of them dials the router (its own link) and is dialled by it; `router`: another
    Hanse than the one of the build."""

    def __init__(self, lab, direct=False, router=None):
        self.lab = lab
        self.direct = direct
        self.reactor = wire.Reactor()
        self.hanse = None if direct else router or Hanse(lab.folder, lab.network)
        self.roles = {}
        self.own_links = {}     # role → the link it dialled itself
        self.client_contexts = {}
        self.disguised = set()  # roles that show another certificate than their own
        self.targets = {}       # role → ((address, port), server name) it dials
        self.usual = {}         # the same, as it is again after each scenario
        self.ipv6 = None        # as in targets: our listener on ::1, once there is one
        self.corporate = lab.authority('corporate')
        self.partners = lab.authority('partners')
        self.trusted = lab.authority('partners' if direct else 'corporate')
        self._member('home', 'pool.' + HOME, self.trusted)
        self._member('partner', 'sip.' + PARTNER, self.partners)
        if direct:
            for one, other in (('home', 'partner'), ('partner', 'home')):
                self.targets[one] = ((self.roles[other].address, self.roles[other].port), self.roles[other].host)
            return
        self.targets['home'] = ((self.hanse.inside, self.hanse.inside_port), INSIDE)
        self.targets['partner'] = self._federation()
        self.hanse.hosts.update({INSIDE: self.hanse.inside, NODE: self.hanse.outside})
        self.hanse.configure(
            node=NODE, inside_name=INSIDE, edge=self.partners.issue('hanse', [NODE]),
            inside=self.corporate.issue('hanse', [INSIDE]), partner_ca=self.partners.pem,
            home_ca=self.corporate.pem, home=(HOME, self._place('home'), [self.roles['home'].host]),
            partners=[(PARTNER, self._place('partner'))])

    def _federation(self):
        return (self.hanse.outside, self.hanse.outside_port), NODE

    def _place(self, role):
        endpoint = self.roles[role]
        return '%s:%d' % (endpoint.host, endpoint.port)

    def _member(self, role, host, authority):
        certificate = authority.issue(role, [host])
        address = self.lab.network.address()
        endpoint = Endpoint(self.reactor, role, address, self.lab.network.port(address, 5061), host,
                            wire.server_context(authority.pem, certificate))
        self.roles[role] = endpoint.listen()
        self.client_contexts[role] = wire.client_context(authority.pem, certificate)
        if self.hanse:
            self.hanse.hosts[host] = address
        return endpoint

    def add_partner(self, domain, host, settings):
        """A further partner with an edge of its own; its role is the first label of its domain."""
        role = self.add_edge(domain, host)
        entry = {'domain': domain, 'type': 'direct', 'edge': self._place(role)}
        entry.update(settings)
        if entry['type'] != 'direct':
            del entry['edge']
        self.hanse.config['partners'].append(entry)

    def add_edge(self, domain, host):
        """An edge that no entry names; its role is the first label of the domain."""
        role = domain.split('.')[0]
        if role not in self.roles:
            self._member(role, host, self.partners)
            self.targets[role] = self._federation()
        return role

    def lead(self, domain, host, rank):
        """One more SRV record of the domain's federation service, to a host of somebody here."""
        port = next((one.port for one in self.roles.values() if one.host == host), 5061)
        records = self.hanse.hosts.setdefault('_sipfederationtls._tcp.' + domain, [])
        records.append('SRV %s %d %s' % (rank, port, host))

    def endpoint(self, role):
        if role not in self.roles:
            raise Failure('nobody here is called "%s"' % role)
        return self.roles[role]

    def own_link(self, role):
        """The link that this role dialled itself, dialled now when there is none."""
        link = self.own_links.get(role)
        if link is None or link.closed:
            endpoint = self.endpoint(role)
            if role not in self.client_contexts:
                raise Failure('%s is cut off: %s' % (role, link.closed if link else 'never connected'))
            target, server_name = self.targets[role]
            link = endpoint.dial(target, self.client_contexts[role], server_name)
            if not link.open:
                raise Failure('%s cannot connect: %s' % (role, link.closed))
            self.own_links[role] = link
        return link

    def connect(self, role, side, how):
        """A link as told by the words of `how`: 'in plain TCP', 'without certificate', 'with certificate dns:…,uri:…
        [eku …] [cn …] [of another authority]', or '' for the role's usual one. Returns the link, open or closed."""
        target = {'inside': self.usual.get('home'), 'over IPv6': self.ipv6}.get(side) or self._federation()
        if role not in self.roles:
            address = self.lab.network.address()
            self.roles[role] = Endpoint(self.reactor, role, address, self.lab.network.port(address, 5061),
                                        role + '.example')
        endpoint = self.roles[role]
        endpoint.secure = how != 'in plain TCP'
        self.targets[role] = target
        if how == 'in plain TCP':
            context = None
        elif how or role not in self.client_contexts:
            context = self._credentials(role, side, how)
        else:
            context = self.client_contexts[role]
        link = endpoint.dial(target[0], context, target[1])
        self.own_links[role] = link
        return link

    def _credentials(self, role, side, how):
        authority = self.corporate if side == 'inside' else self.partners
        if how == 'without certificate':
            return wire.client_context(authority.pem)
        return wire.client_context(authority.pem, self.certificate(role, authority, how))

    def show(self, role, how):
        """From now on those who dial this role are shown the certificate of the words `how`."""
        authority = self.trusted if role == 'home' else self.partners
        self.accept_with(role, wire.server_context(authority.pem, self.certificate(role, authority, how)))

    def distrust(self, role):
        """From now on this role takes no certificate of ours."""
        endpoint = self.endpoint(role)
        authority = self.trusted if role == 'home' else self.partners
        self.accept_with(role, wire.server_context(self.lab.authority('stranger').pem,
                                                   authority.issue(role, [endpoint.host])))

    def accept_with(self, role, context, taken=None):
        """context None: in plain TCP; taken: who gets the links in place of the role."""
        endpoint = self.endpoint(role)
        endpoint.accept_context = context
        endpoint.deafen()
        endpoint.listen(taken)
        self.disguised.add(role)

    def certificate(self, role, authority, how):
        """with certificate dns:NAME,uri:URI… | cn-only [eku LIST] [cn NAME] [of another authority | of nobody] [that has
        ended]"""
        found = re.fullmatch(r'with certificate (\S+)(?: eku (\S+))?(?: cn (\S+))?( of another authority| of nobody)?'
                             r'( that has ended)?', how)
        if not found:
            raise Failure('how is one to connect "%s"?' % how)
        names, eku, common, foreign, over = found.groups()
        listed = [] if names == 'cn-only' else names.split(',')
        issuer = self.lab.authority('stranger') if foreign == ' of another authority' else authority
        return issuer.issue(role, [n[4:] for n in listed if n.startswith('dns:')],
                            [n[4:] for n in listed if n.startswith('uri:')], common,
                            'serverAuth,clientAuth' if eku is None else eku.replace('none', ''),
                            days=-1 if over else 3, by_itself=foreign == ' of nobody')

    def start(self):
        self.usual = dict(self.targets)
        if self.hanse:
            self.lab.own(self.hanse).start()
        return self

    def clear(self):
        """Between two scenarios: nothing waits, nobody is connected, all listen and show what is theirs."""
        for role in list(self.disguised):
            self.show(role, 'with certificate dns:' + self.roles[role].host)
        self.disguised.clear()
        for endpoint in self.roles.values():
            for link in list(endpoint.links):
                if link.open:
                    link.send(b'\r\n')  # a link that brought nothing at all would count as a failed one
        self.reactor.idle(0.02)
        for role, endpoint in self.roles.items():
            for link in list(endpoint.links):
                link.close()
            endpoint.inbox.clear()
            if endpoint.listener is None and role in self.client_contexts:
                endpoint.listen()
        self.own_links.clear()
        self.targets.update(self.usual)
        self.reactor.idle(0.02)


def settings_of(text):
    """'a=1 b="x y"' as a dict: numbers and true/false by their look, else strings."""
    result = {}
    for word in shlex.split(text):
        key, equals, value = word.partition('=')
        if not equals:
            raise Failure('"%s" is no key=value' % word)
        result[key] = {'true': True, 'false': False}.get(value, int(value) if value.isdigit() else value)
    return result
