#!/usr/bin/python3
"""R113, P61: what was answered has been archived, whatever happens; and a text that cannot be archived goes on only where the
administrator wants that.

    test_archive.py [CASE…]      only these: killed full_deny full_abstain reload stuck"""
import json
import os
import sys
import time

from disk import Disk
from resources import Honest, Resources, Skip, expect, hanse, run, wait_for

from sip import response


def archived(path):
    """The lines of the file; None: one is not whole."""
    with open(path) as file:
        lines = file.read().split('\n')
    texts = []
    for line in lines if lines[-1] else lines[:-1]:
        try:
            texts.append(json.loads(line))
        except ValueError:
            texts.append(None)
    return texts


class Archive(Resources):
    def __init__(self, lab, on_failure, full=False, environment=None):
        self.folder = os.path.join(lab.folder, 'archive')
        self.path = os.path.join(self.folder, 'texts')
        os.mkdir(self.folder, 0o700)

        def change(config):
            config['modules'].append({'name': 'archive', 'on_failure': on_failure, 'file': self.path})
            config['policy'].setdefault('routed', []).append('archive')
            config['policy'].update(retry='200ms')
        super().__init__(lab, Disk.wrapper(self.folder) if full else (), environment, change)
        self.honest = Honest(self)
        self.sent, self.answered = {}, {}

    # ---- many at once ----

    def say(self, count):
        """Texts of their own, each in a conversation of its own; nobody waits for them."""
        for _ in range(count):
            text = 'text %d' % len(self.sent)
            self.sent[self.message(text).call_id] = text

    def pump(self, seconds=0.01):
        """The partner answers what has come, and the answers that home got are noted: text → status."""
        home, partner = self.cast.endpoint('home'), self.cast.endpoint('partner')
        self.cast.reactor.idle(seconds)
        for arrival in [one for one in partner.inbox if one.message.is_request]:
            partner.inbox.remove(arrival)
            partner.send(response(arrival.message, 200, tag='p'), arrival.link)
        for arrival in [one for one in home.inbox if not one.message.is_request]:
            home.inbox.remove(arrival)
            if arrival.message.status >= 200:
                self.answered[self.sent[arrival.message.call_id]] = arrival.message.status

    def waiting(self):
        return len(self.sent) - len(self.answered)


def killed(lab):
    """kill -9 in the middle of traffic: each text that was answered is there, once, and the next run goes on behind it."""
    trial = Archive(lab, 'deny')
    until, left = time.monotonic() + 2, 0
    while time.monotonic() < until or not left:
        trial.say(8)
        trial.pump(0.002)
        left = trial.waiting()
    trial.hanse.child.kill()
    texts = [line['text'] for line in archived(trial.path) if line]
    good = {text for text, status in trial.answered.items() if status == 200}
    expect(len(good) > 100 and good == set(trial.answered), 'a text was refused: %s' % set(trial.answered.values()))
    expect(good <= set(texts), '%d texts that were answered are not archived' % len(good - set(texts)))
    expect(len(texts) == len(set(texts)), 'a text is there twice')
    with open(trial.path, 'a') as file:
        file.write('{"time":"2026-')   # as if it had been killed within a line
    trial.hanse.start()
    trial.cast.clear()
    expect(trial.honest.message() == 200, 'a message is refused after the start')
    lines = archived(trial.path)
    expect(lines[-2] is None and lines[-1]['text'] == 'honest', 'half a line spoils the next one')
    return '%d answered, %d archived, %d had no answer yet' % (len(good), len(texts), left)


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
    expect(None not in texts, 'a line is torn')
    expect(len(texts) >= 21, '%d texts' % len(texts))
    if on_failure == 'deny':
        expect(len(texts) >= trial.honest.delivered, '%d texts for %d' % (len(texts), trial.honest.delivered))
    return '%d lines; %s' % (len(texts), trial.honest)


def full_deny(lab):
    return full(lab, 'deny', (500, 480))


def full_abstain(lab):
    return full(lab, 'abstain', (200,))


def reload(lab):
    """New code and new settings while texts wait: each is archived; one that was judged anew, with the same decision."""
    trial = Archive(lab, 'deny')
    waited = 0
    for number in range(6):
        trial.say(20)
        waited += trial.waiting()
        if number % 2:
            trial.hanse.rebuild('archive')
        trial.reload_well(trial.hanse.changed(
            lambda config: next(one for one in config['modules'] if one['name'] == 'archive').update(
                sync=number % 4 < 2)))
        trial.pump(0.05)
    wait_for(lambda: trial.pump() or not trial.waiting(), 10, 'each text is answered')
    expect(set(trial.answered.values()) == {200}, 'a text was refused: %s' % set(trial.answered.values()))
    lines = archived(trial.path)
    decisions = {}
    for line in lines:
        decisions.setdefault(line['text'], set()).add(line['decision'])
    expect(set(decisions) == set(trial.answered), '%d texts are missing' % len(set(trial.answered) - set(decisions)))
    expect(all(len(one) == 1 for one in decisions.values()), 'a text has two decisions')
    moved = trial.path + '.1'
    os.rename(trial.path, moved)
    expect(trial.honest.message() == 200, 'a message is refused')
    expect(len(archived(moved)) == len(lines) and len(archived(trial.path)) == 1, 'a file that was moved away')
    return '%d texts on %d lines over 6 reloads, %d of them waited' % (len(decisions), len(lines), waited)


def stuck(lab):
    """A disk that hangs holds up nobody but those whose texts wait for it: a reload takes another archive, and what hangs
    is kept, however old it is, since whoever stopped it would have to wait for the disk."""
    library = os.path.join(hanse.build_folder(), 'tests', 'stuck_disk_preload.so')
    if not os.path.exists(library):
        raise Skip('%s is not built: sanitizers want to be loaded first' % library)
    stick = os.path.join(lab.folder, 'stuck')
    trial = Archive(lab, 'deny', environment={'LD_PRELOAD': library, 'HANSE_STUCK_FILE': stick})
    expect(trial.honest.message() == 200, 'a message is refused')
    open(stick, 'w').close()
    trial.say(3)
    trial.pump(0.2)
    expect(trial.waiting() == 3, 'a text went on before it was on the disk')

    def change(config):
        next(one for one in config['modules'] if one['name'] == 'archive').update(file=trial.path + '.2', sync=False)
        config.setdefault('limits', {}).update(code_age='10s')
        config['policy'].update(deferred_timeout='2s')
    began = time.monotonic()
    trial.reload_well(trial.hanse.changed(change))
    expect(time.monotonic() - began < 2, 'the reload waits for the disk')
    while time.monotonic() - began < 12.5:
        trial.pump(0.05)
        expect(trial.honest.message(2) == 200, 'a message is refused')
    text = trial.hanse.child.log()
    expect('archive.failing' in text and 'module.expired' in text, 'the log says nothing of it')
    expect('1 jobs' in trial.hanse.ctl('generations')[1], 'hansectl generations does not show what hangs')
    turn = trial.status()['longest_turn_us']
    os.unlink(stick)
    wait_for(lambda: len(trial.hanse.ctl_json('generations')['rows']) == 1, 10, 'what hung is gone')
    return 'longest turn %.1f ms; %s' % (turn / 1e3, trial.honest)


if __name__ == '__main__':
    sys.exit(run('archive', [('killed', killed), ('full_deny', full_deny), ('full_abstain', full_abstain),
                             ('reload', reload), ('stuck', stuck)]))
