#!/usr/bin/python3
"""S1 to S7: what a module keeps in the store, in a running router: it survives a restart, kill -9 but for the last second,
and new code of the store and of the module; a full disk and a damaged file harm no traffic.

    test_store.py [CASE…]    only these: restart killed swapped memory disk_full damaged refused"""
import glob
import os
import sys
import time

from resources import Honest, Resources, expect, hanse, run, wait_for
from test_resources_disk import Disk


class Kept(Resources):
    """A router whose module `tally` counts each message in the store `keeper`."""

    def __init__(self, lab, plugin='sqlite', wrapper=()):
        self.plugin = plugin
        super().__init__(lab, wrapper)
        self.honest = Honest(self)

    def prepare(self):
        super().prepare()
        self.hanse.install_modules()
        self.install('test_modules', 'tally')
        self.hanse.config['modules'] += [{'name': 'keeper', 'plugin': self.plugin}, {'name': 'tally'}]
        self.hanse.config['store'] = 'keeper'

    def tally(self):
        return self.hanse.ctl_json('tally')['rows'][0]

    def when_read(self):
        """What the module read as it started."""
        return wait_for(lambda: [row for row in [self.tally()] if row['read']], 5, 'tally reads what was kept')[0]['kept']

    def messages(self, count):
        for _ in range(count):
            expect(self.honest.message() == 200, 'a message is refused')

    def all_answered(self):
        def answered():
            row = self.tally()
            return row['answered'] + row['failed'] == row['asked'] and row
        return wait_for(answered, 5, 'the store answers all')

    def start_again(self):
        self.hanse.config = self.good
        self.hanse.start()
        self.cast.reactor.idle(0.1)  # the servers notice that their links are gone

    def end(self):
        self.hanse.child.signal(15)
        self.cast.reactor.until(lambda: not self.hanse.child.alive, 15, 'the router ends')
        expect(self.hanse.child.status == 0, 'it ended with %s' % self.hanse.child.status)

    def log(self, event):
        return [line for line in self.hanse.events() if line.get('event') == event]


def restart(lab):
    """S5: nothing is lost, not even what was counted in the last moment."""
    trial = Kept(lab)
    expect(trial.when_read() == 0, 'it does not begin with 0')
    for round_ in range(1, 3):
        trial.messages(20)
        trial.end()
        trial.start_again()
        kept = trial.when_read()
        expect(kept == 20 * round_, '%d of %d messages are kept' % (kept, 20 * round_))
    path = os.path.join(trial.hanse.folder, 'state', 'store.db')
    expect(os.stat(path).st_mode & 0o7777 == 0o600, 'the file is not its owner\'s alone')
    return '%d of 40 kept over two restarts; %s' % (kept, trial.honest)


def killed(lab):
    """S6: kill -9 in the middle of traffic."""
    trial = Kept(lab)
    sent = []
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        trial.messages(1)
        sent.append(time.monotonic())
    row = trial.tally()
    at = time.monotonic()
    trial.hanse.child.kill()
    trial.start_again()
    kept, due = trial.when_read(), sum(when < at - 1 for when in sent)
    expect(kept >= due, '%d messages are kept, and %d were older than a second' % (kept, due))
    expect(kept >= row['sum'], '%d messages are kept, and %d were told to be' % (kept, row['sum']))
    expect(kept <= len(sent), 'more are kept than there were')
    trial.messages(5)
    return '%d of %d messages kept after kill -9 (%d were older than 1 s, %d had been answered); %s' % (
        kept, len(sent), due, row['sum'], trial.honest)


def changed_six_times(trial, store):
    """New code of the store, of the module, and of both, twice; how many messages were counted meanwhile."""
    count = 0
    for names in ([store], ['tally'], [store, 'tally']) * 2:
        trial.messages(15)
        count += 15
        for name in names:
            trial.hanse.rebuild(name)
        trial.reload_well(trial.good)
        if 'tally' in names:
            kept = trial.when_read()
            expect(kept == count, 'after new code of %s %d of %d are kept' % (names, kept, count))
    return count


def swapped(lab):
    """S2, S3: new code of the store, of the module, and of both, under traffic: nothing is lost, nothing counted twice."""
    trial = Kept(lab)
    count = changed_six_times(trial, 'sqlite')
    trial.messages(5)
    row = trial.all_answered()
    expect(row['sum'] == count + 5 and not row['failed'], 'counted %s, not %d' % (row, count + 5))

    def buried():
        alive = trial.hanse.ctl_json('modules')['rows']
        return len(alive) == len(trial.good['modules'])
    wait_for(buried, 10, 'old instances are buried')
    expect(not trial.log('plugin.leftover') and not trial.log('store.failing'), 'something was left, or failed')
    return '%d counted over six changes of code; longest turn %.1f ms; %s' % (
        row['sum'], trial.status()['longest_turn_us'] / 1e3, trial.honest)


