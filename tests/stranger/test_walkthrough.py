#!/usr/bin/python3
"""docs/plugins/walkthrough.md is true (P51): its commands are pasted in a clean Debian, one after the other, and print what
stands there. Each part's time is printed.

    test_walkthrough.py     HANSE_PACKAGES: packages that are there; exit status 77 where a root cannot be made"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import root  # noqa: E402

root.enter()

import follow  # noqa: E402
from lab import Lab  # noqa: E402

PAGE = os.path.join(root.SOURCE, 'docs', 'plugins', 'walkthrough.md')
INSIDE, OUTSIDE = '127.0.0.1:15061', '127.0.0.2:15061'  # what the page listens on
LONGEST = 120  # seconds of one command: apt's


class Walk:
    def __init__(self, lab):
        self.place = lab.own(root.Root(lab.folder))
        self.place.put_packages()
        self.shell = lab.own(self.place.shell())
        self.instead = {}
        for written in (INSIDE, OUTSIDE):
            address = lab.network.address()
            self.instead[written] = '%s:%d' % (address, lab.network.port(address, 5061))
        self.last = time.monotonic()

    def run(self, command):
        for written, ours in self.instead.items():
            command = command.replace(written, ours)
        return self.shell.run(command, LONGEST)

    def done(self, what):
        now = time.monotonic()
        print('%6.1f s  %s' % (now - self.last, what), flush=True)
        self.last = now


def main():
    began = time.monotonic()
    with Lab('walkthrough') as lab:
        walk = Walk(lab)
        walk.done('a clean root')
        follow.follow(PAGE, walk.run, walk.done)
    print('the walk-through is true: %.1f s' % (time.monotonic() - began))


if __name__ == '__main__':
    try:
        main()
    except (root.Wrong, follow.Strayed) as wrong:
        print('FAIL  %s' % wrong)
        sys.exit(1)
