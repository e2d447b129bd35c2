#!/usr/bin/python3
"""R113: what was answered has been archived, whatever happens; and a text that cannot be archived goes on only where the
administrator wants that.

    test_archive.py [CASE…]      only these: killed full_deny full_abstain reload"""
import json
import os
import sys
import time

from disk import Disk
from resources import Honest, Resources, expect, run, wait_for


def archived(path):
    """The texts of the file, one for each line that is whole."""
    with open(path) as file:
        lines = file.read().split('\n')
    expect(lines[-1] == '', 'the last line is torn: %r' % lines[-1][:80])
    texts = []
    for line in lines[:-1]:
        try:
            texts.append(json.loads(line))
        except ValueError:
            texts.append(None)
    return texts


class Archive(Resources):
    def __init__(self, lab, on_failure, full=False):
        self.folder = os.path.join(lab.folder, 'archive')
        self.path = os.path.join(self.folder, 'texts')
        os.mkdir(self.folder, 0o700)

        def change(config):
            config['modules'].append({'name': 'archive', 'on_failure': on_failure, 'file': self.path})
            config['policy'].setdefault('routed', []).append('archive')
            config['policy'].update(retry='200ms')
        super().__init__(lab, Disk.wrapper(self.folder) if full else (), change=change)
        self.honest = Honest(self)


def killed(lab):
    """kill -9 in the middle of traffic: each text that was answered is there, once."""
    trial = Archive(lab, 'deny')
    until, answered = time.monotonic() + 2, 0
    while time.monotonic() < until:
        expect(trial.honest.message() == 200, 'a message is refused')
        answered += 1
    trial.hanse.child.kill()
    texts = archived(trial.path)
    expect(len(texts) == answered, '%d texts are archived, %d were answered' % (len(texts), answered))
    expect(all(text and text['text'] == 'honest' and text['direction'] == 'out' for text in texts), 'other texts')
    return '%d answered and archived; %s' % (answered, trial.honest)


def full(lab, on_failure, statuses):
    """After some failures the module is asked only now and then, until it can write again."""
    trial = Archive(lab, on_failure, full=True)
    disk = Disk(trial)
    for _ in range(20):
        expect(trial.honest.message() == 200, 'a message is refused')
    disk.fill(trial.folder)
    while trial.honest.message() == 200 and 'archive.failing' not in trial.hanse.child.log():
        pass
    for _ in range(20):
        expect(trial.honest.message() in statuses, 'a text that cannot be archived')
    disk.free(trial.folder)

    def works():
        return trial.honest.message() == 200 and 'archive.written_again' in trial.hanse.child.log()
    wait_for(works, 10, 'texts are archived again')
    expect(trial.honest.message() == 200, 'a message is refused when there is room again')
    texts = archived(disk.path(trial.path))
    whole = sum(text is not None for text in texts)
    expect(whole >= 21 and len(texts) - whole <= 1, '%d texts, %d torn' % (whole, len(texts) - whole))
    if on_failure == 'deny':
        expect(whole >= trial.honest.delivered, '%d texts for %d that were answered' % (whole, trial.honest.delivered))
    return '%d whole lines, %d torn; %s' % (whole, len(texts) - whole, trial.honest)


def full_deny(lab):
    return full(lab, 'deny', (500, 480))


def full_abstain(lab):
    return full(lab, 'abstain', (200,))


def reload(lab):
    """New code and new settings while texts wait: each is archived."""
    trial = Archive(lab, 'deny')
    for _ in range(4):
        for _ in range(10):
            expect(trial.honest.message() == 200, 'a message is refused')
        trial.hanse.rebuild('archive')
        trial.reload_well(trial.good)
    moved = trial.path + '.1'
    os.rename(trial.path, moved)
    expect(trial.honest.message() == 200, 'a message is refused')
    expect(len(archived(moved)) == 40 and len(archived(trial.path)) == 1, 'a text is missing')
    return str(trial.honest)


if __name__ == '__main__':
    sys.exit(run('archive', [('killed', killed), ('full_deny', full_deny), ('full_abstain', full_abstain),
                             ('reload', reload)]))
