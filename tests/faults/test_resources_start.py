#!/usr/bin/python3
"""H4: the N-th allocation of a start fails, for all N in turn. The router ends with a sentence and a status, or runs as if
nothing had been; it never crashes and never hangs.

    test_resources_start.py [CASE…]      only these: check check_own start no_control fragile"""
import os
import signal
import subprocess
import sys
import time

from allocations import Allocations
from resources import LONG, Resources, expect, hanse, run

SAMPLES = 24          # of each case, when not all are tried
PATIENCE = 20         # s
SENTENCES = (1, 78)   # exit statuses that come with one


def numbers(count, samples):
    """All, or so many of them: the first ones, then evenly spread."""
    if LONG:
        return range(1, count + 1)
    return sorted({1, 2, 3} | {1 + count * n // samples for n in range(samples)})


def judge(number, status, text):
    """What is wrong with that end; None: nothing."""
    if status is None:
        return '%d: it hangs' % number
    if status < 0:
        return '%d: it died of signal %d: %s' % (number, -status, text[-300:])
    if status == 0:
        return None
    if status not in SENTENCES or not text.strip():
        return '%d: it ended with %d and says "%s"' % (number, status, text[-300:])
    return None


class Starts:
    def __init__(self, lab):
        self.allocations = Allocations(lab.folder)
        self.trial = Resources(lab)
        self.trial.hanse.terminate()
        self.hanse = self.trial.hanse
        self.environment = dict(os.environ, **self.allocations.environment)

    def process(self, mode):
        return subprocess.Popen([hanse.program('hanse'), '--config', self.hanse.config_path, '--plugins',
                                 self.hanse.modules, *mode], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env=self.environment)

    def answers(self):
        return os.path.exists(self.hanse.socket) and self.hanse.ctl('status')[0] == 0

    def ended(self, process, watch=None):
        """(status, output); status None: it hung and was killed. watch(): whether it has started well and may end."""
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            if watch and watch():
                process.send_signal(signal.SIGTERM)
                watch = None
            time.sleep(0.005)
        status = process.poll()
        if status is None:
            process.kill()
        return status, process.communicate()[0]

    def each(self, run_one, judge_one=judge, **which):
        """run_one() → (status, text), for each number of those that count (Allocations.choose)."""
        self.allocations.choose(**which)
        self.allocations.count()
        status, text = run_one()
        expect(status == 0, 'without a failure: %s, %s' % (status, text))
        count = self.allocations.counted()
        problems, statuses = [], {}
        chosen = numbers(count, SAMPLES)
        for number in chosen:
            self.allocations.fail(number)
            status, text = run_one()
            self.allocations.stop()
            statuses[status] = statuses.get(status, 0) + 1
            problem = judge_one(number, status, text)
            if problem:
                problems.append(problem)
        expect(not problems, '%d of %d:\n    %s' % (len(problems), len(chosen), '\n    '.join(problems[:20])))
        return '%d of %d allocations failed in turn: %s' % (len(chosen), count, ', '.join(
            '%d ended with %d' % (n, status) for status, n in sorted(statuses.items())))


def check(lab):
    """All of it, OpenSSL included."""
    starts = Starts(lab)
    return starts.each(lambda: starts.ended(starts.process(['--check'])))


def check_own(lab):
    """What is not OpenSSL: ourselves, libev, libunbound, libltdl, the C library."""
    starts = Starts(lab)
    return starts.each(lambda: starts.ended(starts.process(['--check'])), openssl=False)


def start(lab):
    """To the first answer on the control socket, and to the end that SIGTERM asks for."""
    starts = Starts(lab)

    def one():
        return starts.ended(starts.process([]), starts.answers)
    return starts.each(one, openssl=False)


def no_control(lab):
    """What comes last at a start fails: the control socket, in a folder that others may write to."""
    starts = Starts(lab)
    os.chmod(starts.hanse.config['run_dir'], 0o777)
    status, text = starts.ended(starts.process([]))
    expect(status == 1 and 'others may write to its folder' in text, 'status %s: %s' % (status, text))
    return text.strip().splitlines()[-1][-60:]


def fragile(lab):
    """libconfig 1.5 and libunbound 1.17 do not ask everywhere. They are not called without room for what they need; if it
    fails nevertheless, the process ends with words."""
    starts = Starts(lab)

    def judge_words(number, status, text):
        words = 'crash: signal' in text or 'out of dynamic memory in libconfig' in text
        return judge(number, status, text) if status == 0 or not words else None
    return starts.each(lambda: starts.ended(starts.process([]), starts.answers), judge_words, fragile=True)


if __name__ == '__main__':
    sys.exit(run('start', [('check', check), ('check_own', check_own), ('start', start), ('no_control', no_control),
                           ('fragile', fragile)]))
