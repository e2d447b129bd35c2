"""Runs scenarios: readable files that say who sends what and who receives what.

    scenario.py [--direct] [--only TEXT] [--list] [--grammar] [--verbose] FILE…

A file is a group that shares one router:

    # a comment
    config block spam.example              config lines before the first scenario: what the router starts with
    scenario A message crosses             its title
    shows R16 B8                           the numbers of the requirements that it shows
    home sends MESSAGE alice@contoso.example -> bob@fabrikam.example "hi"
        with Subject: test                 indented: what belongs to the step above
    partner receives MESSAGE
        header Via ~ edge.contoso.example
        body same
    partner answers 200
    home receives 200

Roles: `home` (the home server of contoso.example), `partner` (the edge of fabrikam.example), one more for each
`config partner`, and anyone else who `connects`. Everybody dials by need and shows the right certificate unless told
otherwise. At the end of a scenario nothing may be left that somebody received and the scenario did not mention (100
Trying apart). Changed configuration and plugins are put back after each scenario. --grammar lists all steps; --direct
leaves the router out (home and partner dial each other), which tests this runner itself."""
import argparse
import copy
import os
import re
import sys
import time
import traceback

import hanse
import hostile      # its import registers steps
import matrix       # its import registers steps
import steps
import steps_example  # its import registers steps
import steps_node
import steps_place  # its import registers steps
import steps_pool   # its import registers steps
import steps_revoked  # its import registers steps
import steps_sip    # its import registers steps
import signed_names  # its import registers steps
import steps_tiny   # its import registers steps
import steps_tool   # its import registers steps
import torture      # its import registers steps
from cast import Cast, Failure
from lab import Lab
from process import NotReady
from talk import Talks
from wire import Late

assert hostile and matrix and signed_names and steps_place and steps_pool and steps_revoked and steps_sip
assert steps_example and steps_tool and torture


SANITIZER = re.compile(r'^.*(?:AddressSanitizer|LeakSanitizer|runtime error:).*$', re.MULTILINE)


class Skip(Exception):
    """This scenario cannot be run here, and why."""


class Line:
    def __init__(self, number, text):
        self.number, self.text, self.below = number, text, []


class Scenario:
    def __init__(self, title):
        self.title, self.shows, self.lines = title, [], []


class Group:
    """One file: lines of configuration, then scenarios."""

    def __init__(self, path):
        self.path = path
        self.config, self.scenarios = [], []
        with open(path) as file:
            for number, raw in enumerate(file, 1):
                self._line(number, raw.rstrip('\n'))

    def _line(self, number, raw):
        text = raw.strip()
        if not text or text.startswith('#'):
            return
        current = self.scenarios[-1].lines if self.scenarios else self.config
        if raw[0] in ' \t':
            if not current:
                raise SystemExit('%s:%d: nothing stands above this line' % (self.path, number))
            current[-1].below.append(text)
        elif text.startswith('scenario '):
            self.scenarios.append(Scenario(text[9:]))
        elif text.startswith('shows ') and self.scenarios:
            self.scenarios[-1].shows += text[6:].split()
        elif steps.find(text) is None:
            raise SystemExit('%s:%d: no step is written like this: %s' % (self.path, number, text))
        else:
            current.append(Line(number, text))


class Play:
    """One scenario while it runs; steps get it as their first argument."""

    Skip = Skip

    def __init__(self, cast, path, counters, verbose):
        self.cast, self.path, self.counters, self.verbose = cast, path, counters, verbose
        self.talks = Talks()
        self.notes = []
        self.undo = []  # what puts back what steps changed outside of configuration and plugins
        self.config_changed = self.modules_changed = self.stopping = False
        self._log_start = len(cast.hanse.child.log()) if cast.hanse and cast.hanse.child else 0
        self._number = 0

    def note(self, text):
        self.notes.append(text)
        if self.verbose:
            print('      ' + text)

    def log(self):
        return self.cast.hanse.child.log()[self._log_start:]

    def data(self, path):
        here = os.path.join(os.path.dirname(self.path), path)
        return here if os.path.exists(here) else os.path.join(steps_node.data_folder(), 'own', path)

    def next_number(self):
        self._number += 1
        return self._number + int(time.time())

    def run(self, lines):
        for line in lines:
            step, groups = steps.find(line.text)
            try:
                step.function(self, line.below, *groups)
            except (Failure, Late, NotReady, AssertionError) as problem:
                raise Failure('%s:%d: %s\n      %s' % (os.path.relpath(self.path), line.number, line.text,
                                                       str(problem).replace('\n', '\n      '))) from None

    def nothing_left(self):
        for role, endpoint in self.cast.roles.items():
            left = [arrival.message.line() for arrival in endpoint.inbox
                    if arrival.message.is_request or arrival.message.status != 100]
            if left:
                raise Failure('%s was left with: %s' % (role, '; '.join(left)))


