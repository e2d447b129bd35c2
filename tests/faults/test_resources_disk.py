#!/usr/bin/python3
"""H6, T18: the disk of the log, of the state or of the private copies of plugins is full, or nobody reads the log. Traffic
does not notice, lines that are lost are counted, and everything is as before once there is room again.

    test_resources_disk.py [CASE…]      only these: log_full log_unread log_no_reader state_full cache_full"""
import fcntl
import os
import subprocess
import sys
import time

from disk import Disk
from resources import LONG, Honest, Resources, expect, hanse, run, wait_for

LONGEST_TURN = 0.010    # s, beside the time for which the machine did not let it run
LINES = 60              # s within which more lines are written than the log holds back
STAY = 60 if LONG else 0.5


def lines_lost(trial):
    return trial.status()['log_lines_lost']


def flood(trial, honest, condition):
    """Honest messages until the condition holds."""
    end = time.monotonic() + LINES
    while not condition():
        expect(time.monotonic() < end, 'nothing came of it: %s' % trial.status())
        for _ in range(50):
            expect(honest.message() == 200, 'a message is refused')


def stays_quick(trial, honest):
    trial.hanse.ctl_json('turns')  # the longest one from now on
    waited = trial.kept_waiting()
    end = time.monotonic() + STAY
    while time.monotonic() < end:
        expect(honest.message() == 200, 'a message is refused')
    turn, waited = trial.hanse.ctl_json('turns')['rows'][0]['longest_since_asked_us'] / 1e6, trial.kept_waiting() - waited
    expect(turn <= LONGEST_TURN + waited, 'a turn of the loop took up to %.0f ms; it was not let run for %.0f, and pages '
           'were read from the disk %d times' % (1e3 * turn, 1e3 * waited, trial.pages_read()))
    return 1e3 * turn


def said(lab, name):
    """Where the log is to go: a folder of its own."""
    folder = os.path.join(lab.folder, name)
    os.mkdir(folder, 0o700)
    return folder


def log_full(lab):
    folder = said(lab, 'log')
    path = os.path.join(folder, 'hanse.log')
    trial = Resources(lab, Disk.wrapper(folder), change=lambda config: config['log'].update(file=path))
    honest, disk = Honest(trial), Disk(trial)
    expect(honest.message() == 200, 'a message is refused')
    disk.fill(folder)
    flood(trial, honest, lambda: lines_lost(trial) > 100)
    turn = stays_quick(trial, honest)
    lost = lines_lost(trial)
    disk.free(folder)

    def recovered():
        with open(disk.path(path)) as file:
            return 'log.dropped' in file.read()
    wait_for(recovered, 10, 'the log goes on')
    return '%d lines lost and counted; longest turn %.1f ms; %s' % (lost, turn, honest)


def read_all(fd):
    data = b''
    try:
        while True:
            piece = os.read(fd, 65536)
            if not piece:
                return data
            data += piece
    except BlockingIOError:
        return data


def log_unread(lab):
    """Standard error is a pipe that nobody empties."""
    fifo = os.path.join(said(lab, 'log'), 'pipe')
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 65536)
    trial = Resources(lab, ['sh', '-c', 'exec "$@" >"$0" 2>&1', fifo])
    honest = Honest(trial)
    flood(trial, honest, lambda: lines_lost(trial) > 100)
    turn, lost = stays_quick(trial, honest), lines_lost(trial)
    got = bytearray()

    def recovered():
        got.extend(read_all(reader))
        return b'log.dropped' in got
    wait_for(recovered, 10, 'the log goes on')
    return '%d lines lost and counted; longest turn %.1f ms; %s' % (lost, turn, honest)


