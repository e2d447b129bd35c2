#!/usr/bin/python3
"""H4: the N-th allocation on the way of a message fails, for N from 1 on, in ourselves and in every library: a page message,
a call, new links with their handshakes, a reload. What was sent is delivered, or refused, or its link ends; nothing
crashes, hangs or stays.

    test_resources_allocations.py [CASE…]      only these: message call links reload"""
import sys
import time

from allocations import Allocations
from resources import LONG, Honest, Resources, expect, run

from cast import HOME, PARTNER, Failure
from sip import Dialog, response
import wire

SAMPLES = 40       # allocations of a lap that fail, when not all are tried
PATIENCE = 4       # s for an end
RECOVERED = 10     # s until an honest message passes
GROWN = 4096       # KiB that the process may be larger afterwards: what the allocator keeps
SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n'


class Laps:
    """A router whose allocations fail, and what its two sides do with it."""

    def __init__(self, lab):
        self.allocations = Allocations(lab.folder)
        self.trial = Resources(lab, environment=self.allocations.environment)
        self.cast, self.honest = self.trial.cast, Honest(self.trial)
        self.ends = {}
        for _ in range(5):
            expect(self.honest.message() == 200, 'a message is refused before')

    def own_link(self, role):
        """Dialled anew as often as it takes: that, too, may fail."""
        for _ in range(3):
            try:
                return self.cast.own_link(role)
            except Failure:
                pass
        return None

    def send(self, method, body='', dialog=None, ack=None):
        """Sends a request from home, has the partner answer it. Its final answer, or None: the link has ended."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        link = self.own_link('home')
        if not link:
            return None
        request = dialog.request(method, body, 'application/sdp' if method == 'INVITE' else None)
        home.send(request, link)
        answers = []

        def over():
            for arrival in list(partner.inbox):
                partner.inbox.remove(arrival)
                message = arrival.message
                if message.is_request and message.method != 'ACK':
                    contact = partner.contact('bob') if method == 'INVITE' else None
                    partner.send(response(message, 200, None, 'there', contact, SDP if method == 'INVITE' else b'',
                                          'application/sdp' if method == 'INVITE' else None), arrival.link)
            for arrival in list(home.inbox):
                home.inbox.remove(arrival)
                message = arrival.message
                if not message.is_request and message.call_id == request.call_id and message.status >= 200:
                    answers.append(message)
            return answers or link.closed
        try:
            self.cast.reactor.until(over, PATIENCE, 'its end')
        except wire.Late:
            self.note('unanswered')
            return None
        self.note(answers[0].status if answers else 'link ended')
        return answers[0] if answers else None

    def note(self, what):
        self.ends[what] = self.ends.get(what, 0) + 1

    def dialog(self):
        home = self.cast.endpoint('home')
        return Dialog('sip:alice@' + HOME, 'sip:bob@' + PARTNER, home.via, home.contact('alice'))

    # ---- laps ----

    def message(self):
        self.send('MESSAGE', 'lap', self.dialog())

    def call(self):
        dialog = self.dialog()
        answer = self.send('INVITE', SDP, dialog)
        if answer is None or answer.status != 200:
            return
        dialog.learn(answer)
        link = self.own_link('home')
        if link:
            self.cast.endpoint('home').send(dialog.ack(answer), link)
        self.send('BYE', '', dialog)

    def links(self):
        """Both sides lose their links first."""
        self.cast.clear()
        self.own_link('partner')
        self.message()

    def reload(self):
        self.trial.number = getattr(self.trial, 'number', 0) + 1
        status, text = self.trial.reload(self.trial.hanse.changed(
            lambda config: config.update(limits={'held_per_conversation': 20 + self.trial.number % 9})))
        expect(status in range(7), 'the reload ended with %d: %s' % (status, text))  # whatever the control socket said
        self.note('taken' if status == 0 else 'refused')

    # ---- all of them ----

    def recovered(self):
        """An honest message passes soon: links may have to be dialled anew, and a target that could not be reached is
        left alone for a while."""
        end = time.monotonic() + RECOVERED
        while time.monotonic() < end:
            self.trial.alive()
            if self.own_link('home') is None:
                continue
            self.cast.endpoint('home').inbox.clear()
            self.cast.endpoint('partner').inbox.clear()
            try:
                if self.honest.message(PATIENCE) == 200:
                    return
                self.cast.reactor.idle(0.1)
            except wire.Late:
                self.cast.clear()
        expect(False, 'no message passes any more\n' + self.trial.hanse.child.tail())

    def memory(self):
        with open('/proc/%d/status' % self.trial.hanse.child.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))

    def each(self, lap, own=False):
        self.allocations.choose(openssl=not own)
        for _ in range(3):
            lap()
        self.allocations.count()
        lap()
        count = self.allocations.counted()
        self.ends.clear()
        before = self.memory()
        numbers = range(1, count + 1) if LONG or count <= SAMPLES else sorted(
            {1 + count * n // SAMPLES for n in range(SAMPLES)})
        hit = 0
        for number in numbers:
            self.allocations.fail(number)
            late = self.ends.get('unanswered', 0)
            try:
                lap()
                if self.ends.get('unanswered', 0) > late:
                    print('        allocation %d: unanswered' % number)
            finally:
                hit += self.allocations.stop() == 0
            try:
                self.recovered()
            except Exception as error:
                raise type(error)('allocation %d: %s' % (number, error)) from None
        self.settled(lap == self.call)
        grown = self.memory() - before
        expect(hit >= len(numbers) // 2, 'only %d of %d failed' % (hit, len(numbers)))
        expect(grown <= GROWN, 'the process grew by %d KiB' % grown)
        expect(not self.ends.get('unanswered'), '%d ended by a time-out only: %s' % (self.ends.get('unanswered', 0),
                                                                                    self.ends))
        return '%d of %d allocations failed in turn: %s; grew by %d KiB' % (hit, count, ', '.join(
            '%d %s' % (n, what) for what, n in sorted(self.ends.items(), key=str)), grown)

    def settled(self, called):
        """No transaction stays but for its time, which is half a minute after a call."""
        if called and not LONG:
            return
        self.cast.reactor.until(lambda: self.trial.status()['transactions'] == 0, 40, 'transactions end')


def message(lab):
    laps = Laps(lab)
    return laps.each(laps.message)


def call(lab):
    laps = Laps(lab)
    return laps.each(laps.call)


def links(lab):
    laps = Laps(lab)
    return laps.each(laps.links)


def reload(lab):
    laps = Laps(lab)
    return laps.each(laps.reload, own=True)


if __name__ == '__main__':
    sys.exit(run('allocations', [('message', message), ('call', call), ('links', links), ('reload', reload)]))
