#!/usr/bin/python3
"""Strangers and slow ones on the partner side, beside honest traffic: thousands who never end a handshake, a header or
a body (H1, E12); endless connecting and closing (H12), and how much is said to those who are nobody yet (H13); a flood
of handshakes from one network (E12).

    test_peers_slow.py [NAME…]      only these"""
import sys
import time

from peers_stand import HOME, LONG, Stand, expect, run, say
from peers_strangers import Addresses, Stranger, client_hello

from sip import Dialog
from wire import dial

DOMAIN = 'tailspin.example'
SLOW = 5000 if LONG else 500       # half of them in a handshake, a quarter in a header, a quarter in a body
HANDSHAKE = 10 if LONG else 3      # limits.handshake_timeout
MESSAGE = 30 if LONG else 6         # limits.message_timeout
LATE = 2                           # seconds that a time-out may be late
EACH = 64                          # KiB of memory for one who proved nothing
CYCLES = 400000 if LONG else 6000
GROWTH = 2048                      # KiB; what the allocator keeps goes up and down by half of that
RATE = 20                          # limits.handshakes_per_network, in the flood
FLOOD = 20 if LONG else 3          # seconds
FLOOD_P99 = 250                    # ms
SAID = 8192                        # octets to a stranger at most


def change(config):
    config['limits'] = {'handshake_timeout': '%ds' % HANDSHAKE, 'message_timeout': '%ds' % MESSAGE,
                        'pending_handshakes': SLOW, 'handshakes_per_network': '4000/s'}


def more(cast):
    cast.add_partner(DOMAIN, 'sip.' + DOMAIN, {})


