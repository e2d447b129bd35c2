"""Further organisations of the demo, one of each kind of federation that Hanse knows beside `direct`, and those that are
there to be refused. Each has a scripted edge; names and SRV records come from a real name server."""

import conversations
import sip
import wire
from endpoint import Endpoint
from name_server import MovingNameServer
from ways import Ways

HOME, NODE = 'contoso.example', 'edge.contoso.example'
# What lets a discovered partner in: nobody has entered it, so a policy must vote for it.
VOTE_FOR_DISCOVERED = 'wingtip.example'

# role: (its domain, its edge, who speaks there, how Hanse knows it)
TYPES = {
    'litware': ('litware.example', 'sip.litware.example', 'carl', 'enhanced: entered by its domain, found by SRV'),
    'wingtip': ('wingtip.example', 'sip.wingtip.example', 'zoe', 'discovered: entered by nobody, found by SRV'),
    'hosted': ('hosted.example', 'sip.provider.example', 'hanna', 'hosting: its SRV leads to a provider'),
    'cloud': ('cloud.example', 'sip.cloud.example', 'joe', 'public: a provider for everybody'),
}


class Neighbour(Endpoint):
    """Somebody at a scripted edge, who writes and answers as a phone does."""

    def __init__(self, world, role, domain, host, user, shown=None):
        lab, authority = world.lab, world.lab.authority('partners')
        certificate = authority.issue(role, [shown or host])
        address = lab.network.address()
        super().__init__(world.reactor, role, address, lab.network.port(address, 5061), host,
                         wire.server_context(authority.pem, certificate))
        self.world, self.user, self.domain = world, user, domain
        self.own = None  # the link that it dialled
        self.context = wire.client_context(authority.pem, certificate)
        self.listen()
        world.hanse.hosts[host] = address

    @property
    def uri(self):
        return 'sip:%s@%s' % (self.user, self.domain)

    def dialog(self, remote, local=None):
        return sip.Dialog(local or self.uri, remote, self.via, self.contact(self.user))

    def send(self, message, link=None):
        if link is None and (self.own is None or self.own.closed):
            hanse = self.world.hanse
            self.own = self.dial((hanse.outside, hanse.outside_port), self.context, NODE)
        return super().send(message, link or self.own)

    def stop(self):
        self.close()


