"""Steps with partners that speak another protocol than SIP: the example `tiny`, one line a message."""
import os
import shutil

import wire
from cast import Failure
from endpoint import Endpoint
from hanse import build_folder
from steps import DEFAULT_WAIT, step


class LineEndpoint(Endpoint):
    """Hears lines in place of SIP messages; heard: (line, link), until a step takes it."""

    def __init__(self, like):
        super().__init__(like.reactor, like.name, like.address, like.port, like.host, like.accept_context)
        self.heard = []
        self.last = None  # the last `say` that was heard: (its id, its link)

    def _take_link(self, link):
        rest = b''

        def take(link, data):
            nonlocal rest
            *lines, rest = (rest + data).split(b'\n')
            self.heard.extend((line.decode(), link) for line in lines)
        link.deaf = False
        link.on_bytes = take
        link.on_close = self._lose_link
        self.links.append(link)
        self.link = link

    def hear(self, test, seconds, what):
        def find():
            return next((one for one in self.heard if test(one[0])), None)
        try:
            found = self.reactor.until(find, seconds, '%s hears %s' % (self.name, what))
        except wire.Late as late:
            raise wire.Late('%s; heard: %s' % (late, [line for line, _ in self.heard])) from None
        self.heard.remove(found)
        return found


@step(r'config tiny partner (\S+) at (\S+)')
def config_tiny(play, lines, domain, host):
    """config tiny partner DOMAIN at HOST   speaks the protocol of the example tiny; role: its first label"""
    cast = play.cast
    cast.hanse.install_modules()
    shutil.copy(os.path.join(build_folder(), 'test_modules', 'tiny.so'), cast.hanse.modules)
    role = cast.add_edge(domain, host)
    cast.roles[role].deafen()
    endpoint = cast.roles[role] = LineEndpoint(cast.roles[role])
    endpoint.listen()
    config = cast.hanse.config
    port = next((int(one['address'].split(':')[1]) for one in config['listen'] if one['protocol'] == 'tiny'), None)
    if not port:
        port = cast.lab.network.port(cast.hanse.outside, 5062)
        config['modules'].append({'name': 'tiny'})
        config['listen'].append({'protocol': 'tiny', 'side': 'partner', 'tls': 'edge',
                                 'address': '%s:%d' % (cast.hanse.outside, port)})
    cast.targets[role] = (cast.hanse.outside, port), cast.targets[role][1]
    config['partners'].append({'domain': domain, 'type': 'direct', 'protocol': 'tiny',
                               'edge': '%s:%d' % (host, endpoint.port)})


@step(r'(\w+) says (\S+) (\S+) -> (\S+) (".*")')
def says(play, lines, role, number, sender, receiver, text):
    r"""NAME says ID user@domain -> user@domain "TEXT"   a line of tiny on its own link; \n in it stands for itself"""
    line = 'say %s %s %s %s\n' % (number, sender, receiver, text[1:-1])
    play.cast.own_link(role).send(line.encode())


@step(r'(\w+) hears (\S+) -> (\S+) (".*?")(?: within ([\d.]+) s)?')
def hears(play, lines, role, sender, receiver, text, seconds):
    """NAME hears user@domain -> user@domain "TEXT" [within N s]   as a line `say`, whatever its ID"""
    endpoint = play.cast.endpoint(role)
    end = ' %s %s %s' % (sender, receiver, text[1:-1])
    line, link = endpoint.hear(lambda line: line.startswith('say ') and line.endswith(end),
                               float(seconds or DEFAULT_WAIT), end)
    endpoint.last = line.split(' ')[1], link


@step(r'(\w+) hears (ok|no) (\S+)(?: (\S+))?(?: within ([\d.]+) s)?')
def hears_answer(play, lines, role, verb, number, reason, seconds):
    """NAME hears ok ID | no ID REASON [within N s]"""
    wanted = ' '.join(filter(None, (verb, number, reason)))
    play.cast.endpoint(role).hear(lambda line: line == wanted, float(seconds or DEFAULT_WAIT), wanted)


@step(r'(\w+) replies (ok|no)')
def replies(play, lines, role, verb):
    """NAME replies ok | no   to what it heard last"""
    endpoint = play.cast.endpoint(role)
    if not endpoint.last:
        raise Failure('%s has heard nothing to reply to' % role)
    number, link = endpoint.last
    link.send(('%s %s%s\n' % (verb, number, '' if verb == 'ok' else ' not-here')).encode())
    endpoint.last = None
