#!/usr/bin/python3
"""A partner that stops reading (zero window) while thousands of messages are for it: senders are told, the router's
memory is bounded, nobody else notices, and when it reads again it is served again (H2).

    test_peers_deaf.py"""
import sys
import time

from peers_stand import LONG, Stand, expect, run, say
from peers_numbered import Numbered

DOMAIN = 'tailspin.example'
COUNT = 10000 if LONG else 3000
RATE = 1000
BODY = 'x' * 2000
DEAF = 45 if LONG else 8       # seconds; the long form is longer than links to such a partner live (30 s)
ANSWER = 30 if LONG else 5
IN_FLIGHT = 2000               # limits.messages_in_flight_per_link
MEMORY = 24 * 1024             # KiB: 2000 in flight of 2.5 KiB and as much for their state, 4 MiB that wait, 4 links
RECOVERY = 5


def change(config):
    config['modules'][0]['answer_timeout'] = '%ds' % ANSWER


def more(cast):
    cast.add_partner(DOMAIN, 'sip.' + DOMAIN, {})


class Deaf(Stand):
    def hear(self, willing):
        partner = self.cast.endpoint('tailspin')
        partner.hard_of_hearing = not willing
        for link in list(partner.links):
            link.hear(willing)

    def answer_all(self):
        """What the partner has got is answered; returns the Call-IDs."""
        partner, got = self.cast.endpoint('tailspin'), []
        inbox, partner.inbox = partner.inbox, []
        for arrival in inbox:
            if arrival.message.is_request:
                got.append(arrival.message.call_id)
                if not arrival.link.closed:
                    partner.answer(arrival, 200, tag='p')
        return got

    def deaf(self):
        first = Numbered(self, DOMAIN)
        first.send()
        self.turn_for(1, lambda _: self.answer_all() and False)
        first.settle(1)
        self.hear(False)
        before, most = self.memory(), [0]
        numbered = Numbered(self, DOMAIN, BODY)
        self.honest_begin(DEAF + 1)
        began = time.monotonic()
        numbered.run(COUNT / RATE, RATE, [(at / 2, lambda: most.append(self.memory()))
                                          for at in range(int(2 * COUNT / RATE))])
        most.append(self.memory())
        expect(len(numbered.sent) >= COUNT * 0.9, 'the home server could send %d' % len(numbered.sent))
        numbered.settle(ANSWER + 2)
        numbered.judge('to a partner that does not read', [], ANSWER + 1)
        grown = max(most) - before
        say('memory: %d KiB before, at most %d more, %d more afterwards' % (before, grown, self.memory() - before))
        expect(grown <= MEMORY, 'the router grew by %d KiB' % grown)
        self.turn_for(DEAF - (time.monotonic() - began))
        self.honest_end('beside a partner that does not read')
        self.recover(numbered)

    def recover(self, numbered):
        """It reads: what was on its way arrives, once, and what is new is answered."""
        self.hear(True)
        began, again, got = time.monotonic(), Numbered(self, DOMAIN, 'again'), []

        def step(_):
            got.extend(self.answer_all())
            return again.first_good(0)
        for _ in range(RECOVERY * 2):
            again.send()
            self.turn_for(0.5, lambda elapsed: (again.gather(), step(elapsed))[1])
            if again.first_good(0):
                break
        expect(again.first_good(0), 'nothing flowed again')
        self.turn_for(0.5, step)
        late = [call_id for call_id in got if call_id in numbered.sent]
        say('it reads again: served after %.2f s; %d requests arrived that had been given up, twice %d' % (
            time.monotonic() - began, len(late), len(got) - len(set(got))))
        expect(len(got) == len(set(got)), 'requests arrived twice')


if __name__ == '__main__':
    sys.exit(run('deaf', Deaf, ('deaf',), (), change, more))
