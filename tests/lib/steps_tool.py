"""Steps of a scenario in which hansectl runs while the others play: probe and check open connections to them."""
import socket
import ssl
import subprocess
import tempfile
import time

import wire
from cast import Failure
from hanse import program
from name_server import MovingNameServer
from steps import step
from steps_node import said


@step(r'meanwhile hansectl (.*)')
def begin(play, lines, arguments):
    """meanwhile hansectl ARGUMENTS   begins it; `the answer comes with STATUS` waits for it"""
    words = [play.second if word == 'SECOND' else word for word in arguments.split()]
    command = [program('hansectl'), '--socket', play.cast.hanse.socket, *words]
    play.asked_text = tempfile.TemporaryFile('w+')  # a pipe that nobody reads would hold up a long answer
    play.asked = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=play.asked_text, stderr=subprocess.STDOUT)
    play.asked_at = time.monotonic()
    play.undo.extend([play.asked.kill, play.asked_text.close])


@step(r'the answer comes with ([\d|]+)(?: within ([\d.]+) s)?')
def ended(play, lines, status, seconds):
    """the answer comes with STATUS[|STATUS…] [within N s]   the one that began meanwhile; below it: says TEXT, as for hansectl"""
    try:
        play.cast.reactor.until(lambda: play.asked.poll() is not None, float(seconds or 20), 'the end of hansectl')
    except wire.Late:
        raise Failure('hansectl goes on') from None
    play.asked_text.seek(0)
    text = play.asked_text.read()
    play.note('hansectl: status %d after %.2f s\n%s' % (play.asked.returncode, time.monotonic() - play.asked_at, text))
    if str(play.asked.returncode) not in status.split('|'):
        raise Failure('hansectl ended with %d:\n%s' % (play.asked.returncode, text))
    for line in lines:
        said(line, text)


@step(r'(\w+) believes only (another authority|nobody in particular)')
def believes(play, lines, role, whom):
    """NAME believes only another authority | nobody in particular   of those who dial it: refuses our certificate, or does
       not ask for one"""
    cast, endpoint = play.cast, play.cast.endpoint(role)
    certificate = cast.certificate(role, cast.partners, 'with certificate dns:' + endpoint.host)
    endpoint.accept_context = wire.server_context(cast.lab.authority('stranger').pem, certificate,
                                                  whom == 'another authority')
    endpoint.deafen()
    endpoint.listen()
    cast.disguised.add(role)


@step(r'(\w+) speaks TLS 1\.2 alone')
def old_tls(play, lines, role):
    """NAME speaks TLS 1.2 alone   when it dials, and to those who dial it"""
    for context in (play.cast.client_contexts[role], play.cast.endpoint(role).accept_context):
        play.undo.append(lambda context=context: setattr(context, 'maximum_version', ssl.TLSVersion.MAXIMUM_SUPPORTED))
        context.maximum_version = ssl.TLSVersion.TLSv1_2


@step(r'(\w+) speaks no TLS')
def plain(play, lines, role):
    """NAME speaks no TLS   to those who dial it"""
    endpoint = play.cast.endpoint(role)
    endpoint.accept_context = None
    endpoint.deafen()
    endpoint.listen()
    play.cast.disguised.add(role)


@step(r'(\w+) takes no connections')
def crowded(play, lines, role):
    """NAME takes no connections   refuses none either: who dials it waits in vain, as behind a firewall that drops"""
    endpoint = play.cast.endpoint(role)
    endpoint.deafen()
    full = socket.socket(socket.AF_INET)
    full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    full.bind((endpoint.address, endpoint.port))
    full.listen(0)
    fill = []
    for _ in range(4):  # a queue of one; what waits longer is not answered any more
        one = socket.socket(socket.AF_INET)
        one.setblocking(False)
        one.connect_ex((endpoint.address, endpoint.port))
        fill.append(one)
    play.undo.extend(one.close for one in [*fill, full])


@step(r'a second name server says (\S+) (.+)')
def second(play, lines, name, value):
    """a second name server says NAME VALUE   and of all else what the first one says; SECOND in `meanwhile hansectl …`"""
    names = dict(play.cast.hanse.hosts)
    names[name] = value
    if value == 'nothing':
        del names[name]
    play.second = MovingNameServer(play.cast.lab).serve(names)


@step(r'certificate edge shows (.*)')
def edge_shows(play, lines, how):
    """certificate edge shows dns:NAME… [eku …] [cn …] [of nobody] [that has ended]   the router's own, with the next reload"""
    cast = play.cast
    cast.hanse.install('edge', cast.certificate('hanse', cast.partners, 'with certificate ' + how))
    usual = cast.partners.issue('hanse', [cast.hanse.config['node']])
    play.undo.append(lambda: cast.hanse.install('edge', usual))
    play.config_changed = True


@step(r'record (\S+) is (.+)')
def record(play, lines, name, value):
    """record NAME is VALUE   whatever it was, with the next reload; VALUE as in a table of hosts"""
    play.cast.hanse.hosts[name] = value
    play.config_changed = True


@step(r'another node at (\S+) shows (.*)')
def other_node(play, lines, host, how):
    """another node at HOST shows dns:NAME…   a member of our pool with a certificate of its own; with the next reload"""
    cast = play.cast
    address = cast.lab.network.address()
    context = wire.server_context(cast.partners.pem, cast.certificate('node', cast.partners, 'with certificate ' + how))
    listener = wire.Listener(cast.reactor, address, cast.hanse.outside_port, context, lambda link: None)
    play.undo.append(listener.close)
    cast.hanse.hosts[host] = address
    play.config_changed = True


@step(r'config second edge (\S+)')
def second_edge(play, lines, name):
    """config second edge NAME   one more federation listener of ours, with a profile and a certificate of its own"""
    cast, hanse = play.cast, play.cast.hanse
    address = cast.lab.network.address()
    hanse.install('second', cast.partners.issue('second', [name]))
    hanse.config['tls'].append({'name': 'second', 'certificate': 'second.pem', 'key': 'second.key',
                                'ca': 'partners-ca.pem'})
    hanse.config['listen'].append({'protocol': 'sip', 'side': 'partner', 'tls': 'second', 'name': name,
                                   'address': '%s:%d' % (address, cast.lab.network.port(address, 5061))})
    hanse.hosts[name] = address
    play.config_changed = True


@step(r'config (\d+) homes below (\S+)')
def many_homes(play, lines, count, domain):
    """config N homes below DOMAIN   h1.DOMAIN, h2.DOMAIN …, at the same server"""
    homes = play.cast.hanse.config['home']
    homes += [dict(homes[0], domain='h%d.%s' % (number, domain)) for number in range(1, int(count) + 1)]
    play.config_changed = True
