#!/usr/bin/python3
"""A partner that nobody entered asks for 2 000 of our addresses, most of which do not exist: it learns what the limits
let it learn and no more, is slowed down and listed, while another partner that nobody entered feels nothing of it
(R62, R63, R64). Both are found by the SRV records of a real name server.

    test_harvester.py [CASE…]    only these: hasty patient"""
import os
import sys
import time

from resources import Lab, Skip, expect, hanse, run

from cast import HOME, Cast
from name_server import UNBOUND, MovingNameServer
from sip import Dialog, response

assert Lab and hanse

HONEST, HARVESTER = 'wingtip.example', 'tailspin.example'
ADDRESSES = 2000
USERS = 100             # that exist; the harvester guesses one in twenty right
PACE = 10               # honest messages a second
NOISE = 0.08            # seconds that an honest message may take on a busy machine, whatever it took in quiet


def role(domain):
    return domain.split('.')[0]


class Town:
    """A home server with some users, a router with `limits`, and the two partners."""

    def __init__(self, lab, settings):
        if not os.access(UNBOUND, os.X_OK):
            raise Skip('unbound is not installed')
        self.cast = Cast(lab)
        router = self.cast.hanse
        router.name_server = MovingNameServer(lab)
        for domain in (HONEST, HARVESTER):
            self.cast.add_edge(domain, 'sip.' + domain)
            self.cast.lead(domain, 'sip.' + domain, '0 0')
        router.config['modules'] += [{'name': 'discovered'}, dict(settings, name='limits')]
        for stage in ('admit', 'routed'):
            router.config['policy'][stage].append('limits')
        self.cast.start()
        lab.own(self)
        self.home, self.reactor = self.cast.endpoint('home'), self.cast.reactor
        self.reached = set()     # users whom the harvester's messages reached, as the home server sees it
        self.sent = {}           # Call-ID → (domain, when)
        self.answers = {HONEST: [], HARVESTER: []}  # (status, seconds)
        self.next = 0.0
        self.count = 0

    def stop(self):
        self.cast.clear()

    def send(self, domain, user):
        edge = self.cast.endpoint(role(domain))
        dialog = Dialog('sip:zoe@' + domain, 'sip:%s@%s' % (user, HOME), edge.via, edge.contact('zoe'))
        request = dialog.request('MESSAGE', 'are you there?', 'text/plain')
        self.sent[request.call_id] = domain, time.monotonic()
        edge.send(request, self.cast.own_link(role(domain)))

    def exists(self, user):
        return user.startswith('user') and int(user[4:]) % 20 == 0

    def serve(self):
        """The home server answers, the partners read what they are answered."""
        inbox, self.home.inbox = self.home.inbox, []
        for arrival in inbox:
            if not arrival.message.is_request:
                continue
            user = arrival.message.uri[4:].split('@')[0]
            if HARVESTER in arrival.message.get('From'):
                self.reached.add(user)
            self.home.send(response(arrival.message, 200 if self.exists(user) else 404, tag='h'), arrival.link)
        for domain, answers in self.answers.items():
            edge = self.cast.endpoint(role(domain))
            inbox, edge.inbox = edge.inbox, []
            for message in [arrival.message for arrival in inbox if not arrival.message.is_request]:
                if message.status >= 200:
                    answers.append((message.status, time.monotonic() - self.sent.pop(message.call_id)[1]))

    def talk(self, seconds, guesses=(), a_turn=20):
        """Honest messages at their pace for so long, and until each got its answer; the guesses beside it, as fast as
        they are answered. How long the honest ones took, in order."""
        begin = time.monotonic()
        guesses = iter(guesses)
        first = len(self.answers[HONEST])
        self.next = begin
        over = False
        while not over or self.sent:
            expect(time.monotonic() < begin + seconds + 30, '%d messages have no answer' % len(self.sent))
            now = time.monotonic()
            if now >= self.next and now < begin + seconds:
                self.next += 1 / PACE
                self.count += 1
                self.send(HONEST, 'user%d' % (20 * (self.count % USERS)))
            open_guesses = sum(domain == HARVESTER for domain, _ in self.sent.values())
            done = object()
            for _ in range(a_turn if open_guesses < 200 else 0):
                guess = next(guesses, done)
                if guess is done:
                    break
                self.send(HARVESTER, guess)
            over = now >= begin + seconds
            self.serve()
            self.reactor.turn(0.005)
        return self.judge(self.answers[HONEST][first:])

    @staticmethod
    def judge(answers):
        expect(len(answers) > PACE, 'only %d honest messages' % len(answers))
        bad = [status for status, _ in answers if status != 200]
        expect(not bad, 'of %d honest messages %d were answered %s' % (len(answers), len(bad), sorted(set(bad))))
        return sorted(took for _, took in answers)

    def watched(self):
        rows = self.cast.hanse.ctl_json('watch')['rows']
        return {row['domains']: row for row in rows}

    def felt_nothing(self, quiet, beside):
        limit = max(2 * quiet[-1], NOISE)
        p95 = beside[int(0.95 * len(beside))]
        expect(p95 <= limit, 'honest p95 is %.0f ms beside the harvester, over %.0f' % (1e3 * p95, 1e3 * limit))
        return 'honest: %d sent, all answered 200, p50 %.1f ms and worst %.1f (in quiet %.1f and %.1f)' % (
            len(beside), 1e3 * beside[len(beside) // 2], 1e3 * beside[-1], 1e3 * quiet[len(quiet) // 2], 1e3 * quiet[-1])

    def harvest(self, seconds):
        """(honest in quiet, honest beside it, answers to the harvester by status, seconds that it took)"""
        self.talk(0.3 + 1.2, ())  # links are opened, names are looked up
        quiet = self.talk(2)
        begin = time.monotonic()
        beside = self.talk(seconds, ('user%d' % number for number in range(ADDRESSES)))
        statuses = {}
        for status, _ in self.answers[HARVESTER]:
            statuses[status] = statuses.get(status, 0) + 1
        expect(sum(statuses.values()) == ADDRESSES, 'it asked for %d, and was answered %s' % (ADDRESSES, statuses))
        return quiet, beside, statuses, time.monotonic() - begin


def hasty(lab):
    """As the module comes: twenty at once, then most of it does not exist, and it crawls."""
    town = Town(lab, {})
    quiet, beside, statuses, took = town.harvest(6)
    most = 20 + 20 + int(took) + 1  # the bucket, until twenty answers are there, then one a second
    learned = statuses.get(200, 0) + statuses.get(404, 0)
    expect(20 <= learned <= most, 'it learned of %d addresses, not of 20 to %d: %s' % (learned, most, statuses))
    expect(len(town.reached) == learned, '%d reached the home server' % len(town.reached))
    rows = town.watched()
    expect('suspicious' in rows[HARVESTER]['mode'], 'it is listed as %s' % rows[HARVESTER])
    expect(rows[HONEST]['mode'] == 'normal', 'the honest one is listed as %s' % rows[HONEST])
    return 'asked for %d, learned of %d (at most %d) in %.1f s, %s; %s' % (
        ADDRESSES, learned, most, took, rows[HARVESTER]['mode'], town.felt_nothing(quiet, beside))


def patient(lab):
    """As one who has time, and guesses so well that nothing is suspicious: the addresses themselves are limited."""
    town = Town(lab, {'rate': '5000/s', 'errors_percent': 100, 'failed_percent': 100})
    quiet, beside, statuses, took = town.harvest(6)
    learned = statuses.get(200, 0) + statuses.get(404, 0)
    expect(learned == 1000 == len(town.reached) and statuses[403] == 1000, 'it was answered %s' % statuses)
    row = town.watched()[HARVESTER]
    expect(row['mode'] == 'no new addresses' and row['addresses'] == 1000, 'it is listed as %s' % row)
    before = len(town.answers[HARVESTER])
    town.talk(2, ('user%d' % number for number in range(1000)))  # known ones go on
    again = {status for status, _ in town.answers[HARVESTER][before:]}
    expect(again == {200, 404}, 'what it knew is answered %s' % again)
    return 'asked for %d, learned of %d in %.1f s, %s; %s' % (ADDRESSES, learned, took, row['mode'],
                                                           town.felt_nothing(quiet, beside))


if __name__ == '__main__':
    sys.exit(run('harvester', [('hasty', hasty), ('patient', patient)]))
