#!/usr/bin/python3
"""A stranger writes a plugin: in a clean Debian he pastes what README.md says to authors of plugins, command by command,
while messages go through the router that the package installed (P4). Each step's time is printed; the whole has 120 s from
the moment the clean system exists.

    test_stranger.py     HANSE_PACKAGES: packages that are there; exit status 77 where a root cannot be made"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import root  # noqa: E402

root.enter()

import block  # noqa: E402
from installed import Talk  # noqa: E402
from lab import Lab  # noqa: E402
from process import NotReady, wait_for  # noqa: E402

README = os.path.join(root.SOURCE, 'README.md')
TITLE = 'Writing a plugin'
BUDGET = 120
PLAIN, CAUGHT = 'hello', 'You won the LOTTERY'  # the plugin objects to the second


def expect(condition, what):
    if not condition:
        raise root.Wrong(what)


class Stranger:
    def __init__(self, lab):
        self.lab = lab
        self.began = self.last = time.monotonic()
        self.place = lab.own(root.Root(lab.folder))
        self.place.put_packages()
        self.shell = lab.own(self.place.shell())
        self.talk = None
        self.verdicts = []  # what became of CAUGHT: without the plugin, with it, with what it was made into
        self.done('a clean root')

    def done(self, what):
        now = time.monotonic()
        print('%6.1f s  %s' % (now - self.last, what.splitlines()[0]), flush=True)
        self.last = now

    def judged(self, text):
        """The final status that a message to a partner gets; it must arrive as it was, or not at all."""
        status, arrived = self.talk.judge(text)
        expect(arrived in ((text,) if status == 200 else (None,)), '%d, and "%s" arrived' % (status, arrived))
        return status

    def sentence(self):
        status = self.verdicts[-1]
        self.done('  "%s" is %s, "%s" is %s' % (PLAIN, 'delivered', CAUGHT, 'delivered' if status == 200 else
                                                'refused with %d' % status))

    def run_router(self):
        """Installing it is the guide's business, which test_newcomer.py follows."""
        self.talk = Talk(self.lab, self.place.path)
        self.talk.cast.start()
        expect(self.judged(PLAIN) == 200, 'nothing goes through the router')
        self.verdicts.append(self.judged(CAUGHT))
        expect(self.verdicts == [200], 'without the plugin it is refused already')
        self.sentence()

    def judge_anew(self):
        """After a reload: as soon as the verdict is another one."""
        before = self.verdicts[-1]
        self.verdicts.append(wait_for(lambda: [now for now in [self.judged(CAUGHT)] if now != before], 10,
                                      'another verdict than %d' % before)[0])
        expect(self.judged(PLAIN) == 200, 'what the plugin does not object to is refused')
        self.sentence()

    def paste(self, text):
        said = self.shell.run(text, BUDGET)
        self.done('$ ' + text)
        expect('ctest' not in text or '100% tests passed' in said, 'no test ran:\n' + said)
        if 'apt install' in text:
            self.run_router()
        if 'hansectl reload' in text or 'kill -HUP' in text:
            self.judge_anew()

    def total(self):
        return time.monotonic() - self.began


def main():
    commands = sum((block.commands(text) for text in block.fenced(README, TITLE, 'sh')), [])
    expect(commands, 'README.md shows no commands below "%s"' % TITLE)
    with Lab('stranger') as lab:
        stranger = Stranger(lab)
        for text in commands:
            stranger.paste(text)
        expect(len(stranger.verdicts) == 3, 'README.md loads the plugin and changes it; it was judged %d times' %
               len(stranger.verdicts))
        expect(len(set(stranger.verdicts)) == 3, 'the verdicts are %s' % stranger.verdicts)
        print('%6.1f s  in all, of %d s' % (stranger.total(), BUDGET))
        expect(stranger.total() < BUDGET, 'that is too long')
        stranger.talk.hanse.no_complaint()
    print('1 passed, 0 failed')


if __name__ == '__main__':
    try:
        main()
    except (root.Wrong, NotReady) as wrong:
        print('FAIL  %s\n0 passed, 1 failed' % wrong)
        sys.exit(1)
