#!/usr/bin/python3
"""State that is handed over: the counts of the example `tally` go through ten builds of its code, one after the other, by
SIGHUP, with messages on their way at each; none is counted twice, none is lost (P42).

    test_tally.py"""
import os
import signal
import subprocess
import sys
import time

from trial import HOME, Trial, Wrong, hanse, main, response, wait_for

BUILDS = 10
ABOUT = 20  # messages on their way while the code is exchanged
SOURCE = os.path.join(hanse.SOURCE, 'sdk')


class Tally(Trial):
    def prepare(self):
        self.hanse.install_modules()
        self.build(0)
        self.hanse.config['modules'].append({'name': 'tally'})

    def build(self, number):
        """The example as build `number`, in place of the one before."""
        path = os.path.join(self.hanse.modules, 'tally.so')
        subprocess.run([os.environ.get('CC', 'cc'), '-shared', '-fPIC', '-fvisibility=hidden', '-Wl,-z,defs,-z,now', '-O2',
                        '-I', os.path.join(SOURCE, 'include'), '-DTALLY_BUILD="%d"' % number, '-o', path + '.new',
                        os.path.join(SOURCE, 'examples', 'tally', 'tally.c')], check=True)
        os.replace(path + '.new', path)

    def count(self):
        return self.hanse.ctl_json('tally', HOME)['rows'][0]['messages']

    def build_that_counts(self):
        rows = self.hanse.ctl_json('modules')['rows']
        return next(row['version'] for row in rows if row['module'] == 'tally')

    def finish(self, sent):
        """Those on their way arrive, and are answered."""
        partner, home = self.cast.endpoint('partner'), self.cast.endpoint('home')
        for message in sent:
            arrival = partner.take_request('MESSAGE', 8, message.call_id)
            partner.send(response(arrival.message, 200, tag='p'), arrival.link)
        for message in sent:
            if home.take_answer(message, seconds=8).message.status != 200:
                raise Wrong('a message was not let through')

    def survives(self):
        total = ABOUT
        self.exchange(ABOUT)
        took = []
        for number in range(1, BUILDS + 1):
            self.build(number)
            done = self.hanse.counters()['reload.done']
            sent = [self.message('before') for _ in range(ABOUT // 2)]
            began = time.monotonic()
            self.hanse.child.signal(signal.SIGHUP)
            while self.hanse.counters()['reload.done'] == done:
                sent.append(self.message('meanwhile'))
                if time.monotonic() > began + 10:
                    raise Wrong('the reload does not end')
            took.append(time.monotonic() - began)
            sent += [self.message('after') for _ in range(ABOUT // 2)]
            self.finish(sent)
            total += len(sent)
            if self.build_that_counts() != '1.%d' % number:
                raise Wrong('build %d does not run, but %s' % (number, self.build_that_counts()))
            if self.count() != total:
                raise Wrong('after build %d it has counted %d messages of %d' % (number, self.count(), total))
        wait_for(lambda: len([row for row in self.hanse.ctl_json('generations')['rows'] if 'module' in row]) == 0, 20,
                 'the end of the old builds')
        print('        %d builds, %d messages, each counted once; a reload took at most %.0f ms' % (
            BUILDS, total, max(took) * 1e3))


if __name__ == '__main__':
    sys.exit(main('tally', Tally, ('survives',)))