def log_no_reader(lab):
    """A FIFO: without a reader it cannot be opened, so the start ends with a sentence; the reader goes while it runs, and
    another comes."""
    fifo = os.path.join(said(lab, 'log'), 'fifo')
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    trial = Resources(lab, change=lambda config: config['log'].update(file=fifo))
    honest = Honest(trial)
    expect(honest.message() == 200, 'a message is refused')
    os.close(reader)
    flood(trial, honest, lambda: lines_lost(trial) > 100)
    turn, lost = stays_quick(trial, honest), lines_lost(trial)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    got = bytearray()

    def recovered():
        expect(honest.message() == 200, 'a message is refused')
        got.extend(read_all(reader))
        return b'log.dropped' in got and b'message.answered' in got
    wait_for(recovered, 10, 'the log goes on')
    os.close(reader)
    trial.hanse.terminate()
    result = subprocess.run(trial.hanse.child.argv, capture_output=True, text=True, timeout=20, check=False)
    expect(result.returncode in (1, 78) and fifo in result.stderr, 'without a reader: status %d, %s' % (
        result.returncode, result.stderr))
    return '%d lines lost and counted; longest turn %.1f ms; %s' % (lost, turn, honest)


def state_full(lab):
    """Nothing is written there while it runs. A start that cannot count itself ends with a sentence, and hurts nothing."""
    folder = os.path.join(lab.folder, 'hanse', 'state')
    trial = Resources(lab)
    honest = Honest(trial)
    trial.hanse.terminate()
    trial.hanse.wrapper = Disk.wrapper(folder)
    trial.hanse.start()
    trial.cast.clear()
    disk = Disk(trial)
    disk.fill(folder)
    for _ in range(3):
        trial.reload_well(trial.hanse.changed(lambda config: config.update(limits={'held_per_conversation': 7})))
        expect(honest.message() == 200, 'a message is refused')
    turn = stays_quick(trial, honest)
    names = {name: open(disk.path(folder + '/' + name), 'rb').read() for name in ('secret', 'boot')}
    # A second one in the same place, as after kill -9: the namespace lives on with this process
    space = ['nsenter', '-m', '-t', str(trial.hanse.child.pid)]
    other = dict(trial.hanse.config, run_dir=os.path.join(lab.folder, 'run2'), listen=[
        dict(listener, address='%s:5061' % lab.network.address()) for listener in trial.hanse.config['listen']])
    os.mkdir(other['run_dir'], 0o700)
    path = os.path.join(trial.hanse.folder, 'other.conf')
    with open(path, 'w') as file:
        file.write(hanse.libconfig(other).strip()[1:-1])
    start = space + [hanse.program('hanse'), '--config', path, '--plugins', trial.hanse.modules]
    result = subprocess.run(start, capture_output=True, text=True, timeout=20, check=False)
    expect(result.returncode == 1 and 'No space left on device' in result.stderr and folder in result.stderr,
           'a start on a full disk: status %d, %s' % (result.returncode, result.stderr))
    for name, content in names.items():
        expect(open(disk.path(folder + '/' + name), 'rb').read() == content, name + ' was hurt')
    left = set(os.listdir(disk.path(folder))) - {'secret', 'boot', 'filler'}
    expect(not left, 'it left %s' % left)
    disk.free(folder)
    second = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: os.path.exists(other['run_dir'] + '/control.sock'), 10, 'it starts when there is room')
    finally:
        second.terminate()
        second.wait(20)
        second.stderr.close()
    return 'start refused with a sentence, files whole; longest turn %.1f ms; %s' % (turn, honest)


def cache_full(lab):
    """New code that finds no room is refused; the running one goes on, and the next reload takes it."""
    trial = Resources(lab)
    folder = os.path.join(trial.hanse.folder, 'cache')
    honest = Honest(trial)
    trial.hanse.terminate()
    trial.hanse.wrapper = Disk.wrapper(folder, 8)
    trial.hanse.start()
    trial.cast.clear()
    disk = Disk(trial)
    disk.fill(folder)
    trial.hanse.rebuild('sip')
    status, text = trial.reload(trial.good)
    expect(status == 1 and 'No space left on device' in text, 'a reload on a full disk: %d, %s' % (status, text))
    expect(honest.message() == 200, 'a message is refused')
    disk.free(folder)
    trial.reload_well(trial.good)
    expect(honest.message() == 200, 'a message is refused')
    return 'refused with a sentence, then taken; %s' % honest


if __name__ == '__main__':
    sys.exit(run('disk', [('log_full', log_full), ('log_unread', log_unread), ('log_no_reader', log_no_reader),
                          ('state_full', state_full), ('cache_full', cache_full)]))