def memory(lab):
    """S4: in memory, a counter survives new code of the store and of the module."""
    trial = Kept(lab, 'memory')
    count = changed_six_times(trial, 'memory')
    return '%d kept over six changes of code; %s' % (count, trial.honest)


def disk_full(lab):
    """S7: messages pass while nothing can be kept; once there is room it goes on."""
    folder = os.path.join(lab.folder, 'hanse', 'state')
    os.makedirs(folder, 0o700, exist_ok=True)
    trial = Kept(lab, wrapper=Disk.wrapper(folder))
    disk = Disk(trial)
    trial.messages(10)
    before = trial.all_answered()
    disk.fill(folder)

    def failing():
        trial.messages(1)
        return trial.log('store.failing')
    wait_for(failing, 20, 'the store fails')
    trial.messages(30)
    row = trial.all_answered()
    expect(row['failed'] > 0, 'nothing failed: %s' % row)
    failed = trial.hanse.counters()['keeper.failed']
    expect(failed >= row['failed'], '%d failures are counted, and %d happened' % (failed, row['failed']))
    expect(len(trial.log('store.failing')) == 1, 'each failure is a line of the log')
    disk.free(folder)

    def works():
        trial.messages(1)
        return trial.log('store.works')
    wait_for(works, 20, 'the store works again')
    trial.messages(10)
    row = trial.all_answered()
    expect(row['sum'] == row['answered'] and before['sum'] == 10, 'it counted wrong: %s' % row)
    turn = trial.status()['longest_turn_us']
    return '%d of %d counts failed while the disk was full; longest turn %.1f ms; %s' % (
        row['failed'], row['asked'], turn / 1e3, trial.honest)


def damaged(lab):
    """S7: it is moved aside, with a line in the log, and begun anew."""
    trial = Kept(lab)
    trial.messages(10)
    trial.end()
    path = os.path.join(trial.hanse.folder, 'state', 'store.db')
    with open(path, 'r+b') as file:
        file.seek(100)
        file.write(b'\x5a' * 8000)
    status, text = trial.hanse.check()
    expect(status == 0 and not glob.glob(path + '.corrupt-*'), 'looking at it changes it: %d, %s' % (status, text))
    trial.start_again()
    expect(trial.when_read() == 0, 'it does not begin anew')
    trial.messages(10)
    row = trial.all_answered()
    aside = glob.glob(path + '.corrupt-*')
    expect(len(aside) == 1 and os.path.getsize(aside[0]) > 8000, 'it was not moved aside: %s' % aside)
    lines = trial.log('store.corrupt')
    expect(len(lines) == 1 and aside[0] in lines[0]['line'], 'nobody is told: %s' % lines)
    expect(row['sum'] == 10, 'it does not count: %s' % row)
    return 'moved to %s; %s' % (os.path.basename(aside[0]), trial.honest)


def refused(lab):
    """S1, S7: what cannot be is refused with the line of the configuration; the running router goes on."""
    trial = Kept(lab)
    foreign = os.path.join(trial.hanse.folder, 'hanse.conf')

    def without(config):
        del config['store']

    def no_store(config):
        config['store'] = 'sip'

    def nobody(config):
        config['store'] = 'keper'

    def theirs(config):
        config['modules'][-2]['path'] = foreign
    for change, says in ((without, 'requires a store; add one to `modules`'), (no_store, 'store = "sip": that module'),
                         (nobody, 'did you mean "keeper"'), (theirs, 'not a database of SQLite; move it away')):
        status, text = trial.reload(trial.hanse.changed(change))
        expect(status == 1 and says in text and 'hanse.conf:' in text, '%s: %d, %s' % (change.__name__, status, text))
        trial.messages(2)
    with open(foreign) as file:
        expect('modules' in file.read(), 'the file of somebody else was changed')
    row = trial.all_answered()
    expect(row['sum'] == 8, 'the store was disturbed: %s' % row)
    return 'four configurations refused; %s' % trial.honest


if __name__ == '__main__':
    if not os.path.isdir(os.path.join(hanse.build_folder(), 'test_modules')):
        print('the plugins of the tests are not built')
        sys.exit(77)
    sys.exit(run('store', [('restart', restart), ('killed', killed), ('swapped', swapped), ('memory', memory),
                           ('disk_full', disk_full), ('damaged', damaged), ('refused', refused)]))
