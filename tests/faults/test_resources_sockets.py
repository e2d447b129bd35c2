#!/usr/bin/python3
"""G12, T9: a supervisor holds the listening sockets and starts the router again when it is killed, or ends: nobody who
connects meanwhile is refused, and all of them are served after the restart.

    test_resources_sockets.py [CASE…]      only these: killed ended"""
import os
import re
import signal
import sys
import time

from resources import HERE, LONG, Honest, Resources, expect, run, wait_for

from cast import INSIDE, NODE
import wire

TIMES = 200 if LONG else 4
CLIENTS = 8        # of each side, that connect while there is no router
PAUSE = 0.2        # s, as RestartSec of hanse.service
MOST = 1.0         # s from the end until all of those are served


class Supervised(Resources):
    def prepare(self):
        super().prepare()
        hanse = self.hanse
        hanse.wrapper = [sys.executable, os.path.join(HERE, '..', 'lib', 'supervisor.py'), '--pause', str(PAUSE),
                         '--listen', '%s:%d' % (hanse.inside, hanse.inside_port),
                         '--listen', '%s:%d' % (hanse.outside, hanse.outside_port), '--']

    def routers(self):
        """The processes that were started so far."""
        return [int(pid) for pid in re.findall(r'supervisor started (\d+)', self.hanse.child.log())]

    def round(self, number, honest):
        """Ends it with this signal. How long until those who came in the gap were served, and whether one was
        refused."""
        before, cast = self.routers(), self.cast
        expect(honest.message() == 200, 'a message is refused')
        began = time.monotonic()
        os.kill(before[-1], number)
        if number == signal.SIGTERM:
            cast.clear()  # the servers close their links as it does
        wait_for(lambda: not os.path.exists('/proc/%d' % before[-1]), 10, 'it ends')
        gap = time.monotonic()
        links = []
        for role, name in (('home', INSIDE), ('partner', NODE)):
            for _ in range(CLIENTS):
                endpoint = cast.endpoint(role)
                links.append(wire.dial(cast.reactor, cast.targets[role][0], endpoint.address,
                                       cast.client_contexts[role], name))
        expect(len(self.routers()) == len(before), 'the gap was too short for %d clients' % len(links))
        cast.reactor.until(lambda: all(link.open or link.closed for link in links), 10, 'clients are served')
        served = time.monotonic()
        refused = [link.closed for link in links if link.closed]
        expect(not refused, '%d of %d were refused: %s' % (len(refused), len(links), refused[:3]))
        expect(len(self.routers()) == len(before) + 1, 'it was started %d times' % (len(self.routers()) - len(before)))
        cast.clear()
        for link in links:
            link.close()
        return served - (began if number == signal.SIGKILL else gap)


def rounds(lab, number, times):
    trial = Supervised(lab)
    honest = Honest(trial)
    gaps = [trial.round(number, honest) for _ in range(times)]
    expect(honest.message() == 200, 'a message is refused')
    expect(max(gaps) <= MOST, 'the longest gap was %.0f ms' % (1e3 * max(gaps)))
    return '%d times, %d clients each, none refused; longest gap %.0f ms, mean %.0f (%.0f of it the pause); %s' % (
        times, 2 * CLIENTS, 1e3 * max(gaps), 1e3 * sum(gaps) / times, 1e3 * PAUSE, honest)


def killed(lab):
    return rounds(lab, signal.SIGKILL, TIMES)


def ended(lab):
    """Who goes out of service closes its links, not the sockets that its successor will have."""
    return rounds(lab, signal.SIGTERM, 2)


if __name__ == '__main__':
    sys.exit(run('sockets', [('killed', killed), ('ended', ended)]))
