#!/usr/bin/python3
"""A partner is killed and started again, and stopped and continued, under load: every request gets one answer within
its time, none is delivered twice, those of another partner notice nothing, and afterwards traffic flows again (H2, E13,
A27, T13).

    test_peers_restart.py [NAME…]      only these"""
import os
import random
import signal
import sys
import time

from peers_stand import HERE, LONG, Stand, expect, run, say
from peers_numbered import Numbered

from network import listening
from process import Child, wait_for

DOMAIN = 'tailspin.example'
RATE = 100
ROUNDS = 20 if LONG else 1
STOPPED = 45 if LONG else 7
ANSWER = 30 if LONG else 5     # seconds until a request is given up (answer_timeout)
AWAY, MOST = 70, 30            # seconds; a partner that was away for long is served again after MOST
RECOVERY = 5                   # seconds after which a partner that is back is served again


def change(config):
    config['modules'][0]['answer_timeout'] = '%ds' % ANSWER


def more(cast):
    cast.add_partner(DOMAIN, 'sip.' + DOMAIN, {})
    cast.endpoint('tailspin').deafen()  # a process of its own is this partner


class Restart(Stand):
    def partner(self):
        endpoint = self.cast.endpoint('tailspin')
        certificate = self.cast.partners.issue('tailspin', [endpoint.host])
        self.ledger = os.path.join(self.lab.folder, 'ledger')
        open(self.ledger, 'w').close()
        child = Child('answerer', [sys.executable, os.path.join(HERE, 'peers_answerer.py'), endpoint.address,
                                   str(endpoint.port), certificate.crt, certificate.key, self.cast.partners.pem,
                                   self.ledger], self.lab.folder)
        self.lab.own(child)
        self.child = child
        self.start()
        return child

    def start(self):
        endpoint = self.cast.endpoint('tailspin')
        self.child.start()
        wait_for(lambda: listening(endpoint.address, endpoint.port), 5, 'the partner listens', self.child)

    def delivered(self):
        with open(self.ledger) as file:
            return file.read().split()

    def killed(self):
        """kill -9 at any moment, back after a while."""
        self.partner()
        numbered, back = Numbered(self, DOMAIN), []

        def bring_back():
            self.start()
            back.append(time.monotonic())
        self.honest_begin(ROUNDS * 6 + 1)
        for _ in range(ROUNDS):
            kill_at = 0.5 + random.random()
            numbered.run(6, RATE, [(kill_at, self.child.kill), (kill_at + 1, bring_back)])
        numbered.settle(ANSWER + 2)
        numbered.judge('killed %d times' % ROUNDS, self.delivered(), ANSWER + 1)
        times = []
        for moment in back:
            first = numbered.first_good(moment)
            expect(first is not None, 'nothing flowed after the partner was back')
            times.append(first - moment)
        say('time until it was served again: %s s' % ', '.join('%.2f' % one for one in sorted(times)))
        expect(max(times) <= RECOVERY, 'a partner that was back was not served for %.1f s' % max(times))
        self.honest_end('beside a partner that is killed')
        self.child.kill()

    def away(self):
        """Down for so long that the router tries it as rarely as it ever does."""
        self.partner()
        self.child.kill()
        numbered = Numbered(self, DOMAIN)
        numbered.run(AWAY, 20)
        self.start()
        back = time.monotonic()
        numbered.run(MOST + 1, 20)
        numbered.settle(ANSWER + 2)
        numbered.judge('away for %d s' % AWAY, self.delivered(), ANSWER + 1)
        first = numbered.first_good(back)
        expect(first is not None, 'nothing flowed after the partner was back')
        say('time until it was served again: %.2f s' % (first - back))
        expect(first - back <= MOST, 'that is too long')
        self.child.kill()

    def stopped(self):
        """SIGSTOP: its system still takes connections and octets, and nothing comes back."""
        self.partner()
        numbered = Numbered(self, DOMAIN)
        going_on = []

        def go_on():
            self.child.signal(signal.SIGCONT)
            going_on.append(time.monotonic())
        self.honest_begin(STOPPED + 2)
        numbered.run(STOPPED + 3, RATE,
                     [(1, lambda: self.child.signal(signal.SIGSTOP)), (STOPPED, go_on)])
        numbered.settle(ANSWER + 2)
        numbered.judge('stopped for %d s' % (STOPPED - 1), self.delivered(), ANSWER + 1)
        first = numbered.first_good(going_on[0])
        expect(first is not None, 'nothing flowed after the partner went on')
        say('time until it was served again: %.2f s' % (first - going_on[0]))
        expect(first - going_on[0] <= (MOST if LONG else RECOVERY), 'that is too long')
        self.honest_end('beside a partner that is stopped')
        self.child.kill()


if __name__ == '__main__':
    sys.exit(run('restart', Restart, ('killed', 'stopped') + (('away',) if LONG else ()), sys.argv[1:], change, more))
