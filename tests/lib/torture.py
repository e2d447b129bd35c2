"""The published sets of torture messages (RFC 4475, RFC 5118) on a live port, judged by the set's own EXPECT.tsv.

The messages come from many domains to many domains; the host of From becomes the partner's, which is his to prove, and
nothing else is changed. A message that a proxy forwards may still be refused by a rule of an edge (no relay, methods,
no dialog); a refusal because it could not be read is a failure."""
import os
import re

import sip
import wire
from cast import PARTNER, Failure
from hanse import parse_event
from steps import step
from steps_node import data_folder

RULES = ('not-our-recipient', 'no-route', 'unknown-partner', 'own-domain-outside', 'method', 'no-dialog', 'scheme')
LENGTH = re.compile(rb'^(?:Content-Length|l)[ \t]*:[ \t]*(\d{1,8})[ \t]*\r?$', re.IGNORECASE | re.MULTILINE)
FROM = re.compile(rb'^((?:From|f)[ \t]*:(?:[^\r\n]|\r\n[ \t])*?@)([^>;\s"]+)', re.IGNORECASE | re.MULTILINE)


def renamed(content):
    """The From of each message in the name of the partner."""
    return FROM.sub(lambda found: found.group(1) + PARTNER.encode(), content)


def rows(folder):
    """(path, verdicts) of a set: verdicts such as FWD, 400, 400+CLOSE, HOLD, DROP."""
    with open(os.path.join(folder, 'EXPECT.tsv')) as file:
        lines = [line.rstrip('\n').split('\t') for line in file]
    head, lines = lines[0], lines[1:]
    for line in lines:
        row = dict(zip(head, line))
        if 'tcp_ok' in row:
            yield os.path.join(folder, row['name'] + '.dat'), row['tcp_ok'].split(',')
        else:
            path = os.path.join(folder, 'wire-CRLF', row['name'])
            yield path, ['400'] if row['rfc_class'] == 'invalid' else ['FWD']


def trails(content):
    """Octets behind the last whole message that begin none: the framing is lost there, so the link must end."""
    rest, whole = content, 0
    while rest:
        head, blank, body = rest.partition(b'\r\n\r\n')
        lengths = LENGTH.findall(head)
        if not blank or len(lengths) != 1 or len(body) < int(lengths[0]):
            break
        rest, whole = body[int(lengths[0]):].lstrip(b'\r\n'), whole + 1
    return whole > 0 and bool(rest) and not re.match(rb'[A-Z]+ \S+ SIP/', rest)


class Outcome:
    """What came of one message: final statuses, whether the link ended, what arrived inside, who refused it and why."""

    def __init__(self, content):
        self.statuses, self.closed, self.forwarded, self.reasons = [], False, 0, []
        self.trails = trails(content)

    def __str__(self):
        return 'answers %s, link %s, %d forwarded, refused by %s' % (
            self.statuses or 'none', 'closed' if self.closed else 'open', self.forwarded, self.reasons or 'none')

    def fits(self, verdict):
        nothing = not self.statuses and not self.forwarded
        if verdict.startswith('FWD'):
            ruled = all(reason in RULES for reason in self.reasons)
            told = len(self.statuses) == self.forwarded + len(self.reasons)
            return not nothing and ruled and (self.closed if self.trails else told and not self.closed)
        if verdict in ('HOLD', 'DROP'):
            return nothing and not self.closed
        if verdict == 'CLOSE':
            return nothing and self.closed
        status, _, close = verdict.partition('+')
        return self.statuses == [int(status)] and not self.forwarded and self.closed == (close == 'CLOSE')


def play_one(play, role, content, piece):
    cast = play.cast
    endpoint, home = cast.endpoint(role), cast.endpoint('home')
    old = cast.own_links.pop(role, None)
    if old is not None:
        old.close()
    link = cast.own_link(role)
    log, outcome = len(cast.hanse.child.log()), Outcome(content)

    def look():
        for arrival in list(home.inbox):
            home.inbox.remove(arrival)
            if arrival.message.is_request and arrival.message.method != 'ACK':
                home.answer(arrival, 200, tag=sip.token(4))
                outcome.forwarded += 1
        for arrival in list(endpoint.inbox):
            endpoint.inbox.remove(arrival)
            if not arrival.message.is_request and arrival.message.status >= 200:
                outcome.statuses.append(arrival.message.status)
        outcome.closed = bool(link.closed)
        return outcome.closed or outcome.statuses
    for start in range(0, len(content), piece):
        link.send(content[start:start + piece])
    try:
        cast.reactor.until(look, 0.5, 'a verdict')
        cast.reactor.idle(0.05)  # more may come
        look()
    except wire.Late:
        pass
    for _ in range(50):  # the log is written by a thread of its own
        outcome.reasons = refusals(cast.hanse.child.log()[log:])
        if len(outcome.reasons) + outcome.forwarded >= len(outcome.statuses):
            break
        cast.reactor.idle(0.01)
    return outcome


def refusals(log):
    events = [parse_event(line) for line in log.splitlines()]
    return [event.get('reason') or event.get('failure') for event in events
            if event.get('event') in ('message.refused', 'message.unreadable')]


@step(r'(\w+) plays the torture set (\S+)(?: in pieces of (\d+) octets?)?')
def play_torture(play, lines, role, folder, piece):
    """NAME plays the torture set FOLDER [in pieces of N octets]   RFC 4475 or RFC 5118, by the set's EXPECT.tsv"""
    path = os.path.join(data_folder(), folder)
    if not os.path.isdir(path):
        raise play.Skip('%s is not there' % path)
    problems, count, ruled = [], 0, {}
    for file, verdicts in rows(path):
        with open(file, 'rb') as opened:
            content = renamed(opened.read())
        outcome = play_one(play, role, content, int(piece or len(content)))
        count += 1
        if not any(outcome.fits(verdict) for verdict in verdicts):
            problems.append('%s: wanted %s; %s' % (os.path.basename(file), ','.join(verdicts), outcome))
        for reason in outcome.reasons:
            ruled.setdefault(reason, []).append(os.path.basename(file))
        if not play.cast.hanse.child.alive:
            problems.append('the router ended with status %s' % play.cast.hanse.child.status)
            break
    for reason, files in sorted(ruled.items()):
        play.note('%s: %s' % (reason, ' '.join(files)))
    if problems:
        raise Failure('%d of %d messages:\n  %s' % (len(problems), count, '\n  '.join(problems)))
