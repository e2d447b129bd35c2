"""Steps of a scenario about places: addresses of a name, IPv6, links that are slow or full."""
import os
import re
import socket

import sip
import wire
from cast import Failure, NODE
from steps import DEFAULT_WAIT, step


def quiet(play, port):
    """An address on which connections are taken and nothing is ever said."""
    address = play.cast.lab.network.address()
    listener = wire.Listener(play.cast.reactor, address, port, None, lambda link: None)
    play.undo.append(listener.close)
    return address


@step(r'host (\S+) has ((?:nowhere|silence|itself|\S+)(?: (?:nowhere|silence|itself|\S+))*)')
def host_has(play, lines, name, places):
    """host NAME has PLACE …   addresses of a name, in this order: itself (the role's), nowhere (refuses), silence (takes
       connections and says nothing), or an address; in effect with the next reload"""
    cast = play.cast
    parent = name.partition('.')[2]
    endpoint = next((one for one in cast.roles.values() if parent.endswith(one.host.partition(".")[2])), None)
    if endpoint is None:
        raise Failure('nobody here is at %s, or in the same domain' % name)
    makers = {'itself': lambda: endpoint.address, 'nowhere': cast.lab.network.address,
              'silence': lambda: quiet(play, endpoint.port)}
    cast.hanse.hosts[name] = [makers.get(place, lambda place=place: place)() for place in places.split()]
    play.config_changed = True


def needs_ipv6(play):
    if not os.path.exists('/proc/net/if_inet6') or '00000000000000000000000000000001' not in open(
            '/proc/net/if_inet6').read():
        raise play.Skip('this machine has no IPv6 loopback')


def free_port():
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(('::1', 0))
        return probe.getsockname()[1]


def settle(play, role, address, port):
    endpoint = play.cast.endpoint(role)
    endpoint.deafen()
    endpoint.address, endpoint.port = address, port
    endpoint.listen()


@step(r'(\w+) moves to IPv6')
def move(play, lines, role):
    """NAME moves to IPv6   listens on ::1; its entry and its name follow with the next reload"""
    needs_ipv6(play)
    endpoint = play.cast.endpoint(role)
    play.undo.append(lambda at=(endpoint.address, endpoint.port): settle(play, role, *at))
    settle(play, role, '::1', free_port())
    play.cast.hanse.hosts[endpoint.host] = '::1'
    for entry in play.cast.hanse.config['partners']:
        if entry['edge'].split(':')[0] == endpoint.host:
            entry['edge'] = '%s:%d' % (endpoint.host, endpoint.port)
    play.config_changed = True


@step(r'config listen on IPv6')
def listen_ipv6(play, lines):
    """config listen on IPv6   one more federation listener, on ::1; `NAME connects over IPv6` reaches it"""
    needs_ipv6(play)
    cast = play.cast
    cast.ipv6 = ('::1', free_port()), NODE
    cast.hanse.config['listen'].append({'protocol': 'sip', 'side': 'partner', 'tls': 'edge',
                                        'address': '[::1]:%d' % cast.ipv6[0][1]})
    play.config_changed = True


@step(r'(\w+) (stops reading|reads again)')
def read(play, lines, role, what):
    """NAME stops reading | reads again   on all links, those that will be opened as well"""
    endpoint = play.cast.endpoint(role)
    endpoint.hard_of_hearing = what == 'stops reading'
    for link in list(endpoint.links):
        link.hear(not endpoint.hard_of_hearing)
    if endpoint.hard_of_hearing:
        play.undo.append(lambda: read.function(play, [], role, 'reads again'))


@step(r'(\w+) sends (\d+) (\w+)s of (\d+) octets (\S+) -> (\S+)')
def send_many(play, lines, role, count, method, octets, sender, receiver):
    """NAME sends N METHODs of N octets user@domain -> user@domain   each a conversation of its own; a # in an address
       stands for 1, 2, …"""
    endpoint, link = play.cast.endpoint(role), play.cast.own_link(role)
    play.many = []
    for number in range(1, int(count) + 1):
        here, there = (address.replace('#', str(number)) for address in (sender, receiver))
        dialog = sip.Dialog('sip:' + here, 'sip:' + there, endpoint.via, endpoint.contact(here.split('@')[0]))
        message = dialog.request(method, b'x' * int(octets), 'text/plain')
        if method == 'SUBSCRIBE':
            message.add('Event', 'presence')
        play.many.append(message)
        link.send(message.bytes())


@step(r'(\w+) takes (\d+) (\w+)s(?: and answers (\d+))?(?: within ([\d.]+) s)?')
def answer_many(play, lines, role, count, method, status, seconds):
    """NAME takes N METHODs [and answers STATUS] [within N s]   as they come; 200 unless told otherwise"""
    endpoint = play.cast.endpoint(role)
    for _ in range(int(count)):
        arrival = endpoint.take_request(method, float(seconds or DEFAULT_WAIT))
        endpoint.answer(arrival, int(status or 200), tag=sip.token(4))


@step(r'(\w+) receives (\d+) answers (\d+)(?: within ([\d.]+) s)?')
def answers_many(play, lines, role, count, status, seconds):
    """NAME receives N answers STATUS [within N s]   to what it sent with `sends N METHODs`; below: header NAME = VALUE …"""
    import checks
    asked = {message.call_id for message in play.many}
    for _ in range(int(count)):
        arrival = play.cast.endpoint(role).take(
            lambda m: not m.is_request and m.call_id in asked and m.status == int(status),
            float(seconds or DEFAULT_WAIT), '%s answers %s' % (count, status))
        for line in lines:
            checks.run(line, arrival.message, lambda: None)


@step(r'(\w+) comes to have (\d+) links? from the router(?: within ([\d.]+) s)?')
def comes_to_have(play, lines, role, count, seconds):
    """NAME comes to have N links from the router [within N s]"""
    own = play.cast.own_links.get(role)

    def accepted():
        return len([link for link in play.cast.endpoint(role).links if link is not own])
    try:
        play.cast.reactor.until(lambda: accepted() == int(count), float(seconds or DEFAULT_WAIT), 'links')
    except wire.Late:
        raise Failure('%s has %d links from the router, not %s' % (role, accepted(), count)) from None


@step(r'nothing listens on UDP')
def no_udp(play, lines):
    """nothing listens on UDP   on any address and port of our listeners"""
    for entry in play.cast.hanse.config['listen']:
        host, port = re.fullmatch(r'\[?([^\]]+?)\]?:(\d+)', entry['address']).groups()
        with socket.socket(wire.family(host), socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, int(port)))
            except OSError:
                raise Failure('%s:%s is taken' % (host, port)) from None


ENDLESS = {'start line': (b'MESSAGE sip:alice@contoso.example;', b'x'),
           'user part': (b'MESSAGE sip:', b'alice'),
           'header': (b'MESSAGE sip:alice@contoso.example SIP/2.0\r\nVia: SIP/2.0/TLS x.example;branch=z9hG4bKlong\r\n'
                      b'Subject: ', b'x'),
           'headers': (b'MESSAGE sip:alice@contoso.example SIP/2.0\r\nVia: SIP/2.0/TLS x.example;branch=z9hG4bKlong\r\n',
                       b'Subject: x\r\n')}


@step(r'(\w+) sends endless (start line|user part|header|headers), (\d+) octets of it')
def endless(play, lines, role, what, octets):
    """NAME sends endless start line | user part | header | headers, N octets of it   on its own link"""
    begin, more = ENDLESS[what]
    play.cast.own_link(role).send(begin + more * (int(octets) // len(more)))
