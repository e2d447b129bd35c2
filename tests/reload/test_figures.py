#!/usr/bin/python3
"""Twenty reloads of each kind under a running IM session, a ringing call and page messages, some of them in hand while
the generation changes: nothing is lost, no link drops, and afterwards nothing of the old generations is left: no
instance, no mapped code, no descriptor, no memory.

    test_figures.py [KIND…]      only these: settings partners certificate domains sip"""
import os
import sys
import time

from trial import Lab, NotReady, Trial, Wrong, hanse, response, wait_for

from conversation import Conversation

RELOADS = 20
PARTNERS = 1000       # so that one list that stays behind is seen
MEMORY_MAX = 1500     # KiB that the process may grow while reloads follow each other (the allocator is no clock)
GONE = 45             # s until the last residual transaction (64*T1) has ended


class Figures(Trial):
    def __init__(self, lab):
        super().__init__(lab)
        self.number = 0
        self.sanitized = b'libasan' in open(hanse.program('hanse'), 'rb').read()
        self.base = self.hanse.changed(self._many_partners)
        self.reload_well(self.base)
        self.good = self.base

    @staticmethod
    def _many_partners(config):
        for number in range(PARTNERS):
            domain = 'd%d.example' % number
            config['partners'].append({'domain': domain, 'type': 'direct', 'edge': 'sip.%s:5061' % domain})

    # ---- kinds: each changes something and returns the configuration to be loaded ----

    def change_settings(self):
        def change(config):
            config['modules'][0]['timer_c'] = '%ds' % (200 + self.number % 7)
            config['limits'] = {'held_per_conversation': 20 + self.number % 9}
        return self._copy(change)

    def change_partners(self):
        def change(config):
            config['partners'][-1]['domain'] = 'new%d.example' % self.number
        return self._copy(change)

    def change_certificate(self):
        cast = self.cast
        for which, authority, name in (('edge', cast.partners, self.hanse.config['node']),
                                       ('inside', cast.corporate, self.hanse.config['listen'][0]['name'])):
            self.hanse.install(which, authority.issue('renewed', [name], serial=1000 + self.number))
        return self.base

    def change_domains(self):
        self.hanse.rebuild('domains')
        return self._copy(lambda config: config['modules'][2].update(block=['evil%d.example' % self.number]))

    def change_sip(self):
        self.hanse.rebuild('sip')
        return self.base

    def _copy(self, change):
        kept, self.hanse.config = self.hanse.config, self.base
        try:
            return self.hanse.changed(change)
        finally:
            self.hanse.config = kept

    # ---- what is looked at ----

    def instances(self):
        """The instances that are not the running generation's."""
        return [row for row in self.hanse.ctl_json('generations')['rows'] if 'module' in row]

    def maps(self):
        with open('/proc/%d/maps' % self.hanse.child.pid) as file:
            return sorted({line.split(None, 5)[5].strip() for line in file if '/cache/code/' in line})

    def descriptors(self):
        folder = '/proc/%d/fd' % self.hanse.child.pid
        found = []
        for number in os.listdir(folder):
            try:
                found.append(os.readlink(os.path.join(folder, number)))
            except FileNotFoundError:
                pass  # closed meanwhile
        return sorted(found)

    def wait_descriptors(self, before):
        """Those of hansectl's own connection may close a moment later."""
        try:
            wait_for(lambda: len(self.descriptors()) == len(before), 5, 'descriptors')
        except NotReady:
            raise Wrong('%d descriptors, %d before: %s' % (len(self.descriptors()), len(before),
                                                           self.descriptors())) from None

    def memory(self):
        with open('/proc/%d/status' % self.hanse.child.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))

    def accepted_links(self):
        own = self.cast.own_links
        return {role: [link for link in self.cast.endpoint(role).links if link is not own.get(role)]
                for role in ('home', 'partner')}

    # ---- one reload in the middle of everything ----

    def in_hand(self, count):
        """Messages that have reached the partner, who has not answered yet."""
        sent = [self.message('in hand %d' % n) for n in range(count)]
        return [(message, self.cast.endpoint('partner').take_request('MESSAGE', 8, message.call_id)) for message in sent]

    def settle(self, handed):
        for message, arrival in handed:
            self.cast.endpoint('partner').send(response(arrival.message, 200, tag='p'), arrival.link)
        for message, _ in handed:
            status = self.cast.endpoint('home').take_answer(message).message.status
            if status != 200:
                raise Wrong('a message that was in hand during a reload was answered %d' % status)

    def once(self, kind, session):
        self.number += 1
        config = getattr(self, 'change_' + kind)()
        handed = self.in_hand(3)
        flying = [self.message('flying %d' % n) for n in range(10)]  # unread when the reload begins
        began = time.monotonic()
        self.reload_well(config)
        took = time.monotonic() - began
        for message in flying:
            handed.append((message, self.cast.endpoint('partner').take_request('MESSAGE', 8, message.call_id)))
        self.settle(handed)
        session.talk('after reload %d' % self.number)
        return took

    def wait_empty(self):
        try:
            wait_for(lambda: not self.instances(), GONE, 'old generations end', step=0.2)
        except NotReady:
            raise Wrong('still there: %s' % self.instances()) from None
        if self.sanitized:
            return  # code stays open, for the symbols in a leak report
        maps = self.maps()
        if len(maps) != 3 or any('deleted' in path for path in maps):
            raise Wrong('code is mapped that does not run: %s' % maps)

    def kind(self, kind):
        session = Conversation(self, 'im').accept()
        call = Conversation(self, 'audio', 'partner').ring()
        for _ in range(3):  # what the first ones allocate stays
            self.once(kind, session)
        links, descriptors, memory = self.accepted_links(), self.descriptors(), self.memory()
        times = [self.once(kind, session) for _ in range(RELOADS)]
        if self.accepted_links() != links or not all(link.open for link in self.cast.own_links.values()):
            raise Wrong('a link was dropped')
        grown = self.memory() - memory
        call.accept().end()
        session.end()
        self.empty()
        self.wait_empty()
        self.wait_descriptors(descriptors)
        if not self.sanitized and grown > MEMORY_MAX:
            raise Wrong('the process grew by %d KiB' % grown)
        print('        %-12s %d reloads, each %.0f ms (longest %.0f), grew by %d KiB, %d descriptors' % (
            kind, RELOADS, 1e3 * sum(times) / RELOADS, 1e3 * max(times), grown, len(descriptors)))


KINDS = ('settings', 'partners', 'certificate', 'domains', 'sip')


def main():
    if not hanse.built():
        print('the router is not built: ./dev build')
        return 77
    chosen = [kind for kind in KINDS if len(sys.argv) == 1 or kind in sys.argv[1:]]
    with Lab('figures') as lab:
        trial = Figures(lab)
        bad = sum(trial.attempt(kind, lambda: trial.kind(kind)) is not None for kind in chosen)
    print('%d passed, %d failed' % (len(chosen) - bad, bad))
    return 1 if bad or not chosen else 0


if __name__ == '__main__':
    sys.exit(main())
