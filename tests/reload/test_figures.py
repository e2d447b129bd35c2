#!/usr/bin/python3
"""Twenty reloads of each kind under a running IM session, a ringing call and page messages, some of them in hand while
the generation changes: nothing is lost, no link drops, and afterwards nothing of the old generations is left: no
instance, no mapped code, no descriptor, no memory (T7, T8).

The call that rang through all of them is accepted where the running instance answers for it, and declined where an old
one does, which then is gone at once; HANSE_LONG=1: accepted there as well, so that it is gone after 64*T1.

    test_figures.py [KIND…]      only these: settings partners certificate domains sip"""
import os
import sys

from trial import Lab, Wrong, hanse

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
