#!/usr/bin/python3
"""The router itself is stopped (SIGSTOP) under load and goes on later, as when its machine is suspended: no request is
lost or timed out whose answer lies in a socket, nobody's handshake or half a message is cut who went on meanwhile, and
all links stay (H8).
"""
import signal
import socket
import ssl
import sys

from peers_stand import HOME, LONG, Stand, expect, run, say
from sip import Dialog, response
from wire import client_context

PAUSE = 31 if LONG else 6  # longer than every time-out that it concerns
IN_HAND = 1500
DOMAIN = 'tailspin.example'


def change(config):
    if not LONG:
        config['modules'][0]['answer_timeout'] = '5s'
        config['limits'] = {'handshake_timeout': '2s', 'connect_timeout': '2s', 'watchdog_abort': '3s'}


def more(cast):
    cast.add_partner(DOMAIN, 'sip.' + DOMAIN, {})


class Stopped(Stand):
    def links(self):
        return {row['link'] for row in self.hanse.ctl_json('links')['rows']}

    def stop(self, meanwhile):
        """Stops the router for PAUSE seconds, in which meanwhile() is done at once."""
        self.hanse.child.signal(signal.SIGSTOP)
        try:
            meanwhile()
            self.turn_for(PAUSE)
        finally:
            self.hanse.child.signal(signal.SIGCONT)

    def requests(self, count):
        """That many that the partner has got and not answered: (requests, arrivals)."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('tailspin')
        sent = [Dialog('sip:alice@' + HOME, 'sip:bob@' + DOMAIN, home.via, home.contact('alice'))
                .request('MESSAGE', 'in hand %d' % number) for number in range(count)]
        for number, request in enumerate(sent):
            home.send(request, self.cast.own_link('home'))
            if number % 100 == 0:  # no more than may wait for a link
                self.reactor.until(lambda most=number: len(partner.inbox) > most, 4, 'requests arrive')
        self.reactor.until(lambda: len(partner.inbox) >= count, 4, 'all requests arrive')
        arrivals, partner.inbox = partner.inbox, []
        return sent, arrivals

    def stopped(self):
        """Under load; with more answers than a link may bring in a turn, all of them past their time when the router
        goes on; and with a partner in the middle of its handshake, whose next flight waits as well."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('tailspin')
        sent, arrivals = self.requests(IN_HAND)
        links = self.links()
        self.honest_begin(PAUSE + 5)
        self.turn_for(3.6)  # their provisional 100 has been sent
        shaking = Shaking(self)

        def meanwhile():
            for arrival in arrivals:
                partner.send(response(arrival.message, 200, tag='p'), arrival.link)
            shaking()
        self.stop(meanwhile)
        finals = {}

        def all_answered():
            for arrival in home.inbox:
                if arrival.message.status >= 200:
                    finals.setdefault(arrival.message.call_id, []).append(arrival.message.status)
            home.inbox.clear()
            return len(finals) == len(sent)
        self.reactor.until(all_answered, 10, 'all are answered')
        self.turn_for(0.3)
        all_answered()
        good = sum(1 for statuses in finals.values() if statuses == [200])
        say('%d answers lay in the sockets for %d s; %d arrived as 200, others: %s' % (
            len(sent), PAUSE, good, sorted({str(s) for s in finals.values()} - {'[200]'})))
        expect(good == len(sent), 'answers that were there were lost')
        shaking.check()
        self.judge(self.load.end(), 'stopped for %d s' % PAUSE)
        after = self.links()
        say('%d links before, %d of them after' % (len(links), len(links & after)))
        expect(links <= after, 'links were dropped')


class Shaking:
    """A partner's handshake after its first flight; calling it sends the rest."""

    def __init__(self, stand):
        cast = stand.cast
        self.stand = stand
        certificate = cast.partners.issue('tailspin', ['sip.' + DOMAIN])
        context = client_context(cast.partners.pem, certificate)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, server_hostname=cast.targets['tailspin'][1])
        self.sock = socket.create_connection(cast.targets['tailspin'][0], 5, (stand.lab.network.address(), 0))
        self.step()
        self.sock.settimeout(5)
        while not self.done:
            self.into.write(self.sock.recv(65536))
            self.step(send=False)

    def step(self, send=True):
        try:
            self.tls.do_handshake()
            self.done = True
        except ssl.SSLWantReadError:
            self.done = False
        if send:
            self.sock.sendall(self.out.read())

    def __call__(self):
        """The second flight, and a request at once."""
        dialog = Dialog('sip:t@' + DOMAIN, 'sip:alice@' + HOME, 'TLS sip.%s:5061' % DOMAIN, '<sip:t@%s>' % DOMAIN)
        request = dialog.request('OPTIONS')
        request.start = 'OPTIONS sip:%s SIP/2.0' % self.stand.hanse.config['node']
        self.tls.write(request.bytes())
        self.sock.sendall(self.out.read())

    def check(self):
        text = b''
        while b'SIP/2.0' not in text:
            data = self.sock.recv(65536)
            expect(data, 'the handshake that went on during the stop was cut')
            self.into.write(data)
            try:
                text += self.tls.read(65536)
            except ssl.SSLWantReadError:
                pass
        say('a handshake that went on meanwhile: %s' % text.split(b'\r\n')[0].decode())
        self.sock.close()


if __name__ == '__main__':
    sys.exit(run('stopped', Stopped, ('stopped',), (), change, more))
