#!/usr/bin/python3
"""Twenty reloads of each kind under a running IM session, a ringing call and page messages, some of them in hand while
the generation changes: nothing is lost, no link drops, and afterwards nothing of the old generations is left: no
instance, no mapped code, no descriptor, no memory (T7, T8).

The call that rang through all of them is accepted where the running instance answers for it, and declined where an old
one does, which then is gone at once; HANSE_LONG=1: accepted there as well, so that it is gone after 64*T1.

    test_figures.py [KIND…]      only these: settings partners certificate domains sip"""
import os
import sys
from functools import partial

from trial import Wrong, main

from changes import KINDS, Changes
from conversation import Conversation

RELOADS = 20
MEMORY_MAX = 1500     # KiB that the process may grow while reloads follow each other (the allocator is no clock)
LONG = bool(os.environ.get('HANSE_LONG'))


class Figures(Changes):
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
        if LONG or kind not in ('settings', 'sip'):
            call.accept().end()
        else:
            call.decline()
        session.end()
        self.empty()
        self.wait_empty()
        self.wait_descriptors(descriptors)
        if not self.sanitized and grown > MEMORY_MAX:
            raise Wrong('the process grew by %d KiB' % grown)
        print('        %-12s %d reloads, each %.0f ms (longest %.0f), grew by %d KiB, %d descriptors' % (
            kind, RELOADS, 1e3 * sum(times) / RELOADS, 1e3 * max(times), grown, len(descriptors)))


if __name__ == '__main__':
    sys.exit(main('figures', Figures, KINDS, lambda trial, kind: partial(trial.kind, kind)))
