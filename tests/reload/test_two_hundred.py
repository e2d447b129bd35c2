#!/usr/bin/python3
"""Reloads of every kind in turn, one behind the other (T7, T8), while a load generator sends messages at an even pace, a
session goes on, calls ring and messages are in hand: nothing is lost, no link drops, and what one left behind is gone when
all are done: code, descriptors, memory. HANSE_LONG=1: two hundred, and each call that rang is accepted by the code that
took it, which then stays for 64*T1, so that reloads wait for their place; else twenty-five, and those calls are declined.

    test_two_hundred.py [RELOADS]"""
import os
import sys
import time
import types

from beat import Beat, Load, load_program, memory, processes

import cast

cast.PARTNER = 'litware.example'  # the load generator's partner is fabrikam.example

from trial import Lab, Wrong, hanse, wait_for  # noqa: E402

from changes import KINDS, Changes  # noqa: E402
from conversation import Conversation  # noqa: E402

LONG = bool(os.environ.get('HANSE_LONG'))
RELOADS = 200 if LONG else 25
FIRST = 20 if LONG else 10  # what these allocate may stay
RATE = 500                  # messages a second of the load generator
MEMORY_MAX = 1024           # KiB of PSS that the others may add
TURN_MAX = 10000            # µs that a turn of the loop may work during a reload
POOL, LOADED, EDGE = 'pool.' + cast.HOME, 'fabrikam.example', 'sip.fabrikam.example'


class TwoHundred(Changes):
    def __init__(self, lab):
        super().__init__(lab)
        place, both = lab.network.address(), os.path.join(lab.folder, 'both-ca.pem')
        with open(both, 'w') as file:
            for authority in (self.cast.corporate, self.cast.partners):
                with open(authority.pem) as one:
                    file.write(one.read())
        router = types.SimpleNamespace(
            name='hanse', address=self.hanse.inside, port=self.hanse.inside_port, partner_address=place,
            partner_port=lab.network.port(place, 5061), certificates=types.SimpleNamespace(
                home=self.cast.corporate.issue('load-home', [POOL]),
                partner=self.cast.partners.issue('load-edge', [EDGE]), ca=both))
        self.hanse.hosts[EDGE] = place
        self.base['partners'].append({'domain': LOADED, 'type': 'direct', 'edge': '%s:%d' % (EDGE, router.partner_port)})
        self.base['partners'].append({'domain': 'changes.example', 'type': 'direct', 'edge': 'sip.changes.example'})
        self.load = lab.own(Load(router, None))
        self.reload_well(self.base)
        opened = self.load.ask('links', 2)
        if opened['opened'] != 2:
            raise Wrong('the load generator has no links: %r' % opened)
        self.load.ask('laps', 200, 8)
        self.alive = 0

    def pss(self):
        return memory(processes(self.hanse.child.pid))[0]

    def call_across(self, kind, session):
        """A reload between the ringing and the end of one call, and between the accepting and the end of another."""
        ringing = Conversation(self, 'audio', 'partner').ring()
        accepted = Conversation(self, 'audio').ring().accept()
        took = self.once(kind, session)
        self.count_versions()
        if LONG:
            ringing.accept().end()
        else:
            ringing.decline()
        accepted.end()
        return took

    def count_versions(self):
        old = [row['code'] for row in self.instances() if row['plugin'] == 'sip']
        running = [row['code'] for row in self.hanse.ctl_json('modules')['rows'] if row['plugin'] == 'sip']
        self.alive = max(self.alive, len(set(old + running)))

    def links(self):
        """What is open on either side: a link that is dropped, or opened in its place, changes it."""
        now = self.load.ask('links', 0)
        return now['accepted'], now['lost'], self.accepted_links()

    def state(self):
        """What is there when nothing is under way. A burst before makes what is kept of bursts the same each time."""
        burst = self.load.ask('laps', 3000, 400)
        if burst['good'] != 3000:
            raise Wrong('%r' % burst)
        self.empty()
        self.wait_empty()
        wait_for(lambda: len(self.hanse.ctl_json('generations')['rows']) == 1, 10, 'all is freed')
        return self.pss(), self.links(), self.descriptors()

    def many(self, count, session):
        """That many reloads under load; how long each took in seconds."""
        with Beat(self.load, RATE) as beat:
            times = [self.call_across(KINDS[(self.number + 1) % len(KINDS)], session) for _ in range(count)]
        if beat.met['bad']:
            raise Wrong('%(bad)d of %(laps)d messages went wrong: %(note)s' % beat.met)
        print('  %d reloads, each %.0f ms (longest %.0f); %d messages, the longest %.1f ms, the longest gap %.1f ms' % (
            count, 1e3 * sum(times) / count, 1e3 * max(times), beat.met['laps'], beat.met['worst'] / 1e3,
            beat.met['gap'] / 1e3))
        sys.stdout.flush()

    def run(self, reloads):
        session = Conversation(self, 'im').accept()
        self.many(FIRST, session)
        pss, links, descriptors = self.state()
        self.many(reloads - FIRST, session)
        pss_after, links_after, descriptors_after = self.state()
        session.talk('at the end')
        session.end()
        status = self.hanse.ctl_json('status')['rows'][0]
        ran = self.hanse.ctl_json('turns')['rows'][0]['ran_at_most_us']
        print('  up to %d versions of sip.so alive, %d links, %d descriptors, PSS %d KiB after %d reloads, %d after %d; '
              'reload.waits %d times, longest turn %.1f ms (ran for %.1f at most)' % (
                  self.alive, status['links'], len(descriptors), pss, FIRST, pss_after, reloads,
                  self.hanse.child.log().count('reload.waits'), status['longest_turn_us'] / 1e3, ran / 1e3))
        if ran > TURN_MAX:
            raise Wrong('a turn worked for %d µs, at most %d' % (ran, TURN_MAX))
        if links_after != links:
            raise Wrong('links were %r, and are %r' % (links, links_after))
        if descriptors_after != descriptors:
            raise Wrong('descriptors were %r, and are %r' % (descriptors, descriptors_after))
        if status['reloads_accepted'] < reloads or status['reloads_refused']:
            raise Wrong('%r' % status)
        if not self.sanitized and pss_after > pss + MEMORY_MAX:
            raise Wrong('the last %d reloads added %d KiB, at most %d' % (reloads - FIRST, pss_after - pss, MEMORY_MAX))


def main():
    if not hanse.built() or not load_program():
        print('the router or router_load is not built: ./dev build')
        return 77
    reloads = int(sys.argv[1]) if len(sys.argv) > 1 else RELOADS
    began = time.monotonic()
    with Lab('two-hundred') as lab:
        trial = TwoHundred(lab)
        bad = trial.attempt('reloads', lambda: trial.run(reloads)) is not None
    print('%d passed, %d failed in %.0f s' % (not bad, bad, time.monotonic() - began))
    return int(bad)


if __name__ == '__main__':
    sys.exit(main())
