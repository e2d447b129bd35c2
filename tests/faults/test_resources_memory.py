#!/usr/bin/python3
"""H5, T17: a control group bounds the memory of the router, and partners do what costs memory. It gives up by steps, is
never ended by the kernel, goes on serving honest traffic, and takes its steps back.

    test_resources_memory.py [CASE…]      only these: halves halves_late in_flight stated"""
import os
import sys
import time

from resources import LONG, Honest, Resources, Skip, expect, hanse, run, wait_for

from cast import HOME, NODE, PARTNER
from sip import Dialog
import wire

GROUPS = '/sys/fs/cgroup/memory'
LINKS = 96                    # of the attacker, from addresses of its own
FIRST = 30                    # s within which an attack must make memory short, to be one
ATTACK = 300 if LONG else 3   # s after that
BACK = 15                     # s until the steps are taken back after it


class Group:
    """A memory group of its own below ours, version 1."""

    def __init__(self, lab, limit):
        try:
            with open('/proc/self/cgroup') as file:
                own = next(line.split(':', 2)[2].strip() for line in file if line.split(':')[1] == 'memory')
            self.folder = '%s%s/%s' % (GROUPS, own, os.path.basename(lab.folder))
            os.mkdir(self.folder)
        except (OSError, StopIteration) as why:
            raise Skip('no group with a bound on memory can be made here: %s' % why) from None
        lab.own(self)
        for name in ('memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'):
            self.write(name, limit << 20)
        self.wrapper = ['/bin/sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', self.folder]

    def write(self, name, value):
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(str(value))

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def kills(self):
        return int(dict(line.split() for line in self.read('memory.oom_control').splitlines())['oom_kill'])

    def highest(self):
        return int(self.read('memory.max_usage_in_bytes')) / (1 << 20)

    def stop(self):
        wait_for(lambda: not self.read('cgroup.procs'), 5, 'the group is empty')
        os.rmdir(self.folder)


class Attacker:
    """A partner with a certificate, many addresses and bad intentions: links that come back when they are cut."""

    def __init__(self, trial, each, first=0):
        """each(link): what is done with an open link; `first`: so many are open before it begins."""
        self.waits_for = first
        cast = trial.cast
        self.reactor, self.each = cast.reactor, each
        self.target = (trial.hanse.outside, trial.hanse.outside_port)
        self.addresses = [cast.lab.network.address() for _ in range(12)]
        self.context = cast.client_contexts['partner']
        self.links, self.begun, self.opened, self.cut = [], set(), 0, 0

    def step(self):
        """Dials what is missing, a few at a time, and goes on with what is open."""
        for link in [link for link in self.links if link.closed]:
            self.links.remove(link)
            self.begun.discard(link)
            self.cut += 1
        ready = [link for link in self.links if link.open and link not in self.begun]
        if len(ready) >= self.waits_for:
            self.waits_for = 0
            self.opened += len(ready)
            self.begun.update(ready)
            for link in ready:
                self.each(link)
        for _ in range(min(4, LINKS - len(self.links))):
            source = self.addresses[(self.cut + len(self.links)) % len(self.addresses)]
            self.links.append(wire.dial(self.reactor, self.target, source, self.context, NODE))

    def close(self):
        for link in self.links:
            link.close()


def message(size, user='alice'):
    dialog = Dialog('sip:mallory@' + PARTNER, 'sip:%s@%s' % (user, HOME), 'TLS sip.%s:5061' % PARTNER,
                    '<sip:mallory@%s>' % PARTNER)
    return dialog.request('MESSAGE', 'x' * size).bytes()


def attack(trial, attacker, honest):
    """Attacks until memory is short, and then for its time, with honest messages beside it; returns the names of the
    steps that were seen."""
    end, steps, next_look = time.monotonic() + FIRST, set(), 0
    while time.monotonic() < end:
        attacker.step()
        trial.cast.reactor.idle(0.01)
        honest.message(10)
        trial.alive()
        if time.monotonic() > next_look:
            step = trial.status()['memory_short']
            if step != 'none' and not steps:
                end = time.monotonic() + ATTACK
            steps.update({step} - {'none'})
            next_look = time.monotonic() + 0.1
    attacker.close()
    return steps