class Neighbours:
    """All of them; `by_role` knows them by name."""

    def __init__(self, world):
        self.world = world
        self.by_role = {}

    def settle(self):
        """Opens their edges and tells the router of them, before it starts."""
        world, config = self.world, self.world.hanse.config
        for role, (domain, host, user, _) in TYPES.items():
            self._add(role, domain, host, user)
        self._add('clearing', 'anywhere.example', 'sip.clearing.example', 'ida')
        self._add('proseware', 'proseware.example', 'sip.proseware.example', 'paul', shown='old.proseware.example')
        for domain, role in (('litware.example', 'litware'), ('wingtip.example', 'wingtip'),
                             ('hosted.example', 'hosted'), ('another.example', 'hosted'),
                             ('northwind.example', 'northwind'), ('tailspin.example', 'wingtip')):
            if role not in self.by_role:
                self._add(role, domain, 'sip.' + domain, 'nora')
            edge = self.by_role[role]
            world.hanse.hosts['_sipfederationtls._tcp.' + domain] = ['SRV 0 0 %d %s' % (edge.port, edge.host)]
        world.hanse.hosts['sip.trey.example'] = world.lab.network.address()  # where nobody listens
        world.hanse.name_server = MovingNameServer(world.lab)
        config['dns']['private_zones'] = ['example']
        config['partners'] += [{'domain': 'litware.example', 'type': 'enhanced'},
                               {'domain': 'tailspin.example', 'type': 'enhanced'},
                               {'domain': 'hosted.example', 'type': 'hosting'},
                               {'domain': 'vanity.example', 'type': 'public', 'provider': 'cloud'},
                               self._direct('proseware'),
                               {'domain': 'trey.example', 'type': 'direct', 'edge': 'sip.trey.example'}]
        config['modules'] += [
            {'name': 'public', 'providers': [
                {'name': 'cloud', 'preset': 'sip', 'edge': self._place('cloud'), 'domains': ['cloud.example'],
                 'decoration': 'cloud.example', 'carries': ['im', 'presence'], 'enabled': True}]},
            {'name': 'enhanced'},
            {'name': 'hosting', 'providers': [
                {'name': 'provider', 'edge': self._place('hosted'), 'enabled': True}]},
            {'name': 'discovered'},
            {'name': 'access', 'policies': [{'name': 'global', 'public_im': True},
                                            {'name': 'inside', 'federation': False}],
             'users': [{'address': 'heidi@' + HOME, 'policy': 'inside'}]}]
        domains = next(module for module in config['modules'] if module['name'] == 'domains')
        domains.update(block=['spam.example'], allow=[VOTE_FOR_DISCOVERED])
        config['policy']['routed'] = config['policy']['routed'] + ['access']
        return self

    def talk(self, story):
        """Somebody of each writes to carol, and carol to him."""
        people, ways = self.world.people, Ways(self.world.hanse)
        story.chapter('Partners of other kinds')
        for role, (_, _, _, what) in TYPES.items():
            story.line('  ' + story.paint('bold', what))
            there = self.by_role[role]
            self._page(story, ways, people['carol'], there, 'Moin, %s!' % there.user.capitalize())
            self._page(story, ways, there, people['carol'], 'Moin, Carol!')
        self._decorated(story, ways, people['carol'], self.by_role['cloud'])

    def clear(self, story):
        """Another configuration, without a restart: all that nobody entered goes to a clearing house."""
        hanse, people = self.world.hanse, self.world.people
        story.chapter('A reload: a clearing house for all that no entry names')
        hanse.write(hanse.cleared(self._place('clearing')))
        status, text = hanse.ctl('reload')
        conversations.check(status == 0, 'the reload failed: ' + text)
        ways = Ways(hanse)
        self._page(story, ways, people['carol'], self.by_role['clearing'], 'Moin, whoever you are!')
        self._page(story, ways, self.by_role['clearing'], people['carol'], 'Ida, from anywhere.')

    def _add(self, role, domain, host, user, shown=None):
        self.by_role[role] = self.world.lab.own(Neighbour(self.world, role, domain, host, user, shown))

    def _place(self, role):
        return '%s:%d' % (self.by_role[role].host, self.by_role[role].port)

    def _direct(self, role):
        return {'domain': self.by_role[role].domain, 'type': 'direct', 'edge': self._place(role)}

    @staticmethod
    def _page(story, ways, sender, receiver, text):
        request = sender.dialog(receiver.uri).request('MESSAGE', text)
        conversations.exchange(story, ways, sender, receiver, request, '“%s”' % text)

    @staticmethod
    def _decorated(story, ways, carol, cloud):
        """joe's account there goes by an address of his own domain."""
        request = carol.dialog('sip:joe@vanity.example').request('MESSAGE', 'Is this you, Joe?')
        carol.send(request)
        arrival = cloud.take_request('MESSAGE', call_id=request.call_id)
        cloud.answer(arrival, 200)
        conversations.check(carol.take_answer(request).message.status == 200, 'a decorated address was not reached')
        called = arrival.message.uri
        conversations.check(called == 'sip:joe(vanity.example)@cloud.example', 'he is called ' + called)
        story.said(conversations.name(carol), 'joe@vanity.example', '“Is this you, Joe?”')
        carried = ways.of(request.call_id, 'MESSAGE')
        story.note('%s; over there he is %s' % (carried.sentence(), called))
        answer = cloud.dialog(carol.uri, called).request('MESSAGE', 'It is.')
        cloud.send(answer)
        arrival = carol.take_request('MESSAGE', call_id=answer.call_id)
        carol.answer(arrival, 200)
        cloud.take_answer(answer)
        seen = sip.address_uri(arrival.message.get('From'))
        conversations.check(seen == 'sip:joe@vanity.example', 'carol sees ' + seen)
        story.said('joe@vanity.example', conversations.name(carol), '“It is.”')


def quiet(world):
    """Nobody got what was refused."""
    inboxes = list(world.neighbours.by_role.values()) + [world.people[name] for name in ('carol', 'dave', 'heidi')]
    return [arrival.message.line() for one in inboxes for arrival in one.inbox if arrival.message.is_request]

