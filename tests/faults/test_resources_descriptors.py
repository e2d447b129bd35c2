#!/usr/bin/python3
"""H3, T16: descriptors run out. Accepting pauses without using the processor, those who wait are told, what is open is
served on, links to others, names and the log have descriptors of their own, and accepting goes on when there are some.

    test_resources_descriptors.py [CASE…]      only these: strangers inside none_left"""
import os
import resource
import socket
import sys
import time

from resources import LONG, Honest, Resources, expect, run, wait_for

from cast import INSIDE, NODE

LIMIT = 256
QUIET = 10 if LONG else 2   # s over which the use of the processor is measured
MOST_PROCESSOR = 0.05
RESUMED = 1.0               # s until somebody new comes in, once there are descriptors


class Crowd:
    """Connections that do nothing, from several addresses, to one listener."""

    def __init__(self, trial, target):
        self.target, self.socks = target, []
        self.addresses = [trial.cast.lab.network.address() for _ in range(12)]

    def add(self, count):
        for number in range(count):
            sock = socket.socket()
            sock.bind((self.addresses[number % len(self.addresses)], 0))
            sock.setblocking(False)
            sock.connect_ex(self.target)
            self.socks.append(sock)

    def again(self):
        """Those who were cut connect anew. How many."""
        over = []
        for sock in self.socks:
            try:
                over += [sock] if sock.recv(1) == b'' else []
            except BlockingIOError:
                pass
            except OSError:
                over.append(sock)
        for sock in over:
            sock.close()
            self.socks.remove(sock)
        self.add(len(over))
        return len(over)

    def close(self):
        for sock in self.socks:
            sock.close()
        self.socks.clear()


def open_descriptors(trial):
    return len(os.listdir('/proc/%d/fd' % trial.hanse.child.pid))


def use_of_processor(trial, crowd):
    """Its share of one processor while a crowd wants to come in, and tries again when it is told."""
    before, began, told = trial.processor(), time.monotonic(), 0
    while time.monotonic() < began + QUIET:
        told += crowd.again()
        trial.cast.reactor.idle(0.005)
    return (trial.processor() - before) / (time.monotonic() - began), told


def comes_in(trial, role, name, seconds):
    """How long it takes until somebody new has come in; they try again when they are cut."""
    began, endpoint = time.monotonic(), trial.cast.endpoint(role)
    while time.monotonic() - began < seconds:
        link = endpoint.dial(trial.cast.targets[role][0], trial.cast.client_contexts[role], name, seconds=seconds)
        took = time.monotonic() - began
        if link.open:
            link.close()
            return took
    return None


def served(trial, honest, new_links=True):
    """Messages pass on the links that are there, and on one that must be dialled."""
    for _ in range(5):
        expect(honest.message() == 200, 'a message is refused')
    if not new_links:
        return
    for link in list(trial.cast.endpoint('partner').links):
        link.close()
    trial.cast.reactor.idle(0.05)
    expect(honest.message() == 200, 'no link could be dialled for a message')


def besieged(lab, side):
    """A router with few descriptors and a crowd before this listener that takes them all; served() holds meanwhile.
    (the trial, the honest ones, the crowd, per cent of a processor, how many of the crowd were told, descriptors)"""
    trial = Resources(lab, ['prlimit', '--nofile=%d:%d' % (LIMIT, LIMIT)],
                      change=lambda config: config.update(limits={'handshake_timeout': '60s'}))
    honest, crowd = Honest(trial), Crowd(trial, trial.cast.targets[side][0])
    served(trial, honest)
    crowd.add(2 * LIMIT)
    wait_for(lambda: trial.status()['accept_paused'] > 0, 10, 'accepting pauses')
    used, told = use_of_processor(trial, crowd)
    most = open_descriptors(trial)
    served(trial, honest)
    return trial, honest, crowd, used, told, most


def strangers(lab):
    """They take what is theirs; a quarter is kept from them."""
    trial, honest, crowd, used, told, most = besieged(lab, 'partner')
    inside = comes_in(trial, 'home', INSIDE, 2)
    expect(inside is not None, 'nobody comes in from inside')
    expect('listener.paused' in trial.hanse.child.log(), 'the log does not say so')
    lines = trial.hanse.child.log().count('listener.paused')
    paused = trial.status()['accept_paused']
    crowd.close()
    took = comes_in(trial, 'partner', NODE, 10)
    served(trial, honest)
    expect(used <= MOST_PROCESSOR, 'it uses %.1f %% of a processor' % (100 * used))
    expect(took is not None and took <= RESUMED, 'a stranger came in after %s s' % took)
    expect(most <= LIMIT - 60, '%d descriptors are open' % most)
    return '%d of %d descriptors, %.1f %% processor, %d told, paused %d times, %d lines; again after %.2f s; %s' % (
        most, LIMIT, 100 * used, told, paused, lines, took, honest)


def inside(lab):
    """Servers of ours gone mad leave 32 for what goes out, and the control socket answers."""
    trial, honest, crowd, used, told, most = besieged(lab, 'home')
    crowd.close()
    took = comes_in(trial, 'home', INSIDE, 10)
    expect(used <= MOST_PROCESSOR, 'it uses %.1f %% of a processor' % (100 * used))
    expect(took is not None and took <= RESUMED, 'somebody inside came in after %s s' % took)
    expect(most <= LIMIT - 28, '%d descriptors are open' % most)
    return '%d of %d descriptors, %.1f %% processor, %d told; again after %.2f s; %s' % (
        most, LIMIT, 100 * used, told, took, honest)


def none_left(lab):
    """Not one: who waits is told by means of the reserve, and what is open is served."""
    trial = Resources(lab)
    honest = Honest(trial)
    served(trial, honest)
    whole = resource.prlimit(trial.hanse.child.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(trial.hanse.child.pid, resource.RLIMIT_NOFILE, (open_descriptors(trial) - 1, whole[1]))
    crowd = Crowd(trial, trial.cast.targets['partner'][0])
    crowd.add(50)
    used, told = use_of_processor(trial, crowd)
    served(trial, honest, new_links=False)
    crowd.close()
    resource.prlimit(trial.hanse.child.pid, resource.RLIMIT_NOFILE, whole)
    took = comes_in(trial, 'partner', NODE, 10)
    served(trial, honest)
    expect(used <= MOST_PROCESSOR, 'it uses %.1f %% of a processor' % (100 * used))
    expect(took is not None and took <= RESUMED, 'a stranger came in after %s s' % took)
    expect(told >= QUIET, 'only %d of those who wait were told' % told)
    return '%d told, %.1f %% processor; again after %.2f s; %s' % (told, 100 * used, took, honest)


if __name__ == '__main__':
    sys.exit(run('descriptors', [('strangers', strangers), ('inside', inside), ('none_left', none_left)]))
