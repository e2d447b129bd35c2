#!/usr/bin/python3
"""The name server is dead, silent, slow, broken, or lies: open links notice nothing, the last good answer is used, names
that never had one are told to the sender, nobody is asked more than once a second for a domain, and when the server is
back it is found within 5 s (F2, F4, F6, F7, T15).

    test_dns_faults.py [NAME…]      only these"""
import os
import socket
import sys
import time

from peers_stand import LONG, Stand, expect, run, say
from peers_numbered import Numbered
from dns_servers import A, SERVFAIL, Liar, Truth, answer, read_question, record

from endpoint import Endpoint
from name_server import UNBOUND
from sip import response
from wire import Listener, server_context

KNOWN, OTHER = 'tailspin.example', 'litware.example'
FRESH = ['fresh%d.example' % number for number in range(12)]  # each is looked up for the first time in its test
SECONDS = 5                    # time to live; the router counts no less
OUTAGE = 60 if LONG else 6  # seconds; longer than a name is waited for
RECOVERY = 5
REPEATED = 3                   # packets for one question that is not answered; over time one a second
LOOKUP = 8                     # seconds until a sender knows that a name was not found


def edge(domain):
    return 'sip.' + domain


class Dns(Stand):
    def __init__(self, lab, *_):
        self.fresh = list(FRESH)
        super().__init__(lab, self.configure, self.settle)

    def settle(self, cast):
        """One edge for all these domains, found by the name server alone; and a place where nobody should go."""
        lab, domains = cast.lab, [KNOWN, OTHER] + FRESH
        certificate = cast.partners.issue('many', [edge(domain) for domain in domains])
        address = lab.network.address()
        self.edge = Endpoint(cast.reactor, 'edge', address, lab.network.port(address, 5061), edge(KNOWN),
                             server_context(cast.partners.pem, certificate)).listen()
        for domain in domains:
            cast.hanse.config['partners'].append({'domain': domain, 'type': 'direct', 'edge': '%s:%d' % (
                edge(domain), self.edge.port)})
        self.thief, self.robbed = lab.network.address(), []
        Listener(cast.reactor, self.thief, self.edge.port,
                 server_context(cast.partners.pem, cast.partners.issue('thief', ['sip.thief.example'])), self.rob)
        where = lab.network.address()
        port = lab.network.port(where, 5353)
        self.truth = Truth(lab, where, port, {edge(domain): address for domain in domains}, SECONDS)
        self.truth.start()
        self.liar = Liar(cast.reactor, where, port)

    def rob(self, link):
        """Somebody was led astray; `received` is what he told."""
        self.robbed.append(link)

    def configure(self, config):
        config['dns']['forwarders'] = ['%s@%d' % (self.truth.address, self.truth.port)]
        config['modules'][0]['answer_timeout'] = '15s'

    # ---- traffic ----

    def serve(self, _=None):
        """The edge answers what it gets."""
        inbox, self.edge.inbox = self.edge.inbox, []
        for arrival in inbox:
            if arrival.message.is_request and not arrival.link.closed:
                self.edge.send(response(arrival.message, 200, tag='p'), arrival.link)
        if self.liar.later:
            self.liar.tick()

    def one(self, domain, seconds=LOOKUP):
        """Sends one message; (status, seconds until the answer)."""
        numbered = Numbered(self, domain)
        numbered.send()
        self.turn_for(seconds, lambda _: (self.serve(), numbered.gather(), bool(numbered.answers))[2])
        expect(numbered.answers, 'a message to %s was not answered within %d s' % (domain, seconds))
        (at, status), = next(iter(numbered.answers.values()))
        return status, at - next(iter(numbered.sent.values()))

    def good(self, domain, what):
        status, took = self.one(domain)
        expect(status == 200, '%s: %s was answered %d' % (what, domain, status))
        return took

    def cut(self):
        """All links to the edge end; the next message needs an address."""
        for link in list(self.edge.links):
            link.close()
        self.turn_for(0.05)

    def expire(self):
        """Waits until what was learned has lived its time."""
        self.cut()
        self.turn_for(SECONDS + 0.2)

    # ---- an outage ----

    def outage(self, what, begin, end):
        """A known domain is needed again and again, on new links; a fresh one was never known."""
        fresh = self.fresh.pop()
        self.good(KNOWN, 'before')
        self.expire()
        self.truth.stop()
        begin()
        self.honest_begin(OUTAGE)
        began, times, unknown = time.monotonic(), [], Numbered(self, fresh)
        unknown.send()
        while time.monotonic() - began < OUTAGE:
            times.append(self.good(KNOWN, what))
            for _ in range(3):
                times.append(self.good(KNOWN, what + ', on an open link'))
            self.cut()
            self.turn_for(0.2, self.serve)
        unknown.settle(1)
        status, took = next(iter(unknown.statuses())), unknown.longest()
        expect(status in (480, 500, 504), 'a name that nobody could tell was answered %d' % status)
        asked = time.monotonic() - began
        counts = self.liar.rate() if self.liar.sock else {}
        most = [max([count for (name, _), count in counts.items() if name == edge(domain)] or [0])
                for domain in (KNOWN, fresh)]
        self.honest_end(what)
        end()
        self.truth.start()
        back = time.monotonic()
        while self.one(fresh, 16)[0] != 200:
            expect(time.monotonic() - back < RECOVERY + 1, 'the name server was not found again')
            self.turn_for(0.2, self.serve)
        recovery = time.monotonic() - back
        say('%s: %d messages to a known domain on new and old links, longest %.2f s; a fresh one was answered %d '
            'after %.2f s; found again after %.2f s; questions of one type in %.0f s: %d for the known, %d for the '
            'fresh one' % (what, len(times), max(times), status, took, recovery, asked, most[0], most[1]))
        expect(recovery <= RECOVERY, 'that is too long')
        expect(max(times) <= 2.5, 'a known domain waited for the name server')
        expect(max(most) <= asked + REPEATED, 'that is more than one a second: %s' % counts)

    def dead(self):
        self.outage('a dead name server', lambda: None, lambda: None)

    def lie(self, what):
        return lambda: self.liar.start(what), self.liar.stop

    def silent(self):
        self.outage('a silent name server', *self.lie(lambda liar, packet, peer: None))

    def slow(self):
        def what(liar, packet, peer):
            number, _, kind, asked = read_question(packet)
            records = [asked[:-4] + record('x', self.edge.address, SECONDS)[3:]] if kind == A else []
            liar.delay(5, answer(number, asked, records), peer)
        self.outage('a name server that takes 5 s', *self.lie(what))

    def broken(self):
        def what(liar, packet, peer):
            number, _, _, asked = read_question(packet)
            liar.send(answer(number, asked, code=SERVFAIL), peer)
        self.outage('SERVFAIL', *self.lie(what))

    # ---- lies ----

    def told(self, what, domain, expected):
        """A message to a fresh domain while the liar says `what`; the status is one of those expected, and nobody was
        robbed of a word."""
        self.truth.stop()
        self.liar.start(what)
        try:
            status, took = self.one(domain, 16)
        finally:
            self.liar.stop()
            self.truth.start()
        expect(status in expected, 'it was answered %d' % status)
        expect(not any(link.received for link in self.robbed), 'something was told to the wrong one')
        return status, took

    def forged(self):
        """Answers of another number or from another place come before the true one."""
        def what(liar, packet, peer):
            number, name, kind, asked = read_question(packet)
            wrong = [record(name, self.thief, 3600)]
            for wrong_number in (number ^ 1, 0, 0xffff):
                liar.send(answer(wrong_number, asked, wrong), peer)
            liar.other.sendto(answer(number, asked, wrong), peer)
            liar.send(b'', peer)
            liar.send(answer(number, asked, [record(name, self.edge.address, SECONDS)] if kind == A else ()), peer)
        self.other_place()
        status, took = self.told(what, self.fresh.pop(), (200,))
        expect(not self.robbed, 'a forged answer was believed')
        say('forged answers before the true one: %d after %.2f s, %d went astray' % (status, took, len(self.robbed)))

    def garbled(self):
        """The server itself answers another question, or half: the sender is told, or a second try succeeds."""
        def what(liar, packet, peer):
            number, name, kind, asked = read_question(packet)
            other = answer(number, read_question(b'\0' * 12 + record('sip.evil.example', self.thief, 1)[:-10])[3],
                           [record('sip.evil.example', self.thief, 3600)])
            whole = answer(number, asked, [record(name, self.thief, 3600)])
            liar.send((other, whole[:-6], whole[:14], packet)[len(liar.asked) % 4], peer)
        status, took = self.told(what, self.fresh.pop(), (480, 500, 504))
        expect(not self.robbed, 'a garbled answer was believed')
        say('garbled answers: %d after %.2f s' % (status, took))

    def other_place(self):
        self.liar.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.liar.other.bind((self.lab.network.address(), 0))

    def poison(self):
        """Records for another domain beside the answer are not believed."""
        def what(liar, packet, peer):
            number, name, kind, asked = read_question(packet)
            evil = [record(edge(OTHER), self.thief, 3600)]
            if name == edge(OTHER):
                liar.send(answer(number, asked, [record(name, self.edge.address, SECONDS)] if kind == A else ()), peer)
            else:
                liar.send(answer(number, asked, ([record(name, self.edge.address, SECONDS)] if kind == A else []) + evil,
                                 evil), peer)
        first = self.fresh.pop()
        self.told(what, first, (200,))
        took = self.good(OTHER, 'after the poison')
        expect(not self.robbed, 'a record for another name was believed')
        say('records for another name beside the answer: that name was asked for itself, 200 after %.2f s' % took)

    def astray(self):
        """Addresses that nobody may be sent to are not dialled; a place that cannot prove the name is told nothing; a
        good address among them is used."""
        never = ('0.0.0.0', '224.0.0.1', '255.255.255.255', '240.0.0.1')

        def lead(*where):
            def what(liar, packet, peer):
                number, name, kind, asked = read_question(packet)
                liar.send(answer(number, asked, [record(name, one, SECONDS) for one in where] if kind == A else ()),
                          peer)
            return what
        status, took = self.told(lead(*never), self.fresh.pop(), (403,))
        say('addresses that may not be dialled: %d after %.2f s' % (status, took))
        status, took = self.told(lead(self.thief), self.fresh.pop(), (480, 500, 504))
        expect(self.robbed, 'the test leads nobody astray')
        say('an address of somebody else: %d after %.2f s, %d octets of messages told him' % (
            status, took, sum(len(link.received) for link in self.robbed)))
        status, took = self.told(lead('0.0.0.0', self.thief, self.edge.address), self.fresh.pop(), (200,))
        say('a good one among bad ones: %d after %.2f s' % (status, took))
        self.robbed.clear()


TESTS = ('dead', 'silent', 'slow', 'broken', 'forged', 'garbled', 'poison', 'astray') if LONG else (
    'silent', 'forged', 'garbled', 'poison', 'astray')

if __name__ == '__main__':
    if not os.access(UNBOUND, os.X_OK):
        print('unbound is not installed')
        sys.exit(77)
    sys.exit(run('dns', Dns, sys.argv[1:] or TESTS, ()))