def after(trial, honest, seconds=BACK):
    """What waited is answered, all steps are taken back, and honest messages pass as before."""
    began, home = time.monotonic(), trial.cast.endpoint('home')

    def over():
        for arrival in [arrival for arrival in home.inbox if arrival.message.is_request]:
            home.inbox.remove(arrival)
            home.answer(arrival, 200, tag='late')
        return trial.status()['memory_short'] == 'none'
    trial.cast.reactor.until(over, seconds, 'the steps are taken back')
    back = time.monotonic() - began
    trial.cast.clear()
    for _ in range(20):
        expect(honest.message() == 200, 'an honest message is refused after the attack')
    return back


def bounded(lab, each, first=0, limit=64):
    if b'libasan' in open(hanse.program('hanse'), 'rb').read():
        raise Skip('a sanitizer takes more memory than the bound')
    group = Group(lab, limit)
    trial = Resources(lab, group.wrapper)
    expect(trial.status()['memory_bound'] == 'cgroup', 'the group is not seen: %s' % trial.status())
    honest, attacker = Honest(trial), Attacker(trial, each, first)
    for _ in range(20):
        expect(honest.message() == 200, 'an honest message is refused before the attack')
    steps = attack(trial, attacker, honest)
    back = after(trial, honest)
    status = trial.status()
    expect(group.kills() == 0, 'the kernel ended it')
    expect(steps, 'memory never was short: the attack is none (%d links, %d MiB)' % (
        attacker.opened, group.highest()))
    levels = [event for event in trial.hanse.events() if event.get('event') == 'memory.level']
    expect(levels and all(event['bound'] == 'cgroup' for event in levels), 'the log does not tell of the steps')
    return '%d of %d MiB at most; steps %s; %d links opened, %d refused, %d closed; %s; back after %.1f s; %d lines' % (
        group.highest(), limit, '+'.join(sorted(steps)), attacker.opened, status['memory_refused'],
        status['memory_closed'], honest, back, len(levels))


def halves(lab):
    """Messages of a MiB, of which the end never comes."""
    half = message(1000 * 1000)[:-10]
    return bounded(lab, lambda link: link.send(half))


def halves_late(lab):
    """The same on links that were there before: to refuse new ones is not enough."""
    half = message(1000 * 1000)[:-10]
    return bounded(lab, lambda link: link.send(half), LINKS)


def in_flight(lab):
    """Messages of 200 kB each to somebody who never answers."""
    return bounded(lab, lambda link: [link.send(message(200 * 1000, 'nobody')) for _ in range(3)], limit=36)


def stated(lab):
    """limits.memory, set and taken back by a reload, under what is used already."""
    trial = Resources(lab)
    honest = Honest(trial)
    expect(honest.message() == 200, 'an honest message is refused before')
    trial.reload_well(trial.hanse.changed(lambda config: config.update(limits={'memory': '1M'})))
    trial.cast.reactor.until(lambda: trial.status()['memory_short'] == 'idle', 5, 'the last step')
    expect(trial.status()['memory_bound'] == 'limits.memory', 'another bound counts')
    expect(honest.message() == 480, 'a new message passes')
    refused = trial.cast.endpoint('partner').dial(trial.cast.targets['partner'][0],
                                                  trial.cast.client_contexts['partner'], NODE)
    expect(not refused.open, 'a stranger comes in')
    trial.reload_well(trial.hanse.changed(lambda config: None))
    after(trial, honest)
    return str(honest)


if __name__ == '__main__':
    cases = [('halves_late', halves_late), ('in_flight', in_flight), ('stated', stated)]
    sys.exit(run('memory', ([('halves', halves)] if LONG or len(sys.argv) > 1 else []) + cases))
