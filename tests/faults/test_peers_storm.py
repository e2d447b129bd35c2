#!/usr/bin/python3
"""All partners lose their links at once and come back at once, while the home server has something for each of them:
all are back within 15 s, nothing fails, and who was not concerned notices little (H9, T14).

    test_peers_storm.py"""
import sys
import time

from peers_stand import HOME, LONG, Stand, expect, run, say
from peers_strangers import Addresses

from sip import Dialog, Stream, response
from wire import Listener, client_context, dial, server_context

PARTNERS = 1000 if LONG else 100
HOST = 'sip.many.example'      # the access edge of all of them, each on a port of its own
BACK = 15                      # seconds
HONEST_P99 = 500               # ms, while all of them shake hands


def domain(number):
    return 'p%d.example' % number


class Partner:
    """One domain: listens for the router, and dials it."""

    def __init__(self, stand, number):
        self.stand, self.number = stand, number
        self.links, self.waiting, self.good, self.bad = [], None, 0, []

    def take(self, link):
        """A link of ours, whoever dialled it."""
        link.stream = Stream()
        link.on_bytes = self.read
        link.on_close = self.links.remove
        self.links.append(link)

    def come(self):
        """Dials, and sends a request at once."""
        dialog = Dialog('sip:p@' + domain(self.number), 'sip:alice@' + HOME, 'TLS %s:5061' % HOST, '<sip:p@p>')
        link = dial(self.stand.reactor, self.stand.target, self.stand.addresses[self.number], self.stand.client,
                    self.stand.server_name)
        self.waiting = dialog.call_id
        if link.closed:
            self.bad.append(link.closed)
            return
        self.take(link)
        link.send(dialog.request('MESSAGE', 'back').bytes())

    def read(self, link, data):
        for message in link.stream.feed(data):
            if message.is_request:
                link.send(response(message, 200, tag='p').bytes())
            elif message.status == 200 and message.call_id == self.waiting:
                self.waiting = None
                self.good += 1
            elif message.status > 200:
                self.bad.append(message.line())

    def go(self):
        for link in list(self.links):
            link.reset()


class Storm(Stand):
    def __init__(self, lab, *_):
        self.partners = [Partner(self, number) for number in range(PARTNERS)]
        self.addresses = Addresses(PARTNERS)
        super().__init__(lab, self.patience, self.settle)
        self.target, self.server_name = self.cast.targets['partner']

    @staticmethod
    def patience(config):
        """All partners are one process here, which shakes hands with one after the other."""
        config['limits'] = {'connect_timeout': '%ds' % BACK}

    def settle(self, cast):
        """Each partner listens on a port of its own and has an entry."""
        certificate = cast.partners.issue('many', [HOST])
        context = server_context(cast.partners.pem, certificate)
        self.client = client_context(cast.partners.pem, certificate)
        address = cast.lab.network.address()
        cast.hanse.hosts[HOST] = address
        for partner in self.partners:
            listener = Listener(cast.reactor, address, 0, context, partner.take)
            cast.hanse.config['partners'].append({'domain': domain(partner.number), 'type': 'direct', 'edge': '%s:%d' % (
                HOST, listener.sock.getsockname()[1])})

    def all_at_once(self):
        """Every partner dials and sends; the home server sends to every partner. Returns how long until all was
        answered."""
        home, began = self.cast.endpoint('home'), time.monotonic()
        link, waiting, bad = self.cast.own_link('home'), set(), []
        home.inbox.clear()
        for partner in self.partners:
            partner.come()
            dialog = Dialog('sip:alice@' + HOME, 'sip:p@' + domain(partner.number), home.via, home.contact('alice'))
            home.send(dialog.request('MESSAGE', 'for you'), link)
            waiting.add(dialog.call_id)

        def step(_):
            inbox, home.inbox = home.inbox, []
            for arrival in inbox:
                message = arrival.message
                if message.is_request:
                    home.answer(arrival, 200, tag='h')
                elif message.status == 200:
                    waiting.discard(message.call_id)
                elif message.status > 200:
                    bad.append(message.line())
            return not waiting and not any(partner.waiting for partner in self.partners)
        self.turn_for(BACK + 5, step)
        bad += [line for partner in self.partners for line in partner.bad]
        left = len(waiting) + sum(1 for partner in self.partners if partner.waiting)
        expect(not bad, '%d failures: %s' % (len(bad), bad[:3]))
        expect(not left, '%d are not back' % left)
        return time.monotonic() - began

    def storm(self):
        say('%d partners connect for the first time: %.1f s' % (PARTNERS, self.all_at_once()))
        links = sum(len(partner.links) for partner in self.partners)
        self.honest_begin(10 if LONG else 2)
        for partner in self.partners:
            partner.go()
        took = self.all_at_once()
        say('%d links broke at once; all partners are back after %.1f s' % (links, took))
        expect(took <= BACK, 'that is too long')
        self.honest_end('beside the storm', HONEST_P99)


if __name__ == '__main__':
    sys.exit(run('storm', Storm, ('storm',), ()))