class Runner:
    def __init__(self, options):
        self.options = options
        self.passed, self.failed, self.skipped = 0, [], []

    def group(self, path):
        group = Group(path)
        chosen = [s for s in group.scenarios if self.options.only.lower() in s.title.lower()]
        if not chosen:
            return
        print('%s' % os.path.relpath(path))
        with Lab('scenario', keep=self.options.keep) as lab:
            cast = Cast(lab, self.options.direct)
            Play(cast, path, {}, False).run(group.config)
            cast.start()
            for scenario in chosen:
                self.scenario(cast, path, scenario)
            self.farewell(cast, path)

    def farewell(self, cast, path):
        """The router ends when it is asked to, with nothing left and nothing that a sanitizer reports."""
        if cast.hanse is None:
            return
        status = cast.hanse.terminate(40)
        found = SANITIZER.search(cast.hanse.child.log())
        if status == 0 and not found:
            return
        self.failed.append('%s: the end' % os.path.relpath(path))
        print('  FAIL  the router ends with status %s' % status)
        report = cast.hanse.child.log()[found.start():].splitlines()[:60] if found else \
            cast.hanse.child.tail(25).splitlines()
        print('\n'.join('      ' + line for line in report))

    def scenario(self, cast, path, scenario):
        began = time.monotonic()
        before = copy.deepcopy((cast.hanse.config, cast.hanse.hosts)) if cast.hanse else None
        problem = skipped = None
        play = None
        try:
            play = Play(cast, path, cast.hanse.counters() if cast.hanse else {}, self.options.verbose)
            play.run(scenario.lines)
            cast.reactor.idle(0.02)
            play.nothing_left()
        except Skip as reason:
            skipped = str(reason)
        except Failure as failure:
            problem = str(failure)
        except Exception:  # a defect of the test library must not hide the other scenarios
            problem = traceback.format_exc()
        took = (time.monotonic() - began) * 1000
        if skipped:
            self.skipped.append(scenario.title)
            print('  SKIP  %-72s %s' % (scenario.title, skipped))
        elif problem:
            self.failed.append('%s: %s' % (os.path.relpath(path), scenario.title))
            print('  FAIL  %-72s %6.0f ms\n    %s' % (scenario.title, took, problem))
            self.aftermath(cast, play)
        else:
            self.passed += 1
            print('  ok    %-72s %6.0f ms' % (scenario.title, took))
        sys.stdout.flush()
        self.restore(cast, before, play)

    @staticmethod
    def aftermath(cast, play):
        for note in (play.notes[-12:] if play else []):
            print('      ' + note)
        if cast.hanse and cast.hanse.child:
            print('      --- end of the router\'s log')
            print('\n'.join('      ' + line for line in (play.log() if play else '').splitlines()[-25:]))

    @staticmethod
    def restore(cast, before, play):
        for undo in reversed(play.undo if play else []):
            undo()
        cast.clear()
        if cast.hanse is None:
            return
        cast.hanse.config, cast.hanse.hosts = before
        if play and play.modules_changed:
            for name in os.listdir(os.path.join(hanse.build_folder(), 'modules')):
                if name.endswith('.so'):
                    steps_node.restored.function(play, [], name[:-3])
        if play and play.stopping:
            cast.hanse.child.stop(5)
        if not cast.hanse.child.alive:
            cast.hanse.start()
        elif play and (play.config_changed or play.modules_changed):
            cast.hanse.write()
            cast.hanse.ctl('reload')


def listing(paths):
    for path in paths:
        for scenario in Group(path).scenarios:
            print('%s: %s  [%s]' % (os.path.relpath(path), scenario.title, ' '.join(scenario.shows)))


def main():
    parser = argparse.ArgumentParser(description='Runs scenarios.')
    parser.add_argument('files', nargs='*')
    parser.add_argument('--direct', action='store_true', help='without a router: tests the runner itself')
    parser.add_argument('--only', default='', metavar='TEXT', help='only scenarios whose title has this text')
    parser.add_argument('--list', action='store_true', help='only list scenarios and what they show')
    parser.add_argument('--grammar', action='store_true', help='only list the steps')
    parser.add_argument('--keep', action='store_true', help='keep the run folder')
    parser.add_argument('--verbose', action='store_true', help='print each message')
    options = parser.parse_args()
    if options.grammar:
        for step in steps.STEPS:
            print(re.sub(r'\s*\n\s*', '\n        ', step.usage))
        return 0
    if options.list:
        listing(options.files)
        return 0
    if not options.direct and not hanse.built():
        print('%s is not there: ./dev build makes it' % hanse.program('hanse'))
        return 1
    runner = Runner(options)
    for path in options.files:
        try:
            runner.group(os.path.abspath(path))
        except (Failure, Late, NotReady) as problem:
            runner.failed.append(path)
            print('  FAIL  the group does not start: %s' % problem)
    print('%d passed, %d failed, %d skipped' % (runner.passed, len(runner.failed), len(runner.skipped)))
    return 1 if runner.failed or (runner.passed == 0 and not runner.skipped) else 0


if __name__ == '__main__':
    sys.exit(main())