class Slow(Stand):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.target, self.server_name = self.cast.targets['tailspin']
        self.addresses = Addresses(400)
        self.hello = client_hello(self.server_name)

    # ---- slow ones ----

    def in_handshake(self, count):
        """Half of them say nothing, half say half a greeting and then an octet a second."""
        before, found = self.memory(), []

        def step(_):
            for _ in range(20):
                if len(found) == count:
                    return True
                found.append(Stranger(self.reactor, self.target, self.addresses[len(found)], self.hello))
        self.turn_for(30, step)
        for one in found[::2]:
            one.say(len(self.hello) // 2)
        self.turn_for(0.3)
        alive = sum(1 for one in found if not one.closed)
        each = (self.memory() - before) / max(alive, 1)
        say('%d in a handshake: %.1f KiB each' % (alive, each))
        expect(alive >= count * 0.9, '%d of %d were refused' % (count - alive, count))
        expect(each <= EACH, 'a stranger costs %.1f KiB' % each)
        return found

    def half_message(self, part):
        dialog = Dialog('sip:t@' + DOMAIN, 'sip:alice@' + HOME, 'TLS sip.%s:5061' % DOMAIN, '<sip:t@%s>' % DOMAIN)
        whole = dialog.request('MESSAGE', 'x' * 4000).bytes()
        head = whole.index(b'\r\n\r\n')
        return whole[:head // 2] if part == 'header' else whole[:head + 100]

    def in_message(self, count):
        """Partners with a certificate who send half a header or half a body, an octet a second after that."""
        links = []

        def step(_):
            opening = sum(1 for link, _ in links[-40:] if not link.open and not link.closed)
            while len(links) < count and opening < 10:
                link = dial(self.reactor, self.target, self.addresses[len(links)], self.cast.client_contexts['tailspin'],
                            self.server_name)
                links.append((link, 'header' if len(links) % 2 else 'body'))
                opening += 1
            return len(links) == count and not opening
        self.turn_for(60, step)
        expect(all(link.open for link, _ in links), 'partners could not connect: %s' % {
            link.closed for link, _ in links if link.closed})
        now = time.monotonic()
        for link, part in links:
            link.send(self.half_message(part))
            link.began, link.ended = now, None
            link.on_close = self.note_end
        return [link for link, _ in links]

    @staticmethod
    def note_end(link):
        link.ended = time.monotonic()

    def slow(self):
        shaking = self.in_handshake(SLOW // 2)
        self.honest_begin(HANDSHAKE + LATE)
        last = [0]

        def dribble(_):
            if time.monotonic() - last[0] < 1:
                return
            last[0] = time.monotonic()
            for one in shaking[::2]:
                one.say(1)
        self.turn_for(HANDSHAKE + LATE, dribble)
        left = [one for one in shaking if not one.closed]
        times = [one.closed - one.began for one in shaking if one.closed]
        say('%d of %d were cut after %.1f to %.1f s' % (len(times), len(shaking), min(times), max(times)))
        expect(not left, '%d in a handshake are still there' % len(left))
        expect(max(times) <= HANDSHAKE + LATE, 'one was held for %.1f s' % max(times))
        self.honest_end('beside %d in a handshake' % len(shaking))
        self.slow_links = self.in_message(SLOW // 2)
        self.honest_begin(2)
        self.turn_for(2)
        self.honest_end('beside %d in the middle of a message' % len(self.slow_links))

    def slow_cut(self):
        """The partners of slow(), whose half messages are a little longer by now."""
        links, last = self.slow_links, [0]

        def dribble(_):
            if time.monotonic() - last[0] >= 1:
                last[0] = time.monotonic()
                for link in links:
                    if not link.closed:
                        link.send(b'x')
            return all(link.closed for link in links)
        expect(not any(link.closed for link in links), 'half a message was not held: %s' % {l.closed for l in links})
        self.turn_for(MESSAGE + LATE - (time.monotonic() - links[0].began), dribble)
        times = [link.ended - link.began for link in links if link.closed]
        expect(len(times) == len(links), '%d in a message are still there' % (len(links) - len(times)))
        say('%d in a message were cut after %.1f to %.1f s' % (len(times), min(times), max(times)))
        expect(min(times) >= MESSAGE - LATE and max(times) <= MESSAGE + LATE, 'that is not the time for it')

    # ---- connect and close ----

    def cycle(self, count, at_once=40):
        """Who connects says nothing, little or a whole greeting, and is gone."""
        done, there = [0], []

        def step(_):
            for one in there:
                one.reset()
            there.clear()
            for _ in range(min(at_once, count - done[0])):
                one = Stranger(self.reactor, self.target, self.addresses[done[0]], self.hello)
                one.say((0, 1, 100, len(self.hello))[done[0] % 4])
                there.append(one)
                done[0] += 1
            return not there
        self.turn_for(3600, step)

    def strangers(self):
        self.cycle(min(CYCLES // 2, 20000), 400)    # what the allocator keeps after the worst moment is no growth
        self.turn_for(0.5)
        before = self.memory()
        self.honest_begin(2)
        began = time.monotonic()
        self.cycle(CYCLES)
        took = time.monotonic() - began
        self.honest_end('beside those who connect and close')
        self.turn_for(0.5)
        grown = self.memory() - before
        say('%d connections in %.1f s: the router grew by %d KiB' % (CYCLES, took, grown))
        expect(grown <= GROWTH, 'it grew')
        self.said()

    def said(self):
        """Whole greetings, and all the time to answer them; garbage and a request in the clear."""
        worst = (0, 0)
        for data in (self.hello, b'OPTIONS sip:a SIP/2.0\r\n\r\n', b'\x16\x03\x01\x40\x00' + b'x' * 3000, b'\0' * 100):
            one = Stranger(self.reactor, self.target, self.addresses[7], data)
            one.say(len(data))
            self.turn_for(HANDSHAKE + 1, lambda _, one=one, data=data: one.closed or (data is self.hello and
                                                                                      one.received > 1000))
            worst = max(worst, (one.received, one.sent))
            one.end()
        say('to one who proved nothing %d octets were said, for %d of his' % worst)
        expect(worst[0] <= SAID and worst[0] <= 3 * worst[1], 'that is too much')

    # ---- a flood from one network ----

    def flood(self):
        """From the addresses of one /24 in turn."""
        self.hanse.config['limits']['handshakes_per_network'] = '%d/s' % RATE
        self.hanse.write()
        expect(self.hanse.ctl('reload')[0] == 0, 'the reload failed')
        context = self.cast.client_contexts['tailspin']
        links, opened = [], [0]
        self.honest_begin(FLOOD)
        began = time.monotonic()

        def step(elapsed):
            while len(links) < elapsed * 500:
                address = self.addresses[len(links) % Addresses.PER_PIECE]
                links.append(dial(self.reactor, self.target, address, context, self.server_name))
            for link in links[-600:]:
                if link.open:
                    opened[0] += 1
                    link.reset()
        self.turn_for(FLOOD, step)
        took = time.monotonic() - began
        for link in links:
            link.close()
        self.honest_end('beside a flood of handshakes from one network', FLOOD_P99)
        say('%d handshakes tried in %.1f s, %d let in' % (len(links), took, opened[0]))
        expect(opened[0] <= RATE * (took + 1) + 1, 'more were let in than the limit says')
        expect(opened[0] >= RATE * took * 0.5, 'the limit lets nobody in')


if __name__ == '__main__':
    sys.exit(run('slow', Slow, ('slow', 'slow_cut', 'strangers', 'flood'), sys.argv[1:], change, more))
