#!/usr/bin/python3
"""H7, T19: the wall clock jumps by an hour, a day, ten years, while messages are in hand, a call rings and others flow. No
time-out comes early or late, nothing is lost, no link drops; only certificates and the times in the log follow.

    test_resources_clock.py [CASE…]      only these: jumps"""
import glob
import os
import re
import sys
import time

from resources import LONG, Honest, Resources, Skip, expect, hanse, run

from cast import NODE
from conversation import Conversation
from sip import response

LIBRARY = glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1')
HOUR, DAY = 3600, 86400
# seconds, and whether a certificate that is valid now is valid then
JUMPS = ((HOUR, True), (0, True), (-HOUR, False), (DAY, True), (-DAY, False), (-3650 * DAY, False), (0, True))
STAY = 3 if LONG else 0.2   # s at each time; in all less than a message in hand may wait (Timer F, 32 s)


class Clock:
    def __init__(self, lab):
        if not LIBRARY:
            raise Skip('libfaketime is not installed')
        if b'libasan' in open(hanse.program('hanse'), 'rb').read():
            raise Skip('a sanitizer and libfaketime do not go together')
        self.path = os.path.join(lab.folder, 'clock')
        self.set(0)
        self.environment = {'LD_PRELOAD': LIBRARY[0], 'DONT_FAKE_MONOTONIC': '1', 'FAKETIME_NO_CACHE': '1',
                            'FAKETIME_TIMESTAMP_FILE': self.path}

    def set(self, seconds):
        """By so much the router's wall clock is ahead from now on."""
        with open(self.path + '.new', 'w') as file:
            file.write('%+d\n' % seconds)
        os.replace(self.path + '.new', self.path)


def year_of_last_line(trial):
    years = re.findall(r'^(\d{4})-\d\d-\d\dT', trial.hanse.child.log(), re.M)
    return int(years[-1])


def comes_in(trial):
    """Whether somebody whose certificate is valid now can come in."""
    link = trial.cast.endpoint('partner').dial(trial.cast.targets['partner'][0],
                                               trial.cast.client_contexts['partner'], NODE)
    if link.open:  # under TLS 1.3 a refusal comes after the handshake
        trial.cast.reactor.idle(0.1)
    good = link.open
    link.close()
    return good


def stay(trial, honest):
    """Messages for a while."""
    end = time.monotonic() + STAY
    while time.monotonic() < end:
        expect(honest.message(3) == 200, 'a message is refused')


def jumps(lab):
    clock = Clock(lab)
    trial = Resources(lab, environment=clock.environment)
    honest, partner, home = Honest(trial), trial.cast.endpoint('partner'), trial.cast.endpoint('home')
    stay(trial, honest)
    links = {row['link'] for row in trial.hanse.ctl_json('links')['rows']}
    handed = [trial.message('in hand %d' % number) for number in range(5)]
    handed = [(message, partner.take_request('MESSAGE', 8, message.call_id)) for message in handed]
    call = Conversation(trial, 'audio').ring()
    session = Conversation(trial, 'im', 'partner').accept()
    began = time.monotonic()
    for seconds, valid in JUMPS:
        clock.set(seconds)
        stay(trial, honest)
        session.talk('at %+d' % seconds)
        expect(comes_in(trial) == valid, 'at %+d s a certificate %s' % (seconds, 'does not count' if valid else 'counts'))
        now = time.gmtime(time.time() + seconds).tm_year
        expect(abs(year_of_last_line(trial) - now) <= 1, 'the log is in %d at %+d s' % (year_of_last_line(trial), seconds))
    lasted = time.monotonic() - began
    for message, arrival in handed:
        partner.send(response(arrival.message, 200, tag='p'), arrival.link)
        status = home.take_answer(message).message.status
        expect(status == 200, 'a message that was in hand is answered %d' % status)
    call.accept().end()
    session.end()
    status = trial.status()
    expect(links <= {row['link'] for row in trial.hanse.ctl_json('links')['rows']}, 'a link dropped')
    expect(abs(status['uptime_seconds'] - (time.monotonic() - began)) < 10, 'it says it is up %d s' %
           status['uptime_seconds'])
    trial.empty()
    return '%d jumps in %.1f s, nothing lost, links kept; %s; longest turn %.1f ms' % (
        len(JUMPS), lasted, honest, status['longest_turn_us'] / 1e3)


if __name__ == '__main__':
    sys.exit(run('clock', [('jumps', jumps)]))
